/* SPDX-License-Identifier: MIT */
#include "host/sim/host.h"

#include "common/amount.h"
#include "common/units.h"
#include "host/core/model.h"

#include <math.h>

#define STEP_S   (SIM_HOST_STEP_MS / 1000.0)
#define LACK_KIB 1024.0 /* with less, programs merely wait from one step to the next */

static uint64_t pages_kib(double kib)
{
	return units_whole_pages_kib((uint64_t)kib);
}

void sim_host_init(struct sim_host *h, const struct sim_scenario *s, uint64_t seed)
{
	h->now_ms = 1000000; /* the host has run for a while */
	h->total_kib = h->free_kib = pages_kib(s->memory_kib);
	h->disk_kib_s = s->disk_kib_s;
	h->n_guests = s->n_guests;
	h->n_started = 0;
	for (unsigned i = 0; i < s->n_guests; i++) {
		h->guest[i] = (struct sim_guest){.domid = 0};
		sim_scenario_guest(s, i, seed, &h->guest[i].config);
		h->guest[i].config.start_s += (double)h->now_ms / 1000;
	}
}

/* --- pages, as the balloon asks for them -------------------------------------------- */

static struct sim_guest *guest_of(struct sim_host *h, uint32_t domid)
{
	return &h->guest[h->started[domid - 1]];
}

static int64_t populate(void *host, uint32_t domid, uint64_t pages)
{
	struct sim_host *h = host;
	struct sim_guest *g = guest_of(h, domid);
	uint64_t kib = amount_min(pages * UNITS_PAGE_KIB, amount_less(g->cap_kib, g->alm_kib));
	kib = amount_min(kib, h->free_kib);
	g->alm_kib += kib;
	h->free_kib -= kib;
	return (int64_t)(kib / UNITS_PAGE_KIB);
}

static int64_t release(void *host, uint32_t domid, uint64_t pages)
{
	struct sim_host *h = host;
	struct sim_guest *g = guest_of(h, domid);
	uint64_t kib = amount_min(pages * UNITS_PAGE_KIB, g->alm_kib);
	g->alm_kib -= kib;
	h->free_kib += kib;
	return (int64_t)(kib / UNITS_PAGE_KIB);
}

/* --- starting ------------------------------------------------------------------------- */

static bool is_due(const struct sim_host *h, const struct sim_guest *g)
{
	return !g->is_started && (double)h->now_ms >= g->config.start_s * 1000;
}

uint64_t sim_host_awaited_kib(const struct sim_host *h)
{
	uint64_t kib = 0;
	for (unsigned i = 0; i < h->n_guests; i++)
		if (is_due(h, &h->guest[i]))
			kib += pages_kib(h->guest[i].config.memory_kib);
	return kib;
}

static void start(struct sim_host *h, unsigned i)
{
	struct sim_guest *g = &h->guest[i];
	uint64_t kib = pages_kib(g->config.memory_kib);
	double most_kib = g->config.ceiling_kib > 0 ? fmin(g->config.ceiling_kib, g->config.max_kib)
						    : g->config.max_kib;
	bool is_foreign = h->agents == SIM_AGENT_CAGMA && g->config.foreign != SIM_FOREIGN_NONE;
	g->is_started = true;
	g->started_ms = h->now_ms;
	h->started[h->n_started++] = i;
	g->domid = h->n_started;
	g->alm_kib = g->target_kib = kib;
	g->cap_kib = kib + MODEL_LIBXL_SLACK_KIB;
	h->free_kib -= kib;
	sim_memory_init(&g->memory, &g->config.model, (double)kib,
			sim_demand_kib_at(&g->config.demand, 0));
	sim_balloon_init(&g->balloon, &g->config.balloon, (int64_t)kib,
			 (int64_t)pages_kib(most_kib), 0);
	g->agent = (struct sim_agent){
		.kind = is_foreign ? SIM_AGENT_FOREIGN : h->agents,
		.foreign_id = g->config.foreign,
		.poll_ms = h->poll_ms,
		.start_ms = g->config.has_agent ? h->now_ms + SIM_AGENT_START_MS : UINT64_MAX};
}

/* --- one step --------------------------------------------------------------------------- */

static double since_start_s(const struct sim_host *h, const struct sim_guest *g)
{
	return (double)(h->now_ms - g->started_ms) / 1000;
}

static void note_lack(struct sim_guest *g)
{
	const struct sim_memory *m = &g->memory;
	double cold_kib = (1 - m->config.hot_share) * (m->anon_kib + m->swapped_kib);
	g->lack_kib = fmax(0, m->demand_kib - m->anon_kib - m->swapped_kib) +
		      fmax(0, m->swapped_kib - cold_kib);
	if (g->lack_kib >= LACK_KIB)
		g->short_ms += SIM_HOST_STEP_MS;
}

static void run_agent(struct sim_host *h, struct sim_guest *g)
{
	const struct sim_memory *m = &g->memory;
	struct sim_agent_sight sight = {
		.now_ms = h->now_ms,
		.memory = m,
		.balloon = &g->balloon,
		.largest_kib = g->config.largest_kib,
		.lies = g->config.lies,
		.is_busy = m->grow_kib > 0 || m->swapin_kib > 0 || m->config.file_kib_s > 0,
	};
	uint64_t target_kib = sim_agent_run(&g->agent, &sight);
	if (g->agent.reclaim_kib > 0)
		sim_memory_reclaim(&g->memory, g->agent.reclaim_kib);
	g->agent.reclaim_kib = 0;
	if (target_kib)
		sim_balloon_set_target(&g->balloon, (int64_t)target_kib, (double)h->now_ms / 1000);
}

static void step_guest(struct sim_host *h, struct sim_guest *g, double io_share)
{
	struct sim_pages pages = {populate, release, h, g->domid};
	sim_memory_step(&g->memory, io_share, h->disk_kib_s);
	g->balloon.config.is_stuck = sim_scenario_is_stuck(&g->config, since_start_s(h, g));
	sim_balloon_run(&g->balloon, &g->memory, &pages, (double)h->now_ms / 1000, STEP_S);
	note_lack(g);
	run_agent(h, g);
}

void sim_host_step(struct sim_host *h)
{
	double wanted_kib = 0, room_kib = h->disk_kib_s * STEP_S;
	h->now_ms += SIM_HOST_STEP_MS;
	for (unsigned i = 0; i < h->n_guests; i++) {
		struct sim_guest *g = &h->guest[i];
		if (is_due(h, g) && pages_kib(g->config.memory_kib) <= h->free_kib)
			start(h, i);
		else if (is_due(h, g))
			g->short_ms += SIM_HOST_STEP_MS;
		if (g->is_started)
			wanted_kib += sim_memory_plan(
				&g->memory,
				sim_demand_kib_at(&g->config.demand, since_start_s(h, g)), STEP_S);
	}
	double io_share = wanted_kib > room_kib ? room_kib / wanted_kib : 1;
	for (unsigned k = 0; k < h->n_started; k++)
		step_guest(h, &h->guest[h->started[k]], io_share);
}

void sim_host_set_target(struct sim_host *h, struct sim_guest *g, uint64_t target_kib)
{
	g->target_kib = target_kib;
	g->cap_kib = target_kib + MODEL_LIBXL_SLACK_KIB;
	sim_balloon_set_target(&g->balloon, (int64_t)target_kib, (double)h->now_ms / 1000);
	g->agent.has_target = true;
}

bool sim_host_adds_up(const struct sim_host *h)
{
	uint64_t kib = h->free_kib;
	for (unsigned i = 0; i < h->n_started; i++) {
		const struct sim_guest *g = &h->guest[h->started[i]];
		const struct sim_memory *m = &g->memory;
		double sum_kib = m->config.kernel_kib + m->anon_kib + m->cache_kib + m->arc_kib +
				 m->packed_kib + m->free_kib;
		kib += g->alm_kib;
		if (g->alm_kib != (uint64_t)g->balloon.current_kib ||
		    fabs(sum_kib - m->managed_kib) > 1 || m->free_kib < 0 || m->anon_kib < 0 ||
		    m->packed_kib < -1e-6 || m->arc_kib < -1e-6 || m->swapped_kib < -1e-6 ||
		    m->swapped_kib > m->config.swap_kib + 1 ||
		    fabs((double)g->alm_kib - m->managed_kib - m->config.reserve_kib) > 1)
			return false;
	}
	return kib == h->total_kib;
}
