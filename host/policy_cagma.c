/* SPDX-License-Identifier: MIT */
/*
 * policy_cagma.c - every guest is guaranteed its critical amount of available
 * memory (CMA).
 *
 * From top to bottom: what each guest wants (demand.h); what each is to have,
 * its goal, by tiers with one level each (share.h); which targets bring it
 * there: shrinks at once, grows against memory that is free now, the rest
 * promised until donors' pages come free.
 */
#include "common/amount.h"
#include "host/plan.h"
#include "host/policy.h"

/* How soon to look again while grows wait for donors' pages. */
#define PROMISE_WAKE_MS 20

/* A shrink under way is called back for so many steps. */
#define CANCEL_STEPS 8

enum { N_TIERS = 5 };

static bool is_ours(const struct guest_view *guest)
{
	return guest->hold == HOLD_NONE;
}

/*
 * The upper bound of tier `tier` for a guest, in pages: its min; what it uses;
 * its CMA above that; its want, which remembers what it used lately; and at
 * last what it holds now, since surplus stays where it is until somebody needs
 * it. Rising with `tier`; within max.
 */
static uint64_t tier_bound(const struct guest_view *guest, const struct verdict *v, int tier)
{
	uint64_t use_kib = v->offset_kib + v->use_kib;
	const uint64_t bound_kib[N_TIERS + 1] = {
		0,
		guest->min_kib,
		amount_min(amount_max(use_kib, guest->min_kib), v->want_kib),
		amount_min(amount_max(use_kib + v->cma_kib, guest->min_kib), v->want_kib),
		v->want_kib,
		amount_max(v->want_kib, amount_min(guest->alm_kib, guest->max_kib)),
	};
	return bound_kib[tier] / MODEL_PAGE_KIB;
}

/* Host memory to be shared: what our guests hold, and what is free beyond the
 * reserve, claims and what others may still take. In pages. */
static uint64_t pages_to_share(const struct policy_conf *conf, const struct snapshot *snap)
{
	uint64_t have_kib = snap->host.free_kib;
	uint64_t kept_kib = model_kept_kib(&snap->host) + conf->reserve_kib;
	for (unsigned i = 0; i < snap->n_guests; i++) {
		const struct guest_view *g = &snap->guest[i];
		if (is_ours(g))
			have_kib += g->alm_kib;
		else
			kept_kib += model_pending_kib(g);
	}
	return (have_kib > kept_kib ? have_kib - kept_kib : 0) / MODEL_PAGE_KIB;
}

static unsigned fill_tier(const struct snapshot *snap, const struct plan *plan, int tier,
			  struct share *share, uint64_t *ret_sum)
{
	unsigned n = 0;
	*ret_sum = 0;
	for (unsigned i = 0; i < snap->n_guests; i++) {
		const struct guest_view *g = &snap->guest[i];
		if (!is_ours(g))
			continue;
		share[n] = (struct share){
			.lo = tier_bound(g, &plan->verdict[i], tier - 1),
			.hi = tier_bound(g, &plan->verdict[i], tier),
			.weight = g->weight,
			.order = g->domid,
		};
		*ret_sum += share[n++].hi;
	}
	return n;
}

/* Everyone gets the tiers that fit whole; within the first that does not, one level decides. */
static void set_goals(const struct policy_conf *conf, const struct snapshot *snap,
		      struct share *share, struct plan *plan)
{
	uint64_t pages = pages_to_share(conf, snap), sum;
	int tier = 1;
	unsigned n = fill_tier(snap, plan, tier, share, &sum);
	while (sum <= pages && tier < N_TIERS)
		n = fill_tier(snap, plan, ++tier, share, &sum);
	share_divide(share, n, pages);
	for (unsigned i = 0, k = 0; i < snap->n_guests; i++) {
		const struct guest_view *g = &snap->guest[i];
		if (!is_ours(g))
			continue;
		/* never below min, even when a host has lost the memory for it */
		uint64_t least_kib = amount_min(g->min_kib, g->alm_kib);
		plan->verdict[i].goal_kib = amount_max(share[k++].got * MODEL_PAGE_KIB, least_kib);
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
		if (!is_ours(g) || v->goal_kib >= g->alm_kib ||
		    g->alm_kib - v->goal_kib >= conf->step_kib)
			continue;
		uint64_t floor_kib = v->goal_kib < v->want_kib ? g->min_kib : v->want_kib;
		owed_kib += g->alm_kib - v->goal_kib;
		v->goal_kib = g->alm_kib;
		if (owed_kib < conf->step_kib && i + 1 < snap->n_guests)
			continue;
		if (g->alm_kib < floor_kib + conf->step_kib)
			continue;
		v->goal_kib = g->alm_kib - conf->step_kib;
		owed_kib = owed_kib > conf->step_kib ? owed_kib - conf->step_kib : 0;
	}
}

/* A guest may hold less than its min or more than its max; it is never told to. */
static void add_action(struct plan *plan, const struct snapshot *snap, unsigned guest,
		       uint64_t alm_kib, enum plan_reason reason)
{
	const struct guest_view *g = &snap->guest[guest];
	uint64_t heading_kib = model_reach_kib(g, g->target_kib);
	uint64_t reach_kib = amount_max(alm_kib, amount_min(g->min_kib, heading_kib));
	reach_kib = amount_min(reach_kib, amount_max(g->max_kib, g->min_kib));
	uint64_t target_kib = model_target_kib(g, reach_kib);
	if (target_kib != g->target_kib)
		plan->action[plan->n_actions++] = (struct action){guest, target_kib, reason};
}

/* A balloon that sleeps on its target wakes for another one only: a page up or down. */
static void add_retry(struct plan *plan, const struct snapshot *snap, unsigned guest,
		      uint64_t heading_kib)
{
	const struct guest_view *g = &snap->guest[guest];
	uint64_t reach_kib = heading_kib > g->min_kib ? heading_kib - MODEL_PAGE_KIB
						      : heading_kib + MODEL_PAGE_KIB;
	if (!g->gave_up || reach_kib > g->max_kib)
		return;
	add_action(plan, snap, guest, reach_kib, REASON_RETRY);
}

/* A goal below where the guest is heading: a shrink, or a growth taken back. */
static void add_shrinks(const struct policy_conf *conf, const struct snapshot *snap,
			struct plan *plan)
{
	for (unsigned i = 0; i < snap->n_guests; i++) {
		const struct guest_view *g = &snap->guest[i];
		const struct verdict *v = &plan->verdict[i];
		uint64_t heading_kib = model_reach_kib(g, g->target_kib);
		uint64_t goal_kib = amount_min(v->goal_kib, g->alm_kib);
		if (!is_ours(g))
			continue;
		if (v->goal_kib + conf->step_kib <= heading_kib)
			add_action(plan, snap, i, v->goal_kib,
				   v->goal_kib >= v->want_kib ? REASON_GIVE : REASON_SHARE);
		else if (goal_kib + conf->step_kib <= g->alm_kib &&
			 goal_kib < heading_kib + conf->step_kib)
			add_retry(plan, snap, i, heading_kib);
	}
}

/* How much above what it holds or was already told a guest is to get; 0 if not worth it. */
static uint64_t missing_kib(const struct policy_conf *conf, const struct guest_view *g,
			    const struct verdict *v)
{
	uint64_t told_kib = amount_max(model_reach_kib(g, g->target_kib), g->alm_kib);
	return is_ours(g) && v->goal_kib >= told_kib + conf->step_kib ? v->goal_kib - told_kib : 0;
}

/*
 * A shrink under way that is not needed any more is stopped where the goal is.
 * Needs waver from report to report, so a donor is not called back for little,
 * unless it would be taken what it wants itself.
 */
static void add_cancels(const struct policy_conf *conf, const struct snapshot *snap,
			struct plan *plan)
{
	for (unsigned i = 0; i < snap->n_guests; i++) {
		const struct guest_view *g = &snap->guest[i];
		const struct verdict *v = &plan->verdict[i];
		uint64_t heading_kib = model_reach_kib(g, g->target_kib);
		uint64_t least_kib =
			heading_kib < v->want_kib ? conf->step_kib : CANCEL_STEPS * conf->step_kib;
		if (is_ours(g) && !missing_kib(conf, g, v) &&
		    amount_min(v->goal_kib, g->alm_kib) >= heading_kib + least_kib)
			add_action(plan, snap, i, amount_min(v->goal_kib, g->alm_kib),
				   REASON_CANCEL);
	}
}

/* What is free now is divided among those who miss something; the rest is promised. */
static void add_grows(const struct policy_conf *conf, const struct snapshot *snap,
		      struct share *share, struct plan *plan)
{
	uint64_t spendable_kib = model_spendable_kib(snap, conf->reserve_kib);
	unsigned n = 0;
	if (snap->host.xl_is_building)
		spendable_kib = 0;
	for (unsigned i = 0; i < snap->n_guests; i++) {
		const struct guest_view *g = &snap->guest[i];
		uint64_t missing = missing_kib(conf, g, &plan->verdict[i]);
		if (missing)
			share[n++] = (struct share){.hi = missing / MODEL_PAGE_KIB,
						    .weight = g->weight,
						    .order = g->domid};
	}
	share_divide(share, n, spendable_kib / MODEL_PAGE_KIB);
	for (unsigned i = 0, k = 0; i < snap->n_guests; i++) {
		const struct guest_view *g = &snap->guest[i];
		uint64_t missing = missing_kib(conf, g, &plan->verdict[i]);
		if (!missing)
			continue;
		uint64_t got_kib = share[k++].got * MODEL_PAGE_KIB;
		uint64_t told_kib = amount_max(model_reach_kib(g, g->target_kib), g->alm_kib);
		if (got_kib >= amount_min(conf->step_kib, missing))
			add_action(plan, snap, i, told_kib + got_kib, REASON_NEED);
		else
			got_kib = 0;
		plan->promised_kib += missing - got_kib;
	}
}

/* Promised memory is on its way: a donor was told to shrink and has not done so yet. */
static bool pages_are_coming(const struct snapshot *snap, const struct plan *plan)
{
	if (plan->n_actions)
		return true;
	for (unsigned i = 0; i < snap->n_guests; i++) {
		const struct guest_view *g = &snap->guest[i];
		if (is_ours(g) && model_reach_kib(g, g->target_kib) + MODEL_NEAR_KIB < g->alm_kib)
			return true;
	}
	return false;
}

/* What is reserved is not there yet, the reserve not counted since it is there for that. */
static bool lease_is_awaited(const struct snapshot *snap)
{
	return snap->host.leased_kib && !model_spendable_kib(snap, 0);
}

void policy_cagma(const struct policy_conf *conf, const struct snapshot *snap,
		  struct policy_state *state, struct plan *plan)
{
	plan->n_actions = 0;
	plan->promised_kib = 0;
	for (unsigned i = 0; i < snap->n_guests; i++) {
		const struct guest_view *g = &snap->guest[i];
		demand_observe(&state->demand[i], conf, g);
		demand_judge(&state->demand[i], conf, &snap->host, g, &plan->verdict[i]);
	}
	set_goals(conf, snap, state->share, plan);
	gather_small_shrinks(conf, snap, plan);
	add_shrinks(conf, snap, plan);
	add_cancels(conf, snap, plan);
	add_grows(conf, snap, state->share, plan);
	plan_order(snap, plan); /* a retry may be either */
	plan->wake_ms = snap->host.now_ms + conf->period_ms;
	if ((plan->promised_kib || lease_is_awaited(snap)) && pages_are_coming(snap, plan))
		plan->wake_ms = snap->host.now_ms + amount_min(PROMISE_WAKE_MS, conf->period_ms);
}
