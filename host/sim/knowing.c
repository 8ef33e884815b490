/* SPDX-License-Identifier: MIT */
#include "host/sim/knowing.h"

#include "common/amount.h"
#include "common/units.h"

#include <math.h>

#define AHEAD_S 0.05

/* A killer is kept away by so much more of the guest's memory. */
#define KILLER_SPARE 0.01

static struct sim_guest *guest_at(const struct sim_host *h, unsigned k)
{
	return &h->guest[h->started[k]];
}

/* What a guest is to have, from the most important on. */
struct wish {
	double least_kib; /* whatever others need */
	double hot_kib;   /* with all that its programs touch again */
	double all_kib;   /* with all that they want */
	double most_kib;
};

/* The ALM at which `wanted_kib` of programs are in memory, and the kernel need not reclaim. */
static double alm_for(const struct sim_memory_config *m, double wanted_kib)
{
	double managed_kib = wanted_kib + m->kernel_kib + 16 * 1024;
	double kib = wanted_kib + m->kernel_kib + m->arc_least_kib + 6 * sqrt(managed_kib) +
		     fmin(m->cache_kib, 1024 + managed_kib * 0.01) + 1024;
	if (m->killer_percent > 0 && m->swap_kib <= 0)
		kib /= 1 - fmin(0.5, m->killer_percent / 100 + KILLER_SPARE);
	return kib + m->reserve_kib;
}

static struct wish wish_of(const struct sim_host *h, const struct sim_guest *g)
{
	const struct sim_memory_config *m = &g->config.model;
	double at_s = (double)(h->now_ms - g->started_ms) / 1000;
	double wanted_kib = fmax(sim_demand_kib_at(&g->config.demand, at_s),
				 sim_demand_kib_at(&g->config.demand, at_s + AHEAD_S));
	double hot_share = m->passes_s > 0 ? m->hot_share : 0;
	struct wish w = {.least_kib = fmax(g->config.min_kib, g->config.balloon.floor_kib),
			 .most_kib = fmin(g->config.max_kib, (double)g->balloon.boot_kib)};
	if (g->balloon.config.is_stuck)
		w.least_kib = w.most_kib = (double)g->alm_kib;
	w.all_kib = fmin(fmax(alm_for(m, wanted_kib), w.least_kib), w.most_kib);
	w.hot_kib = fmin(fmax(alm_for(m, wanted_kib * hot_share), w.least_kib), w.all_kib);
	return w;
}

/* The tiers: the guests that touch their memory so often or more often have what they touch; then
 * all have what they want; then they keep what they hold. */
struct tier {
	double passes_s; /* INFINITY: nobody has more than the least yet */
	bool has_all, holds;
};

static double tier_kib(const struct sim_host *h, const struct sim_guest *g, const struct tier *tier)
{
	struct wish w = wish_of(h, g);
	if (tier->holds)
		return fmin(fmax(w.all_kib, (double)g->alm_kib), fmax(w.all_kib, w.most_kib));
	if (tier->has_all)
		return w.all_kib;
	return g->config.model.passes_s >= tier->passes_s ? w.hot_kib : w.least_kib;
}

static uint64_t sum_pages(const struct sim_host *h, const struct tier *tier)
{
	uint64_t sum = 0;
	for (unsigned k = 0; k < h->n_started; k++)
		sum += (uint64_t)tier_kib(h, guest_at(h, k), tier) / UNITS_PAGE_KIB;
	return sum;
}

static struct tier next_tier(const struct sim_host *h, const struct tier *tier)
{
	struct tier next = {.passes_s = -1, .has_all = true, .holds = tier->has_all};
	for (unsigned k = 0; k < h->n_started; k++) {
		double passes_s = guest_at(h, k)->config.model.passes_s;
		if (!tier->has_all && passes_s < tier->passes_s && passes_s > next.passes_s)
			next = (struct tier){.passes_s = passes_s};
	}
	return next;
}

/* Shares out the first tier that does not fit whole for all. */
static void share_out(const struct sim_host *h, struct share *share, uint64_t pages)
{
	struct tier before = {.passes_s = INFINITY}, tier = next_tier(h, &before);
	while (!tier.holds && sum_pages(h, &tier) <= pages) {
		before = tier;
		tier = next_tier(h, &before);
	}
	for (unsigned k = 0; k < h->n_started; k++) {
		const struct sim_guest *g = guest_at(h, k);
		share[k] = (struct share){.lo = (uint64_t)tier_kib(h, g, &before) / UNITS_PAGE_KIB,
					  .hi = (uint64_t)tier_kib(h, g, &tier) / UNITS_PAGE_KIB,
					  .weight = 1,
					  .order = g->domid};
	}
	share_divide(share, h->n_started, pages);
}

/* Moves the guest towards `goal_kib`. Its balloon's counters follow. */
static void move(struct sim_host *h, struct sim_guest *g, uint64_t goal_kib)
{
	uint64_t kib;
	if (goal_kib < g->alm_kib) {
		double taken_kib = sim_memory_inflate(&g->memory, (double)(g->alm_kib - goal_kib));
		kib = units_whole_pages_kib((uint64_t)(taken_kib + 0.001));
		sim_memory_deflate(&g->memory, taken_kib - (double)kib);
		g->alm_kib -= kib;
		h->free_kib += kib;
	} else {
		kib = amount_min(goal_kib - g->alm_kib, h->free_kib);
		sim_memory_deflate(&g->memory, (double)kib);
		g->alm_kib += kib;
		h->free_kib -= kib;
	}
	sim_memory_reclaim(&g->memory, (double)amount_less(g->alm_kib, goal_kib));
	g->target_kib = g->alm_kib;
	g->balloon.current_kib = g->balloon.target_kib = (int64_t)g->alm_kib;
}

void sim_knowing_turn(struct sim_host *h, struct share *share)
{
	uint64_t have_kib = h->free_kib;
	for (unsigned k = 0; k < h->n_started; k++)
		have_kib += guest_at(h, k)->alm_kib;
	have_kib = amount_less(have_kib, sim_host_awaited_kib(h));
	share_out(h, share, have_kib / UNITS_PAGE_KIB);
	for (int is_growth = 0; is_growth <= 1; is_growth++)
		for (unsigned k = 0; k < h->n_started; k++) {
			uint64_t goal_kib = share[k].got * UNITS_PAGE_KIB;
			if (is_growth == (goal_kib > guest_at(h, k)->alm_kib))
				move(h, guest_at(h, k), goal_kib);
		}
}
