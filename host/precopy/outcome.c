/* SPDX-License-Identifier: MIT */
#include "host/precopy/outcome.h"

#include "common/amount.h"

enum {
	WORTH_SHARE = 16,  /* another round is to save this fraction of what is left */
	SAVED_SHARE = 3,   /* at the end so many are sent again, at most, to save one page */
	RESEND_FACTOR = 2, /* no more is sent again than twice what the first pass saw modified */
	/* A burst is waited out for the first time, or for this fraction of the time so far if that
	 * is longer, but no longer than the last. */
	PATIENCE_MS = 500,
	PATIENCE_SHARE = 16,
	MOST_PATIENCE_MS = 10000,
	LONG_MS = 4000, /* what came back of late says nothing of longer than this */
	/* A closer look takes so many slices at most, and at most this fraction of the time so far.
	 */
	LOOK_SLICES = 2,
	LOOK_SHARE = 8,
};

/* All that is left could be sent in less time than a round took. */
static bool is_within_a_slice(const struct outcome_view *v)
{
	return pace_sending_ms(v->pace, v->choice->held_pages) <
	       amount_less(v->conf->slice_ms, v->conf->suspend_ms);
}

/* What comes back is known of a short time only: of a long one it says nothing yet. */
uint64_t outcome_left_pages(const struct outcome_view *v)
{
	const struct choice *c = v->choice;
	uint64_t left = c->held_pages - c->lasting_pages;
	bool is_long = pace_sending_ms(v->pace, c->wanted_pages) > LONG_MS &&
		       v->past->since_best_pages <= v->past->peak_pages / 4;
	return is_long ? left : left + pace_back_pages(v->pace, c->wanted_pages);
}

/* Near the end it is no success to leave a little less in shorter and shorter rounds: pages that
 * are modified all the time would be sent for ever. */
void outcome_note(struct outcome_past *past, const struct outcome_view *v)
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
	return v->past->again_pages / RESEND_FACTOR >= v->past->touched_pages;
}

/* What was foreseen has come true of late, and the next round saves something by what is. */
static bool saves_enough(const struct outcome_view *v)
{
	uint64_t held_pages = v->choice->held_pages;
	uint64_t least = amount_max(v->conf->enough_pages, held_pages / WORTH_SHARE);
	uint64_t most = (is_within_a_slice(v) ? 1 : 2) * v->past->peak_pages;
	return v->past->since_best_pages <= most &&
	       amount_less(held_pages, outcome_left_pages(v)) >= least;
}

/* Much less was left before: this is a burst, which may end. */
static bool may_be_a_burst(const struct outcome_view *v)
{
	uint64_t patience_ms = amount_max(PATIENCE_MS, v->age_ms / PATIENCE_SHARE);
	return v->choice->held_pages > 2 * v->past->best_pages + v->conf->enough_pages &&
	       v->past->waited_ms < amount_min(patience_ms, MOST_PATIENCE_MS);
}

/* What is left is modified in every round, but could be sent in less time than a round took: if it
 * is seldom enough, shorter rounds will show it. */
static bool is_worth_a_closer_look(const struct outcome_view *v)
{
	const struct choice *c = v->choice;
	return is_within_a_slice(v) &&
	       v->past->waited_ms <=
		       amount_min(LOOK_SLICES * v->conf->slice_ms, v->age_ms / LOOK_SHARE) &&
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
