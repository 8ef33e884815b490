/* SPDX-License-Identifier: MIT */
/*
 * alarm.h - is the guest short of memory now, and by how much? Pure.
 *
 * A report says how much memory the guest has; an alarm says that the guest
 * cannot wait for the daemon's next pass. An alarm is raised while AVM is below
 * the CMA and there is evidence of need: memory comes back from swap, tasks
 * wait for memory or reclaim it themselves, the kernel reclaims, or AVM is
 * still being used up. An alarm is also raised at any AVM that will be used up
 * before the daemon's next pass has had its effect. An AVM that stands still
 * below the CMA raises no alarm. Neither does swapping out, nor reclaim while
 * AVM is above the CMA: page cache in use causes both.
 *
 * While a shortage lasts, a next alarm is raised at once when the shortage gets
 * worse, and otherwise after gaps that double, so that a guest that cannot be
 * helped does not keep the host busy.
 */
#ifndef CAGMA_AGENT_ALARM_H
#define CAGMA_AGENT_ALARM_H

#include "common/keys.h"

/* Why an alarm is raised: the evidence, the strongest first. */
enum alarm_reason {
	ALARM_SWAP_IN,
	ALARM_ANON_REFAULT,
	ALARM_STALL, /* all tasks waited for memory */
	ALARM_DIRECT_RECLAIM,
	ALARM_RUNNING_OUT, /* AVM will be used up before the daemon's help is there */
	ALARM_FALLING,     /* AVM is below the CMA and still being used up */
	ALARM_KSWAPD,
	ALARM_REASONS_,
	ALARM_NOTHING = ALARM_REASONS_
};

enum {
	/* The CMA while the host has not written it: cagmad's own defaults. */
	ALARM_CMA_MIN_KIB = 32 * 1024,
	ALARM_CMA_SHARE = 8, /* an eighth of what is used and not fixed */

	/*
	 * Help takes the daemon's period, and the time until a balloon gives the
	 * first memory on a busy host. A period that the host writes above the
	 * bound is not believed.
	 */
	ALARM_PERIOD_MS = 1000,
	ALARM_MAX_PERIOD_MS = 60 * 1000,
	ALARM_BALLOON_MS = 500,

	/*
	 * A look is compared with the latest one that is at least so old, which is
	 * four looks of a guest on the move. Evidence that was counted within less
	 * than a second is not scaled up to a second.
	 */
	ALARM_SPAN_MS = 200,
	ALARM_MIN_FILL_MS = 50, /* the shortest time a speed is taken from */

	/* A step: a 32nd of AVM, but never less than one batch of the balloon driver. */
	ALARM_STEP_SHARE = 32,
	ALARM_MIN_STEP_KIB = 2 * 1024,

	/* As much in a second, or in less time, is evidence. */
	ALARM_STALL_US = 10 * 1000, /* 1 % */
	ALARM_DIRECT_PAGES = 32,    /* what one entry into direct reclaim looks for */
	ALARM_KSWAPD_PAGES = 128,

	/*
	 * The host may have put the guest's AVM a little below the CMA, and the
	 * balloon causes reclaim on the way there. So kswapd's work counts only if
	 * AVM is an eighth or more below the CMA. So do all reclaim and waiting
	 * while the balloon takes memory, and for this long after.
	 */
	ALARM_DOUBT_SHARE = 8,
	ALARM_SHRINK_MS = 2000,

	/*
	 * Gaps between alarms. An alarm for a shortage that gets worse comes after
	 * 200 ms: the daemon's pass and the first batches of a balloon take about
	 * as long, so an earlier alarm would tell of the same shortage twice. The
	 * other gaps double up to the daemon's period, since after that time the
	 * daemon looks without an alarm.
	 */
	ALARM_GAP_MS = 200,
	ALARM_MAX_GAP_MS = 1000,
	ALARM_CALM_MS = 1000, /* a shortage is over when there was none for so long */
};

/* The AVM that the guest is to have, and how far ahead of a shortage an alarm must come. */
struct alarm_terms {
	uint64_t cma_kib;
	uint64_t ahead_ms;
};

/* All zero: never looked. */
struct alarm {
	bool has_looked;
	struct report past;   /* the look that the next one is compared with */
	struct report recent; /* takes the place of `past` when it is ALARM_SPAN_MS old */
	uint64_t fill_kib_s;  /* how fast memory is being used up, at the last look */
	uint64_t shrink_until_ms;

	bool lasts; /* an alarm was raised, and the guest has not been calm since */
	enum alarm_reason reason;
	uint64_t raised_ms;
	uint64_t gap_ms;
	uint64_t raised_kib; /* AVM then */
	uint64_t best_kib;   /* the highest since */
	uint64_t short_ms;   /* when AVM was last below the CMA, or there was evidence */
};

/* The terms by the host's words, where 0 stands for a word that it has not written and the default
 * holds. `report` is the guest's latest. */
struct alarm_terms alarm_terms(const struct report *report, uint64_t host_cma_kib,
			       uint64_t host_period_ms);

/*
 * A look gave `now`. If the last glance found as much free memory as the look
 * before had seen, `quiet_ms` is how long ago that was; 0: not known. Returns
 * the reason for which an alarm is to be raised now, or ALARM_NOTHING.
 */
enum alarm_reason alarm_looked(struct alarm *alarm, const struct report *now,
			       const struct alarm_terms *terms, uint64_t quiet_ms);

/* An alarm for `reason` was raised at the look `now`. */
void alarm_raised(struct alarm *alarm, const struct report *now, enum alarm_reason reason);

/* How much the guest lacks at the look `now`: up to its CMA, and what it will have used until help
 * comes. */
uint64_t alarm_lack_kib(const struct alarm *alarm, const struct report *now,
			const struct alarm_terms *terms);

/* "swap-in", "falling", …: the word in the alarm key. */
const char *alarm_reason_word(enum alarm_reason reason);

#endif
