/* SPDX-License-Identifier: MIT */
/*
 * fleet_play.h - several hosts played at once, each with its daemon, and an engine that moves
 * guests between them. Allocates; no I/O.
 */
#ifndef CAGMA_SIMCMD_FLEET_PLAY_H
#define CAGMA_SIMCMD_FLEET_PLAY_H

#include "host/sim/fleet.h"
#include "host/simcmd/station.h"

/* How memory gets to the guests that need it. */
struct fleet_policy {
	const char *name;
	const char *about;
	const char *on_each_host; /* the policy of each host's daemon */
	bool moves;               /* an engine moves guests */
	bool divides;             /* as struct fleet */
};

/* The policies, in the order from the least to the most; NULL after the last. */
const struct fleet_policy *fleet_policy_at(unsigned i);

struct fleet_play {
	const struct sim_scenario *scenario; /* one host, and the proportion of its guests */
	const struct fleet_policy *policy;
	unsigned n_hosts, n_guests; /* in all */
	struct mover_link link;
	uint64_t seed;
	uint64_t least_permille; /* the run is over when a guest cannot be as fast any more */
};

struct fleet_result {
	bool has_room; /* the guests' mins fit; otherwise nothing was played */
	bool is_whole; /* the run was not over early */
	bool adds_up;  /* no page was lost or made on the way */
	uint64_t slowest_permille;
	uint64_t pages; /* swapped in and out by all guests */
	uint64_t oom_kills;
	uint64_t n_targets; /* that daemons set */
	struct fleet_counts counts;
};

/* Plays the scenario's time. Returns 0 or -ENOMEM. */
int fleet_run(const struct fleet_play *play, struct fleet_result *ret_result);

/* True if every guest was as fast as asked for, and none was killed. */
bool fleet_result_is_good(const struct fleet_play *play, const struct fleet_result *result);

#endif
