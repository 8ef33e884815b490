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
	/* A balloon that has not moved for so long rests. */
	BALLOON_REST_MS = 2000,
	/* A guest that jumps has taken its credit by then, and has reported what it needs. */
	BALLOON_TAKING_MS = 2000,
	/* At rest an ALM is so near to what Linux's driver makes of the target: on PV it is 0 KiB
	 * away, on PVH 64, on HVM at most 44 (pages of 4.17 and 6.1). */
	BALLOON_USUAL_SLACK_KIB = 2 * 1024,
	/* With less available a balloon that stands still may have found nothing more to take. */
	BALLOON_LACK_KIB = 32 * 1024,
	/* A balloon that has not moved for so long, away from its target, is stuck. That is after
	 * Linux's second try, and squeezed uses the same time. */
	BALLOON_STUCK_MS = 5000,
	/* Linux sleeps after 14 s of failing, until its target changes. */
	BALLOON_GIVE_UP_MS = 15000,
	/* A guest that was found away from its target is watched for so long at the most: a guest
	 * that has a report is measured long before, and one that has not may still boot. */
	BALLOON_FOUND_MS = 60000,
	/* Linux sleeps for 2, 4 and 8 s between its tries, whatever changes meanwhile. A balloon
	 * that has not moved for so long is woken if its guest has BALLOON_SPARE_KIB available by
	 * now. */
	BALLOON_DOZE_MS = 1000,
	BALLOON_SPARE_KIB = 8 * 1024,
	/* A stuck balloon is tried again after the first time, then after twice as long each time,
	 * up to the second. */
	BALLOON_RETRY_MS = 10000,
	BALLOON_RETRY_MAX_MS = 320000,
	/* A promise stays as far as the guest would take it, at its pace of the last
	 * BALLOON_STUCK_MS, in so many times as long. */
	BALLOON_TAKE_RUNS = 8,
	/* A balloon that was told to shrink is doubted when it has not begun for so long, or for
	 * twice the time that its shrinks take to begin, if that is longer. Other donors are asked
	 * then, long before this one is stuck, since a guest that is short cannot wait. A balloon
	 * that is well begins within 30 ms (hand-over on real Xen). */
	BALLOON_DOUBT_MS = 500,
	/* The time from a larger target to the first pages, until it has been measured. */
	BALLOON_LATENCY_MS = 200,
	/* A balloon has begun when it has moved by one batch of Linux's driver. */
	BALLOON_FIRST_KIB = 2 * 1024,
	/* While pages are coming, passes are as close as the first of these; a balloon whose first
	 * pages take longer than the second is stuck. */
	BALLOON_MIN_LATENCY_MS = 20,
	BALLOON_MAX_LATENCY_MS = 5000,
	/* A balloon's speed is measured over a run of the first time, in which it has not stood
	 * still for the second. */
	BALLOON_RUN_MS = 500,
	BALLOON_PAUSE_MS = 400,
	/* Two looks that are further apart than this do not tell when pages came. */
	BALLOON_SHARP_MS = 200,
	/* A guest is near an ALM that its balloon comes to within the first, which is a call of
	 * libxl and the driver's time to begin, or that is no further away than the second. */
	BALLOON_SOON_MS = 150,
	BALLOON_SOON_KIB = 8 * 1024,
};

/* What is known of one balloon. All zero is the state of a guest never seen. */
struct balloon {
	bool seen;

	uint64_t seen_ms; /* when it was seen first */

	/* At the last look. */
	uint64_t looked_ms;
	uint64_t alm_kib, target_kib;
	bool was_near; /* the ALM was near the target */

	/* When the ALM changed last, and the target. */
	uint64_t moved_ms, asked_ms;
	bool grew_itself; /* the ALM rose above the target: the guest took its credit */
	uint64_t grew_ms; /* with grew_itself: when that began */

	/* Growth: the ALM at which, and the time when, the guest was told to grow and has not begun
	 * yet (0: it has begun); and how long it takes to begin, smoothed (0: not measured). */
	uint64_t grow_from_kib, grow_asked_ms;
	uint64_t latency_ms;

	/* A measurement of speed in progress: when it began (0: there is none), the ALM then, and
	 * the direction, +1 up and -1 down; and the speed, smoothed (0: not measured). */
	uint64_t run_ms, run_kib;
	int run_way;
	uint64_t speed_kib_s;

	/* A shrink that was asked for and of which less than a batch has come: since when (0: there
	 * is none), the ALM then, and whether the balloon had given a batch before that. */
	uint64_t owes_ms, owes_from_kib;
	bool gives;
	bool is_doubted;   /* until the balloon moves */
	uint64_t begin_ms; /* how long shrinks take to begin; 0: not measured */

	/* The difference between ALM and target at rest, in whole pages; with has_slack. Until it
	 * has been measured the guest may have been found away from its target, for a reason that
	 * is not known: then it is not told to shrink for a time. */
	bool has_slack, is_found_away;
	bool rests_as_usual; /* it was seen to: where it stops elsewhere is half-way */
	bool has_reported;   /* the guest, since it runs */
	bool lacked;         /* the guest lacked memory to give, since it was last asked */
	int64_t slack_kib;

	/* A promise that is not taken yet: the pace of the balloon is measured from this time on
	 * (0: nothing is promised), at which the ALM was this. */
	uint64_t take_ms, take_from_kib;
	bool does_not_take;
	/* A growth that the balloon did not follow was given up at this ALM, until this time; and
	 * how long the next such pause lasts (0: BALLOON_RETRY_MS). */
	uint64_t ceiling_kib, ceiling_until_ms, leave_pause_ms;

	/* The balloon was last well at this time: near its target, moving, or given a new chance. A
	 * target that changes does not excuse a balloon that never moves. */
	uint64_t well_ms;
	bool stuck;        /* it was told to shrink, and does not */
	uint64_t retry_ms; /* when a stuck balloon is tried again */
	uint64_t pause_ms; /* how long it is set aside the next time; 0: BALLOON_RETRY_MS */
};

/*
 * What ALM - target is at rest, as far as it is known. Until it has been measured it is what it is
 * on Linux, whose driver leaves the video memory out: libxl counts that into a target. Whether a
 * guest that never reported has such a driver is not known, so it rests wherever it stands between
 * the two.
 */
int64_t balloon_slack_kib(const struct balloon *balloon, uint64_t videoram_kib);

/*
 * Takes in the ALM and target of a guest that runs, and fills its slack_kib,
 * latency_ms, speed_kib_s, at_rest, gave_up, is_doubted, does_not_take, grew_itself and is_taking.
 * A guest that takes its credit is left to for BALLOON_TAKING_MS, if it took more than libxl grants
 * it above any target: longer than that, or for that slack, nobody could be kept from giving. One
 * that does not begin to shrink is doubted until it moves, and so it is when it is tried again
 * later. One that does not shrink at all gets HOLD_STUCK (only over HOLD_NONE), until it moves or
 * is told to grow: a balloon that cannot give may still take.
 *
 * The slack is measured once, when the balloon stands still and the guest's agent has reported, so
 * that its kernel is up. A usual one is believed at once; another one, of any size, if the guest's
 * driver says that it stands where xenstore wants it; or, if it does not say where it stands, when
 * Linux has stopped trying to come nearer, with BALLOON_LACK_KIB available. The last does not hold
 * for a guest that rests as usual: it has been seen to stand near its target, or its driver to want
 * to be there. A large slack is forgotten if the guest is told to grow and does not begin in
 * BALLOON_STUCK_MS. A driver that wants more than xenstore does grew by credit. A guest that is
 * found away from its target gets HOLD_UNMEASURED until one of these is known. What it says or
 * hides ends that no later than BALLOON_FOUND_MS after it was found, and then it is judged as any
 * other: otherwise one that never gives would be neither asked nor doubted.
 *
 * does_not_take is set if the balloon took less than a batch of its guest's promise in
 * BALLOON_STUCK_MS, or so little that the whole would take BALLOON_TAKE_RUNS times as long. Then
 * min_kib and max_kib are lowered for a time to the ALM that the guest can reach, so that the
 * promise is taken back and others can have that memory. It is cleared when nothing is promised
 * any more.
 */
void balloon_observe(struct balloon *balloon, uint64_t now_ms, struct guest_view *guest);

/*
 * How long a new target that brings the guest to `reach_kib` would change nothing: the time until
 * the guest is near its present target or near `reach_kib`, whichever is sooner, at the speed of
 * its balloon. 0 if the guest is near one of them or would turn round; if its balloon does not
 * move (is_moving, which balloon_observe() fills, too), since any other target wakes one that
 * pauses after a failure; or if its speed has not been measured, as that of a fast balloon never
 * is.
 */
uint64_t balloon_far_ms(const struct guest_view *guest, uint64_t reach_kib);

/* The guest does not run: all is forgotten but where it rests. */
void balloon_pause(struct balloon *balloon);

/* The guest has shut itself down and stands, and takes nothing of what it was promised: fills
 * does_not_take, in the same time as of a guest that runs. All else is forgotten but where it
 * rests. */
void balloon_observe_shut_down(struct balloon *balloon, uint64_t now_ms, struct guest_view *guest);

#endif
