/* SPDX-License-Identifier: MIT */
#include "host/simcmd/play.h"

#include "common/amount.h"
#include "common/system/log.h"
#include "host/sim/knowing.h"

#include <errno.h>
#include <stdlib.h>

struct play {
	struct sim_host host;
	struct sim_station station;
	struct share *share; /* room for the allocator of knowing.h */
};

static void finish(struct play *p)
{
	sim_station_close(&p->station);
	log_silence(false);
	free(p->share);
	free(p->host.guest);
	free(p->host.started);
}

static int init(struct play *p, const struct sim_scenario *s, const struct sim_system *system,
		uint64_t seed)
{
	p->host.guest = calloc(s->n_guests, sizeof(*p->host.guest));
	p->host.started = calloc(s->n_guests, sizeof(*p->host.started));
	p->share = calloc(s->n_guests, sizeof(*p->share));
	if (!p->host.guest || !p->host.started || !p->share)
		return -ENOMEM;
	sim_host_init(&p->host, s, seed);
	log_silence(true);
	return sim_station_open(&p->station, &p->host, system, s->call_s);
}

/* --- the result --------------------------------------------------------------------------- */

static void add_up(const struct play *p, const struct sim_scenario *s, struct sim_result *r)
{
	const struct sim_host *h = &p->host;
	struct engine_counts counts = engine_counts(p->station.engine);
	double in = 0, out = 0, some_us = 0, ooms = 0;
	*r = (struct sim_result){.slowest_permille = 1000,
				 .n_passes = counts.passes,
				 .n_targets = counts.targets,
				 .n_cuts = counts.cuts,
				 .n_workers = p->station.n_workers,
				 .minutes = s->time_s / 60,
				 .adds_up = sim_host_adds_up(h)};
	for (unsigned i = 0; i < h->n_guests; i++) {
		const struct sim_guest *g = &h->guest[i];
		const struct sim_memory_counters *c = &g->memory.counters;
		r->short_ms += g->short_ms;
		r->unstarted += !g->is_started;
		if (!g->is_started)
			continue;
		in += c->pswpin + c->zswpin;
		out += c->pswpout + c->zswpout;
		some_us += c->some_us;
		ooms += c->oom_kill;
		r->slowest_permille =
			amount_min(r->slowest_permille, sim_host_speed_permille(h, g));
	}
	r->swapped_in = (uint64_t)(in + 0.5);
	r->swapped_out = (uint64_t)(out + 0.5);
	r->stalled_ms = (uint64_t)(some_us / 1000);
	r->oom_kills = (uint64_t)(ooms + 0.5);
}

uint64_t sim_result_pages(const struct sim_result *result)
{
	return result->swapped_in + result->swapped_out;
}

static void play(struct play *p, const struct sim_scenario *s, bool knows_all,
		 const struct sim_watch *watch)
{
	uint64_t begin_ms = p->host.now_ms, look_ms = begin_ms;
	uint64_t end_ms = begin_ms + (uint64_t)(s->time_s * 1000);
	while (p->host.now_ms < end_ms) {
		sim_host_step(&p->host);
		if (knows_all)
			sim_knowing_turn(&p->host, p->share);
		else
			sim_station_turn(&p->station);
		if (!watch || !watch->every_ms || p->host.now_ms < look_ms)
			continue;
		look_ms += watch->every_ms;
		watch->look(watch->arg, (double)(p->host.now_ms - begin_ms) / 1000, &p->host);
	}
}

int sim_run(const struct sim_scenario *s, const struct sim_system *system, uint64_t seed,
	    const struct sim_watch *watch, struct sim_result *ret_result)
{
	struct play p = {.host = {.agents = system->agents, .poll_ms = system->poll_ms}};
	int r = init(&p, s, system, seed);
	if (r == 0) {
		play(&p, s, system->knows_all, watch);
		add_up(&p, s, ret_result);
	}
	finish(&p);
	return r;
}
