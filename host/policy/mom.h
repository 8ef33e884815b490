/* SPDX-License-Identifier: MIT */
/*
 * mom.h - oVirt's MoM with the rules that it ships, for comparison. Pure.
 *
 *	h    = the free part of the host's memory, a mean of the last ten looks
 *	used = ALM - MemFree of a guest, a mean of the last ten looks
 *	h below 20 %:   the guest shrinks by 5 %, but not below used + p x ALM, where p = h;
 *	                if h is 5 % or less, p = h - 5 %, which is negative
 *	otherwise:      the guest grows by 5 %, or to used + 20 % of ALM if that is more
 *
 * A new size is kept within min and max, and is set only if it differs by more than 0.25 % from
 * the ALM. Looks are 5 s apart, decisions 10 s. Sizes are KiB, in floating point, as in the rules.
 *
 * The model is MoM of July 2025. vdsm ships other rules, which are not modelled here: they look
 * and decide every 15 s, shrink only if told to, use p in place of the 20 % for growth too, and
 * raise a guest that is below its min. Free memory is what Xen has free: the host has no page
 * cache that would count.
 */
#ifndef CAGMA_POLICY_MOM_H
#define CAGMA_POLICY_MOM_H

#include "host/policy/peers.h"

enum {
	MOM_LOOK_MS = 5000,
	MOM_PERIOD_MS = 10000,
	MOM_LOOKS = 10,
};

/* The figures of the last looks, in a ring. */
struct mom_looks {
	unsigned n, next;
	uint64_t kib[MOM_LOOKS];
};

struct mom_guest {
	struct peer_guest peer;
	struct mom_looks held, unused;
};

struct mom_host {
	struct peer_host peer;
	uint64_t look_ms; /* when the next look is due */
	struct mom_looks free;
};

#endif
