/* SPDX-License-Identifier: MIT */
/*
 * standstill.h - does a guest stand still for lack of memory, whatever it calls available? Pure.
 *
 * MemAvailable may be large in a guest that does nothing but wait for memory, for example one whose
 * swap is full and whose programs take turns at the rest of its page cache. Such a guest shows it
 * by two figures together: all its tasks wait for memory most of the time (PSI full), and its
 * programs enter direct reclaim of the whole guest again and again (allocstall). PSI alone is no
 * evidence, since a container that is held to its own limit causes it too, and direct reclaim alone
 * is none, since page cache in use causes it.
 *
 * Looks with and without this evidence are added up, so that a single look decides nothing. A guest
 * whose balloon takes memory at our wish waits as such a guest does. So the evidence counts then
 * only if there is no swap left that the balloon could be waiting for, and after a longer time.
 */
#ifndef CAGMA_CORE_STANDSTILL_H
#define CAGMA_CORE_STANDSTILL_H

#include "host/core/model.h"

enum {
	STANDSTILL_FULL_PERMYRIAD = 5000,  /* all tasks wait for so much of the time */
	STANDSTILL_SOME_PERMYRIAD = 8000,  /* or some task for so much */
	STANDSTILL_LONG_PERMYRIAD = 8000,  /* or all, in whatever few entries, and swap is full */
	STANDSTILL_WAITS_PERMYRIAD = 2000, /* they wait in direct reclaim; less is no standstill */
	STANDSTILL_STALLS_S = 10,          /* entries into direct reclaim in a second */
	STANDSTILL_FOUND_SHARE = 4, /* of the pages that it looks at, it frees less than this */
	STANDSTILL_MS = 1000,       /* a guest that waited for so long gives nothing */
	STANDSTILL_LONG_MS = 3000,  /* one that waited for so long needs more */
	STANDSTILL_STEP_MS = 1000,  /* and after so much longer more again */
	STANDSTILL_SWAP_SHARE = 16, /* less than such a share of its swap free: it is full */
	/* For so long nothing is taken from it but what it was lent and others are guaranteed, and
	 * for as long again after so many times that time: a guest may claim to stand still for
	 * ever. */
	STANDSTILL_SPARED_MS = 120000,
	STANDSTILL_REFILL_SHARE = 10,
	/* One standstill is answered by no more than such a share of the memory that the guest had
	 * when it began: a wait that this does not end is not for memory. */
	STANDSTILL_GROWTH_SHARE = 2,
};

/* What a report says of waiting. */
struct standstill_counts {
	uint64_t psi_some_us, psi_full_us, allocstall, scan_direct, steal_direct, scan_kswapd;
};

struct standstill_counts standstill_counts(const struct report *report);

/* All zero is the state of a guest never heard of. */
struct standstill {
	bool has_report;
	uint64_t report_ms; /* when the last report was read */
	uint64_t uptime_ms; /* in it */
	struct standstill_counts counts;
	uint64_t waited_ms; /* time with the evidence, less time without it */
	uint64_t from_kib;  /* MemTotal when the standstill began */
	bool is_on;         /* by the last report; what it calls available is not believed */
	uint64_t spared_ms; /* it was spared for so long, less what has come back */
	bool is_spared;     /* it gives no more than others are guaranteed, by the last report */
	bool asks;          /* by the last report; it has waited long enough to be given a step */
};

/* Takes in a report of the guest that has all its figures, unlike an alarm. */
void standstill_observe(struct standstill *standstill, const struct guest_view *guest);

/* The memory that counts as used, by the guest's report: while it stands still so much that it
 * wants what it holds, and 0 otherwise. */
uint64_t standstill_use_kib(const struct standstill *standstill, const struct report *report,
			    uint64_t cma_min_kib, uint64_t cma_share_permyriad);

/* Nothing more can be swapped out, or next to nothing. */
bool standstill_swap_is_full(const struct report *report);

/*
 * The report shows that programs wait in direct reclaim of the whole guest, since the earlier one
 * with these counts, `ms` before: they enter it again and again, and either all tasks wait for a
 * fifth of the time, or what direct reclaim looks at does not come free. A reader of files enters
 * it as often.
 */
bool standstill_reclaims(const struct report *report, const struct standstill_counts *then,
			 uint64_t ms);

#endif
