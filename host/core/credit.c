/* SPDX-License-Identifier: MIT */
#include "host/core/credit.h"

#include "common/amount.h"
#include "common/units.h"
#include "host/core/hold.h"
#include "host/core/plan.h"

void credit_observe(struct credit *c, const struct policy_conf *conf, uint64_t now_ms,
		    const struct guest_view *guest)
{
	uint64_t dt_ms = c->seen_ms ? amount_less(now_ms, c->seen_ms) : CREDIT_REFILL_MS;
	uint64_t refill_kib = dt_ms >= CREDIT_REFILL_MS
				      ? c->used_kib
				      : conf->credit_kib * dt_ms / CREDIT_REFILL_MS;
	if (c->seen_ms && guest->grew_itself)
		c->used_kib += amount_less(guest->alm_kib, c->alm_kib);
	c->used_kib = amount_less(c->used_kib, refill_kib);
	c->alm_kib = guest->alm_kib;
	c->seen_ms = now_ms;
}

/* What the guest's credit could be if there were memory for all. */
static uint64_t most_kib(const struct credit *c, const struct policy_conf *conf,
			 const struct guest_view *g, const struct verdict *v)
{
	uint64_t heading_kib = amount_max(model_heading_kib(g), g->alm_kib);
	uint64_t surplus_kib = amount_less(heading_kib, v->want_kib);
	if (!model_grows(g) || !g->may_have_credit || !g->has_report || model_is_shrinking(g))
		return 0;
	uint64_t kib = amount_less(conf->credit_kib, amount_max(c->used_kib, surplus_kib));
	kib = amount_min(kib, amount_less(g->max_kib, heading_kib));
	return kib < conf->step_kib ? 0 : kib;
}

/* libxl sets max_pages with the target: what it is about to set is left to it. */
static void leave_to_libxl(const struct snapshot *snap, struct plan *plan)
{
	for (unsigned i = 0; i < snap->n_guests; i++)
		plan->credit_kib[i] = snap->guest[i].is_being_told ? PLAN_CREDIT_AS_IT_IS : 0;
	for (unsigned i = 0; i < plan->n_actions; i++)
		plan->credit_kib[plan->action[i].guest] = PLAN_CREDIT_AS_IT_IS;
}

/* The guest's room as the plan has it so far, or, if it may get credit, before it gets any. */
static uint64_t room_kib(const struct guest_view *g, uint64_t credit_kib, bool may_get)
{
	uint64_t least_kib = may_get ? model_pending_kib(g) + MODEL_LIBXL_SLACK_KIB : 0;
	if (credit_kib == PLAN_CREDIT_AS_IT_IS)
		return model_room_kib(g);
	return amount_max(model_room_with_kib(g, credit_kib), least_kib);
}

/* What guests will have taken of free memory, credit that is given here apart, when all have taken
 * all they may. */
static uint64_t rooms_kib(const struct snapshot *snap, const struct share *share,
			  const struct plan *plan)
{
	uint64_t sum_kib = 0;
	for (unsigned i = 0; i < snap->n_guests; i++)
		sum_kib += room_kib(&snap->guest[i], plan->credit_kib[i], share[i].hi > 0);
	for (unsigned i = 0; i < plan->n_actions; i++)
		sum_kib += plan_cost_kib(snap, &plan->action[i]);
	return sum_kib;
}

/* What they may take at the worst moment before credit is raised: what is to be lowered they may
 * take before. */
static uint64_t rooms_before_kib(const struct snapshot *snap, const struct plan *plan)
{
	uint64_t sum_kib = 0;
	for (unsigned i = 0; i < snap->n_guests; i++)
		sum_kib += model_room_kib(&snap->guest[i]);
	for (unsigned i = 0; i < plan->n_actions; i++)
		sum_kib += plan_cost_kib(snap, &plan->action[i]);
	return sum_kib;
}

static uint64_t rise_kib(const struct guest_view *g, uint64_t credit_kib)
{
	uint64_t room_kib = model_room_kib(g);
	return credit_kib == PLAN_CREDIT_AS_IT_IS
		       ? 0
		       : amount_less(model_room_with_kib(g, credit_kib), room_kib);
}

/* Lowers what the plan gives so that what it gives more than before is at most `left_kib`. */
static void raise_by(const struct snapshot *snap, uint64_t left_kib, struct share *share,
		     struct plan *plan)
{
	for (unsigned i = 0; i < snap->n_guests; i++) {
		const struct guest_view *g = &snap->guest[i];
		uint64_t kib = rise_kib(g, plan->credit_kib[i]) + UNITS_PAGE_KIB - 1;
		share[i] = (struct share){
			.hi = kib / UNITS_PAGE_KIB, .weight = g->weight, .order = g->domid};
	}
	share_divide(share, snap->n_guests, left_kib / UNITS_PAGE_KIB);
	for (unsigned i = 0; i < snap->n_guests; i++) {
		uint64_t less_kib = (share[i].hi - share[i].got) * UNITS_PAGE_KIB;
		if (less_kib)
			plan->credit_kib[i] = amount_less(plan->credit_kib[i], less_kib);
	}
}

/* Credit that is as small as what libxl leaves above a target by itself would not be known for
 * credit, and withdrawn, by the next run of the daemon. */
static void leave_none_unknown(const struct snapshot *snap, struct plan *plan)
{
	for (unsigned i = 0; i < snap->n_guests; i++)
		if (plan->credit_kib[i] <= hold_cap_noise_kib(snap->guest[i].videoram_kib))
			plan->credit_kib[i] = 0;
}

/* Credit follows free memory, which changes with every pass. In whole steps it changes seldom: each
 * change is a call of Xen and a key to be written and read. */
static uint64_t whole_steps_kib(const struct policy_conf *conf, uint64_t kib)
{
	return kib / conf->step_kib * conf->step_kib;
}

void credit_give(const struct credit *credit, const struct policy_conf *conf,
		 const struct snapshot *snap, struct share *share, struct plan *plan)
{
	uint64_t kept_kib = model_kept_kib(&snap->host) + model_floor_kib(conf);
	uint64_t free_kib =
		snap->host.xl_is_building ? 0 : amount_less(snap->host.free_kib, kept_kib);
	leave_to_libxl(snap, plan);
	for (unsigned i = 0; i < snap->n_guests; i++) {
		const struct guest_view *g = &snap->guest[i];
		bool is_open = plan->credit_kib[i] != PLAN_CREDIT_AS_IT_IS;
		uint64_t most = is_open ? most_kib(&credit[i], conf, g, &plan->verdict[i]) : 0;
		share[i] = (struct share){
			.hi = most / UNITS_PAGE_KIB, .weight = g->weight, .order = g->domid};
	}
	uint64_t left_kib = amount_less(free_kib, rooms_kib(snap, share, plan));
	share_divide(share, snap->n_guests, left_kib / CREDIT_POOL_SHARE / UNITS_PAGE_KIB);
	for (unsigned i = 0; i < snap->n_guests; i++)
		if (plan->credit_kib[i] != PLAN_CREDIT_AS_IT_IS)
			plan->credit_kib[i] = whole_steps_kib(conf, share[i].got * UNITS_PAGE_KIB);
	raise_by(snap, amount_less(free_kib, rooms_before_kib(snap, plan)), share, plan);
	leave_none_unknown(snap, plan);
}

uint64_t credit_plain_cap_kib(const struct guest_view *guest)
{
	return amount_max(guest->target_kib + MODEL_LIBXL_SLACK_KIB,
			  model_reach_kib(guest, guest->target_kib));
}

/* libxl's max_pages is below where the balloon rests: the guest could not grow to its target. */
static bool is_capped_short(const struct guest_view *g)
{
	return g->cap_kib < credit_plain_cap_kib(g) &&
	       credit_plain_cap_kib(g) > g->target_kib + MODEL_LIBXL_SLACK_KIB;
}

enum credit_change credit_cap_kib(const struct guest_view *g, uint64_t credit_kib,
				  uint64_t step_kib, uint64_t *ret_cap_kib)
{
	if (credit_kib != PLAN_CREDIT_AS_IT_IS && !credit_kib && model_is_shared(g) &&
	    is_capped_short(g)) {
		*ret_cap_kib = credit_plain_cap_kib(g);
		return CREDIT_RAISES;
	}
	if (credit_kib == PLAN_CREDIT_AS_IT_IS || (!credit_kib && !g->is_credited))
		return CREDIT_STAYS;
	*ret_cap_kib =
		credit_kib ? g->alm_kib + model_pending_kib(g) + MODEL_LIBXL_SLACK_KIB + credit_kib
			   : credit_plain_cap_kib(g);
	if (!credit_kib || (g->is_credited && *ret_cap_kib < g->cap_kib))
		return CREDIT_LOWERS;
	return *ret_cap_kib >= g->cap_kib + step_kib ? CREDIT_RAISES : CREDIT_STAYS;
}
