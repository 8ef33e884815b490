/* SPDX-License-Identifier: MIT */
/*
 * proxmox.h - Proxmox VE's automatic ballooning, for comparison on the
 * same host. Pure.
 *
 *	goal  = 80 % of the host's memory - what is used of it, every 10 s
 *	rich  = guests whose MemFree is above a quarter of their min
 *	goal above 10 MiB:   the others grow; if none can, all
 *	goal below -10 MiB:  the rich shrink; if none can, all
 *
 * Who grows or shrinks gets min + a part by weight of what they hold above
 * their mins and the goal, within min and max, 100 MiB from what it holds at
 * the most; what does not fit goes round again. In bytes, with the original's
 * floating-point division.
 *
 * Modelled on pve-manager of August 2026. Where it differs: used is all that is
 * not free for Xen, which counts guests whole. Shares are the guest's weight,
 * whose default is not the original's 1000. In the original what is left over
 * goes round without end; here a thousand times.
 */
#ifndef CAGMA_POLICY_PROXMOX_H
#define CAGMA_POLICY_PROXMOX_H

#include "host/policy/peers.h"

enum {
	PROXMOX_PERIOD_MS = 10000,
	PROXMOX_ROUNDS = 1000,
};

/* One guest; all but `peer` is of one pass. */
struct proxmox_guest {
	struct peer_guest peer;
	bool is_there, is_rich;
	bool is_told;   /* has a new size */
	int64_t new_b;  /* … this */
	bool is_done;   /* in the change under way */
	int64_t size_b; /* what it holds */
	int64_t min_b, max_b, shares;
};

#endif
