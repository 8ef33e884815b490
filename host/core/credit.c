/* SPDX-License-Identifier: MIT */
#include "host/core/credit.h"

#include "common/amount.h"
#include "common/units.h"
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
	if (g->hold != HOLD_NONE || !g->may_have_credit || !g->has_report || model_is_shrinking(g))
		return 0;
	uint64_t kib = amount_less(conf->credit_kib, amount_max(c->used_kib, surplus_kib));
	kib = amount_min(kib, amount_less(g->max_kib, heading_kib));
	return kib < conf->step_kib ? 0 : kib;
}

/* What is open when the plan is carried out and all credit is used that is not decided here. */
static uint64_t pool_kib(const struct snapshot *snap, const struct plan *plan)
{
	uint64_t spent_kib = 0;
	for (unsigned i = 0; i < snap->n_guests; i++)
		if (plan->credit_kib[i] == PLAN_CREDIT_AS_IT_IS)
			spent_kib += model_credit_kib(&snap->guest[i]);
	for (unsigned i = 0; i < plan->n_actions; i++)
		spent_kib += plan_cost_kib(snap, &plan->action[i]);
	return snap->host.xl_is_building ? 0 : amount_less(model_open_kib(snap), spent_kib);
}

/* libxl sets max_pages with the target: what it is about to set is left to it. */
static void leave_to_libxl(const struct snapshot *snap, struct plan *plan)
{
	for (unsigned i = 0; i < snap->n_guests; i++)
		plan->credit_kib[i] = snap->guest[i].is_being_told ? PLAN_CREDIT_AS_IT_IS : 0;
	for (unsigned i = 0; i < plan->n_actions; i++)
		plan->credit_kib[plan->action[i].guest] = PLAN_CREDIT_AS_IT_IS;
}

void credit_give(const struct credit *credit, const struct policy_conf *conf,
		 const struct snapshot *snap, struct share *share, struct plan *plan)
{
	leave_to_libxl(snap, plan);
	for (unsigned i = 0; i < snap->n_guests; i++) {
		const struct guest_view *g = &snap->guest[i];
		bool is_open = plan->credit_kib[i] != PLAN_CREDIT_AS_IT_IS;
		uint64_t most = is_open ? most_kib(&credit[i], conf, g, &plan->verdict[i]) : 0;
		share[i] = (struct share){
			.hi = most / UNITS_PAGE_KIB, .weight = g->weight, .order = g->domid};
	}
	share_divide(share, snap->n_guests,
		     pool_kib(snap, plan) / CREDIT_POOL_SHARE / UNITS_PAGE_KIB);
	for (unsigned i = 0; i < snap->n_guests; i++)
		if (plan->credit_kib[i] != PLAN_CREDIT_AS_IT_IS)
			plan->credit_kib[i] = share[i].got * UNITS_PAGE_KIB;
}

uint64_t credit_plain_cap_kib(const struct guest_view *guest)
{
	return guest->target_kib + MODEL_LIBXL_SLACK_KIB;
}

enum credit_change credit_cap_kib(const struct guest_view *g, uint64_t credit_kib,
				  uint64_t step_kib, uint64_t *ret_cap_kib)
{
	if (credit_kib == PLAN_CREDIT_AS_IT_IS || (!credit_kib && !g->is_credited))
		return CREDIT_STAYS;
	*ret_cap_kib =
		credit_kib ? g->alm_kib + model_pending_kib(g) + MODEL_LIBXL_SLACK_KIB + credit_kib
			   : credit_plain_cap_kib(g);
	if (!credit_kib || (g->is_credited && *ret_cap_kib < g->cap_kib))
		return CREDIT_LOWERS;
	return *ret_cap_kib >= g->cap_kib + step_kib ? CREDIT_RAISES : CREDIT_STAYS;
}
