/* SPDX-License-Identifier: MIT */
/*
 * station.h - the daemon of a simulated host: the real engine over a world of simio.h. Allocates;
 * no I/O.
 */
#ifndef CAGMA_SIMCMD_STATION_H
#define CAGMA_SIMCMD_STATION_H

#include "host/daemon/engine.h"
#include "host/sim/host.h"
#include "host/simcmd/simio.h"

/* A policy with the agent, period and reserve of its own system. */
struct sim_system {
	const struct policy *policy;
	enum sim_agent_kind agents;
	uint64_t poll_ms; /* of polled agents */
	struct policy_conf conf;
	bool knows_all; /* the allocator of host/sim/knowing.h decides, and not the policy */
};

/* The system of a policy. Guests of a policy without a system of its own are polled every
 * second. */
struct sim_system sim_system_of(const struct policy *policy);

struct sim_station {
	struct sim_host *host;
	struct simio *world;
	struct engine *engine;
	unsigned n_workers;    /* that set targets */
	uint32_t listed_domid; /* guests up to this domid are in the configuration */
};

/* Starts the daemon, with an entry in its configuration for each place of `host`, which must
 * outlive it. A call takes `call_s`. Returns 0 or -ENOMEM; close it in both cases. */
int sim_station_open(struct sim_station *station, struct sim_host *host,
		     const struct sim_system *system, double call_s);
void sim_station_close(struct sim_station *station);

/* Runs the daemon until the host's next step. The host stands still meanwhile. A guest that has
 * come from another host is written into the configuration, as by `cagmactl set`. */
void sim_station_turn(struct sim_station *station);

#endif
