/* SPDX-License-Identifier: MIT */
/*
 * squeezed.h - squeezed, the balancer of XenServer and XCP-ng, for
 * comparison on the same host. Pure.
 *
 * Every guest gets the same part of its range, min to max; demand is not looked
 * at:
 *
 *	surplus = free + sum of (held - min - 8 KiB) - 72 MiB
 *	part    = surplus / sum of (max - min), 0 to 1
 *	target  = min + part x (max - min)
 *
 * Every 10 s it is seen whether a target would be another one. If so, a run
 * begins: each second all targets are computed anew, and while somebody has to
 * give, only those who give are told. It ends when everybody has come to his
 * target and none changes any more. A guest that makes no way towards its
 * target for 5 s is left out, and told to stay between what it holds and was
 * told; the next run knows nothing of it.
 *
 * Modelled on xen-api of August 2026, to the KiB and with its floating-point
 * part. Where it differs: a reservation is memory that is not free, seen at the
 * next look, and not a run of its own; dom0 is a guest if it is listed.
 */
#ifndef CAGMA_POLICY_SQUEEZED_H
#define CAGMA_POLICY_SQUEEZED_H

#include "host/policy/peers.h"

enum {
	SQUEEZED_LOOK_MS = 10000,
	SQUEEZED_STEP_MS = 1000,
	SQUEEZED_STUCK_MS = 5000,
	SQUEEZED_NEAR_KIB = 4, /* this near a target is at it */
	SQUEEZED_FREE_KIB = 72 * 1024,
	SQUEEZED_TOLERANCE_KIB = 512, /* more free than that above it, and the run failed */
};

/* One guest. */
struct squeezed_guest {
	struct peer_guest peer;

	/* in the run under way */
	bool is_known, is_stuck;
	bool was_left_out; /* at the last step */
	uint64_t last_kib; /* what it held then */
	uint64_t way_ms;   /* when it last made way */

	/* in this pass */
	bool is_active;
	uint64_t next_kib; /* its part */
};

struct squeezed_host {
	struct peer_host peer;
	bool is_running;
	uint64_t step_ms; /* the next step of the run */
};

#endif
