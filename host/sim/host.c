/* SPDX-License-Identifier: MIT */
#include "host/sim/host.h"

#include "common/amount.h"
#include "common/units.h"
#include "host/core/model.h"

#include <math.h>
#include <string.h>

#define STEP_S   (SIM_HOST_STEP_MS / 1000.0)
#define LACK_KIB 1024.0 /* with less, programs merely wait from one step to the next */

static uint64_t pages_kib(double kib)
{
	return units_whole_pages_kib((uint64_t)kib);
}

void sim_host_init_empty(struct sim_host *h, const struct sim_scenario *s, unsigned n_places)
{
	h->now_ms = 1000000; /* the host has run for a while */
	h->total_kib = h->free_kib = pages_kib(s->memory_kib);
	h->disk_kib_s = s->disk_kib_s;
	h->n_guests = n_places;
	h->n_started = h->last_domid = 0;
	h->awaited_kib = h->held_kib = 0;
	for (unsigned i = 0; i < n_places; i++)
		h->guest[i] = (struct sim_guest){.config = {.start_s = INFINITY}};
}

void sim_host_put(struct sim_host *h, unsigned place, const struct sim_guest_config *config)
{
	h->guest[place] = (struct sim_guest){.config = *config};
	h->guest[place].config.start_s += (double)h->now_ms / 1000;
}

void sim_host_init(struct sim_host *h, const struct sim_scenario *s, uint64_t seed)
{
	struct sim_guest_config config;
	sim_host_init_empty(h, s, s->n_guests);
	for (unsigned i = 0; i < s->n_guests; i++) {
		sim_scenario_guest(s, i, seed, &config);
		sim_host_put(h, i, &config);
	}
}

struct sim_guest *sim_host_find(const struct sim_host *h, uint32_t domid)
{
	unsigned low = 0, high = h->n_started;
	while (low < high) {
		unsigned middle = low + (high - low) / 2;
		if (h->guest[h->started[middle]].domid < domid)
			low = middle + 1;
		else
			high = middle;
	}
	struct sim_guest *found = low < h->n_started ? &h->guest[h->started[low]] : NULL;
	return found && found->domid == domid ? found : NULL;
}

/* --- pages, as the balloon asks for them -------------------------------------------- */

static int64_t populate(void *host, uint32_t domid, uint64_t pages)
{
	struct sim_host *h = host;
	struct sim_guest *g = sim_host_find(h, domid);
	uint64_t kib = amount_min(pages * UNITS_PAGE_KIB, amount_less(g->cap_kib, g->alm_kib));
	kib = amount_min(kib, h->free_kib);
	g->alm_kib += kib;
	h->free_kib -= kib;
	return (int64_t)(kib / UNITS_PAGE_KIB);
}

static int64_t release(void *host, uint32_t domid, uint64_t pages)
{
	struct sim_host *h = host;
	struct sim_guest *g = sim_host_find(h, domid);
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
	uint64_t kib = h->awaited_kib;
	for (unsigned i = 0; i < h->n_guests; i++)
		if (is_due(h, &h->guest[i]))
			kib += pages_kib(h->guest[i].config.memory_kib);
	return kib;
}

/* The guest gets the next domid, a balloon that holds `kib`, and an agent from start_ms on. */
static void arrive(struct sim_host *h, unsigned place, uint64_t kib, uint64_t start_ms)
{
	struct sim_guest *g = &h->guest[place];
	double most_kib = g->config.ceiling_kib > 0 ? fmin(g->config.ceiling_kib, g->config.max_kib)
						    : g->config.max_kib;
	bool is_foreign = h->agents == SIM_AGENT_CAGMA && g->config.foreign != SIM_FOREIGN_NONE;
	g->is_started = true;
	h->started[h->n_started++] = place;
	g->domid = ++h->last_domid;
	g->alm_kib = g->target_kib = kib;
	g->cap_kib = kib + MODEL_LIBXL_SLACK_KIB;
	sim_balloon_init(&g->balloon, &g->config.balloon, (int64_t)kib,
			 (int64_t)pages_kib(most_kib), 0);
	g->agent = (struct sim_agent){.kind = is_foreign ? SIM_AGENT_FOREIGN : h->agents,
				      .foreign_id = g->config.foreign,
				      .poll_ms = h->poll_ms,
				      .start_ms = g->config.has_agent ? start_ms : UINT64_MAX};
}

static void start(struct sim_host *h, unsigned i)
{
	struct sim_guest *g = &h->guest[i];
	uint64_t kib = pages_kib(g->config.memory_kib);
	g->started_ms = h->now_ms;
	h->free_kib -= kib;
	sim_memory_init(&g->memory, &g->config.model, (double)kib,
			sim_demand_kib_at(&g->config.demand, 0));
	arrive(h, i, kib, h->now_ms + SIM_AGENT_START_MS);
}

/* --- moving ---------------------------------------------------------------------------- */

unsigned sim_host_free_place(const struct sim_host *h)
{
	unsigned i = 0;
	while (i < h->n_guests && (h->guest[i].is_started || isfinite(h->guest[i].config.start_s)))
		i++;
	return i;
}

bool sim_host_hold(struct sim_host *h, uint64_t kib)
{
	if (kib > h->free_kib)
		return false;
	h->free_kib -= kib;
	h->held_kib += kib;
	return true;
}

static void depart(struct sim_host *h, unsigned place)
{
	unsigned k = 0;
	while (h->started[k] != place)
		k++;
	h->n_started--;
	memmove(&h->started[k], &h->started[k + 1], (h->n_started - k) * sizeof(h->started[0]));
	h->free_kib += h->guest[place].alm_kib;
	h->guest[place] = (struct sim_guest){.config = {.start_s = INFINITY}};
}

void sim_host_hand_over(struct sim_host *from, unsigned place, struct sim_host *to,
			unsigned to_place)
{
	struct sim_guest *g = &to->guest[to_place];
	*g = from->guest[place];
	depart(from, place);
	g->is_leaving = g->is_suspended = false;
	to->held_kib -= g->alm_kib;
	arrive(to, to_place, g->alm_kib, to->now_ms);
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
	g->balloon.config.is_stuck =
		g->is_leaving || sim_scenario_is_stuck(&g->config, since_start_s(h, g));
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
		if (g->is_suspended)
			g->suspended_ms += SIM_HOST_STEP_MS;
		else if (g->is_started)
			wanted_kib += sim_memory_plan(
				&g->memory,
				sim_demand_kib_at(&g->config.demand, since_start_s(h, g)), STEP_S);
	}
	double io_share = wanted_kib > room_kib ? room_kib / wanted_kib : 1;
	for (unsigned k = 0; k < h->n_started; k++)
		if (!h->guest[h->started[k]].is_suspended)
			step_guest(h, &h->guest[h->started[k]], io_share);
}

uint64_t sim_host_speed_permille(const struct sim_host *h, const struct sim_guest *g)
{
	const struct sim_memory_counters *c = &g->memory.counters;
	double lived_us = (double)(h->now_ms - g->started_ms) * 1000;
	double lost_us = c->some_us + (double)g->suspended_ms * 1000;
	double speed = lived_us > 0 ? 1 - lost_us / lived_us : 1;
	double io = c->io_wanted_kib > 0 ? c->io_done_kib / c->io_wanted_kib : 1;
	double least = fmin(speed, io);
	return least > 0 ? (uint64_t)(least * 1000 + 0.5) : 0;
}

void sim_host_set_target(struct sim_host *h, struct sim_guest *g, uint64_t target_kib)
{
	g->target_kib = target_kib;
	g->cap_kib = target_kib + MODEL_LIBXL_SLACK_KIB;
	sim_balloon_set_target(&g->balloon, (int64_t)target_kib, (double)h->now_ms / 1000);
	g->agent.has_target = true;
}

void sim_host_set_by_hand(struct sim_host *h, struct sim_guest *g, uint64_t target_kib)
{
	sim_host_set_target(h, g, target_kib);
	g->target_is_news = true;
}

bool sim_host_adds_up(const struct sim_host *h)
{
	uint64_t kib = h->free_kib + h->held_kib;
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
