/* SPDX-License-Identifier: MIT */
#include "host/core/plan.h"

#include "common/amount.h"
#include "common/units.h"

#include <string.h>

bool plan_init(struct plan *plan, void *room, unsigned capacity)
{
	*plan = (struct plan){.room = room, .action = room};
	if (!room)
		return false;
	plan->verdict = (struct verdict *)(plan->action + capacity);
	plan->credit_kib = (uint64_t *)(plan->verdict + capacity);
	memset(room, 0, PLAN_BYTES(capacity));
	return true;
}

const char *plan_breach_text(enum plan_breach breach)
{
	static const char *const text[PLAN_BREACHES_] = {
		[PLAN_SAFE] = "is safe",
		[PLAN_NOT_OURS] = "moves a guest against its hold",
		[PLAN_TWICE] = "changes a guest twice",
		[PLAN_NOT_PAGES] = "asks for a part of a page",
		[PLAN_BELOW_MIN] = "takes a guest below its min",
		[PLAN_NOT_LENT] = "takes memory that was not lent",
		[PLAN_BELOW_USE] = "takes as surplus what a guest may be using",
		[PLAN_ABOVE_MAX] = "lets a guest grow above its max",
		[PLAN_TAKES_OWN] = "takes what is guaranteed to a guest that needs it",
		[PLAN_OVERSPENT] = "hands out memory that is not there",
		[PLAN_CREDIT_NOT_OURS] = "gives credit to a guest that may have none",
		[PLAN_CREDIT_OVERSPENT] = "gives more credit than there is memory for",
		[PLAN_XL_BUILDS] = "lets a guest grow while xl builds one",
		[PLAN_ORDER] = "puts a shrink behind a grow",
	};
	return text[breach];
}

static bool is_grow(const struct snapshot *snap, const struct action *a)
{
	return a->target_kib > snap->guest[a->guest].target_kib;
}

uint64_t plan_cost_kib(const struct snapshot *snap, const struct action *a)
{
	const struct guest_view *g = &snap->guest[a->guest];
	return amount_less(model_room_at_kib(g, a->target_kib), model_room_kib(g));
}

/* How far beyond what it holds or may take already its guest is told to grow. That differs from the
 * cost by libxl's slack, which it is not told to take. */
static uint64_t growth_kib(const struct snapshot *snap, const struct action *a)
{
	const struct guest_view *g = &snap->guest[a->guest];
	uint64_t has_kib = g->alm_kib + model_pending_kib(g) + model_credit_kib(g);
	return amount_less(model_reach_kib(g, a->target_kib), has_kib);
}

/* What may still be handed out: to guests that are not in alarm, and, with the reserve but for its
 * floor, at all. */
struct budget {
	uint64_t common_kib, lendable_kib;
};

static struct budget budget_of(const struct policy_conf *conf, const struct snapshot *snap)
{
	return (struct budget){model_spendable_kib(conf, snap, false),
			       model_spendable_kib(conf, snap, true)};
}

/* By how much the action is too much for the budget. */
static uint64_t budget_lacks(const struct budget *budget, const struct snapshot *snap,
			     const struct action *a)
{
	bool in_alarm = snap->guest[a->guest].is_alarmed;
	uint64_t not_free_kib = amount_less(plan_cost_kib(snap, a), budget->lendable_kib);
	uint64_t reserved_kib = amount_less(growth_kib(snap, a), budget->common_kib);
	return in_alarm ? not_free_kib : amount_max(not_free_kib, reserved_kib);
}

static void budget_pay(struct budget *budget, const struct snapshot *snap, const struct action *a)
{
	budget->common_kib = amount_less(budget->common_kib, growth_kib(snap, a));
	budget->lendable_kib = amount_less(budget->lendable_kib, plan_cost_kib(snap, a));
}

/* The guest's hold allows the action. A guest that neither gives nor grows may be told to keep what
 * it holds: by the lower target that takes its promise back, or by a higher one that stops its
 * shrink. */
static bool may_be_told(const struct snapshot *snap, const struct action *a)
{
	const struct guest_view *g = &snap->guest[a->guest];
	uint64_t keep_kib = model_keep_kib(g);
	if (is_grow(snap, a))
		return model_grows(g) || (model_holds[g->hold].stops && a->target_kib <= keep_kib);
	return model_gives(g) || (model_holds[g->hold].returns && a->target_kib == keep_kib &&
				  keep_kib < g->target_kib);
}

/* A shrink takes as surplus what the guest may be using by the word of an agent that is not ours,
 * which does not say when that has become too much. */
static bool takes_use(const struct guest_view *g, const struct action *a)
{
	uint64_t use_kib = amount_less(g->report.total_kib, g->report.avail_kib) + g->margin_kib;
	return source_is_foreign(g->source) && g->has_report && a->reason == REASON_GIVE &&
	       model_reach_kib(g, a->target_kib) < amount_min(use_kib, g->max_kib);
}

/* Everything that can be said of one action without the others. */
static enum plan_breach breach_alone(const struct snapshot *snap, const struct action *a)
{
	if (a->guest >= snap->n_guests || !may_be_told(snap, a))
		return PLAN_NOT_OURS;
	const struct guest_view *g = &snap->guest[a->guest];
	bool takes_back = a->target_kib >= model_keep_kib(g);
	uint64_t reach_kib = model_reach_kib(g, a->target_kib);
	if (a->target_kib % UNITS_PAGE_KIB)
		return PLAN_NOT_PAGES;
	if (!is_grow(snap, a) && takes_back)
		return PLAN_SAFE;
	if (!is_grow(snap, a) && model_repays(g))
		return reach_kib < model_least_kib(g) ? PLAN_NOT_LENT : PLAN_SAFE;
	if (!is_grow(snap, a))
		return reach_kib < g->min_kib ? PLAN_BELOW_MIN
		       : takes_use(g, a)      ? PLAN_BELOW_USE
					      : PLAN_SAFE;
	/* what a guest was not lent is its own, whatever its max */
	uint64_t own_kib = model_repays(g) ? model_least_kib(g) : 0;
	if (reach_kib > amount_max(g->max_kib, own_kib) && model_grows(g))
		return PLAN_ABOVE_MAX;
	if (snap->host.xl_is_building && !g->is_alarmed && growth_kib(snap, a))
		return PLAN_XL_BUILDS;
	return PLAN_SAFE;
}

/* --- what is guaranteed ---------------------------------------------------------------------- */

static uint64_t own_kib(const struct guest_view *g)
{
	return amount_max(amount_min(g->guaranteed_kib, g->max_kib), g->min_kib);
}

/* What the guest uses at least of what is guaranteed to it, by its report, and the headroom that is
 * its own while others swap. */
static uint64_t used_kib(const struct policy_conf *conf, const struct guest_view *g)
{
	const struct report *r = &g->report;
	uint64_t kib = amount_less(r->total_kib, r->avail_kib) +
		       amount_min(conf->cma_min_kib, conf->fair_headroom_kib);
	return g->has_report && model_gives(g) && !model_repays(g) ? amount_min(kib, own_kib(g))
								   : 0;
}

/* The most that a guest has to be left for everybody to have what he needs of his own: what it
 * needs by the verdict, or what it holds if that cannot be counted on. */
static uint64_t due_kib(const struct guest_view *g, const struct verdict *v)
{
	uint64_t needed_kib = v->offset_kib + v->use_kib + v->base_kib;
	uint64_t due_kib = amount_max(amount_min(needed_kib, own_kib(g)), model_least_kib(g));
	return model_gives(g) && !g->is_doubted ? due_kib : amount_max(due_kib, g->alm_kib);
}

/* What all guests need of their own fits beside what is kept and the reserve. */
static bool all_own_fits(const struct policy_conf *conf, const struct snapshot *snap,
			 const struct plan *plan)
{
	uint64_t have_kib = snap->host.free_kib;
	uint64_t due = model_kept_kib(&snap->host) + conf->reserve_kib;
	for (unsigned i = 0; i < snap->n_guests; i++) {
		const struct guest_view *g = &snap->guest[i];
		have_kib += g->alm_kib;
		due += due_kib(g, &plan->verdict[i]) +
		       (model_is_shared(g) ? MODEL_LIBXL_SLACK_KIB : model_room_kib(g));
	}
	return due <= have_kib;
}

/* `is_kept`: what all guests need of their own fits. */
static enum plan_breach breach_of_guarantee(bool is_kept, const struct policy_conf *conf,
					    const struct snapshot *snap, const struct action *a)
{
	const struct guest_view *g = &snap->guest[a->guest];
	uint64_t reach_kib = model_reach_kib(g, a->target_kib);
	bool takes_own = !is_grow(snap, a) && reach_kib < g->alm_kib &&
			 reach_kib + conf->step_kib < used_kib(conf, g);
	return is_kept && takes_own ? PLAN_TAKES_OWN : PLAN_SAFE;
}

/* Which guests have had their action; a bit for each of more than Xen has room for. */
enum { SEEN_GUESTS = 32768 };
struct seen {
	uint64_t word[SEEN_GUESTS / 64];
};

/* The n-th action is that of a guest that had one before; it has had one from now on. */
static bool is_repeated(struct seen *seen, const struct plan *plan, unsigned n)
{
	unsigned guest = plan->action[n].guest;
	if (guest < SEEN_GUESTS) {
		uint64_t bit = UINT64_C(1) << guest % 64;
		bool was_seen = seen->word[guest / 64] & bit;
		seen->word[guest / 64] |= bit;
		return was_seen;
	}
	for (unsigned i = 0; i < n; i++)
		if (plan->action[i].guest == guest)
			return true;
	return false;
}

/* The guest's room under the credit of the plan, its action apart. */
static uint64_t credited_room_kib(const struct snapshot *snap, const struct plan *plan,
				  unsigned guest)
{
	const struct guest_view *g = &snap->guest[guest];
	uint64_t credit_kib = plan->credit_kib[guest];
	return credit_kib == PLAN_CREDIT_AS_IT_IS ? model_room_kib(g)
						  : model_room_with_kib(g, credit_kib);
}

/*
 * Credit is lowered while guests may still be taking it, so what one is to lose
 * is not another's in the same plan: at the worst moment each has the larger of
 * the rooms before and after.
 */
static enum plan_breach breach_in_credit(const struct policy_conf *conf,
					 const struct snapshot *snap, const struct plan *plan,
					 unsigned *ret_guest)
{
	uint64_t before_kib = 0, worst_kib = 0, after_kib = 0, credit_kib = 0;
	for (unsigned i = 0; i < snap->n_guests; i++) {
		const struct guest_view *g = &snap->guest[i];
		bool is_kept = plan->credit_kib[i] == PLAN_CREDIT_AS_IT_IS;
		*ret_guest = i;
		if (!is_kept && plan->credit_kib[i] && (!model_grows(g) || !g->may_have_credit))
			return PLAN_CREDIT_NOT_OURS;
		credit_kib += is_kept ? 0 : plan->credit_kib[i];
		before_kib += model_room_kib(g);
		after_kib += credited_room_kib(snap, plan, i);
		worst_kib += amount_max(model_room_kib(g), credited_room_kib(snap, plan, i));
	}
	for (unsigned i = 0; i < plan->n_actions; i++) {
		uint64_t cost_kib = plan_cost_kib(snap, &plan->action[i]);
		after_kib += cost_kib;
		worst_kib += cost_kib;
	}
	*ret_guest = snap->n_guests;
	uint64_t most_kib = amount_less(snap->host.free_kib,
					model_kept_kib(&snap->host) + model_floor_kib(conf));
	bool is_overspent = after_kib > most_kib || worst_kib > amount_max(most_kib, before_kib);
	return credit_kib && is_overspent ? PLAN_CREDIT_OVERSPENT : PLAN_SAFE;
}

enum plan_breach plan_violation(const struct policy_conf *conf, const struct snapshot *snap,
				const struct plan *plan, unsigned *ret_guest)
{
	struct budget budget = budget_of(conf, snap);
	bool is_kept = all_own_fits(conf, snap, plan);
	struct seen seen = {.word = {0}};
	bool grown = false;
	for (unsigned i = 0; i < plan->n_actions; i++) {
		const struct action *a = &plan->action[i];
		*ret_guest = a->guest < snap->n_guests ? a->guest : snap->n_guests;
		enum plan_breach breach = breach_alone(snap, a);
		if (breach == PLAN_SAFE)
			breach = breach_of_guarantee(is_kept, conf, snap, a);
		if (breach != PLAN_SAFE)
			return breach;
		if (is_repeated(&seen, plan, i))
			return PLAN_TWICE;
		if (budget_lacks(&budget, snap, a))
			return PLAN_OVERSPENT;
		budget_pay(&budget, snap, a);
		if (grown && !is_grow(snap, a))
			return PLAN_ORDER;
		grown = is_grow(snap, a);
	}
	return breach_in_credit(conf, snap, plan, ret_guest);
}

/* Lowers the target by what the action is too much; false when nothing is left of it. */
static bool trim(const struct snapshot *snap, struct action *a, uint64_t over_kib)
{
	over_kib = (over_kib + UNITS_PAGE_KIB - 1) / UNITS_PAGE_KIB * UNITS_PAGE_KIB;
	if (a->target_kib <= snap->guest[a->guest].target_kib + over_kib)
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

/* Rather none for anybody than one guest's choice which of them is too much. */
static unsigned cut_credit(const struct policy_conf *conf, const struct snapshot *snap,
			   struct plan *plan)
{
	unsigned guest, cuts = 0;
	if (breach_in_credit(conf, snap, plan, &guest) == PLAN_SAFE)
		return 0;
	for (unsigned i = 0; i < snap->n_guests; i++) {
		if (plan->credit_kib[i] == PLAN_CREDIT_AS_IT_IS || !plan->credit_kib[i])
			continue;
		plan->credit_kib[i] = 0;
		cuts++;
	}
	return cuts;
}

unsigned plan_cut(const struct policy_conf *conf, const struct snapshot *snap, struct plan *plan)
{
	struct budget budget = budget_of(conf, snap);
	bool is_kept = all_own_fits(conf, snap, plan);
	struct seen seen = {.word = {0}};
	unsigned kept = 0, cuts = 0;
	for (unsigned i = 0; i < plan->n_actions; i++) {
		plan->action[kept] = plan->action[i];
		struct action *a = &plan->action[kept];
		bool fits = breach_alone(snap, a) == PLAN_SAFE &&
			    breach_of_guarantee(is_kept, conf, snap, a) == PLAN_SAFE &&
			    !is_repeated(&seen, plan, kept);
		uint64_t over_kib = fits ? budget_lacks(&budget, snap, a) : 0;
		if (over_kib) {
			fits = trim(snap, a, over_kib);
			cuts += fits;
		}
		if (!fits) {
			cuts++;
			continue;
		}
		budget_pay(&budget, snap, a);
		kept++;
	}
	plan->n_actions = kept;
	plan_order(snap, plan);
	return cuts + cut_credit(conf, snap, plan);
}
