/* SPDX-License-Identifier: MIT */
/*
 * play.h - one scenario played under one policy, from its beginning to its end. Allocates; no I/O.
 *
 * The daemon is the real one: its engine runs over the simulated host (simio.h). The same
 * scenario, policy, options and seed give the same result, to the last bit.
 */
#ifndef CAGMA_SIMCMD_PLAY_H
#define CAGMA_SIMCMD_PLAY_H

#include "host/simcmd/station.h"

struct sim_result {
	uint64_t swapped_in, swapped_out; /* pages */
	uint64_t slowest_permille; /* the slowest guest's speed: time not waited for memory, or the
				      done part of its I/O */
	uint64_t short_ms;         /* time in which guests lacked memory, summed over guests */
	uint64_t stalled_ms;       /* time in which guests waited, summed over guests */
	uint64_t oom_kills;
	uint64_t unstarted; /* guests that had not been started when the run ended */
	uint64_t n_passes, n_targets, n_cuts;
	unsigned n_workers; /* that set targets */
	double minutes;
	bool adds_up; /* no page was lost or made on the way */
};

/* A function that is called every `every_ms` of simulated time, with the host as it is then. */
struct sim_watch {
	uint64_t every_ms; /* 0: never */
	void (*look)(void *arg, double at_s, const struct sim_host *host);
	void *arg;
};

/* Plays the scenario. `watch` may be NULL. Returns 0 or -ENOMEM. */
int sim_run(const struct sim_scenario *scenario, const struct sim_system *system, uint64_t seed,
	    const struct sim_watch *watch, struct sim_result *ret_result);

/* The pages swapped in and out together. */
uint64_t sim_result_pages(const struct sim_result *result);

#endif
