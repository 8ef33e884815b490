/* SPDX-License-Identifier: MIT */
/*
 * play.h - one scenario under one policy, from its beginning to its end. Allocates; no I/O.
 *
 * The same scenario, policy, options and seed give the same result, to the last bit.
 */
#ifndef CAGMA_SIMCMD_PLAY_H
#define CAGMA_SIMCMD_PLAY_H

#include "host/sim/daemon.h"

/* A policy with the agent, period and reserve of its own system. */
struct sim_system {
	const struct policy *policy;
	enum sim_agent_kind agents;
	uint64_t poll_ms; /* of polled agents */
	struct policy_conf conf;
	bool knows_all; /* no policy decides, but the allocator of sim_knowing.h */
};

/* That of any policy; one without a system of its own is polled every second. */
struct sim_system sim_system_of(const struct policy *policy);

struct sim_result {
	uint64_t swapped_in, swapped_out; /* pages */
	uint64_t slowest_permille;        /* of its speed that the slowest guest came to: time not
					   * waited for memory, or I/O done of what it wanted */
	uint64_t short_ms;                /* of guests that wanted more than they had, together */
	uint64_t stalled_ms;              /* of guests that waited, together */
	uint64_t oom_kills;
	uint64_t unstarted; /* guests that had not been started when it ended */
	uint64_t n_passes, n_targets, n_cuts;
	double minutes;
	bool adds_up; /* no page was lost or made on the way */
};

/* Called every `every_ms` of the simulated time with the host as it is. */
struct sim_watch {
	uint64_t every_ms; /* 0: never */
	void (*look)(void *arg, double at_s, const struct sim_host *host);
	void *arg;
};

/* 0, or -ENOMEM. */
int sim_run(const struct sim_scenario *scenario, const struct sim_system *system, uint64_t seed,
	    const struct sim_watch *watch, struct sim_result *ret_result);

/* In and out. */
uint64_t sim_result_pages(const struct sim_result *result);

#endif
