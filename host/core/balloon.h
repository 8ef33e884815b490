/* SPDX-License-Identifier: MIT */
/*
 * balloon.h - does a guest's balloon follow its target? Pure.
 *
 * A balloon never stops exactly on its target, takes its time, and may not
 * move at all. Linux tries a target it cannot reach at 0, 2, 6 and 14 s and
 * then sleeps, up to an hour, until the target changes; writing the same one
 * again does not wake it.
 */
#ifndef CAGMA_CORE_BALLOON_H
#define CAGMA_CORE_BALLOON_H

#include "host/core/model.h"

enum {
	BALLOON_REST_MS = 2000, /* unmoved for so long, it rests */
	/* What ALM and target differ by at rest: about 1 MiB on HVM and 0 on PV. More, up to
	 * 16 MiB, is believed only when Linux has stopped trying to come nearer, as the first
	 * that is seen of a guest, and never while it has so little available that its balloon
	 * may have found nothing more to take. */
	BALLOON_USUAL_SLACK_KIB = 2 * 1024,
	BALLOON_MAX_SLACK_KIB = 16 * 1024,
	BALLOON_LACK_KIB = 32 * 1024,
	BALLOON_STUCK_MS = 5000,    /* unmoved for so long away from its target, it is stuck: after
				     * Linux's second try, and as squeezed has it */
	BALLOON_GIVE_UP_MS = 15000, /* Linux sleeps after 14 s of failing */
	BALLOON_DOZE_MS = 1000,     /* … and for 2, 4 and 8 s between its tries, whatever has
				     * changed meanwhile: unmoved for so long, it is woken if it has
				     * something to give now */
	BALLOON_SPARE_KIB = 8 * 1024,
	BALLOON_RETRY_MS =
		10000, /* a stuck one is tried again after so long, then after twice, … */
	BALLOON_RETRY_MAX_MS = 320000,
	/* Told to shrink and not begun for so long, it is doubted; or for twice the time its
	 * shrinks take to begin, if that is longer. Long before it is stuck others are asked, since
	 * who is short cannot wait: a balloon that is well begins within 30 ms (hand-over on real
	 * Xen). */
	BALLOON_DOUBT_MS = 500,
	BALLOON_LATENCY_MS = 200,      /* from a larger target to first pages, until measured */
	BALLOON_FIRST_KIB = 2 * 1024,  /* one batch of Linux's driver */
	BALLOON_MIN_LATENCY_MS = 20,   /* a pass's distance from the next, when pages are coming */
	BALLOON_MAX_LATENCY_MS = 5000, /* a slower one is stuck */
	BALLOON_RUN_MS = 500,          /* its speed is taken over so long … */
	BALLOON_PAUSE_MS = 400,        /* … in which it has not stood still for so long */
	BALLOON_SHARP_MS = 200,        /* looks further apart do not tell when they came */
};

/* All zero is the state of a guest never seen. */
struct balloon {
	bool seen;
	bool was_near; /* … its target, at the last look */
	bool stuck;
	bool grew_itself;
	uint64_t grow_from_kib;   /* told to grow at this ALM, it has not begun yet; 0: it has */
	uint64_t grow_asked_ms;   /* … then */
	uint64_t latency_ms;      /* until it begins, smoothed; 0: not measured */
	uint64_t run_ms, run_kib; /* a run whose speed is being taken began then, there; 0: none */
	int run_way;              /* … up: 1, down: -1 */
	uint64_t speed_kib_s;     /* how fast it moves, smoothed; 0: not measured */
	uint64_t looked_ms;
	uint64_t owes_ms;       /* told to shrink, and less than a batch given since; 0: no */
	uint64_t owes_from_kib; /* … ALM then */
	bool gives;             /* … it has given a batch before that */
	bool is_doubted;        /* until it moves */
	uint64_t begin_ms;      /* how long its shrinks take to begin; 0: not measured */
	bool has_slack;
	bool lacked;                  /* memory to give, since it was last asked */
	int64_t slack_kib;            /* whole pages */
	uint64_t ceiling_kib;         /* a growth it did not follow was given up at this ALM … */
	uint64_t ceiling_until_ms;    /* … until then */
	uint64_t alm_kib, target_kib; /* at the last look */
	uint64_t moved_ms;            /* ALM changed */
	uint64_t asked_ms;            /* target changed */
	uint64_t well_ms;             /* it was at its target, moved, or was given a new chance; a
				       * target that changes does not excuse one that never moves */
	uint64_t retry_ms;            /* when stuck: try again from then on */
	uint64_t pause_ms;            /* how long the next set-aside lasts; 0 = BALLOON_RETRY_MS */
};

/*
 * Takes in the ALM and target of a guest that runs, and fills its slack_kib,
 * latency_ms, speed_kib_s, at_rest, gave_up, is_doubted and grew_itself. One that does not
 * begin to shrink is doubted until it moves, and so it is when it is tried again
 * later. One that does not shrink at all gets HOLD_STUCK (only over HOLD_NONE).
 * One that does not grow gets its max_kib lowered to its ALM for a time, so that
 * what it was told to take is taken back and others can have it.
 */
void balloon_observe(struct balloon *balloon, uint64_t now_ms, struct guest_view *guest);

#endif
