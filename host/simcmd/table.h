/* SPDX-License-Identifier: MIT */
/*
 * table.h - results of runs of scenarios as lines, for people or for programs. (Edge: writes to a
 * FILE.)
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
	struct policy_conf conf; /* of policy cagma; the others have their systems' options */
	bool is_tsv;
};

/* Makes a table without policies and seeds, and with the options as shipped. */
void sim_table_init(struct sim_table *table);

/* The policy of that number with the agent, period and options that it is played with. */
struct sim_system sim_table_system(const struct sim_table *table, unsigned policy);

/* Prints the names of the columns. */
void sim_table_head(const struct sim_table *table, FILE *file);

/*
 * Prints, for each seed, a line for the bound, one for knowing all, and one for each policy.
 * Returns 0; -ENOMEM; or, after logging it, -EDOM if pages were lost, or fewer were swapped than
 * the bound says is possible. Either is a bug of the simulator.
 */
int sim_table_rows(const struct sim_table *table, const char *name,
		   const struct sim_scenario *scenario, FILE *file);

#endif
