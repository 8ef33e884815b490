/* SPDX-License-Identifier: MIT */
/*
 * table.h - runs of scenarios as lines: for people, or for programs. (Edge: writes to a FILE.)
 */
#ifndef CAGMA_SIMCMD_TABLE_H
#define CAGMA_SIMCMD_TABLE_H

#include "host/simcmd/play.h"

#include <stdio.h>

enum { SIM_TABLE_POLICIES = 16, SIM_TABLE_SEEDS = 16, SIM_TABLE_NAME = 40 };

struct sim_table {
	unsigned n_policies, n_seeds;
	const struct policy *policy[SIM_TABLE_POLICIES];
	uint64_t seed[SIM_TABLE_SEEDS];
	struct policy_conf conf; /* of policy cagma; the others have their own systems' */
	bool is_tsv;
};

/* No policies and no seeds yet, and the options as shipped. */
void sim_table_init(struct sim_table *table);

/* The policy of that number with the agent, period and options that it is played with. */
struct sim_system sim_table_system(const struct sim_table *table, unsigned policy);

void sim_table_head(const struct sim_table *table, FILE *file);

/*
 * A line for each seed and policy, behind one for the bound. 0, -ENOMEM, or
 * -EDOM after logging it: pages were lost, or fewer were swapped than
 * the bound says is possible. Either is a bug of the simulator.
 */
int sim_table_rows(const struct sim_table *table, const char *name,
		   const struct sim_scenario *scenario, FILE *file);

#endif
