/* SPDX-License-Identifier: MIT */
#include "host/core/lending.h"

#include "common/amount.h"
#include "common/units.h"

const char *const lending_resort_words[LENDING_RESORT_COUNT_] = {
	[LENDING_RESORT_NONE] = "none",
	[LENDING_RESORT_PAUSE] = "pause",
	[LENDING_RESORT_COMMAND] = "command",
};

/* A domain that has shut itself down has no balloon any more, and keeps its memory until somebody
 * destroys it. */
static bool fails_to_give(const struct guest_view *g)
{
	return g->hold == HOLD_DYING ||
	       (model_is_shrinking(g) && (g->is_doubted || g->hold == HOLD_STUCK));
}

/* What it gave of a loan since the last look, as far as it was told to: of what it was not lent it
 * gives back nothing, and what it gives and takes again by itself proves nothing. */
static uint64_t gave_back_kib(const struct lending *l, const struct guest_view *g)
{
	uint64_t told_kib = model_heading_kib(g);
	if (l->was_shrinking)
		told_kib = amount_min(told_kib, l->heading_kib);
	else if (g->target_kib >= l->target_kib)
		return 0;
	uint64_t gave_kib = amount_less(l->alm_kib, amount_max(g->alm_kib, told_kib));
	return amount_min(gave_kib, amount_less(l->lent_kib, g->lent_kib));
}

void lending_observe(struct lending *l, struct guest_view *g)
{
	l->given_kib += gave_back_kib(l, g);
	if (g->alm_kib > l->alm_kib)
		l->given_kib = 0;
	if (fails_to_give(g))
		l->given_kib = l->proven_kib = 0;
	l->proven_kib = amount_max(l->proven_kib, l->given_kib);
	l->alm_kib = g->alm_kib;
	l->lent_kib = g->lent_kib;
	l->target_kib = g->target_kib;
	l->heading_kib = model_heading_kib(g);
	l->was_shrinking = model_is_shrinking(g);
	g->proven_kib = l->proven_kib;
}

/* What guests may share that is not guaranteed to any of them. */
static uint64_t unclaimed_kib(const struct policy_conf *conf, const struct host_view *host,
			      const struct guest_view *guest, unsigned n)
{
	uint64_t have_kib = host->free_kib;
	uint64_t taken_kib = model_kept_kib(host) + conf->reserve_kib;
	for (unsigned i = 0; i < n; i++) {
		const struct guest_view *g = &guest[i];
		uint64_t own_kib = amount_max(g->guaranteed_kib, g->min_kib);
		have_kib += g->alm_kib;
		taken_kib += model_is_shared(g) ? own_kib : g->alm_kib + model_room_kib(g);
	}
	return amount_less(have_kib, taken_kib);
}

void lending_bound(const struct policy_conf *conf, const struct host_view *host,
		   struct guest_view *guest, unsigned n)
{
	uint64_t unclaimed = unclaimed_kib(conf, host, guest, n), guaranteed_kib = 0, lent_kib = 0;
	for (unsigned i = 0; i < n; i++) {
		guaranteed_kib += guest[i].guaranteed_kib;
		lent_kib += guest[i].is_untrusted ? guest[i].lent_kib : 0;
	}
	for (unsigned i = 0; i < n; i++) {
		struct guest_view *g = &guest[i];
		if (!g->is_untrusted)
			continue;
		uint64_t own_kib = amount_max(g->guaranteed_kib, g->min_kib);
		uint64_t trial_kib = (guaranteed_kib - g->guaranteed_kib) / LENDING_TRIAL_SHARE;
		uint64_t most_kib = unclaimed + trial_kib + LENDING_PROOF_TIMES * g->proven_kib;
		most_kib = own_kib + amount_less(most_kib, lent_kib - g->lent_kib);
		g->max_kib = amount_min(g->max_kib, units_whole_pages_kib(most_kib));
	}
}

uint64_t lending_owed_kib(const struct guest_view *g)
{
	if (!fails_to_give(g))
		return 0;
	uint64_t keeps_kib =
		g->hold == HOLD_DYING ? g->alm_kib : amount_less(g->alm_kib, model_heading_kib(g));
	return amount_min(keeps_kib, g->lent_kib);
}

uint64_t lending_missed_kib(const struct guest_view *g, const struct verdict *v)
{
	/* headroom that the policy lends on is not kept from it by its debtors */
	uint64_t due_kib = amount_less(amount_min(g->guaranteed_kib, v->want_kib), v->lends_kib);
	if (!model_grows(g) || !g->has_report)
		return 0;
	return amount_less(due_kib, g->alm_kib + model_pending_kib(g));
}

/* --- the last resort --- */

/* What a guest is giving already, or could give of what it does not want. */
static uint64_t could_give_kib(const struct guest_view *g, const struct verdict *v)
{
	uint64_t wanted_kib = amount_max(model_least_kib(g), g->has_report ? v->want_kib : 0);
	if (fails_to_give(g))
		return 0;
	return amount_max(amount_less(g->alm_kib, model_heading_kib(g)),
			  amount_less(g->alm_kib, wanted_kib));
}

bool lending_needs_resort(const struct policy_conf *conf, const struct snapshot *snap,
			  const struct verdict *verdict, unsigned debtor, unsigned *ret_victim)
{
	const struct guest_view *d = &snap->guest[debtor];
	uint64_t own_kib = amount_max(d->guaranteed_kib, d->min_kib);
	if (lending_owed_kib(d) < conf->step_kib || d->alm_kib < own_kib + conf->step_kib)
		return false;
	uint64_t could_kib = model_spendable_kib(conf, snap, true), most_kib = 0;
	for (unsigned i = 0; i < snap->n_guests; i++) {
		uint64_t missed_kib = lending_missed_kib(&snap->guest[i], &verdict[i]);
		could_kib += could_give_kib(&snap->guest[i], &verdict[i]);
		if (i == debtor || missed_kib <= most_kib)
			continue;
		most_kib = missed_kib;
		*ret_victim = i;
	}
	return most_kib >= conf->step_kib && most_kib > could_kib;
}

bool lending_resort_is_due(struct lending_debt *debt, const struct guest_view *g, bool needs,
			   uint64_t wait_ms, uint64_t now_ms)
{
	bool is_over = now_ms >= debt->seen_ms + LENDING_GAP_MS || g->alm_kib <= debt->enough_kib;
	if (debt->since_ms && is_over)
		*debt = (struct lending_debt){0};
	if (!needs)
		return false;
	if (!debt->since_ms) {
		debt->since_ms = now_ms;
		debt->enough_kib = g->alm_kib - lending_owed_kib(g) / 2;
	}
	debt->seen_ms = now_ms;
	return !debt->is_answered && now_ms >= debt->since_ms + wait_ms;
}
