/* SPDX-License-Identifier: MIT */
/*
 * arguments.h - the command line of `cagmactl reserve`. (Edge: the file of
 * --config, the log.)
 */
#ifndef CAGMA_CTL_ARGUMENTS_H
#define CAGMA_CTL_ARGUMENTS_H

#include "host/ctl/reserve.h"

#include <stdio.h>

/*
 * Reads `reserve [OPTIONS] SIZE | --config FILE [-- COMMAND...]` into *ret_reserve,
 * whose `command` stays in `argv`. 0, or EXIT_USAGE after saying what is wrong.
 */
int arguments_read(int argc, char **argv, struct reserve *ret_reserve);

/* Prints the options, a line each. */
void arguments_print(FILE *out);

#endif
