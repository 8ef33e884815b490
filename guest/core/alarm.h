/* SPDX-License-Identifier: MIT */
/*
 * alarm.h - is the guest short of memory now, and by how much? Pure.
 *
 * A report says how things are; an alarm says that they cannot wait for the
 * daemon's next pass. It is raised while AVM is below the CMA and there is
 * evidence of need: memory comes back from swap, tasks wait for it or reclaim
 * it themselves, the kernel reclaims, or AVM is still being used up. It is
 * also raised at any AVM that will be used up before the daemon's next pass
 * has had its effect. What stands still below the CMA is no alarm, and neither
 * is swapping out, or reclaim with AVM above the CMA: page cache in use causes
 * both.
 *
 * What lasts is told again at once when it gets worse, and otherwise in gaps
 * that double, so that a guest that cannot be helped does not keep the host busy.
 */
#ifndef CAGMA_AGENT_ALARM_H
#define CAGMA_AGENT_ALARM_H

#include "common/keys.h"

/* The strongest evidence first. */
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
	/* Without the host's word: what cagmad guarantees by default. */
	ALARM_CMA_MIN_KIB = 32 * 1024,
	ALARM_CMA_SHARE = 8, /* an eighth of what is used */

	/*
	 * How far ahead: the daemon's period and what a balloon takes to give the
	 * first memory on a busy host. A period outside its bounds is not believed.
	 */
	ALARM_PERIOD_MS = 1000,
	ALARM_MAX_PERIOD_MS = 60 * 1000,
	ALARM_BALLOON_MS = 500,

	/*
	 * A look is measured against the latest one that is at least so old: four
	 * looks of a guest on the move. What is counted within less than a second
	 * is not scaled up to one.
	 */
	ALARM_SPAN_MS = 200,
	ALARM_MIN_FILL_MS = 50, /* the shortest time a speed is taken from */

	/* A 32nd of AVM, never less than one batch of the balloon driver. */
	ALARM_STEP_SHARE = 32,
	ALARM_MIN_STEP_KIB = 2 * 1024,

	/* Evidence, in a second or less of it. */
	ALARM_SWAP_PAGES = 64,      /* more than a few strays with their read-ahead */
	ALARM_STALL_US = 10 * 1000, /* 1 % */
	ALARM_DIRECT_PAGES = 32,    /* what one entry into direct reclaim looks for */
	ALARM_KSWAPD_PAGES = 128,

	/*
	 * AVM a little below the CMA is where the host may have put the guest, and
	 * reclaim is what it takes to get there: kswapd's counts from an eighth
	 * below, and so does all reclaim and waiting while the balloon takes
	 * memory, and this long after.
	 */
	ALARM_DOUBT_SHARE = 8,
	ALARM_SHRINK_MS = 2000,

	/*
	 * Gaps between alarms. What gets worse is told again after 200 ms: the
	 * daemon's pass and the first batches of a balloon take about as long, so
	 * an earlier one would tell of the same shortage twice. Otherwise they
	 * double up to the daemon's period, in which it looks by itself.
	 */
	ALARM_GAP_MS = 200,
	ALARM_MAX_GAP_MS = 1000,
	ALARM_CALM_MS = 1000, /* so long without a shortage, and what lasted is over */
};

/* What the guest is to have, and by when help comes. */
struct alarm_terms {
	uint64_t cma_kib;
	uint64_t ahead_ms;
};

/* All zero: never looked. */
struct alarm {
	bool has_looked;
	struct report past;   /* what a look is measured against */
	struct report recent; /* takes its place when it is ALARM_SPAN_MS old */
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

/*
 * By the host's word, 0 for what it has not said, and otherwise by default.
 * `report` is the guest's latest.
 */
struct alarm_terms alarm_terms(const struct report *report, uint64_t host_cma_kib,
			       uint64_t host_period_ms);

/*
 * A look gave `now`. When a glance has found free memory where the look before
 * had seen it, `quiet_ms` is how long ago; 0: not known. The reason for which
 * an alarm is to be raised now, or ALARM_NOTHING.
 */
enum alarm_reason alarm_looked(struct alarm *alarm, const struct report *now,
			       const struct alarm_terms *terms, uint64_t quiet_ms);

/* An alarm for `reason` was raised at the look `now`. */
void alarm_raised(struct alarm *alarm, const struct report *now, enum alarm_reason reason);

/* What the guest lacks at the look `now`: up to its CMA, and what it will have used by then. */
uint64_t alarm_lack_kib(const struct alarm *alarm, const struct report *now,
			const struct alarm_terms *terms);

/* "swap-in", "falling", …: the word in the alarm key. */
const char *alarm_reason_word(enum alarm_reason reason);

#endif
