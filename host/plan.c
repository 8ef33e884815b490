/* SPDX-License-Identifier: MIT */
#include "host/plan.h"

const char *plan_breach_text(enum plan_breach breach)
{
	static const char *const text[PLAN_BREACHES_] = {
		[PLAN_SAFE] = "is safe",
		[PLAN_NOT_OURS] = "touches a guest that is not ours to move",
		[PLAN_TWICE] = "changes a guest twice",
		[PLAN_NOT_PAGES] = "asks for a part of a page",
		[PLAN_BELOW_MIN] = "takes a guest below its min",
		[PLAN_ABOVE_MAX] = "lets a guest grow above its max",
		[PLAN_OVERSPENT] = "hands out memory that is not there",
		[PLAN_XL_BUILDS] = "lets a guest grow while xl builds one",
		[PLAN_ORDER] = "puts a shrink behind a grow",
	};
	return text[breach];
}

static bool is_grow(const struct snapshot *snap, const struct action *a)
{
	return a->target_kib > snap->guest[a->guest].target_kib;
}

/* Host memory the action takes beyond what the guest holds or may take already. */
static uint64_t cost_kib(const struct snapshot *snap, const struct action *a)
{
	const struct guest_view *g = &snap->guest[a->guest];
	uint64_t reach_kib = model_reach_kib(g, a->target_kib);
	uint64_t has_kib = g->alm_kib + model_pending_kib(g);
	return reach_kib > has_kib ? reach_kib - has_kib : 0;
}

/* Everything that can be said of one action without the others. */
static enum plan_breach breach_alone(const struct snapshot *snap, const struct action *a)
{
	if (a->guest >= snap->n_guests || snap->guest[a->guest].hold != HOLD_NONE)
		return PLAN_NOT_OURS;
	const struct guest_view *g = &snap->guest[a->guest];
	uint64_t reach_kib = model_reach_kib(g, a->target_kib);
	if (a->target_kib % MODEL_PAGE_KIB)
		return PLAN_NOT_PAGES;
	if (!is_grow(snap, a))
		return reach_kib < g->min_kib ? PLAN_BELOW_MIN : PLAN_SAFE;
	if (reach_kib > g->max_kib)
		return PLAN_ABOVE_MAX;
	if (snap->host.xl_is_building && cost_kib(snap, a))
		return PLAN_XL_BUILDS;
	return PLAN_SAFE;
}

static bool is_repeated(const struct plan *plan, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		if (plan->action[i].guest == plan->action[n].guest)
			return true;
	return false;
}

enum plan_breach plan_violation(const struct policy_conf *conf, const struct snapshot *snap,
				const struct plan *plan, unsigned *ret_action)
{
	uint64_t left_kib = model_spendable_kib(snap, conf->reserve_kib);
	bool grown = false;
	for (unsigned i = 0; i < plan->n_actions; i++) {
		const struct action *a = &plan->action[i];
		*ret_action = i;
		enum plan_breach breach = breach_alone(snap, a);
		if (breach != PLAN_SAFE)
			return breach;
		if (is_repeated(plan, i))
			return PLAN_TWICE;
		uint64_t cost = cost_kib(snap, a);
		if (cost > left_kib)
			return PLAN_OVERSPENT;
		left_kib -= cost;
		if (grown && !is_grow(snap, a))
			return PLAN_ORDER;
		grown = is_grow(snap, a);
	}
	return PLAN_SAFE;
}

/* Lowers the target so that the action costs at most `left_kib`; false when nothing is left of it.
 */
static bool trim(const struct snapshot *snap, struct action *a, uint64_t left_kib)
{
	uint64_t over_kib = cost_kib(snap, a) - left_kib;
	over_kib = (over_kib + MODEL_PAGE_KIB - 1) / MODEL_PAGE_KIB * MODEL_PAGE_KIB;
	if (over_kib >= a->target_kib - snap->guest[a->guest].target_kib)
		return false;
	a->target_kib -= over_kib;
	return true;
}

/* By insertion, since plans are short and nearly in order. */
void plan_order(const struct snapshot *snap, struct plan *plan)
{
	for (unsigned i = 1; i < plan->n_actions; i++) {
		struct action a = plan->action[i];
		unsigned at = i;
		while (at > 0 && !is_grow(snap, &a) && is_grow(snap, &plan->action[at - 1])) {
			plan->action[at] = plan->action[at - 1];
			at--;
		}
		plan->action[at] = a;
	}
}

unsigned plan_cut(const struct policy_conf *conf, const struct snapshot *snap, struct plan *plan)
{
	uint64_t left_kib = model_spendable_kib(snap, conf->reserve_kib);
	unsigned kept = 0, cuts = 0;
	for (unsigned i = 0; i < plan->n_actions; i++) {
		plan->action[kept] = plan->action[i];
		struct action *a = &plan->action[kept];
		bool fits = breach_alone(snap, a) == PLAN_SAFE && !is_repeated(plan, kept);
		if (fits && cost_kib(snap, a) > left_kib) {
			fits = trim(snap, a, left_kib);
			cuts += fits;
		}
		if (!fits) {
			cuts++;
			continue;
		}
		left_kib -= cost_kib(snap, a);
		kept++;
	}
	plan->n_actions = kept;
	plan_order(snap, plan);
	return cuts;
}
