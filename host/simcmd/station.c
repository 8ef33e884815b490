/* SPDX-License-Identifier: MIT */
#include "host/simcmd/station.h"

#include "common/amount.h"

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

/* An entry of the configuration as an administrator would have written it for the guest. */
static struct config_guest entry_of(const struct sim_guest_config *c)
{
	struct config_guest g = {.min_kib = (uint64_t)c->min_kib,
				 .guaranteed_kib = (uint64_t)c->guaranteed_kib,
				 .weight = c->weight,
				 .is_untrusted = c->is_untrusted};
	snprintf(g.name, sizeof(g.name), "%s", c->name);
	return g;
}

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
	for (unsigned i = 0; i < h->n_guests; i++)
		ret_config->guest[i] = entry_of(&h->guest[i].config);
	return 0;
}

int sim_station_open(struct sim_station *station, struct sim_host *host,
		     const struct sim_system *system, double call_s)
{
	struct config config;
	config_init(&config);
	*station = (struct sim_station){.host = host, .n_workers = (unsigned)config.workers};
	station->world = simio_create(host, station->n_workers, (uint64_t)(call_s * 1000));
	if (!station->world || configure(host, system, &config) < 0)
		return -ENOMEM;
	struct io io = simio_functions(station->world);
	station->engine = engine_open(&config, &(struct engine_options){0}, &io);
	return station->engine ? 0 : -ENOMEM;
}

void sim_station_close(struct sim_station *station)
{
	engine_close(station->engine);
	simio_destroy(station->world);
	*station = (struct sim_station){.engine = NULL};
}

/* Guests of the scenario are listed from the beginning. */
static void list_arrivals(struct sim_station *station)
{
	const struct sim_host *h = station->host;
	struct engine_state state = engine_state(station->engine);
	for (unsigned k = 0; k < h->n_started; k++) {
		const struct sim_guest *g = &h->guest[h->started[k]];
		struct config_guest *entry = &state.config->guest[h->started[k]];
		if (strcmp(entry->name, g->config.name) == 0)
			continue;
		*entry = entry_of(&g->config);
		engine_reconsider(station->engine);
	}
	station->listed_domid = h->last_domid;
}

void sim_station_turn(struct sim_station *station)
{
	uint64_t now_ms = station->host->now_ms, until_ms = now_ms + SIM_HOST_STEP_MS;
	if (station->listed_domid != station->host->last_domid)
		list_arrivals(station);
	simio_take_step(station->world);
	while (now_ms < until_ms) {
		engine_turn(station->engine, now_ms);
		if (!simio_has_events(station->world))
			now_ms = amount_max(now_ms, engine_wake_ms(station->engine));
	}
}
