/* SPDX-License-Identifier: MIT */
/*
 * cagma.c - every guest is guaranteed its critical amount of available memory (CMA).
 *
 * A pass takes these steps:
 *  - The verdicts say what each guest wants (demand.h).
 *  - From them follows what each guest is to have, its goal (goal.h).
 *  - Targets bring the guests to their goals. Guests shrink at once and grow against memory that
 *    is free now; the rest of their growth is promised until donors' pages come free.
 *  - Credit says how far each guest may grow by itself meanwhile (credit.h).
 */
#include "common/amount.h"
#include "common/units.h"
#include "host/core/credit.h"
#include "host/core/goal.h"
#include "host/policy/policy.h"

/* How soon to look again while grows wait for donors' pages. */
#define PROMISE_WAKE_MS 20

/* While donors' pages are coming, a growth is issued only if it is at least one part in
 * WORTH_SHARE of what the guest is missing. */
#define WORTH_SHARE 4

/* A shrink under way is called back only if that saves the guest at least so many steps. */
#define CANCEL_STEPS 8

/*
 * Needs waver from report to report. So a guest is not told of a change of less than SMALL_STEPS
 * steps within TELL_GAP_MS of the last one, and is not told to shrink by less than that within
 * WAVER_MS of a growth.
 */
#define SMALL_STEPS 8
#define TELL_GAP_MS 100
#define WAVER_MS    20000

/* True if memory is reserved for a guest to be started and is not all free yet. The reserve may
 * serve a reservation, so memory of the reserve counts as free here. */
static bool reservation_is_awaited(const struct snapshot *snap)
{
	return snap->host.reserved_kib && !model_spendable_kib(snap, 0);
}

/* A reservation waits until its last page is free. So guests that can spare a step give one each,
 * until `owed_kib` is covered. */
static void gather_rest(const struct policy_conf *conf, const struct snapshot *snap,
			uint64_t owed_kib, struct plan *plan)
{
	for (unsigned i = 0; i < snap->n_guests && owed_kib; i++) {
		const struct guest_view *g = &snap->guest[i];
		struct verdict *v = &plan->verdict[i];
		if (!model_is_ours(g) || v->goal_kib != g->alm_kib ||
		    g->alm_kib < v->want_kib + conf->step_kib)
			continue;
		v->goal_kib = g->alm_kib - conf->step_kib;
		owed_kib = amount_less(owed_kib, conf->step_kib);
	}
}

/* A shrink smaller than a step is not worth the disturbance, but several of them together may be
 * what another guest waits for. So they are gathered into the shrink of one guest. */
static void gather_small_shrinks(const struct policy_conf *conf, const struct snapshot *snap,
				 struct plan *plan)
{
	uint64_t owed_kib = 0;
	for (unsigned i = 0; i < snap->n_guests; i++) {
		const struct guest_view *g = &snap->guest[i];
		struct verdict *v = &plan->verdict[i];
		if (!model_is_ours(g) || v->goal_kib >= g->alm_kib ||
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
	if (reservation_is_awaited(snap))
		gather_rest(conf, snap, owed_kib, plan);
}

/*
 * A guest may hold less than its min or more than its max, but it is never told to. A guest that
 * grew by itself is brought back by the target that it has already: any write to memory/target,
 * even of an equal value, ends the target that the guest has set itself.
 */
static void add_action(struct plan *plan, const struct snapshot *snap, unsigned guest,
		       uint64_t alm_kib, enum plan_reason reason)
{
	const struct guest_view *g = &snap->guest[guest];
	uint64_t heading_kib = model_heading_kib(g);
	uint64_t reach_kib = amount_max(alm_kib, amount_min(g->min_kib, heading_kib));
	reach_kib = amount_min(reach_kib, amount_max(g->max_kib, g->min_kib));
	uint64_t target_kib = model_target_kib(g, reach_kib);
	bool is_brought_back = g->grew_itself && reach_kib < g->alm_kib;
	if (target_kib != g->target_kib || is_brought_back)
		plan->action[plan->n_actions++] = (struct action){guest, target_kib, reason};
}

/* A balloon driver that has given up wakes only for another target. So its target is moved by one
 * page: down, or, if the guest is at its min, up, where a page is no growth. */
static void add_retry(struct plan *plan, const struct snapshot *snap, unsigned guest,
		      uint64_t heading_kib)
{
	const struct guest_view *g = &snap->guest[guest];
	bool is_down = heading_kib > g->min_kib || heading_kib > g->alm_kib;
	uint64_t reach_kib = is_down ? heading_kib - UNITS_PAGE_KIB : heading_kib + UNITS_PAGE_KIB;
	if (!g->gave_up || reach_kib > g->max_kib)
		return;
	add_action(plan, snap, guest, reach_kib, REASON_RETRY);
}

/* How much the guest is to get above what it holds and was already told; 0 if that is less than a
 * step. */
static uint64_t missing_kib(const struct policy_conf *conf, const struct guest_view *g,
			    const struct verdict *v)
{
	uint64_t told_kib = amount_max(model_heading_kib(g), g->alm_kib);
	return model_is_ours(g) && v->goal_kib >= told_kib + conf->step_kib ? v->goal_kib - told_kib
									    : 0;
}

/* True if enough time has gone since the guest was last told anything to tell it a change of
 * `by_kib`. */
static bool may_tell(const struct policy_conf *conf, uint64_t now_ms, const struct demand *d,
		     uint64_t by_kib)
{
	return by_kib >= SMALL_STEPS * conf->step_kib || !d->told_ms ||
	       now_ms >= d->told_ms + TELL_GAP_MS;
}

/* True if a shrink of `by_kib` is so small, and so soon after a growth, that the guest may want
 * the memory back at its next report. */
static bool wavers(const struct policy_conf *conf, uint64_t now_ms, const struct demand *d,
		   uint64_t by_kib)
{
	return by_kib < SMALL_STEPS * conf->step_kib && d->told_to_grow_ms &&
	       now_ms < d->told_to_grow_ms + WAVER_MS;
}

/* True if the guest was told to hold its goal, or about that, and does not hold it yet. */
static bool is_on_its_way(const struct policy_conf *conf, const struct guest_view *g,
			  const struct verdict *v)
{
	uint64_t heading_kib = model_heading_kib(g);
	if (heading_kib > g->alm_kib + MODEL_NEAR_KIB)
		return v->goal_kib > g->alm_kib;
	return v->goal_kib + conf->step_kib <= g->alm_kib &&
	       v->goal_kib < heading_kib + conf->step_kib;
}

/*
 * If a guest's goal is below where the guest is heading, it is told to shrink, or its growth is
 * taken back. Memory that a guest took by credit is left to it until it has stopped growing; then
 * the target takes that memory in, or the guest gives it back. A guest without reports may be
 * booting, so it is left in peace.
 */
static void add_shrinks(const struct policy_conf *conf, const struct snapshot *snap,
			const struct demand *demand, struct plan *plan)
{
	uint64_t now_ms = snap->host.now_ms;
	bool can_wait = !model_is_alarmed(snap);
	for (unsigned i = 0; i < snap->n_guests; i++) {
		const struct guest_view *g = &snap->guest[i];
		const struct verdict *v = &plan->verdict[i];
		uint64_t heading_kib = model_heading_kib(g);
		if (!model_is_ours(g) || !g->has_report || (g->grew_itself && !g->at_rest))
			continue;
		if (v->goal_kib + conf->step_kib <= heading_kib) {
			uint64_t by_kib = heading_kib - v->goal_kib;
			if (may_tell(conf, now_ms, &demand[i], by_kib) &&
			    !(can_wait && wavers(conf, now_ms, &demand[i], by_kib)))
				add_action(plan, snap, i, v->goal_kib,
					   v->goal_kib >= v->want_kib ? REASON_GIVE : REASON_SHARE);
		} else if (g->grew_itself && !missing_kib(conf, g, v)) {
			add_action(plan, snap, i, g->alm_kib, REASON_ADOPT);
		} else if (is_on_its_way(conf, g, v) && !missing_kib(conf, g, v)) {
			add_retry(plan, snap, i, heading_kib);
		}
	}
}

/*
 * A shrink under way that is not needed any more is stopped at the goal. Needs waver from report
 * to report, so a donor is not called back for a small amount, unless the shrink would take memory
 * that the donor wants itself.
 */
static void add_cancels(const struct policy_conf *conf, const struct snapshot *snap,
			struct plan *plan)
{
	for (unsigned i = 0; i < snap->n_guests; i++) {
		const struct guest_view *g = &snap->guest[i];
		const struct verdict *v = &plan->verdict[i];
		uint64_t heading_kib = model_heading_kib(g);
		uint64_t least_kib =
			heading_kib < v->want_kib ? conf->step_kib : CANCEL_STEPS * conf->step_kib;
		if (model_is_ours(g) && !missing_kib(conf, g, v) &&
		    amount_min(v->goal_kib, g->alm_kib) >= heading_kib + least_kib)
			add_action(plan, snap, i, amount_min(v->goal_kib, g->alm_kib),
				   REASON_CANCEL);
	}
}

/* If the guest is in alarm, memory that it may take by its credit counts as its own already. */
static uint64_t own_kib(const struct guest_view *g)
{
	return g->is_alarmed ? model_credit_kib(g) : 0;
}

static bool pages_are_coming(const struct snapshot *snap)
{
	for (unsigned i = 0; i < snap->n_guests; i++)
		if (model_is_ours(&snap->guest[i]) && model_is_shrinking(&snap->guest[i]))
			return true;
	return false;
}

/* A small part of what a guest is missing is worth a call only if the guest cannot wait. */
static bool is_worth_a_call(const struct policy_conf *conf, uint64_t got_kib, uint64_t missing,
			    bool cannot_wait)
{
	return got_kib >= conf->step_kib && (cannot_wait || got_kib * WORTH_SHARE >= missing);
}

/*
 * Divides `spendable_kib` among the guests that are missing memory and are in alarm (or are not,
 * by `in_alarm`). No guest gets more than `most_kib` at once. Memory that a guest is missing and
 * does not get is promised. Returns how much was spent.
 */
static uint64_t grow_those(const struct policy_conf *conf, const struct snapshot *snap,
			   bool in_alarm, uint64_t spendable_kib, uint64_t most_kib,
			   const struct memory *memory, struct plan *plan)
{
	struct share *share = memory->share;
	bool cannot_wait = in_alarm || !pages_are_coming(snap);
	uint64_t spent_kib = 0;
	unsigned n = 0;
	for (unsigned i = 0; i < snap->n_guests; i++) {
		const struct guest_view *g = &snap->guest[i];
		uint64_t missing = missing_kib(conf, g, &plan->verdict[i]);
		if (missing && g->is_alarmed == in_alarm)
			share[n++] = (struct share){
				.hi = amount_min(amount_less(missing, own_kib(g)), most_kib) /
				      UNITS_PAGE_KIB,
				.weight = g->weight,
				.order = g->domid};
	}
	if (!n)
		return 0;
	share_divide(share, n, spendable_kib / UNITS_PAGE_KIB);
	for (unsigned i = 0, k = 0; i < snap->n_guests; i++) {
		const struct guest_view *g = &snap->guest[i];
		uint64_t missing = missing_kib(conf, g, &plan->verdict[i]);
		if (!missing || g->is_alarmed != in_alarm)
			continue;
		uint64_t paid_kib = share[k++].got * UNITS_PAGE_KIB;
		uint64_t got_kib = amount_min(missing, own_kib(g)) + paid_kib;
		plan->promised_kib += missing;
		if (!is_worth_a_call(conf, got_kib, missing, cannot_wait) ||
		    !may_tell(conf, snap->host.now_ms, &memory->demand[i], got_kib))
			continue;
		add_action(plan, snap, i, amount_max(model_heading_kib(g), g->alm_kib) + got_kib,
			   REASON_NEED);
		plan->promised_kib -= got_kib;
		spent_kib += paid_kib;
	}
	return spent_kib;
}

/*
 * Guests in alarm come first, and may use the reserve, which is there for them. One guest's alarm
 * is often followed by another's, so a single growth takes at most half of what the reserve still
 * has to lend.
 */
static void add_grows(const struct policy_conf *conf, const struct snapshot *snap,
		      const struct memory *memory, struct plan *plan)
{
	bool may_grow = !snap->host.xl_is_building;
	uint64_t alarm_kib = may_grow ? model_spendable_kib(snap, 0) : 0;
	uint64_t common_kib = may_grow ? model_spendable_kib(snap, conf->reserve_kib) : 0;
	uint64_t lent_kib = amount_less(alarm_kib, common_kib) / 2;
	uint64_t spent_kib =
		grow_those(conf, snap, true, alarm_kib,
			   common_kib + amount_max(lent_kib, conf->step_kib), memory, plan);
	uint64_t left_kib = amount_less(common_kib, spent_kib);
	grow_those(conf, snap, false, left_kib, left_kib, memory, plan);
}

static void note_told(const struct plan *plan, uint64_t now_ms, struct demand *demand)
{
	for (unsigned i = 0; i < plan->n_actions; i++) {
		struct demand *d = &demand[plan->action[i].guest];
		d->told_ms = now_ms;
		if (plan->action[i].reason == REASON_NEED)
			d->told_to_grow_ms = now_ms;
	}
}

static void decide(const struct policy_conf *conf, const struct snapshot *snap,
		   struct memory *memory, struct plan *plan)
{
	struct credit *credit = memory_guests(memory);
	uint64_t now_ms = snap->host.now_ms;
	for (unsigned i = 0; i < snap->n_guests; i++)
		credit_observe(&credit[i], conf, now_ms, &snap->guest[i]);
	goal_set(conf, snap, memory->share, plan);
	gather_small_shrinks(conf, snap, plan);
	add_shrinks(conf, snap, memory->demand, plan);
	add_cancels(conf, snap, plan);
	add_grows(conf, snap, memory, plan);
	plan_order(snap, plan); /* a retry may be a shrink or a growth */
	note_told(plan, now_ms, memory->demand);
	credit_give(credit, conf, snap, memory->share, plan);
	/* promised memory is on its way if a donor was told to shrink and has not done so yet */
	if ((plan->promised_kib || reservation_is_awaited(snap)) &&
	    (plan->n_actions || pages_are_coming(snap)))
		plan->wake_ms = now_ms + amount_min(PROMISE_WAKE_MS, conf->period_ms);
}

const struct policy policy_cagma = {
	.name = "cagma",
	.about = "guarantees every guest its critical amount of available memory",
	.decide = decide,
	.size = {.guest_bytes = MEMORY_OF_GUEST(struct credit)},
	.gives = true,
};
