/* SPDX-License-Identifier: MIT */
#include "host/precopy/outcome.h"

#include "common/amount.h"

enum {
	WORTH_SHARE = 16, /* another round is to save this fraction of what is left */
	SAVED_SHARE = 3,  /* near the end at most so many pages are sent again to save one */
	/* Pages that were modified at all are sent again at most so many times, on average: as many
	 * as in the five passes of Xen 4.17. */
	MOST_AGAIN = 4,
	EASY_SHARE = 8,    /* all but this fraction of what is left can be sent easily */
	LATER_SHARE = 2,   /* waiting for modifications is to save this fraction of what is left */
	QUIET_SHARE = 2,   /* less than this fraction is modified while all that is left is sent */
	QUIET_MS = 400,    /* modifications of longer ago are forgotten */
	PATIENCE_MS = 500, /* waiting for this time is never too long */
	MOST_PATIENCE_MS = 10000, /* waiting for a longer time always is */
	/* A closer look takes no more slices than this, and no more of the time so far than this
	 * fraction. */
	LOOK_SLICES = 2,
	LOOK_SHARE = 8,
};

/* All that is left could be sent in less time than a round took. */
static bool is_within_a_slice(const struct outcome_view *v)
{
	return pace_sending_ms(v->pace, v->choice->held_pages) <
	       amount_less(v->conf->slice_ms, v->conf->suspend_ms);
}

uint64_t outcome_left_pages(const struct outcome_view *v)
{
	const struct choice *c = v->choice;
	return c->held_pages - c->lasting_pages + pace_back_pages(v->pace, c->wanted_pages);
}

/* --- the past ----------------------------------------------------------------------------- */

static void note_modified(struct outcome_past *past, const struct outcome_view *v)
{
	if (v->is_first_round)
		return; /* what came in is new, and not modified */
	past->dirty_pages += v->dirty_pages;
	past->dirty_ms += amount_min(v->round_ms, UINT32_MAX);
	for (; past->dirty_ms > QUIET_MS; past->dirty_ms /= 2)
		past->dirty_pages /= 2;
}

/* Near the end it is no success to leave a little less in shorter and shorter rounds: pages that
 * are modified all the time would be sent for ever. */
static void note_best(struct outcome_past *past, const struct outcome_view *v)
{
	uint64_t held_pages = v->choice->held_pages;
	uint64_t saved = amount_less(past->best_pages, held_pages);
	bool has_paid = !is_within_a_slice(v) || saved >= past->since_best_pages / SAVED_SHARE;
	if (v->pass < 2 || (saved > held_pages / WORTH_SHARE && has_paid)) {
		past->best_pages = past->peak_pages = held_pages;
		past->since_best_pages = 0;
	}
	past->peak_pages = amount_max(past->peak_pages, held_pages);
}

void outcome_note(struct outcome_past *past, const struct outcome_view *v)
{
	if (past->has_waited) /* at least something, if the clock stands still */
		past->waited_ms += amount_max(v->round_ms, 1);
	note_modified(past, v);
	note_best(past, v);
}

/* --- conditions --------------------------------------------------------------------------- */

static bool would_be_down_too_long(const struct outcome_view *v)
{
	return v->conf->max_downtime_ms && v->downtime_ms > v->conf->max_downtime_ms;
}

static bool had_all_passes(const struct outcome_view *v)
{
	return v->pass > v->conf->max_passes || (v->pass == v->conf->max_passes && v->is_pass_over);
}

static bool is_first_pass(const struct outcome_view *v)
{
	return v->has_times ? v->pass < 2 : v->is_first_round;
}

static bool is_enough(const struct outcome_view *v)
{
	return (v->has_times ? v->choice->held_pages : v->choice->wanted_pages) <
	       v->conf->enough_pages;
}

static bool knows_no_times(const struct outcome_view *v)
{
	return !v->has_times;
}

static bool has_sent_enough_again(const struct outcome_view *v)
{
	return v->past->again_pages / MOST_AGAIN >= v->past->touched_pages;
}

/* The foresight has come true of late: what was sent since the best round has not come back. Pages
 * that can be sent several times between two modifications need no such proof. */
static bool is_credible(const struct outcome_view *v)
{
	uint64_t held_pages = v->choice->held_pages;
	uint64_t most = (is_within_a_slice(v) ? 1 : 2) * v->past->peak_pages;
	return v->past->since_best_pages <= most ||
	       v->choice->easy_pages >= held_pages - held_pages / EASY_SHARE;
}

static bool saves_enough(const struct outcome_view *v)
{
	uint64_t held_pages = v->choice->held_pages;
	uint64_t least = amount_max(v->conf->enough_pages, held_pages / WORTH_SHARE);
	return is_credible(v) && amount_less(held_pages, outcome_left_pages(v)) >= least;
}

/* Waiting is not to take longer than the downtime that it may save. */
static bool has_patience(const struct outcome_view *v)
{
	uint64_t ms = amount_max(PATIENCE_MS, pace_sending_ms(v->pace, v->choice->held_pages));
	return v->past->waited_ms < amount_min(ms, MOST_PATIENCE_MS);
}

/* What is left will be modified soon, and can be sent after that, since it is modified more seldom
 * than sending it takes. */
static bool is_better_sent_later(const struct outcome_view *v)
{
	const struct choice *c = v->choice;
	return has_patience(v) && !is_within_a_slice(v) &&
	       amount_less(c->fresh_pages, c->lasting_pages) >= c->held_pages / LATER_SHARE;
}

/* What is left is hardly modified at present, whatever is foreseen of it: it may have gone cold. */
static bool is_quiet(const struct outcome_view *v)
{
	uint64_t held_pages = v->choice->held_pages;
	uint64_t ms = amount_min(pace_sending_ms(v->pace, held_pages), UINT32_MAX);
	uint64_t rate_pages = amount_min(v->past->dirty_pages, UINT32_MAX);
	return has_patience(v) &&
	       rate_pages * ms / amount_max(v->past->dirty_ms, 1) < held_pages / QUIET_SHARE;
}

/* Much less was left before: this is a burst, which may end. */
static bool may_be_a_burst(const struct outcome_view *v)
{
	return has_patience(v) &&
	       v->choice->held_pages > 2 * v->past->best_pages + v->conf->enough_pages;
}

/* What is left is modified in every round, but could be sent in less time than a round took: if it
 * is modified seldom enough, shorter rounds will show it. */
static bool is_worth_a_closer_look(const struct outcome_view *v)
{
	const struct choice *c = v->choice;
	uint64_t most_ms = amount_min(LOOK_SLICES * v->conf->slice_ms, v->age_ms / LOOK_SHARE);
	return is_within_a_slice(v) && v->past->waited_ms <= most_ms &&
	       c->lasting_pages <= c->held_pages / 4 &&
	       c->held_pages <= 2 * v->past->best_pages + v->conf->enough_pages;
}

static bool always(const struct outcome_view *v)
{
	(void)v;
	return true;
}

/* --- the rules ---------------------------------------------------------------------------- */

static const struct outcome_rule rules[] = {
	/* the administrator's bounds */
	{would_be_down_too_long, PRECOPY_ABORT, "downtime"},
	{had_all_passes, PRECOPY_SUSPEND, "passes"},
	/* pages that were never sent must be sent in any case */
	{is_first_pass, PRECOPY_SEND, "first-pass"},
	/* sending so few takes less time than suspending the guest does */
	{is_enough, PRECOPY_SUSPEND, "enough"},
	/* nothing says that another pass is for nothing */
	{knows_no_times, PRECOPY_SEND, "next-pass"},
	/* a guest that modifies pages faster than they are sent would be chased for ever */
	{has_sent_enough_again, PRECOPY_SUSPEND, "resent"},
	{saves_enough, PRECOPY_SEND, "saves"},
	/* waiting costs time, but no pages */
	{is_better_sent_later, PRECOPY_WAIT, "later"},
	{is_quiet, PRECOPY_WAIT, "quiet"},
	{may_be_a_burst, PRECOPY_WAIT, "burst"},
	{is_worth_a_closer_look, PRECOPY_WAIT, "look"},
	/* what is left will be modified again, whenever it is sent */
	{always, PRECOPY_SUSPEND, "no-gain"},
};

enum { N_BOUNDS = 2 }; /* the rules that come first */

const struct outcome_rule *outcome_of(const struct outcome_view *v)
{
	const struct outcome_rule *rule = rules;
	while (!rule->holds(v))
		rule++;
	return rule;
}

const struct outcome_rule *outcome_bound(const struct outcome_view *v)
{
	for (unsigned i = 0; i < N_BOUNDS; i++)
		if (rules[i].holds(v))
			return &rules[i];
	return NULL;
}

bool outcome_is_worth(const struct outcome_view *v)
{
	return is_first_pass(v) || knows_no_times(v) ||
	       (!has_sent_enough_again(v) && saves_enough(v));
}
