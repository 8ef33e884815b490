/* SPDX-License-Identifier: MIT */
/*
 * selection.h - the policies, seeds and settings of a table of runs, as options give them. (Edge:
 * stdout.)
 */
#ifndef CAGMA_SIMCMD_SELECTION_H
#define CAGMA_SIMCMD_SELECTION_H

#include "host/simcmd/table.h"

/* Functions for struct command_option. Each takes one word into a struct sim_table. */
const char *selection_take_policy(void *table, const char *name);
const char *selection_take_seed(void *table, const char *word);
const char *selection_take_setting(void *table, const char *word); /* NAME=VALUE */

/* Prints the settings there are: the end of the help of a subcommand that has them. */
void selection_print_settings(FILE *file);

/* Finds the policy of that name. The answer is NULL, or a sentence with the names there are. */
const char *selection_find_policy(const char *name, const struct policy **ret_policy);

/* Adds every policy if none was given, and seed 1 if none was. */
void selection_complete(struct sim_table *table);

#endif
