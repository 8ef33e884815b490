/* SPDX-License-Identifier: MIT */
#include "host/simcmd/play.h"

#include "common/amount.h"
#include "common/system/log.h"
#include "host/daemon/engine.h"
#include "host/sim/knowing.h"
#include "host/simcmd/simio.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/*
 * Peers have no reserve_mib: their policies say how much they keep free, and also how often they
 * decide. Only the coordinator is told its interval; the course's monitor uses 2 s. Originals that
 * read a guest's numbers when they decide are played with numbers that are at most a second old.
 */
static const struct {
	const char *policy;
	enum sim_agent_kind agents;
	uint64_t period_ms; /* 0: period and reserve are cagmad.conf's */
	uint64_t poll_ms;
} systems[] = {
	{"cagma", SIM_AGENT_CAGMA, 0, 0},
	{"static", SIM_AGENT_CAGMA, 0, 0},
	{"qmemman", SIM_AGENT_QMEMMAN, 1000, 0},
	{"cagma-2017", SIM_AGENT_POLLED, 3000, 250},
	{"coordinator", SIM_AGENT_POLLED, 2000, 1000},
	{"coordinator-program", SIM_AGENT_POLLED, 2000, 1000},
	{"squeezed", SIM_AGENT_POLLED, 1000, 1000},
	{"proxmox", SIM_AGENT_POLLED, 1000, 1000},
	{"mom", SIM_AGENT_POLLED, 1000, 1000},
};

struct sim_system sim_system_of(const struct policy *policy)
{
	struct sim_system system = {.policy = policy,
				    .agents = SIM_AGENT_POLLED,
				    .poll_ms = 1000,
				    .conf = options_default()};
	for (unsigned i = 0; i < sizeof(systems) / sizeof(systems[0]); i++) {
		if (strcmp(systems[i].policy, policy->name) != 0)
			continue;
		system.agents = systems[i].agents;
		system.poll_ms = systems[i].poll_ms;
		if (!systems[i].period_ms)
			continue;
		system.conf.period_ms = systems[i].period_ms;
		system.conf.reserve_kib = 0;
	}
	return system;
}

/* --- a host and its daemon --------------------------------------------------------------- */

struct play {
	struct sim_host host;
	struct simio *world;
	struct engine *engine;
	struct share *share; /* room for the allocator of knowing.h */
	unsigned n_workers;
};

static void finish(struct play *p)
{
	engine_close(p->engine);
	log_silence(false);
	simio_destroy(p->world);
	free(p->share);
	free(p->host.guest);
	free(p->host.started);
}

/* The configuration that an administrator would have written for these guests. */
static int configure(const struct sim_host *h, const struct sim_system *system,
		     struct config *ret_config)
{
	ret_config->policy = system->policy;
	ret_config->conf = system->conf;
	ret_config->max_guests = h->n_guests;
	ret_config->guest = calloc(h->n_guests, sizeof(*ret_config->guest));
	if (!ret_config->guest)
		return -ENOMEM;
	ret_config->n_guests = h->n_guests;
	for (unsigned i = 0; i < h->n_guests; i++) {
		const struct sim_guest_config *c = &h->guest[i].config;
		struct config_guest *g = &ret_config->guest[i];
		snprintf(g->name, sizeof(g->name), "%s", c->name);
		g->min_kib = (uint64_t)c->min_kib;
		g->guaranteed_kib = (uint64_t)c->guaranteed_kib;
		g->weight = c->weight;
		g->is_untrusted = c->is_untrusted;
	}
	return 0;
}

static int init(struct play *p, const struct sim_scenario *s, const struct sim_system *system,
		uint64_t seed)
{
	struct config config;
	p->host.guest = calloc(s->n_guests, sizeof(*p->host.guest));
	p->host.started = calloc(s->n_guests, sizeof(*p->host.started));
	p->share = calloc(s->n_guests, sizeof(*p->share));
	if (!p->host.guest || !p->host.started || !p->share)
		return -ENOMEM;
	sim_host_init(&p->host, s, seed);
	config_init(&config);
	p->n_workers = (unsigned)config.workers;
	p->world = simio_create(&p->host, p->n_workers, (uint64_t)(s->call_s * 1000));
	if (!p->world || configure(&p->host, system, &config) < 0)
		return -ENOMEM;
	struct io io = simio_functions(p->world);
	log_silence(true);
	p->engine = engine_open(&config, &(struct engine_options){0}, &io);
	return p->engine ? 0 : -ENOMEM;
}

/* Runs the engine until the host's next step. The host stands still meanwhile. */
static void turn(struct play *p)
{
	uint64_t now_ms = p->host.now_ms, until_ms = now_ms + SIM_HOST_STEP_MS;
	simio_take_step(p->world);
	while (now_ms < until_ms) {
		engine_turn(p->engine, now_ms);
		if (!simio_has_events(p->world))
			now_ms = amount_max(now_ms, engine_wake_ms(p->engine));
	}
}

/* --- the result --------------------------------------------------------------------------- */

static uint64_t speed_permille(const struct sim_guest *g, uint64_t now_ms)
{
	const struct sim_memory_counters *c = &g->memory.counters;
	double lived_us = (double)(now_ms - g->started_ms) * 1000;
	double speed = lived_us > 0 ? 1 - c->some_us / lived_us : 1;
	double io = c->io_wanted_kib > 0 ? c->io_done_kib / c->io_wanted_kib : 1;
	double least = speed < io ? speed : io;
	return least > 0 ? (uint64_t)(least * 1000 + 0.5) : 0;
}

static void add_up(const struct play *p, const struct sim_scenario *s, struct sim_result *r)
{
	const struct sim_host *h = &p->host;
	struct engine_counts counts = engine_counts(p->engine);
	double in = 0, out = 0, some_us = 0, ooms = 0;
	*r = (struct sim_result){.slowest_permille = 1000,
				 .n_passes = counts.passes,
				 .n_targets = counts.targets,
				 .n_cuts = counts.cuts,
				 .n_workers = p->n_workers,
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
		r->slowest_permille = amount_min(r->slowest_permille, speed_permille(g, h->now_ms));
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
			turn(p);
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
