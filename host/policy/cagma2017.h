/* SPDX-License-Identifier: MIT */
/*
 * cagma2017.h - CAGMA as its authors published it in 2017, for comparison. Pure.
 *
 * The step that takes memory back ("release") never ran in the published program, because a
 * comparison had a wrong character. Here this step works.
 *
 *	AVM = MemFree
 *	CMA = 1126/1024 of the memory and swap that the guest's largest process uses
 *
 * Emergency: if kswapd wakes in a guest and the guest's AVM is below its CMA, its target rises by
 * CMA - AVM, to 1500 MiB at the most. A guest has a CMA only from its first emergency on; a guest
 * that never had one is left alone.
 *
 * Every 3 s the policy looks at the guests whose AVM differs from their CMA:
 *  - If the host has free memory, a guest with less than its CMA is told its last target + CMA -
 *    AVM. If this target is larger than the *free* memory of the host, it is cut to that amount,
 *    as in the original; otherwise it is cut to 1500 MiB.
 *  - If the host has no free memory, a guest with more than its CMA gives AVM - CMA, down to a
 *    target of 256 MiB. From its tenth release on, it gives the mean of the AVMs that its last
 *    five releases left it, if that is more.
 *
 * The constants, the KiB and the single-precision factors are the published program's. That
 * program speaks of targets, not of what guests hold. This policy differs from it:
 *  - Free memory is memory above the reserve, since the contract keeps the reserve from every
 *    guest.
 *  - The policy sees only in the next report or alarm that kswapd has woken. The report must name
 *    the largest process (cagma-agent --largest).
 *  - A guest that has not come to its target yet has no emergency: in the original, a guest whose
 *    balloon gets nothing stops asking.
 */
#ifndef CAGMA_POLICY_CAGMA2017_H
#define CAGMA_POLICY_CAGMA2017_H

#include "host/policy/peers.h"

enum {
	CAGMA2017_PERIOD_MS = 3000,
	CAGMA2017_SAMPLES = 5,
	CAGMA2017_TRY_MORE = 10, /* a guest gives more from this release on */
	CAGMA2017_MIN_KIB = 262144,
	CAGMA2017_MAX_KIB = 1536000,
};

enum cagma2017_queue { CAGMA2017_NONE, CAGMA2017_ALLOC, CAGMA2017_RELEASE };

/* One guest. All is zero for a guest that was never seen. */
struct cagma2017_guest {
	struct peer_guest peer;
	bool has_cma; /* the guest has had an emergency */
	int64_t cma_kib;
	uint64_t seq, scan_kswapd; /* of the last report */

	bool is_helped; /* an emergency has raised its target in this pass */

	/* The queue that the guest was put into when it was last classified, and its figures at
	 * that time. */
	enum cagma2017_queue queue;
	int64_t entry_alm_kib, entry_avm_kib, entry_cma_kib;
	uint64_t n_released;
	int64_t sample_kib[CAGMA2017_SAMPLES];
};

#endif
