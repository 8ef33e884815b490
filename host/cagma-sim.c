/* SPDX-License-Identifier: MIT */
/*
 * cagma-sim.c - policies without a host. (Edge.)
 */
#include "host/policy/states.h"
#include "host/simcmd/precopy.h"
#include "host/simcmd/demand.h"
#include "host/simcmd/replay.h"
#include "host/simcmd/run.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

static const struct {
	const char *name;
	int (*main)(int argc, char **argv);
} commands[] = {
	{"run", sim_main},         {"trace", sim_main},     {"scale", sim_main},
	{"decide", decide_main},   {"replay", replay_main}, {"demand", recorded_main},
	{"precopy", precopy_main},
};

enum { N_COMMANDS = sizeof(commands) / sizeof(commands[0]) };

static void print_usage(FILE *file)
{
	fputs("usage: cagma-sim COMMAND [option]...; cagma-sim COMMAND --help\n  commands:", file);
	for (unsigned i = 0; i < N_COMMANDS; i++)
		fprintf(file, " %s", commands[i].name);
	fputc('\n', file);
}

int main(int argc, char **argv)
{
	const char *word = argc > 1 ? argv[1] : "";
	for (unsigned i = 0; i < N_COMMANDS; i++)
		if (strcmp(word, commands[i].name) == 0)
			return commands[i].main(argc - 1, argv + 1);
	if (strcmp(word, "--version") == 0)
		return puts("cagma-sim " CAGMA_VERSION) < 0;
	bool is_asked = strcmp(word, "--help") == 0;
	print_usage(is_asked ? stdout : stderr);
	return is_asked ? 0 : 2;
}
