/* SPDX-License-Identifier: MIT */
/*
 * cagma-sim.c - policies without a host. (Edge.)
 */
#include "host/decide.h"

#include <stdio.h>
#include <string.h>

static const struct {
	const char *name;
	int (*main)(int argc, char **argv);
} commands[] = {
	{"decide", decide_main},
};

int main(int argc, char **argv)
{
	for (unsigned i = 0; argc > 1 && i < sizeof(commands) / sizeof(commands[0]); i++)
		if (strcmp(argv[1], commands[i].name) == 0)
			return commands[i].main(argc - 1, argv + 1);
	fputs("Usage: cagma-sim decide …; cagma-sim decide --help\n", stderr);
	return 2;
}
