/* SPDX-License-Identifier: MIT */
/*
 * cagma2017.h - CAGMA as its authors published it in 2017, with the
 * release step, which a comparison with a wrong character kept from ever running,
 * at work. Pure.
 *
 *	AVM = MemFree
 *	CMA = 1126/1024 of what the guest's largest process has in memory and swap
 *
 * Emergency: when kswapd wakes in a guest and AVM is below CMA, its target rises
 * by CMA - AVM, to 1500 MiB at the most. Only then does a guest get a CMA; one
 * that never had an emergency is left alone.
 *
 * Every 3 s, for guests whose AVM is not just CMA: those below it are told what
 * they were told before + CMA - AVM; this is compared with what is *free*, and if
 * larger, cut to that (sic), or else to 1500 MiB. If nothing is free, those above
 * their CMA first give AVM - CMA, not below 256 MiB; from the tenth time on the
 * mean of what the last five were left with is tried.
 *
 * Modelled on the published program, whose constants, KiB and single-precision
 * factors are kept. It speaks of targets, not of what guests hold. Where it
 * differs: free is what is free above the reserve, since the contract keeps that
 * from anybody; that kswapd has woken is seen in the next report (or alarm), which
 * needs the largest process in it (cagma-agent --largest); a guest that has not
 * come to its target yet has no emergency, as the original's balloon stops it from
 * asking when it gets nothing.
 */
#ifndef CAGMA_POLICY_CAGMA2017_H
#define CAGMA_POLICY_CAGMA2017_H

#include "host/policy/peers.h"

enum {
	CAGMA2017_PERIOD_MS = 3000,
	CAGMA2017_SAMPLES = 5,
	CAGMA2017_TRY_MORE = 10, /* from so many releases on */
	CAGMA2017_MIN_KIB = 262144,
	CAGMA2017_MAX_KIB = 1536000,
};

enum cagma2017_queue { CAGMA2017_NONE, CAGMA2017_ALLOC, CAGMA2017_RELEASE };

/* One guest; all zero is one never seen. */
struct cagma2017_guest {
	struct peer_guest peer;
	bool has_cma; /* it has had an emergency */
	int64_t cma_kib;
	uint64_t seq, scan_kswapd; /* of the last report */

	bool is_helped; /* in this pass */

	/* its place in one of the queues, as when it was last classified */
	enum cagma2017_queue queue;
	int64_t entry_alm_kib, entry_avm_kib, entry_cma_kib;
	uint64_t n_released;
	int64_t sample_kib[CAGMA2017_SAMPLES];
};

#endif
