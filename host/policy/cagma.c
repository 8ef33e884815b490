/* SPDX-License-Identifier: MIT */
/*
 * cagma.c - every guest is guaranteed its critical amount of available
 * memory (CMA).
 *
 * From top to bottom: what each guest wants (demand.h); what each is to have,
 * its goal (goal.h, rounding.h); which targets bring it
 * there: shrinks at once, grows against memory that is free now, the rest
 * promised until donors' pages come free; how far it may go by itself
 * meanwhile (credit.h).
 */
#include "common/amount.h"
#include "common/units.h"
#include "host/core/credit.h"
#include "host/core/goal.h"
#include "host/core/urgency.h"
#include "host/policy/policy.h"
#include "host/policy/rounding.h"
#include "host/policy/telling.h"

/* How soon to look again while grows wait for donors' pages. */
#define PROMISE_WAKE_MS 20

/* While pages are coming, a growth is issued for no less than such a share of what is missing. */
#define WORTH_SHARE 4

/* A shrink under way is called back for so many steps. */
#define CANCEL_STEPS 4

/* Two batches of a balloon, and more than any agent of that kind keeps to itself. */
#define PROBE_KIB UINT64_C(4096)

/*
 * A guest may hold less than its min or more than its max; it is never told
 * to. One that grew by itself is brought back by the target it has already:
 * any write of it, also an equal one, ends its own.
 */
static void add_action(struct plan *plan, const struct snapshot *snap, unsigned guest,
		       uint64_t alm_kib, enum plan_reason reason)
{
	const struct guest_view *g = &snap->guest[guest];
	uint64_t heading_kib = model_heading_kib(g);
	uint64_t reach_kib = amount_max(alm_kib, amount_min(g->min_kib, heading_kib));
	uint64_t most_kib = amount_max(g->max_kib, g->min_kib);
	if (model_repays(g)) /* what it was not lent is its own, whatever its max */
		most_kib = amount_max(most_kib, model_least_kib(g));
	reach_kib = amount_min(reach_kib, most_kib);
	uint64_t target_kib = model_target_kib(g, reach_kib);
	bool is_brought_back = g->grew_itself && reach_kib < g->alm_kib;
	if (target_kib != g->target_kib || is_brought_back)
		plan->action[plan->n_actions++] = (struct action){guest, target_kib, reason};
}

/* A balloon that sleeps on its target wakes for another one only: a page less, or up at the least
 * that it may be told, where it is no growth. */
static void add_retry(struct plan *plan, const struct snapshot *snap, unsigned guest,
		      uint64_t heading_kib)
{
	const struct guest_view *g = &snap->guest[guest];
	bool is_down = heading_kib > model_least_kib(g) || heading_kib > g->alm_kib;
	uint64_t reach_kib = is_down ? heading_kib - UNITS_PAGE_KIB : heading_kib + UNITS_PAGE_KIB;
	if (!g->gave_up || reach_kib > g->max_kib)
		return;
	add_action(plan, snap, guest, reach_kib, REASON_RETRY);
}

/* It was told what it is to have, or about that, and is not there. */
static bool is_on_its_way(const struct policy_conf *conf, const struct guest_view *g,
			  const struct verdict *v)
{
	uint64_t heading_kib = model_heading_kib(g);
	if (heading_kib > g->alm_kib + MODEL_NEAR_KIB)
		return v->goal_kib > g->alm_kib;
	return v->goal_kib + conf->step_kib <= g->alm_kib &&
	       v->goal_kib < heading_kib + conf->step_kib;
}

static enum plan_reason why_less(const struct guest_view *g, const struct verdict *v)
{
	if (g->does_not_take && v->goal_kib >= g->alm_kib)
		return REASON_RETURN;
	if (model_repays(g))
		return REASON_REPAY;
	return v->goal_kib >= v->want_kib ? REASON_GIVE : REASON_SHARE;
}

/*
 * A goal below where the guest is heading: a shrink, or a growth taken back.
 * What it takes by credit is its own for a moment. Then it is taken back, or
 * into its target as soon as it has stopped growing. Of one that boots, or
 * is not heard of only what it holds is asked back, and its promise if it
 * does not take it. While xl builds a guest nobody but a guest in alarm, or a
 * reservation, gets what others give.
 */
static void add_shrinks(const struct policy_conf *conf, const struct snapshot *snap,
			const struct demand *demand, struct plan *plan)
{
	unsigned n_alarmed = model_n_alarmed(snap);
	bool is_for_nobody = !n_alarmed && snap->host.xl_is_building &&
			     !model_reservation_is_awaited(conf, snap);
	for (unsigned i = 0; i < snap->n_guests; i++) {
		const struct guest_view *g = &snap->guest[i];
		const struct verdict *v = &plan->verdict[i];
		uint64_t heading_kib = model_heading_kib(g);
		bool is_heard = g->has_report || model_repays(g);
		if (!model_gives(g) || !is_heard || g->is_taking)
			continue;
		if (model_repays(g) && v->goal_kib + conf->step_kib > g->alm_kib &&
		    !g->does_not_take)
			continue;
		if (v->goal_kib + conf->step_kib <= heading_kib) {
			enum plan_reason reason = why_less(g, v);
			if (reason == REASON_RETURN ||
			    (!is_for_nobody &&
			     telling_may_less(conf, snap, demand, i, n_alarmed, plan)))
				add_action(plan, snap, i, v->goal_kib, reason);
		} else if (g->grew_itself && g->at_rest && !goal_missing_kib(conf, g, v)) {
			add_action(plan, snap, i, g->alm_kib, REASON_ADOPT);
		} else if (is_on_its_way(conf, g, v) && !goal_missing_kib(conf, g, v)) {
			add_retry(plan, snap, i, heading_kib);
		}
	}
}

/*
 * A shrink under way that is not needed any more is stopped where the goal is.
 * Needs waver from report to report, so a donor is not called back for little,
 * unless it would be taken what it wants itself.
 */
static void add_cancels(const struct policy_conf *conf, const struct snapshot *snap,
			const struct demand *demand, struct plan *plan)
{
	for (unsigned i = 0; i < snap->n_guests; i++) {
		const struct guest_view *g = &snap->guest[i];
		const struct verdict *v = &plan->verdict[i];
		uint64_t heading_kib = model_heading_kib(g);
		uint64_t keep_kib = amount_min(v->goal_kib, g->alm_kib);
		uint64_t least_kib =
			heading_kib < v->want_kib ? conf->step_kib : CANCEL_STEPS * conf->step_kib;
		if (model_gives(g) && !goal_missing_kib(conf, g, v) &&
		    keep_kib >= heading_kib + least_kib &&
		    !telling_is_put_off(snap, demand, i, keep_kib, plan))
			add_action(plan, snap, i, keep_kib, REASON_CANCEL);
	}
}

/*
 * A guest that is held and was lent nothing keeps what it holds, and no less. A promise that it
 * does not take is taken back from it, and a shrink that the policy began before the guest was held
 * is stopped; a shrink that somebody else began goes on.
 */
static void add_keeps(const struct policy_conf *conf, const struct snapshot *snap,
		      const struct demand *demand, struct plan *plan)
{
	for (unsigned i = 0; i < snap->n_guests; i++) {
		const struct guest_view *g = &snap->guest[i];
		uint64_t keep_kib = model_keep_kib(g);
		bool is_returned = model_holds[g->hold].returns && g->does_not_take;
		bool is_stopped = model_holds[g->hold].stops && model_is_shrinking(g) &&
				  demand[i].told_kib == g->target_kib;
		if (model_gives(g) || g->is_being_told ||
		    goal_missing_kib(conf, g, &plan->verdict[i]))
			continue;
		if (is_returned && keep_kib < g->target_kib)
			plan->action[plan->n_actions++] =
				(struct action){i, keep_kib, REASON_RETURN};
		else if (is_stopped && keep_kib > g->target_kib)
			plan->action[plan->n_actions++] = (struct action){i, keep_kib, REASON_STOP};
	}
}

static bool pages_are_coming(const struct snapshot *snap)
{
	for (unsigned i = 0; i < snap->n_guests; i++)
		if (model_gives(&snap->guest[i]) && model_is_shrinking(&snap->guest[i]))
			return true;
	return false;
}

/* Little by little only for those who cannot wait, or when no more is coming. */
static bool is_worth_a_call(const struct policy_conf *conf, uint64_t got_kib, uint64_t missing,
			    bool cannot_wait)
{
	return got_kib >= conf->step_kib && (cannot_wait || got_kib * WORTH_SHARE >= missing);
}

/*
 * The price of telling a guest to take more than it holds or was told already.
 * The first own_kib cost a guest in alarm nothing, since it may take its credit
 * anyway. entry_kib are paid in addition by a guest whose max_pages is lower
 * now than libxl will set it with a target.
 */
struct price {
	uint64_t own_kib, entry_kib;
};

static struct price price_of(const struct guest_view *g)
{
	uint64_t told_kib = amount_max(model_heading_kib(g), g->alm_kib);
	uint64_t told_room_kib = model_room_at_kib(g, model_target_kib(g, told_kib));
	uint64_t room_kib = model_room_kib(g);
	uint64_t own_kib = amount_min(model_credit_kib(g), amount_less(room_kib, told_room_kib));
	return (struct price){.own_kib = g->is_alarmed ? own_kib : 0,
			      .entry_kib = amount_less(told_room_kib, room_kib)};
}

/* What the guest misses, if it is one of those who are in alarm, or are not, and can be told now.
 */
static uint64_t due_kib(const struct policy_conf *conf, const struct snapshot *snap,
			const struct memory *memory, struct plan *plan, unsigned i, bool in_alarm)
{
	const struct guest_view *g = &snap->guest[i];
	uint64_t kib = goal_missing_kib(conf, g, &plan->verdict[i]);
	bool is_due = g->is_alarmed == in_alarm && !g->is_being_told &&
		      telling_may_more(conf, snap, memory->demand, i, kib, plan);
	return is_due ? kib : 0;
}

/* If more guests are due than can be told now, those who miss most are chosen, so that each gets a
 * piece that is worth its call. Returns what a guest must miss to be one of them. */
static uint64_t least_due_kib(const struct policy_conf *conf, const struct snapshot *snap,
			      const struct memory *memory, struct plan *plan, bool in_alarm)
{
	unsigned left = urgency_calls_left(snap), n = 0;
	uint64_t least_kib = UINT64_MAX;
	for (unsigned i = 0; i < snap->n_guests; i++)
		n += due_kib(conf, snap, memory, plan, i, in_alarm) > 0;
	if (n <= left)
		return 1;
	for (; left; left--) {
		uint64_t most_kib = 0;
		for (unsigned i = 0; i < snap->n_guests; i++) {
			uint64_t kib = due_kib(conf, snap, memory, plan, i, in_alarm);
			if (kib < least_kib)
				most_kib = amount_max(most_kib, kib);
		}
		least_kib = most_kib;
	}
	return amount_max(least_kib, 1);
}

/*
 * `spendable_kib` is divided among those who miss something and are in alarm,
 * or are not; none gets more than `most_kib` at once. The rest is promised.
 * Those for whom there is no worker are counted as waiting.
 * What was spent.
 */
static uint64_t grow_those(const struct policy_conf *conf, const struct snapshot *snap,
			   bool in_alarm, uint64_t spendable_kib, uint64_t most_kib,
			   const struct memory *memory, struct plan *plan)
{
	struct share *share = memory->share;
	bool cannot_wait = in_alarm || !pages_are_coming(snap);
	uint64_t least_kib = least_due_kib(conf, snap, memory, plan, in_alarm);
	uint64_t spent_kib = 0;
	unsigned n = 0;
	for (unsigned i = 0; i < snap->n_guests; i++) {
		const struct guest_view *g = &snap->guest[i];
		uint64_t missing = due_kib(conf, snap, memory, plan, i, in_alarm);
		struct price price = price_of(g);
		uint64_t cost_kib = amount_less(missing, price.own_kib) + price.entry_kib;
		if (missing >= least_kib)
			share[n++] = (struct share){.hi = amount_min(cost_kib, most_kib) /
							  UNITS_PAGE_KIB,
						    .weight = g->weight,
						    .order = g->domid};
		else
			plan->n_waiting += missing > 0;
	}
	share_divide(share, n, spendable_kib / UNITS_PAGE_KIB);
	for (unsigned i = 0, k = 0; i < snap->n_guests; i++) {
		const struct guest_view *g = &snap->guest[i];
		uint64_t missing = due_kib(conf, snap, memory, plan, i, in_alarm);
		struct price price = price_of(g);
		if (missing < least_kib)
			continue;
		uint64_t paid_kib = share[k++].got * UNITS_PAGE_KIB;
		uint64_t got_kib =
			amount_min(missing, price.own_kib) + amount_less(paid_kib, price.entry_kib);
		uint64_t reach_kib = amount_max(model_heading_kib(g), g->alm_kib) + got_kib;
		if (!is_worth_a_call(conf, got_kib, missing, cannot_wait) ||
		    !telling_may_more(conf, snap, memory->demand, i, got_kib, plan) ||
		    telling_is_put_off(snap, memory->demand, i, reach_kib, plan))
			continue;
		add_action(plan, snap, i, reach_kib, REASON_NEED);
		plan->promised_kib -= got_kib;
		spent_kib += paid_kib;
	}
	return spent_kib;
}

/*
 * A guest that is to keep what it holds gets room above that by libxl, and where
 * that is not there any more it keeps so much less. What is left of
 * `lendable_kib`.
 */
static uint64_t pay_for_slack(const struct snapshot *snap, uint64_t lendable_kib, struct plan *plan)
{
	unsigned kept = 0;
	for (unsigned k = 0; k < plan->n_actions; k++) {
		struct action a = plan->action[k];
		uint64_t over_kib = amount_less(plan_cost_kib(snap, &a), lendable_kib);
		over_kib = (over_kib + UNITS_PAGE_KIB - 1) / UNITS_PAGE_KIB * UNITS_PAGE_KIB;
		if (over_kib && a.target_kib <= snap->guest[a.guest].target_kib + over_kib)
			continue;
		a.target_kib -= over_kib;
		lendable_kib -= plan_cost_kib(snap, &a);
		plan->action[kept++] = a;
	}
	plan->n_actions = kept;
	return lendable_kib;
}

/* Guests in alarm first, and out of the reserve too: it is there for them. One alarm is often
 * followed by another's, so a single growth takes no more than two thirds of what the reserve still
 * has to lend. */
static void add_grows(const struct policy_conf *conf, const struct snapshot *snap,
		      const struct memory *memory, struct plan *plan)
{
	uint64_t lendable_kib = pay_for_slack(snap, model_spendable_kib(conf, snap, true), plan);
	uint64_t common_kib = amount_min(model_spendable_kib(conf, snap, false), lendable_kib);
	if (snap->host.xl_is_building)
		common_kib = 0;
	for (unsigned i = 0; i < snap->n_guests; i++)
		plan->promised_kib += goal_missing_kib(conf, &snap->guest[i], &plan->verdict[i]);
	uint64_t lent_kib = amount_less(lendable_kib, common_kib) * 2 / 3;
	uint64_t spent_kib =
		grow_those(conf, snap, true, lendable_kib,
			   common_kib + amount_max(lent_kib, conf->step_kib), memory, plan);
	if (snap->host.xl_is_building)
		return;
	uint64_t left_kib = amount_less(common_kib, spent_kib);
	grow_those(conf, snap, false, left_kib, left_kib, memory, plan);
}

/* A probe that is due: the guest rests, has been told nothing for as long as its agent has told
 * nothing, and soon nobody would know any more whether the agent lives. */
static bool is_probe_due(const struct guest_view *g, const struct demand *d, uint64_t now_ms)
{
	uint64_t probe_ms = source_table[g->source].probe_ms;
	return source_is_foreign(g->source) && probe_ms && model_gives(g) && g->has_report &&
	       g->at_rest && !g->is_being_told && !model_is_shrinking(g) && !model_pending_kib(g) &&
	       now_ms >= g->report_ms + probe_ms && now_ms >= d->told_ms + probe_ms;
}

/*
 * Most agents of others write only what has changed. One that has been silent for long is told a
 * slightly smaller target, out of its guest's surplus, and the next time that memory is given back:
 * what is available changes with it, so an agent that lives writes. One guest in a pass that has
 * nothing else to do.
 */
static void add_probe(const struct policy_conf *conf, const struct snapshot *snap,
		      struct demand *demand, struct plan *plan)
{
	bool may_give = !snap->host.xl_is_building &&
			model_spendable_kib(conf, snap, false) >= PROBE_KIB + MODEL_LIBXL_SLACK_KIB;
	for (unsigned i = 0; i < snap->n_guests && !plan->n_actions; i++) {
		const struct guest_view *g = &snap->guest[i];
		struct demand *d = &demand[i];
		bool gives_back = d->is_probed && may_give && g->alm_kib + PROBE_KIB <= g->max_kib;
		uint64_t least_kib = amount_max(plan->verdict[i].want_kib, g->min_kib);
		if (!is_probe_due(g, d, snap->host.now_ms) ||
		    (!gives_back && g->alm_kib < least_kib + PROBE_KIB))
			continue;
		uint64_t alm_kib = gives_back ? g->alm_kib + PROBE_KIB : g->alm_kib - PROBE_KIB;
		add_action(plan, snap, i, alm_kib, REASON_PROBE);
		d->is_probed = !gives_back;
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
	rounding_apply(conf, snap, plan);
	add_shrinks(conf, snap, memory->demand, plan);
	add_cancels(conf, snap, memory->demand, plan);
	add_keeps(conf, snap, memory->demand, plan);
	add_grows(conf, snap, memory, plan);
	add_probe(conf, snap, memory->demand, plan);
	telling_bound(snap, memory->demand, plan);
	plan_order(snap, plan); /* a retry may be either */
	urgency_choose(snap, plan);
	telling_note(snap, plan, memory->demand);
	credit_give(credit, conf, snap, memory->share, plan);
	/* promised memory is on its way: a donor was told to shrink and has not done so yet */
	if ((plan->promised_kib || model_reservation_is_awaited(conf, snap)) &&
	    (plan->n_actions || pages_are_coming(snap)))
		plan->wake_ms = amount_min(plan->wake_ms, now_ms + PROMISE_WAKE_MS);
}

const struct policy policy_cagma = {
	.name = "cagma",
	.about = "guarantees every guest its critical amount of available memory",
	.decide = decide,
	.size = {.guest_bytes = MEMORY_OF_GUEST(struct credit)},
	.gives = true,
};
