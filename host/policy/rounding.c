/* SPDX-License-Identifier: MIT */
#include "host/policy/rounding.h"

#include "common/amount.h"
#include "common/units.h"
#include "host/core/goal.h"
#include "host/core/source.h"

/* A shrink that cannot soon be followed by another takes so many times what is asked for. */
#define RARE_TIMES 8

#define PERMYRIAD 10000u

/* A reservation waits for the last page: a step from those who can spare it, until it has all. */
static void gather_rest(const struct policy_conf *conf, const struct snapshot *snap,
			uint64_t owed_kib, struct plan *plan)
{
	for (unsigned i = 0; i < snap->n_guests && owed_kib; i++) {
		const struct guest_view *g = &snap->guest[i];
		struct verdict *v = &plan->verdict[i];
		if (!model_gives(g) || v->goal_kib != g->alm_kib ||
		    g->alm_kib < amount_max(v->want_kib, model_least_kib(g)) + conf->step_kib)
			continue;
		v->goal_kib = g->alm_kib - conf->step_kib;
		owed_kib = amount_less(owed_kib, conf->step_kib);
	}
}

/*
 * Shrinks smaller than a step are not worth the disturbance, but together they
 * may be what somebody waits for: they are gathered into one guest's shrink.
 */
static void gather_small_shrinks(const struct policy_conf *conf, const struct snapshot *snap,
				 struct plan *plan)
{
	uint64_t owed_kib = 0;
	for (unsigned i = 0; i < snap->n_guests; i++) {
		const struct guest_view *g = &snap->guest[i];
		struct verdict *v = &plan->verdict[i];
		if (!model_gives(g) || v->goal_kib >= g->alm_kib ||
		    g->alm_kib - v->goal_kib >= conf->step_kib)
			continue;
		uint64_t least_kib = model_least_kib(g);
		uint64_t floor_kib =
			v->goal_kib < v->want_kib ? least_kib : amount_max(v->want_kib, least_kib);
		owed_kib += g->alm_kib - v->goal_kib;
		v->goal_kib = g->alm_kib;
		if (owed_kib < conf->step_kib && i + 1 < snap->n_guests)
			continue;
		if (g->alm_kib < floor_kib + conf->step_kib)
			continue;
		v->goal_kib = g->alm_kib - conf->step_kib;
		owed_kib = owed_kib > conf->step_kib ? owed_kib - conf->step_kib : 0;
	}
	if (model_reservation_is_awaited(conf, snap))
		gather_rest(conf, snap, owed_kib, plan);
}

/*
 * A guest that has been told to shrink is told to shrink no further before its agent has told a
 * number, which may take minutes. So a shrink of such a guest takes several times as much as is
 * asked for, up to half of its surplus: the rest stays free for those who come next.
 */
static void deepen_rare_shrinks(const struct policy_conf *conf, const struct snapshot *snap,
				struct plan *plan)
{
	for (unsigned i = 0; i < snap->n_guests; i++) {
		const struct guest_view *g = &snap->guest[i];
		struct verdict *v = &plan->verdict[i];
		bool is_rare = source_is_foreign(g->source) && !source_table[g->source].quiet_ms;
		uint64_t half_kib = amount_less(g->alm_kib, v->want_kib) / 2;
		uint64_t by_kib = amount_less(g->alm_kib, v->goal_kib);
		if (!is_rare || !model_gives(g) || by_kib < conf->step_kib)
			continue;
		by_kib = amount_max(by_kib, amount_min(RARE_TIMES * by_kib, half_kib));
		v->goal_kib = units_whole_pages_kib(g->alm_kib - by_kib);
	}
}

/* --- while a guest in alarm grows ------------------------------------------ */

/* What the guest is to have beyond its goal, if that is there. What it was told is not taken back
 * while it is on its way. */
static uint64_t wished_kib(const struct policy_conf *conf, const struct guest_view *g,
			   const struct verdict *v)
{
	uint64_t kib = amount_max(ROUNDING_STEPS * conf->step_kib, v->use_kib / ROUNDING_USE_SHARE);
	uint64_t heading_kib = model_heading_kib(g);
	if (!g->is_alarmed || !model_grows(g) || g->does_not_take)
		return 0;
	if (!goal_missing_kib(conf, g, v))
		kib = heading_kib > g->alm_kib ? amount_less(heading_kib, v->goal_kib) : 0;
	return amount_min(kib, amount_less(g->max_kib, v->goal_kib));
}

/* The surplus of a guest that gives, and can be believed to have one. */
static uint64_t surplus_kib(const struct policy_conf *conf, const struct guest_view *g,
			    const struct verdict *v)
{
	bool gives = model_gives(g) && g->has_report && !g->is_alarmed && !g->is_doubted &&
		     !v->is_spared && v->goal_kib + conf->step_kib <= g->alm_kib;
	return gives ? amount_less(v->goal_kib, amount_max(v->want_kib, model_least_kib(g))) : 0;
}

static void round_up_growths(const struct policy_conf *conf, const struct snapshot *snap,
			     struct plan *plan)
{
	uint64_t all_wished_kib = 0, all_surplus_kib = 0, all_missing_kib = 0;
	for (unsigned i = 0; i < snap->n_guests; i++) {
		const struct guest_view *g = &snap->guest[i];
		const struct verdict *v = &plan->verdict[i];
		all_missing_kib += goal_missing_kib(conf, g, v);
		all_wished_kib += wished_kib(conf, g, v);
		all_surplus_kib += surplus_kib(conf, g, v);
	}
	if (!all_wished_kib)
		return;
	uint64_t free_kib = amount_less(model_spendable_kib(conf, snap, false), all_missing_kib);
	uint64_t of_free_kib = amount_min(free_kib, all_wished_kib);
	uint64_t of_surplus_kib = amount_min(all_surplus_kib, all_wished_kib - of_free_kib);
	/* growths wait for memory that is free, so what these lose by rounding does no harm */
	uint64_t got_permyriad = (of_free_kib + of_surplus_kib) * PERMYRIAD / all_wished_kib;
	uint64_t given_permyriad =
		all_surplus_kib ? of_surplus_kib * PERMYRIAD / all_surplus_kib : 0;
	for (unsigned i = 0; i < snap->n_guests; i++) {
		const struct guest_view *g = &snap->guest[i];
		struct verdict *v = &plan->verdict[i];
		uint64_t got_kib = wished_kib(conf, g, v) * got_permyriad / PERMYRIAD;
		uint64_t given_kib = surplus_kib(conf, g, v) * given_permyriad / PERMYRIAD;
		v->goal_kib += units_whole_pages_kib(got_kib);
		v->goal_kib -= units_whole_pages_kib(given_kib);
	}
}

void rounding_apply(const struct policy_conf *conf, const struct snapshot *snap, struct plan *plan)
{
	gather_small_shrinks(conf, snap, plan);
	deepen_rare_shrinks(conf, snap, plan);
	if (!snap->host.xl_is_building)
		round_up_growths(conf, snap, plan);
}
