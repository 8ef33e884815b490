/* SPDX-License-Identifier: MIT */
/*
 * squeezed.h - squeezed, the balancer of XenServer and XCP-ng, for comparison. Pure.
 *
 * Every guest gets the same part of its range from min to max. Demand is not looked at.
 *
 *	surplus = free + sum of (ALM - min - 8 KiB) - 72 MiB
 *	part    = surplus / sum of (max - min), from 0 to 1
 *	target  = min + part x (max - min)
 *
 * Every 10 s the policy computes whether a target would change. If so, a run begins. Each second
 * of a run computes all targets anew; while a guest has to give memory, only guests that give are
 * told. The run ends when every guest is at its target and no target changes any more. A guest
 * that makes no way towards its target for 5 s is left out of the run, and told to hold the
 * smaller of its ALM and its last target. The next run begins as if no guest had been left out.
 *
 * The model is xen-api of August 2026, to the KiB and with its floating-point part. This policy
 * differs from it: a reservation is memory that is not free, which the next look sees, and starts
 * no run of its own; and dom0 is a guest if it is listed.
 */
#ifndef CAGMA_POLICY_SQUEEZED_H
#define CAGMA_POLICY_SQUEEZED_H

#include "host/policy/peers.h"

enum {
	SQUEEZED_LOOK_MS = 10000,
	SQUEEZED_STEP_MS = 1000,
	SQUEEZED_STUCK_MS = 5000,
	SQUEEZED_NEAR_KIB = 4, /* a guest that is this near to its target is at it */
	SQUEEZED_FREE_KIB = 72 * 1024,
};

/* One guest. */
struct squeezed_guest {
	struct peer_guest peer;

	/* In the run under way. */
	bool is_known, is_stuck;
	bool was_left_out; /* the guest was left out at the last step */
	uint64_t last_kib; /* the ALM at the last step */
	uint64_t way_ms;   /* when the ALM last came nearer to the target */

	/* In this pass. */
	bool is_active;    /* the guest is ours to move and not left out */
	uint64_t next_kib; /* the target, to the KiB */
};

struct squeezed_host {
	struct peer_host peer;
	bool is_running;
	uint64_t step_ms; /* when the next step of the run is due */
};

#endif
