/* SPDX-License-Identifier: MIT */
#include "host/simcmd/play.h"

#include "common/amount.h"
#include "host/sim/knowing.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/*
 * Peers have no reserve_mib: what they keep free is in their policies, and so is
 * how often they decide, but for the coordinator's interval, an argument of it;
 * the course's monitor has 2 s. Where the guest's numbers are read at that time,
 * they are at most a second old here.
 */
static const struct {
	const char *policy;
	enum sim_agent_kind agents;
	uint64_t period_ms; /* 0: the options are cagmad.conf's, reserve and all */
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

/* --- room for so many guests ----------------------------------------------------------- */

struct play {
	struct sim_host host;
	struct sim_daemon daemon;
};

static void finish(struct play *p)
{
	struct sim_daemon *d = &p->daemon;
	free(p->host.guest);
	free(p->host.started);
	free(d->view);
	free(d->known);
	free(d->memory.room);
	free(d->plan.room);
}

static int init(struct play *p, unsigned n)
{
	struct sim_daemon *d = &p->daemon;
	p->host.guest = calloc(n, sizeof(*p->host.guest));
	p->host.started = calloc(n, sizeof(*p->host.started));
	d->view = calloc(n, sizeof(*d->view));
	d->known = calloc(n, sizeof(*d->known));
	bool has_room = memory_init(&d->memory, calloc(1, MEMORY_BYTES(n)), n) &&
			plan_init(&d->plan, calloc(1, PLAN_BYTES(n)), n);
	return has_room && p->host.guest && p->host.started && d->view && d->known ? 0 : -ENOMEM;
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
	double in = 0, out = 0, some_us = 0, ooms = 0;
	*r = (struct sim_result){.slowest_permille = 1000,
				 .n_passes = p->daemon.n_passes,
				 .n_targets = p->daemon.n_targets,
				 .n_cuts = p->daemon.n_cuts,
				 .minutes = s->time_s / 60,
				 .adds_up = sim_host_adds_up(h)};
	for (unsigned i = 0; i < h->n_guests; i++) {
		const struct sim_guest *g = &h->guest[i];
		const struct sim_memory_counters *c = &g->memory.counters;
		r->short_ms += g->short_ms;
		r->unstarted += !g->is_started;
		if (!g->is_started)
			continue;
		in += c->pswpin;
		out += c->pswpout;
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
			sim_knowing_turn(&p->host, p->daemon.memory.share);
		else
			sim_daemon_turn(&p->daemon, &p->host);
		if (!watch || !watch->every_ms || p->host.now_ms < look_ms)
			continue;
		look_ms += watch->every_ms;
		watch->look(watch->arg, (double)(p->host.now_ms - begin_ms) / 1000, &p->host);
	}
}

int sim_run(const struct sim_scenario *s, const struct sim_system *system, uint64_t seed,
	    const struct sim_watch *watch, struct sim_result *ret_result)
{
	struct play p = {.host = {.agents = system->agents, .poll_ms = system->poll_ms},
			 .daemon = {.policy = system->policy,
				    .conf = system->conf,
				    .call_ms = (uint64_t)(s->call_s * 1000)}};
	int r = init(&p, s->n_guests);
	if (r == 0) {
		sim_host_init(&p.host, s, seed);
		play(&p, s, system->knows_all, watch);
		add_up(&p, s, ret_result);
	}
	finish(&p);
	return r;
}
