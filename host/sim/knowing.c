/* SPDX-License-Identifier: MIT */
#include "host/sim/knowing.h"

#include "common/amount.h"
#include "common/units.h"
#include "host/core/model.h"

#include <math.h>

#define AHEAD_S 0.05

static struct sim_guest *guest_at(const struct sim_host *h, unsigned k)
{
	return &h->guest[h->started[k]];
}

/* The ALM at which all that the guest's programs want is in memory, and its kernel need not
 * reclaim. */
static double need_kib(const struct sim_host *h, const struct sim_guest *g)
{
	const struct sim_memory_config *m = &g->config.model;
	double at_s = (double)(h->now_ms - g->started_ms) / 1000;
	double wanted_kib = fmax(sim_demand_kib_at(&g->config.demand, at_s),
				 sim_demand_kib_at(&g->config.demand, at_s + AHEAD_S));
	double managed_kib = wanted_kib + m->kernel_kib + 16 * 1024;
	return wanted_kib + m->kernel_kib + m->reserve_kib + m->arc_least_kib +
	       6 * sqrt(managed_kib) + fmin(m->cache_kib, 1024 + managed_kib * 0.01) + 1024;
}

static struct share share_of(const struct sim_host *h, const struct sim_guest *g, bool is_held)
{
	double lo_kib = fmax(g->config.min_kib, g->config.balloon.floor_kib);
	double hi_kib = fmin(g->config.max_kib, (double)g->balloon.boot_kib);
	double kib = fmin(fmax(need_kib(h, g), lo_kib), hi_kib);
	struct share s = {.lo = (uint64_t)lo_kib / UNITS_PAGE_KIB,
			  .hi = (uint64_t)kib / UNITS_PAGE_KIB,
			  .weight = 1,
			  .order = g->domid};
	if (is_held) {
		s.lo = s.hi;
		s.hi = amount_max(s.lo, g->alm_kib / UNITS_PAGE_KIB);
	}
	if (g->balloon.config.is_stuck)
		s.lo = s.hi = g->alm_kib / UNITS_PAGE_KIB;
	return s;
}

static uint64_t fill(const struct sim_host *h, struct share *share, bool is_held)
{
	uint64_t sum = 0;
	for (unsigned k = 0; k < h->n_started; k++) {
		share[k] = share_of(h, guest_at(h, k), is_held);
		sum += share[k].hi;
	}
	return sum;
}

/* Moves the guest to `goal_kib` at once. Its balloon's counters follow. */
static void move(struct sim_host *h, struct sim_guest *g, uint64_t goal_kib)
{
	uint64_t kib;
	if (goal_kib < g->alm_kib) {
		double taken_kib = sim_memory_inflate(&g->memory, (double)(g->alm_kib - goal_kib));
		kib = units_whole_pages_kib((uint64_t)taken_kib);
		sim_memory_deflate(&g->memory, taken_kib - (double)kib);
		g->alm_kib -= kib;
		h->free_kib += kib;
	} else {
		kib = amount_min(goal_kib - g->alm_kib, h->free_kib);
		sim_memory_deflate(&g->memory, (double)kib);
		g->alm_kib += kib;
		h->free_kib -= kib;
	}
	g->target_kib = g->alm_kib;
	g->balloon.current_kib = g->balloon.target_kib = (int64_t)g->alm_kib;
}

void sim_knowing_turn(struct sim_host *h, struct share *share)
{
	uint64_t have_kib = h->free_kib;
	for (unsigned k = 0; k < h->n_started; k++)
		have_kib += guest_at(h, k)->alm_kib;
	have_kib = amount_less(have_kib, sim_host_awaited_kib(h));
	if (fill(h, share, false) <= have_kib / UNITS_PAGE_KIB)
		fill(h, share, true);
	share_divide(share, h->n_started, have_kib / UNITS_PAGE_KIB);
	for (int is_growth = 0; is_growth <= 1; is_growth++)
		for (unsigned k = 0; k < h->n_started; k++) {
			uint64_t goal_kib = share[k].got * UNITS_PAGE_KIB;
			if (is_growth == (goal_kib > guest_at(h, k)->alm_kib))
				move(h, guest_at(h, k), goal_kib);
		}
}
