/* SPDX-License-Identifier: MIT */
/*
 * scenario_file.h - a scenario (host/sim/scenario.h) from a file. (Edge: files, the log.)
 */
#ifndef CAGMA_SIMCMD_SCENARIO_FILE_H
#define CAGMA_SIMCMD_SCENARIO_FILE_H

#include "host/sim/scenario.h"

#include <stdio.h>

/* False after logging the fault in the file: the subcommand is to end with EXIT_USAGE. */
bool scenario_file_read(const char *path, struct sim_scenario *ret_scenario);

/* Prints every word of the language with its values, its default, and its players. */
void scenario_file_print_words(FILE *file);

#endif
