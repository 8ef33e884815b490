/* SPDX-License-Identifier: MIT */
/*
 * proxmox.h - Proxmox VE's automatic ballooning, for comparison. Pure.
 *
 * Every 10 s the policy computes how much guests are to grow by together:
 *
 *	goal  = 80 % of the host's memory - its used memory
 *	rich  = a guest whose MemFree is above a quarter of its min, and which holds its min
 *	goal above 10 MiB:   the guests that are not rich grow; if none of them can, all guests do
 *	goal below -10 MiB:  the rich guests shrink; if none of them can, all guests do
 *
 * The guests that grow or shrink share, by weight, the goal and what they hold above their mins.
 * Each gets its min and its share, within min and max, and changes by 100 MiB at the most. The
 * part of the goal that could not be placed goes round again. Sizes are bytes, divided in floating
 * point as in the original.
 *
 * The model is pve-manager of August 2026. This policy differs from it:
 *  - Used memory is all memory that Xen does not have free, so a guest counts with all that it
 *    holds.
 *  - A guest's share is its weight, whose default is not the original's 1000.
 *  - In the original, the rest of the goal may go round without end; here it goes round a thousand
 *    times.
 */
#ifndef CAGMA_POLICY_PROXMOX_H
#define CAGMA_POLICY_PROXMOX_H

#include "host/policy/peers.h"

enum {
	PROXMOX_PERIOD_MS = 10000,
	PROXMOX_ROUNDS = 1000,
};

/* One guest. All but `peer` is of one pass only. */
struct proxmox_guest {
	struct peer_guest peer;
	bool is_there, is_rich;
	bool is_told;   /* the guest has a new size */
	int64_t new_b;  /* the new size */
	bool is_done;   /* the guest cannot change further in the change under way */
	int64_t size_b; /* memory that the guest holds */
	int64_t min_b, max_b, shares;
};

#endif
