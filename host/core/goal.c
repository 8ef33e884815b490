/* SPDX-License-Identifier: MIT */
#include "host/core/goal.h"

#include "common/amount.h"
#include "common/units.h"
#include "host/core/demand.h"

/* Up to which amount of memory a guest is served, from the most important on. */
enum tier {
	TIER_NONE,
	TIER_MIN,
	TIER_GUARANTEED,
	TIER_SPARED,
	TIER_FAIR,
	TIER_USE,
	TIER_BASE,
	TIER_CMA,
	TIER_WANT,
	TIER_HELD,
	/* Of what these come to headroom is lent, by three more. */
	TIER_KEPT,
	TIER_LENT_USE,
	TIER_LENT_HEADROOM,
};

/* The guest's use and its CMA, apart from what it only remembers. */
static uint64_t critical_kib(const struct guest_view *guest, const struct verdict *v)
{
	uint64_t kib = amount_max(v->offset_kib + v->use_kib + v->cma_kib, guest->min_kib);
	return amount_min(kib, v->want_kib);
}

/* The same without what is only foreseen. */
static uint64_t needed_kib(const struct guest_view *guest, const struct verdict *v)
{
	uint64_t kib = amount_max(v->offset_kib + v->use_kib + v->base_kib, guest->min_kib);
	return amount_min(kib, critical_kib(guest, v));
}

/* The same with no more of its CMA than is guaranteed, whatever others claim. */
static uint64_t assured_kib(const struct policy_conf *conf, const struct guest_view *guest,
			    const struct verdict *v)
{
	uint64_t headroom_kib = amount_min(v->base_kib, conf->fair_headroom_kib);
	uint64_t kib = amount_max(v->offset_kib + v->use_kib + headroom_kib, guest->min_kib);
	return amount_min(kib, needed_kib(guest, v));
}

/* What the guest needs of what is guaranteed to it. */
static uint64_t own_kib(const struct guest_view *guest, const struct verdict *v)
{
	return amount_max(guest->min_kib, amount_min(guest->guaranteed_kib, needed_kib(guest, v)));
}

/*
 * The upper bound of a tier for a guest, in KiB, rising with the tier, within
 * max: its min; what it needs, as far as that is guaranteed; what it holds now,
 * if it is spared; what it needs, as far as it would have it whatever the others claim; what it
 * uses; the CMA it always has above that; the growth and pressure that are foreseen; its want,
 * which remembers what it used lately; and at last what it holds now, since surplus stays where
 * it is until somebody needs it.
 */
static uint64_t tier_of(const struct guest_view *guest, const struct verdict *v, enum tier tier)
{
	uint64_t use_kib = v->offset_kib + v->use_kib;
	switch (tier) {
	case TIER_NONE:
		return 0;
	case TIER_MIN:
		return guest->min_kib;
	case TIER_GUARANTEED:
	case TIER_SPARED:
		return own_kib(guest, v);
	case TIER_FAIR:
		return v->fair_kib;
	case TIER_USE:
		return amount_min(amount_max(use_kib, v->fair_kib), critical_kib(guest, v));
	case TIER_BASE:
		return needed_kib(guest, v);
	case TIER_CMA:
		return critical_kib(guest, v);
	case TIER_WANT:
		return v->want_kib;
	case TIER_HELD:
	case TIER_KEPT:
	case TIER_LENT_USE:
	case TIER_LENT_HEADROOM:
		break;
	}
	return amount_max(v->want_kib, amount_min(guest->alm_kib, guest->max_kib));
}

static uint64_t tier_kib(const struct guest_view *guest, const struct verdict *v, enum tier tier)
{
	uint64_t kib = tier_of(guest, v, tier);
	if (tier > TIER_GUARANTEED)
		kib = amount_max(kib, own_kib(guest, v));
	if (model_repays(guest)) /* it may hold less than its min, and is not told to grow */
		kib = amount_min(kib, guest->alm_kib);
	/* what a guest was lent goes back to those to whom it is guaranteed, spared or not */
	bool keeps = !v->is_spared || tier > TIER_GUARANTEED || !model_gives(guest);
	return keeps ? amount_max(kib, v->sure_kib) : kib;
}

/* A guest that swaps borrows its neighbours' headroom, but for one that uses, or claims to use,
 * whatever it is given. */
static bool may_borrow(const struct guest_view *guest, const struct verdict *v)
{
	return v->is_credible && v->swaps && model_grows(guest) && !model_repays(guest);
}

/*
 * The same where headroom is lent, which is not needed as much as what somebody uses: what the
 * guest keeps of what it is served, its use and a capped headroom, or all that it needs of its own,
 * if it cannot swap; what it uses, if it may borrow; and at last what it is served, or what it
 * needs, if it may borrow.
 */
static uint64_t lent_kib(const struct policy_conf *conf, const struct guest_view *guest,
			 const struct verdict *v, enum tier tier)
{
	uint64_t own_keep_kib = demand_can_swap(guest) ? 0 : own_kib(guest, v);
	uint64_t keep_kib =
		amount_max(amount_max(assured_kib(conf, guest, v), own_keep_kib), v->sure_kib);
	uint64_t use_kib = amount_min(v->offset_kib + v->use_kib, critical_kib(guest, v));
	uint64_t kib = amount_min(v->served_kib, keep_kib);
	bool borrows = may_borrow(guest, v);
	if (tier >= TIER_LENT_USE && borrows)
		kib = amount_max(kib, use_kib);
	if (tier >= TIER_LENT_HEADROOM)
		kib = amount_max(kib, v->served_kib);
	if (tier >= TIER_LENT_HEADROOM && borrows)
		kib = amount_max(kib, needed_kib(guest, v));
	return kib;
}

/*
 * Goals leave so much of the reserve beyond its floor: a growth for the next
 * alarm, while donors are asked. Without it somebody who is in alarm all the
 * time keeps the reserve at its floor, and others in alarm wait for donors.
 */
#define SPARE_SHARE 16

/* What of free memory no goal counts on, the reserve apart. */
static uint64_t kept_kib(const struct snapshot *snap)
{
	uint64_t sum_kib = model_kept_kib(&snap->host);
	for (unsigned i = 0; i < snap->n_guests; i++)
		if (!model_is_shared(&snap->guest[i]))
			sum_kib += model_room_kib(&snap->guest[i]);
	return sum_kib;
}

/* What libxl lets ours have above their targets. */
static uint64_t slack_kib(const struct snapshot *snap)
{
	uint64_t sum_kib = 0;
	for (unsigned i = 0; i < snap->n_guests; i++)
		if (model_is_shared(&snap->guest[i]))
			sum_kib += model_slack_kib(&snap->guest[i]);
	return sum_kib;
}

static bool may_give(const struct guest_view *g, const struct verdict *v)
{
	return model_gives(g) && !v->is_spared;
}

/* The reserve as it is when nothing of it is lent. Nobody can be lent what guests may take already,
 * so that is beside it. */
static uint64_t whole_kib(const struct policy_conf *conf, const struct snapshot *snap)
{
	return conf->reserve_kib + slack_kib(snap);
}

/* What is left of it when all is lent that may be. A goal is missed by up to a step anyway, which
 * is more than libxl's slack; but what is reserved has to be there to the last page. */
static uint64_t least_kib(const struct policy_conf *conf, const struct snapshot *snap)
{
	uint64_t spare_kib = conf->reserve_kib / SPARE_SHARE;
	if (snap->host.reserved_kib)
		spare_kib = amount_max(spare_kib, slack_kib(snap));
	return model_floor_kib(conf) + spare_kib;
}

/* The part of the reserve that goals leave free. While a guest is in alarm that is the least;
 * otherwise memory of the reserve that was lent stays lent, and no more is. */
static uint64_t reserve_to_keep_kib(const struct policy_conf *conf, const struct snapshot *snap)
{
	uint64_t promised_kib = kept_kib(snap);
	for (unsigned i = 0; i < snap->n_guests; i++)
		if (model_is_shared(&snap->guest[i]))
			promised_kib += model_pending_kib(&snap->guest[i]);
	uint64_t left_kib =
		model_n_alarmed(snap) ? 0 : amount_less(snap->host.free_kib, promised_kib);
	return amount_max(amount_min(left_kib, whole_kib(conf, snap)), least_kib(conf, snap));
}

/* Host memory to be shared, in pages: what our guests hold, and what is free beyond `to_keep_kib`
 * and what no goal counts on. */
static uint64_t pages_to_share(const struct snapshot *snap, uint64_t to_keep_kib)
{
	uint64_t have_kib = snap->host.free_kib;
	for (unsigned i = 0; i < snap->n_guests; i++)
		if (model_is_shared(&snap->guest[i]))
			have_kib += snap->guest[i].alm_kib;
	return amount_less(have_kib, kept_kib(snap) + to_keep_kib) / UNITS_PAGE_KIB;
}

/* What each would have if all asked for their max, beyond what is guaranteed to each: the level
 * nobody's claims can take. */
static void set_fair(const struct policy_conf *conf, const struct snapshot *snap, uint64_t pages,
		     struct share *share, struct plan *plan)
{
	unsigned n = 0;
	for (unsigned i = 0; i < snap->n_guests; i++) {
		const struct guest_view *g = &snap->guest[i];
		uint64_t least_kib =
			amount_max(amount_max(g->min_kib, g->guaranteed_kib), model_least_kib(g));
		if (!may_give(g, &plan->verdict[i]))
			least_kib = amount_max(least_kib, g->alm_kib);
		if (model_is_shared(g))
			share[n++] = (struct share){.lo = least_kib / UNITS_PAGE_KIB,
						    .hi = amount_max(g->max_kib, least_kib) /
							  UNITS_PAGE_KIB,
						    .weight = g->weight,
						    .order = g->domid};
	}
	share_divide(share, n, pages);
	for (unsigned i = 0, k = 0; i < snap->n_guests; i++) {
		struct verdict *v = &plan->verdict[i];
		if (model_is_shared(&snap->guest[i]))
			v->fair_kib = amount_min(share[k++].got * UNITS_PAGE_KIB,
						 assured_kib(conf, &snap->guest[i], v));
	}
}

/* The first tier that does not fit whole; the last, if all others do. */
static enum tier unmet_tier(const struct snapshot *snap, const struct plan *plan, uint64_t pages)
{
	uint64_t sum[TIER_HELD] = {0};
	enum tier tier;
	for (unsigned i = 0; i < snap->n_guests; i++) {
		const struct guest_view *g = &snap->guest[i];
		for (tier = TIER_MIN; tier < TIER_HELD && model_is_shared(g); tier++)
			sum[tier] += tier_kib(g, &plan->verdict[i], tier) / UNITS_PAGE_KIB;
	}
	tier = TIER_MIN;
	while (tier < TIER_HELD && sum[tier] <= pages)
		tier++;
	return tier;
}

static uint64_t bound_pages(const struct policy_conf *conf, const struct guest_view *guest,
			    const struct verdict *v, enum tier tier)
{
	bool is_lent = tier >= TIER_KEPT;
	return (is_lent ? lent_kib(conf, guest, v, tier) : tier_kib(guest, v, tier)) /
	       UNITS_PAGE_KIB;
}

static unsigned fill_tier(const struct policy_conf *conf, const struct snapshot *snap,
			  const struct plan *plan, enum tier tier, struct share *share)
{
	unsigned n = 0;
	for (unsigned i = 0; i < snap->n_guests; i++) {
		const struct guest_view *g = &snap->guest[i];
		const struct verdict *v = &plan->verdict[i];
		if (model_is_shared(g))
			share[n++] = (struct share){
				.lo = bound_pages(conf, g, v, tier - 1),
				.hi = bound_pages(conf, g, v, tier),
				.weight = g->weight,
				.order = g->domid,
			};
	}
	return n;
}

/*
 * What it is served is the goal. A guest in doubt keeps the goal it has with its
 * surplus counted on, so that it is asked all the same, and it is not called
 * back before it has had the time to begin, unless what it wants were taken.
 */
static void take_goal(const struct guest_view *g, struct verdict *v)
{
	/* never below min, even when a host has lost the memory for it */
	uint64_t goal_kib = amount_max(v->served_kib, amount_min(model_least_kib(g), g->alm_kib));
	bool in_doubt = v->sure_kib && v->sure_kib == g->alm_kib && model_gives(g);
	if (in_doubt && goal_kib == g->alm_kib) {
		uint64_t told_kib = amount_max(model_heading_kib(g), v->want_kib);
		goal_kib = amount_min(amount_min(v->goal_kib, g->alm_kib), told_kib);
	}
	v->goal_kib = goal_kib;
}

/* Up to what guests use one level of memory decides, so that the largest are short first. Above
 * that it is one level of headroom: a guest that uses much runs out as fast as one that uses
 * little. */
static bool shares_headroom(enum tier tier)
{
	return (tier >= TIER_BASE && tier < TIER_HELD) || tier == TIER_LENT_HEADROOM;
}

/* With a level of headroom each share is counted from the tier before; how many pages those are
 * together. */
static uint64_t count_from_before(enum tier tier, struct share *share, unsigned n)
{
	uint64_t before = 0;
	for (unsigned i = 0; i < n && shares_headroom(tier); i++) {
		before += share[i].lo;
		share[i].hi -= share[i].lo;
		share[i].lo = 0;
	}
	return before;
}

static void serve_tier(const struct policy_conf *conf, const struct snapshot *snap, enum tier tier,
		       uint64_t pages, struct share *share, struct plan *plan)
{
	unsigned n = fill_tier(conf, snap, plan, tier, share);
	uint64_t before = count_from_before(tier, share, n);
	share_divide(share, n, amount_less(pages, before));
	for (unsigned i = 0, k = 0; i < snap->n_guests; i++) {
		const struct guest_view *g = &snap->guest[i];
		struct verdict *v = &plan->verdict[i];
		uint64_t from = before ? bound_pages(conf, g, v, tier - 1) : 0;
		if (model_is_shared(g))
			v->served_kib = (from + share[k++].got) * UNITS_PAGE_KIB;
	}
}

static void lend_headroom(const struct policy_conf *conf, const struct snapshot *snap,
			  struct share *share, struct plan *plan)
{
	uint64_t pages = 0, used = 0;
	for (unsigned i = 0; i < snap->n_guests; i++) {
		const struct guest_view *g = &snap->guest[i];
		const struct verdict *v = &plan->verdict[i];
		if (!model_is_shared(g))
			continue;
		pages += v->served_kib / UNITS_PAGE_KIB;
		used += bound_pages(conf, g, v, TIER_LENT_USE);
		plan->verdict[i].lends_kib = v->served_kib;
	}
	serve_tier(conf, snap, used > pages ? TIER_LENT_USE : TIER_LENT_HEADROOM, pages, share,
		   plan);
	for (unsigned i = 0; i < snap->n_guests; i++) {
		struct verdict *v = &plan->verdict[i];
		v->lends_kib = amount_less(v->lends_kib, v->served_kib);
	}
}

/*
 * Everyone is served the tiers that fit whole; within the first that does not, one level decides.
 * If that leaves anybody without its base CMA, headroom is lent. The reserve is filled from
 * surplus, and lent to those whose want cannot be met otherwise, as far as they get at it by an
 * alarm.
 */
static void share_out(const struct policy_conf *conf, const struct snapshot *snap,
		      struct share *share, struct plan *plan)
{
	uint64_t lent = pages_to_share(snap, reserve_to_keep_kib(conf, snap));
	uint64_t whole = pages_to_share(snap, whole_kib(conf, snap));
	set_fair(conf, snap, lent, share, plan);
	for (unsigned i = 0; i < snap->n_guests; i++)
		plan->verdict[i].lends_kib = 0;
	enum tier tier = unmet_tier(snap, plan, lent);
	serve_tier(conf, snap, tier, tier < TIER_HELD ? lent : whole, share, plan);
	if (tier <= TIER_BASE)
		lend_headroom(conf, snap, share, plan);
	for (unsigned i = 0; i < snap->n_guests; i++)
		if (model_is_shared(&snap->guest[i]))
			take_goal(&snap->guest[i], &plan->verdict[i]);
}

/* A guest that cannot give, or is not counted on, holds on to all that it holds; one that repays,
 * to what it was not lent. */
static uint64_t sure_kib(const struct guest_view *g, const struct verdict *v, bool may_count_on_it)
{
	bool gives = may_give(g, v) && (may_count_on_it || !g->is_doubted);
	if (!model_is_shared(g))
		return 0;
	return !gives ? g->alm_kib : model_repays(g) ? model_least_kib(g) : 0;
}

/* Guests in doubt are asked, and at the same time others for what may not come from them. */
void goal_set(const struct policy_conf *conf, const struct snapshot *snap, struct share *share,
	      struct plan *plan)
{
	bool any = false;
	for (unsigned i = 0; i < snap->n_guests; i++)
		plan->verdict[i].sure_kib = sure_kib(&snap->guest[i], &plan->verdict[i], true);
	share_out(conf, snap, share, plan);
	for (unsigned i = 0; i < snap->n_guests; i++) {
		plan->verdict[i].sure_kib = sure_kib(&snap->guest[i], &plan->verdict[i], false);
		any |= model_gives(&snap->guest[i]) && snap->guest[i].is_doubted;
	}
	if (any)
		share_out(conf, snap, share, plan);
}

uint64_t goal_missing_kib(const struct policy_conf *conf, const struct guest_view *g,
			  const struct verdict *v)
{
	uint64_t told_kib = amount_max(model_heading_kib(g), g->alm_kib);
	return model_grows(g) && v->goal_kib >= told_kib + conf->step_kib ? v->goal_kib - told_kib
									  : 0;
}
