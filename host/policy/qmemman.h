/* SPDX-License-Identifier: MIT */
/*
 * qmemman.h - Qubes OS's balancer, the nearest peer, for comparison. Pure.
 *
 *	used = MemTotal (or the balloon's current_kb, if reported) - MemFree
 *	       - Buffers - Cached + swap in use
 *	pref = 1.3 x used, at least 200 MB and at most max;
 *	       for dom0 350 MiB more, without a least
 *
 * If memory suffices for all prefs and for 50 MiB that stay free, each guest gets its pref and a
 * part, by pref, of what is left over, and then 99.9 % of this sum. Memory that does not fit under
 * a guest's max is divided evenly among the others.
 *
 * If memory does not suffice, guests above their pref fall to it. The other guests share by pref
 * the memory that is free now *less* the memory that is being given. This is as in the original:
 * the guests that take mostly get something at the next event only.
 *
 * The model is qubes-core-admin of August 2026, decision for decision, in bytes and with its
 * floating-point factors:
 *  - Nothing happens without an event. An event is a report with another `seq`, or a guest that
 *    comes or goes, and each event is balanced for by itself. The agent,
 *    tests/xen/guest/peer-agent.c, repeats the seq in a mere sign of life.
 *  - Targets change only if it is worth it: if a guest below its pref changes by more than 15 MiB,
 *    if all changes together are above 150 MiB, or if less than 35 MiB are free.
 *  - Donors are told first. Before each target the balancer waits, at most 5 x 100 ms, until 45
 *    MiB would stay free; after that it gives the guest what is there and drops the other
 *    requests. While it waits, it looks at no other event.
 *  - A donor that has not moved by then is left out until it needs memory itself or comes within
 *    25 MiB of its target.
 *
 * This policy differs from the original:
 *  - A guest comes to hold what it is assigned. The original writes a memory/target that is 16 MiB
 *    lower, and PV guests end there, so this reading favours it. No guest is assigned more than
 *    its max.
 *  - dom0 is balanced only if it is listed, and then each of cagmad's own looks at it is a report.
 *    The original has neither reserve_mib nor min: with a reserve_mib above 45 MiB, or a min above
 *    190 MiB, its plans may be cut.
 *  - A guest that is not ours to move counts as one that has not reported. While xl builds a guest
 *    nothing is balanced, as while a client holds the original's lock. Memory that is kept is not
 *    free.
 *  - Reports of one pass are taken in order of domid, each guest in its turn.
 *  - If memory is taken back from a guest that has not come to hold it, another guest gets it a
 *    pass later, as the contract wants.
 */
#ifndef CAGMA_POLICY_QMEMMAN_H
#define CAGMA_POLICY_QMEMMAN_H

#include "host/core/model.h"

enum qmemman_role { QMEMMAN_NONE, QMEMMAN_GIVES, QMEMMAN_TAKES };

/* One guest. All is zero for a guest that was never seen. Amounts are bytes, as in the original. */
struct qmemman_guest {
	bool is_known, is_dom0;
	bool has_report;
	uint64_t seq;        /* of the last report that was an event */
	unsigned n_events;   /* events that were not balanced for yet */
	int64_t reported_b;  /* `used` by that report */
	bool has_used;       /* an event of this guest has been balanced for */
	int64_t used_b;      /* `used` when that was done */
	int64_t assigned_b;  /* the size that it was last assigned */
	uint64_t target_kib; /* the assigned size as a target */
	uint64_t set_ms;     /* when the size was assigned */
	bool no_progress;    /* the guest is left out: it did not give what it was asked for */

	/* The balancing under way. */
	enum qmemman_role role;
	bool is_set;        /* the guest has been told its new size */
	int64_t request_b;  /* the size that it is to be assigned */
	int64_t at_start_b; /* actual_b when the request was made */

	/* The guest as it is in this pass. */
	int64_t current_b; /* memory that the guest holds */
	int64_t actual_b;  /* the larger of current_b and assigned_b */
	int64_t max_b;
};

/* What is kept of the host. All is zero at first. */
struct qmemman_host {
	unsigned n_guests;   /* guests that were there in the last pass */
	bool guests_changed; /* guests came or went, and that was not balanced for yet */
	uint32_t last_domid; /* the guest whose report was taken last */
	bool is_waiting;     /* the next guest is told only when enough pages are free */
	unsigned tries;      /* how often this may still be waited for */
	uint64_t until_ms;   /* when the wait ends */
};

#endif
