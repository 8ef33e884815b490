/* SPDX-License-Identifier: MIT */
/*
 * demand.h - the memory that a guest needs, by its reports. Pure.
 *
 *	offset = ALM - MemTotal, taken only with the balloon at rest
 *	hot    = min(swapped in while short, swapped out, swap in use): swapped and wanted
 *	         back, less the share of it that zswap or zram holds compressed
 *	fresh  = min(swapped out lately, swap in use), likewise: not missed yet, but may be
 *	use    = MemTotal - MemAvailable + hot, falling no further than to that + fresh;
 *	         all but its CMA while it stands still (standstill.h)
 *	D      = use, rising at once, falling slowly
 *	growth = slope of D on the guest's clock, or what its alarm says of it,
 *	         x (time to the next look + balloon latency + two calls of the
 *	         toolstack); and, when that is faster
 *	         than its balloon, what it will lack, as far as its balloon brings that
 *	         soon; together at most half of D
 *	pressure = doubled by each report of a stall with AVM below CMA, within a
 *	         share of D; falling slowly when calm
 *	CMA    = max(least, share of use without what is fixed) + growth + pressure
 *	stall floor = the ALM at which it last stalled, for a time that doubles
 *	         each time it stalls again soon after
 *	want   = max(offset + D + CMA, stall floor), within min and max
 *
 * Reports of an agent that is not ours (source.h) tell the use alone. The guest may have taken more
 * since: its margin is added to its use and its D, and stands for growth.
 *
 * A stall is: all tasks waiting for memory, pages back from swap or entries
 * into direct reclaim, with AVM below CMA. While the guest shrinks at our wish
 * the first and the last come from the balloon itself, and do not count. A guest that stands still
 * (standstill.h) stalls too, whatever its AVM.
 *
 * Pages back from swap are hot only if the guest itself is short: its AVM is below its CMA and what
 * is hot already, or its programs wait in reclaim of the whole guest. Otherwise a container
 * may swap at its own limit, which more memory for the guest does not change.
 *
 * A guest is credible if it was content lately, which one that uses whatever it is given never is,
 * unless the administrator does not trust it. It swaps if it was short lately and had swap traffic.
 *
 * docs/policy.md has the reasons and the measurements.
 */
#ifndef CAGMA_CORE_DEMAND_H
#define CAGMA_CORE_DEMAND_H

#include "host/core/standstill.h"

enum {
	DEMAND_HOT_MS = 60000,       /* swap traffic older than this is not wanted back */
	DEMAND_FRESH_MS = 10000,     /* what was swapped out since then may still be wanted back */
	DEMAND_SLOPE_MS = 150,       /* time constant of the slope: one or two reports */
	DEMAND_GROWTH_SHARE = 2,     /* no more than such a share of D is foreseen */
	DEMAND_ALARM_MS = 150,       /* by then an agent that alarms has told what changed */
	DEMAND_SLOPE_HOLD_MS = 3000, /* a slope not confirmed for so long is over */
	/* An agent reports within so long that a sixteenth of AVM, or 2 MiB, was used up
	 * (guest/core/announce.h, guest/core/cadence.h): without a report, no more was. */
	DEMAND_QUIET_MS = 300,
	DEMAND_QUIET_SHARE = 16,
	DEMAND_QUIET_MIN_KIB = 2 * 1024,
	DEMAND_STALL_PERMYRIAD = 500, /* all tasks waited for memory for so much of the time */
	DEMAND_SWAP_SHARE = 8, /* with less free, swap is full to killers: earlyoom acts at 10 % */
	DEMAND_BEHIND_MS = 10000, /* who outruns its balloon gets what that brings in so long */
	/* A stall floor holds for the first time at first, and for the second at the most. */
	DEMAND_FLOOR_MS = 10000,
	DEMAND_FLOOR_MAX_MS = 320000,
	/* Who had such a share of its CMA available, so lately, was content, and is believed. */
	DEMAND_CONTENT_SHARE = 2,
	DEMAND_CONTENT_MS = 600000,
	/* Who was short and swapped so lately is said to swap. */
	DEMAND_SWAPS_MS = 5000,
};

/* All zero is the state of a guest never heard of. */
struct demand {
	bool has_report;
	enum source_id source; /* of the last report taken in */
	bool has_offset;       /* the offset was taken at rest */
	uint64_t offset_kib;
	uint64_t report_ms, seq;          /* of the last report taken in */
	uint64_t uptime_ms;               /* when it was looked for, on the guest's clock */
	uint64_t used_kib;                /* MemTotal - MemAvailable in it */
	uint64_t pswpin, pswpout;         /* in it */
	uint64_t hot_in_kib, hot_out_kib; /* swap traffic that has not aged yet */
	uint64_t fresh_out_kib;           /* swapped out so lately that it may not be missed yet */
	uint64_t use_kib;
	uint64_t demand_kib; /* D */
	uint64_t slope_kib_s;
	uint64_t refault_anon; /* in the last report */
	uint64_t reclaimed_ms; /* when the kernel reclaimed for all of the guest last; 0: never */
	struct standstill_counts counts; /* in it */
	struct standstill standstill;
	uint64_t pressure_kib;
	uint64_t floor_kib; /* stall floor; 0: it never stalled */
	uint64_t floor_until_ms, floor_pause_ms;
	uint64_t base_kib, cma_kib;        /* as last judged */
	uint64_t content_ms, swapped_ms;   /* when it was content last, and swapped; 0: never */
	uint64_t told_ms, told_to_grow_ms; /* anything, to grow, by the policy; 0: never */
	uint64_t told_until_ms;            /* the time that its targets have used up (telling.h) */
	bool is_probed;    /* the last probe took memory, which the next one gives back */
	uint64_t told_kib; /* the target that the policy told it last */
};

/* The guest can swap before its killer acts, as far as its agent tells. */
bool demand_can_swap(const struct guest_view *guest);

/* Takes in the guest's report, if it is a new one. */
void demand_observe(struct demand *demand, const struct policy_conf *conf,
		    const struct guest_view *guest);

/* Fills offset, D, CMA and want of the guest; goal is left at the ALM. A guest
 * without a report, or that is not heard of any more, uses and wants what it
 * holds, or needs to boot. */
void demand_judge(struct demand *demand, const struct policy_conf *conf,
		  const struct host_view *host, const struct guest_view *guest,
		  struct verdict *ret_verdict);

#endif
