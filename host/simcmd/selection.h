/* SPDX-License-Identifier: MIT */
/*
 * selection.h - which policies, seeds and settings a table of runs is made of, as options say it.
 */
#ifndef CAGMA_SIMCMD_SELECTION_H
#define CAGMA_SIMCMD_SELECTION_H

#include "host/simcmd/table.h"

/* For struct command_option: each takes one word into a struct sim_table. */
const char *selection_take_policy(void *table, const char *name);
const char *selection_take_seed(void *table, const char *word);
const char *selection_take_setting(void *table, const char *word); /* NAME=VALUE */

/* The end of the help of a subcommand that has settings. */
void selection_print_settings(FILE *file);

/* The policy of that name in *ret_policy. NULL, or what is wrong, with the names there are. */
const char *selection_find_policy(const char *name, const struct policy **ret_policy);

/* What was not said: every policy, seed 1. */
void selection_complete(struct sim_table *table);

#endif
