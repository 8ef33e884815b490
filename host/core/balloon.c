/* SPDX-License-Identifier: MIT */
#include "host/core/balloon.h"

#include "common/amount.h"
#include "common/units.h"

/* Since it last moved or was told anything new. */
static uint64_t quiet_ms(const struct balloon *b, uint64_t now_ms)
{
	uint64_t last_ms = b->moved_ms > b->asked_ms ? b->moved_ms : b->asked_ms;
	return now_ms > last_ms ? now_ms - last_ms : 0;
}

/* --- what the guest's driver says of itself ---------------------------------------------- */

enum driver_word {
	DRIVER_SAYS_NOTHING,
	DRIVER_STANDS, /* where xenstore wants it */
	DRIVER_MOVES,  /* it wants to go to where it is not */
	DRIVER_GREW,   /* it stands where its agent wants it: above what xenstore says */
};

/* Linux leaves out of memory/target the video memory and what the guest's map does not have. A
 * report is old if it was there before the balloon stood still, unless nothing has changed since
 * the balloon was first seen. */
static enum driver_word driver_word(const struct balloon *b, const struct guest_view *guest)
{
	const struct report *r = &guest->report;
	uint64_t still_ms = amount_max(b->moved_ms, b->asked_ms);
	uint64_t most_kib = amount_less(guest->target_kib, guest->videoram_kib);
	uint64_t least_kib = amount_less(most_kib, guest->videoram_kib + BALLOON_USUAL_SLACK_KIB);
	if (!guest->has_report || guest->report_ms < still_ms ||
	    !REPORT_HAS(r, balloon_current_kib) || !REPORT_HAS(r, balloon_target_kib))
		return DRIVER_SAYS_NOTHING;
	if (amount_distance(r->balloon_current_kib, r->balloon_target_kib) > MODEL_NEAR_KIB)
		return DRIVER_MOVES;
	if (r->balloon_target_kib > most_kib + MODEL_NEAR_KIB)
		return DRIVER_GREW;
	return r->balloon_target_kib >= least_kib ? DRIVER_STANDS : DRIVER_MOVES;
}

/* --- slack --------------------------------------------------------------------------------- */

/* Above where the balloon is expected to rest. */
static bool is_far_above(const struct guest_view *guest)
{
	uint64_t reach_kib = model_reach_kib(guest, guest->target_kib);
	return guest->alm_kib > reach_kib + BALLOON_USUAL_SLACK_KIB;
}

/*
 * Above its target and rising: nobody told it to, it took its credit. So it is
 * until it is told anything new, or falls. One that was above its target when it
 * was first seen did so before, if its driver says so.
 */
static void note_growth(struct balloon *b, uint64_t now_ms, const struct guest_view *guest)
{
	bool grew_before = b->grew_itself;
	uint64_t reach_kib = model_reach_kib(guest, guest->target_kib);
	bool is_above = guest->alm_kib > reach_kib + MODEL_NEAR_KIB;
	if (!b->seen)
		return;
	if (b->is_found_away && is_above && driver_word(b, guest) == DRIVER_GREW)
		b->grew_itself = true;
	else if (!is_above || guest->target_kib != b->target_kib || guest->alm_kib < b->alm_kib)
		b->grew_itself = false;
	else if (guest->alm_kib > b->alm_kib)
		b->grew_itself = true;
	if (!grew_before)
		b->grew_ms = now_ms;
}

/* Of the credit that it was given, and not only what libxl grants above any target. */
static bool is_taking(const struct balloon *b, uint64_t now_ms, const struct guest_view *guest)
{
	uint64_t granted_kib = model_reach_kib(guest, guest->target_kib) + MODEL_LIBXL_SLACK_KIB;
	return b->grew_itself && guest->alm_kib > granted_kib &&
	       now_ms < b->grew_ms + BALLOON_TAKING_MS;
}

/* What outlasts that the guest does not run. */
static struct balloon where_it_rests(const struct balloon *b)
{
	return (struct balloon){.has_slack = b->has_slack,
				.slack_kib = b->slack_kib,
				.rests_as_usual = b->rests_as_usual};
}

static void note_moves(struct balloon *b, uint64_t now_ms, const struct guest_view *guest)
{
	if (!b->seen) {
		bool has_reported = b->has_reported;
		*b = where_it_rests(b);
		b->seen = true;
		b->has_reported = has_reported;
		b->is_found_away = is_far_above(guest);
		b->seen_ms = b->moved_ms = b->asked_ms = b->well_ms = now_ms;
	} else {
		if (guest->alm_kib != b->alm_kib)
			b->moved_ms = now_ms;
		if (guest->target_kib != b->target_kib)
			b->asked_ms = now_ms;
	}
	b->alm_kib = guest->alm_kib;
	b->target_kib = guest->target_kib;
}

/* A balloon that finds nothing more to take stops above its target; it goes on when it is told
 * anything new. */
static bool lacks_memory(const struct guest_view *guest)
{
	uint64_t reach_kib = model_reach_kib(guest, guest->target_kib);
	return guest->alm_kib > reach_kib && guest->has_report &&
	       guest->report.avail_kib < BALLOON_LACK_KIB;
}

static bool is_usual(const struct guest_view *guest, uint64_t alm_kib, uint64_t target_kib)
{
	uint64_t expected_kib = amount_less(target_kib, guest->videoram_kib);
	return amount_distance(alm_kib, expected_kib) <= BALLOON_USUAL_SLACK_KIB;
}

/*
 * A guest may be told to shrink as soon as its agent has reported, before its slack was measured;
 * where it stops half-way then, with pages that are locked, say, is no slack. A target that has
 * come to where the balloon is anyway says nothing before that has had its time to go on.
 */
static void judge_rest(struct balloon *b, uint64_t now_ms, const struct guest_view *guest)
{
	uint64_t long_ms = b->moved_ms >= b->asked_ms ? BALLOON_PAUSE_MS : BALLOON_REST_MS;
	bool stands = quiet_ms(b, now_ms) >= long_ms && guest->has_report && !b->grew_itself;
	bool moves = driver_word(b, guest) == DRIVER_MOVES;
	bool is_near = is_usual(guest, b->alm_kib, b->target_kib);
	b->rests_as_usual |= stands && (moves ? is_far_above(guest) : is_near);
}

/* From a true slack it would follow a larger target. If it is one, it is found again. */
static void doubt_slack(struct balloon *b, uint64_t now_ms, const struct guest_view *guest)
{
	uint64_t rest_kib = model_reach_kib(guest, b->target_kib);
	bool is_large = b->has_slack && !is_usual(guest, rest_kib, b->target_kib);
	if (is_large && b->grow_from_kib && model_pending_kib(guest) >= BALLOON_FIRST_KIB &&
	    now_ms >= b->grow_asked_ms + BALLOON_STUCK_MS)
		b->has_slack = false;
}

/*
 * Whether the ALM of this moment is where the balloon rests. A slack that is known is measured anew
 * only where it is near to what is usual: one that becomes large is a balloon that stopped
 * half-way.
 */
static bool is_slack(const struct balloon *b, uint64_t now_ms, const struct guest_view *guest)
{
	enum driver_word word = driver_word(b, guest);
	bool is_near = is_usual(guest, b->alm_kib, b->target_kib);
	bool has_ended = quiet_ms(b, now_ms) >= BALLOON_GIVE_UP_MS && !b->lacked;
	if (!guest->has_report || b->grew_itself || word == DRIVER_MOVES ||
	    quiet_ms(b, now_ms) < BALLOON_REST_MS)
		return false;
	if (b->has_slack)
		return is_near && has_ended;
	return is_near || word == DRIVER_STANDS ||
	       (has_ended && is_far_above(guest) && !b->rests_as_usual);
}

static void measure_slack(struct balloon *b, uint64_t now_ms, const struct guest_view *guest)
{
	bool stands = quiet_ms(b, now_ms) >= BALLOON_REST_MS;
	if (b->asked_ms == now_ms)
		b->lacked = false;
	b->lacked |= lacks_memory(guest);
	judge_rest(b, now_ms, guest);
	doubt_slack(b, now_ms, guest);
	if (is_slack(b, now_ms, guest)) {
		int64_t slack_kib = (int64_t)b->alm_kib - (int64_t)b->target_kib;
		b->slack_kib = slack_kib - slack_kib % (int64_t)UNITS_PAGE_KIB;
		b->has_slack = true;
	}
	/* a driver that wants to be where it is expected, and is not, rests where others do */
	if (b->has_slack || now_ms >= b->seen_ms + BALLOON_FOUND_MS || b->grew_itself ||
	    !is_far_above(guest) || (stands && driver_word(b, guest) == DRIVER_MOVES))
		b->is_found_away = false;
}

/* How long the last growth took to begin, if this look and the one before tell. */
static void measure_latency(struct balloon *b, uint64_t now_ms, bool is_sharp,
			    const struct guest_view *guest)
{
	bool has_begun = b->grow_from_kib && guest->alm_kib >= b->grow_from_kib + BALLOON_FIRST_KIB;
	if (has_begun && is_sharp) {
		uint64_t took_ms = amount_max(now_ms - b->grow_asked_ms, BALLOON_MIN_LATENCY_MS);
		took_ms = amount_min(took_ms, BALLOON_MAX_LATENCY_MS);
		b->latency_ms = (3 * guest->latency_ms + took_ms) / 4;
	}
	bool is_asked = b->asked_ms == now_ms && model_pending_kib(guest) >= BALLOON_FIRST_KIB;
	if (has_begun || (b->asked_ms == now_ms && !is_asked)) {
		b->grow_from_kib = 0;
	} else if (is_asked && b->was_near) { /* one at work begins at once */
		b->grow_from_kib = guest->alm_kib;
		b->grow_asked_ms = now_ms;
	}
}

/* Which way it has to go: -1, 0 or 1. */
static int way_of(const struct guest_view *guest)
{
	uint64_t heading_kib = model_heading_kib(guest);
	if (amount_distance(guest->alm_kib, heading_kib) <= MODEL_NEAR_KIB)
		return 0;
	return heading_kib > guest->alm_kib ? 1 : -1;
}

/* How fast it moves, over a run that has neither ended, nor turned, nor paused, nor run out of
 * what it could give. A balloon that is through before a run is long enough is fast. */
static void measure_speed(struct balloon *b, uint64_t now_ms, const struct guest_view *guest)
{
	int way = lacks_memory(guest) ? 0 : way_of(guest);
	bool pauses = now_ms >= b->moved_ms + BALLOON_PAUSE_MS;
	if (!way || way != b->run_way || pauses || !b->run_ms) {
		b->run_way = way;
		b->run_ms = way && b->moved_ms == now_ms ? now_ms : 0;
		b->run_kib = guest->alm_kib;
	} else if (now_ms >= b->run_ms + BALLOON_RUN_MS) {
		uint64_t took_ms = now_ms - b->run_ms;
		uint64_t kib_s = amount_distance(guest->alm_kib, b->run_kib) * 1000 / took_ms;
		b->speed_kib_s = b->speed_kib_s ? (3 * b->speed_kib_s + kib_s) / 4 : kib_s;
		b->run_ms = now_ms;
		b->run_kib = guest->alm_kib;
	}
}

/* A shrink has begun. It rises at once and falls slowly: who was doubted for being slow is given
 * time. A look too late to tell says at least that it had not begun at the one before. */
static void measure_begin(struct balloon *b, uint64_t now_ms, bool is_sharp)
{
	uint64_t took_ms = is_sharp ? now_ms - b->owes_ms : amount_less(b->looked_ms, b->owes_ms);
	if (took_ms >= b->begin_ms)
		b->begin_ms = took_ms;
	else if (is_sharp)
		b->begin_ms = (3 * b->begin_ms + took_ms) / 4;
}

/* It holds more than it was told to by more than libxl grants above any target. Who takes that
 * much, and keeps it, may give all the rest. */
static bool owes(const struct guest_view *guest)
{
	return guest->alm_kib > model_heading_kib(guest) + MODEL_LIBXL_SLACK_KIB;
}

static uint64_t patience_ms(const struct balloon *b)
{
	return amount_min(amount_max(BALLOON_DOUBT_MS, 2 * b->begin_ms), BALLOON_STUCK_MS);
}

/* Whether what it is to give can be counted on. One that gives no more than a trickle cannot. */
static void judge_giving(struct balloon *b, uint64_t now_ms, bool is_sharp,
			 const struct guest_view *guest)
{
	bool is_told = owes(guest);
	uint64_t least_kib = is_told ? BALLOON_FIRST_KIB : MODEL_NEAR_KIB;
	bool has_moved = (b->owes_ms || b->is_doubted) &&
			 amount_distance(guest->alm_kib, b->owes_from_kib) >= least_kib;
	if (has_moved && b->owes_ms && !b->gives)
		measure_begin(b, now_ms, is_sharp);
	if (has_moved)
		b->is_doubted = false;
	b->gives = is_told && (b->gives || has_moved);
	if (!is_told) {
		b->owes_ms = 0;
	} else if (!b->owes_ms || has_moved) {
		b->owes_ms = now_ms;
		b->owes_from_kib = guest->alm_kib;
	} else if (now_ms >= b->owes_ms + patience_ms(b)) {
		b->is_doubted = true;
	}
}

/* The next pause is twice as long. */
static uint64_t next_pause_ms(uint64_t *pause_ms)
{
	uint64_t this_ms = amount_max(*pause_ms, BALLOON_RETRY_MS);
	*pause_ms = amount_min(2 * this_ms, BALLOON_RETRY_MAX_MS);
	return this_ms;
}

/* A balloon is stuck if its guest was told to shrink and it does not move. */
static void judge_stuck(struct balloon *b, uint64_t now_ms, struct guest_view *guest, bool is_near)
{
	bool is_to_give = owes(guest);
	if (!is_to_give || b->was_near || b->moved_ms == now_ms)
		b->well_ms = now_ms;
	if (is_near)
		b->pause_ms = 0;
	if (!is_to_give || b->moved_ms == now_ms) {
		b->stuck = false;
	} else if (b->stuck && now_ms >= b->retry_ms) {
		b->stuck = false;
		b->well_ms = now_ms; /* a new chance starts now */
		guest->gave_up = true;
	} else if (!b->stuck && now_ms >= b->well_ms + BALLOON_STUCK_MS) {
		b->stuck = true;
		b->retry_ms = now_ms + next_pause_ms(&b->pause_ms);
	}
	if (b->stuck && guest->hold == HOLD_NONE)
		guest->hold = HOLD_STUCK;
}

/*
 * The guest took took_kib of its promise in the last BALLOON_STUCK_MS; less than a batch counts as
 * nothing. It keeps as much of the promise as it would take in BALLOON_TAKE_RUNS times as long, if
 * the promise is larger than that. More is promised when its pace is known anew; or, if it took
 * nothing, after a pause that doubles each time.
 */
static void judge_pace(struct balloon *b, uint64_t now_ms, uint64_t promised_kib, uint64_t took_kib)
{
	uint64_t able_kib = took_kib >= BALLOON_FIRST_KIB ? took_kib * BALLOON_TAKE_RUNS : 0;
	b->does_not_take |= promised_kib > able_kib;
	if (!b->does_not_take)
		return;
	b->ceiling_kib = b->alm_kib + able_kib;
	b->ceiling_until_ms =
		now_ms + (able_kib ? BALLOON_STUCK_MS : next_pause_ms(&b->leave_pause_ms));
}

/* A guest that boots is given its time: it may have no balloon driver yet. */
static void judge_taking(struct balloon *b, uint64_t now_ms, const struct guest_view *guest)
{
	uint64_t promised_kib = guest->boot_kib ? 0 : model_pending_kib(guest);
	uint64_t took_kib = b->take_ms ? amount_less(guest->alm_kib, b->take_from_kib) : 0;
	bool is_over = b->take_ms && now_ms >= b->take_ms + BALLOON_STUCK_MS;
	if (took_kib >= BALLOON_FIRST_KIB)
		b->leave_pause_ms = 0;
	if (promised_kib <= MODEL_NEAR_KIB) {
		b->take_ms = 0;
		b->does_not_take = false;
		return;
	}
	if (is_over)
		judge_pace(b, now_ms, promised_kib, took_kib);
	if (is_over || !b->take_ms) {
		b->take_ms = now_ms;
		b->take_from_kib = guest->alm_kib;
	}
}

static void lower_bounds(const struct balloon *b, uint64_t now_ms, struct guest_view *guest)
{
	/* a max below the ALM would take memory from the guest */
	uint64_t ceiling_kib = amount_max(b->ceiling_kib, guest->alm_kib);
	if (now_ms >= b->ceiling_until_ms)
		return;
	guest->max_kib = amount_min(guest->max_kib, units_whole_pages_kib(ceiling_kib));
	guest->min_kib = amount_min(guest->min_kib, guest->max_kib);
}

uint64_t balloon_far_ms(const struct guest_view *guest, uint64_t reach_kib)
{
	uint64_t alm_kib = guest->alm_kib, heading_kib = model_heading_kib(guest);
	uint64_t soon_kib =
		amount_max(guest->speed_kib_s * BALLOON_SOON_MS / 1000, BALLOON_SOON_KIB);
	uint64_t away_kib = amount_min(amount_distance(alm_kib, heading_kib),
				       amount_distance(alm_kib, reach_kib));
	bool turns = (heading_kib > alm_kib) != (reach_kib > alm_kib);
	if (!guest->speed_kib_s || !guest->is_moving || turns || away_kib < soon_kib)
		return 0;
	return (away_kib - soon_kib) * 1000 / guest->speed_kib_s + 1;
}

/* Whether another try now could do what the last one could not. What a guest has to give it says in
 * a report that is newer than what it was told; to one that is to grow pages were promised. */
static bool has_a_chance(const struct balloon *b, const struct guest_view *guest)
{
	if (model_pending_kib(guest))
		return true;
	return guest->has_report && guest->report_ms > b->asked_ms &&
	       guest->report.avail_kib >= BALLOON_SPARE_KIB;
}

static bool is_asleep(const struct balloon *b, uint64_t now_ms, const struct guest_view *guest)
{
	uint64_t quiet = quiet_ms(b, now_ms);
	return quiet >= BALLOON_GIVE_UP_MS || (quiet >= BALLOON_DOZE_MS && has_a_chance(b, guest));
}

int64_t balloon_slack_kib(const struct balloon *b, uint64_t videoram_kib)
{
	int64_t least_kib = 0 - (int64_t)videoram_kib;
	int64_t above_kib = (int64_t)b->alm_kib - (int64_t)b->target_kib;
	if (b->has_slack)
		return b->slack_kib;
	if (b->has_reported || above_kib < least_kib)
		return least_kib;
	return above_kib < 0 ? above_kib : 0;
}

/* Fills what the guest's ALM says whatever is known of its slack. */
static void observe_moves(struct balloon *b, uint64_t now_ms, struct guest_view *guest)
{
	b->has_reported |= guest->has_report;
	guest->slack_kib = balloon_slack_kib(b, guest->videoram_kib);
	note_growth(b, now_ms, guest);
	note_moves(b, now_ms, guest);
	measure_slack(b, now_ms, guest);
	guest->slack_kib = balloon_slack_kib(b, guest->videoram_kib);
	guest->grew_itself = b->grew_itself;
	guest->is_taking = is_taking(b, now_ms, guest);
	guest->latency_ms = b->latency_ms ? b->latency_ms : BALLOON_LATENCY_MS;
	guest->at_rest = now_ms >= b->moved_ms + BALLOON_REST_MS;
	guest->is_moving = quiet_ms(b, now_ms) < BALLOON_PAUSE_MS;
	guest->speed_kib_s = b->speed_kib_s;
}

void balloon_observe(struct balloon *b, uint64_t now_ms, struct guest_view *guest)
{
	observe_moves(b, now_ms, guest);
	if (b->is_found_away) {
		b->looked_ms = b->well_ms = now_ms;
		if (guest->hold == HOLD_NONE)
			guest->hold = HOLD_UNMEASURED;
		return;
	}
	uint64_t away_kib = amount_distance(guest->alm_kib, model_heading_kib(guest));
	bool is_near = away_kib <= MODEL_NEAR_KIB;
	bool is_sharp = amount_less(now_ms, b->looked_ms) <= BALLOON_SHARP_MS;
	measure_latency(b, now_ms, is_sharp, guest);
	measure_speed(b, now_ms, guest);
	guest->speed_kib_s = b->speed_kib_s;
	judge_giving(b, now_ms, is_sharp, guest);
	b->looked_ms = now_ms;
	guest->gave_up = !is_near && is_asleep(b, now_ms, guest);
	judge_stuck(b, now_ms, guest, is_near);
	b->was_near = is_near;
	judge_taking(b, now_ms, guest);
	lower_bounds(b, now_ms, guest);
	guest->is_moving = quiet_ms(b, now_ms) < BALLOON_PAUSE_MS;
	guest->does_not_take = b->does_not_take;
	guest->is_doubted = b->is_doubted;
}

void balloon_pause(struct balloon *b)
{
	*b = where_it_rests(b);
}

void balloon_observe_shut_down(struct balloon *b, uint64_t now_ms, struct guest_view *guest)
{
	const struct balloon was = *b;
	*b = where_it_rests(&was);
	b->alm_kib = guest->alm_kib;
	b->take_ms = was.take_ms;
	b->take_from_kib = was.take_from_kib;
	b->does_not_take = was.does_not_take;
	guest->slack_kib = balloon_slack_kib(b, guest->videoram_kib);
	judge_taking(b, now_ms, guest);
	guest->does_not_take = b->does_not_take;
}
