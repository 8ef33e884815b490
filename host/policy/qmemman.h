/* SPDX-License-Identifier: MIT */
/*
 * qmemman.h - Qubes OS's balancer, the nearest peer, for comparison on
 * the same host. Pure.
 *
 *	used = MemTotal (the balloon's current_kb, where reported) - MemFree
 *	       - Buffers - Cached + swap in use
 *	pref = 1.3 x used, at most max, at least 200 MB; dom0: 350 MiB more, at most max
 *	enough for all prefs (and 50 MiB):  what is left over is divided by pref,
 *	       99.9 % of it, what does not fit under a max evenly among the others
 *	not enough:  guests above their pref fall to it; the others divide by pref
 *	       what is free now *less* what is being given (so it is in the
 *	       original: they mostly get something at the next event only)
 *
 * Modelled on qubes-core-admin of August 2026, decision for decision, in bytes
 * and with its floating-point factors:
 *  - Nothing happens but on an event: a report with another `seq` (its agent is
 *    tests/xen/guest/peer-agent.c, which repeats the seq in a mere sign of
 *    life), or guests that come or go. Each event is one balancing of its own.
 *  - Changes that are not worth it are not made: of 15 MiB for a guest below its
 *    pref, of 150 MiB altogether, or with less than 35 MiB free.
 *  - Donors are told first. Before each target it waits, at most 5 x 100 ms,
 *    until 45 MiB would stay free; then it gives what is there and leaves it at
 *    that. Meanwhile no other event is looked at.
 *  - A donor that has not moved by then is left out until it needs memory itself
 *    or comes within 25 MiB of its target.
 *
 * Where it differs:
 *  - What it assigns is what the guest comes to hold. The original writes a
 *    memory/target 16 MiB lower, and PV guests end there: this is the favourable
 *    reading. Nor is a guest assigned more than its max.
 *  - dom0 is balanced only if it is listed, and then each of cagmad's own looks at
 *    it is a report. The original has no reserve_mib and no min: with one above 45
 *    MiB, or the other above 190 MiB, its plans may be cut.
 *  - A guest that is not ours to move is as one that has not reported; while xl
 *    builds a guest nothing is balanced, as while a client holds the original's
 *    lock; memory that is kept is not free.
 *  - Reports of one pass are taken in order of domid, each guest in its turn.
 *  - What is taken back from a guest that has not come to hold it is given to
 *    another one a pass later, as the contract wants it.
 */
#ifndef CAGMA_POLICY_QMEMMAN_H
#define CAGMA_POLICY_QMEMMAN_H

#include "host/core/model.h"

enum qmemman_role { QMEMMAN_NONE, QMEMMAN_GIVES, QMEMMAN_TAKES };

/* One guest; all zero is one never seen. Its amounts are bytes, as the original's. */
struct qmemman_guest {
	bool is_known, is_dom0;
	bool has_report;
	uint64_t seq;        /* of the report last taken for an event */
	unsigned n_events;   /* not balanced for yet */
	int64_t reported_b;  /* used, as last reported */
	bool has_used;       /* an event has been balanced for */
	int64_t used_b;      /* … with this */
	int64_t assigned_b;  /* what it was last given */
	uint64_t target_kib; /* … as a target */
	uint64_t set_ms;     /* … when */
	bool no_progress;    /* left out: it does not give what it was asked for */

	/* the balancing under way */
	enum qmemman_role role;
	bool is_set;        /* has been told */
	int64_t request_b;  /* what it is to be assigned */
	int64_t at_start_b; /* actual_b when that was decided */

	/* the host as it is in this pass */
	int64_t current_b; /* what it holds */
	int64_t actual_b;  /* the larger of that and what it was assigned */
	int64_t max_b;
};

/* What is not one guest's; all zero at first. */
struct qmemman_host {
	unsigned n_guests; /* at the last pass */
	bool guests_changed;
	uint32_t last_domid; /* whose report was taken last */
	bool is_waiting;     /* for pages, before a guest is told … */
	unsigned tries;      /* … so many times still */
	uint64_t until_ms;
};

#endif
