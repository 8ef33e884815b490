/* SPDX-License-Identifier: MIT */
/*
 * run.c - `cagma-sim run`: plays scenarios under policies, and prints a table. (Edge: files,
 * stdout.)
 */
#include "host/simcmd/commands.h"
#include "host/simcmd/scenario_file.h"
#include "host/simcmd/selection.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

static const char *take_tsv(void *request, const char *none)
{
	struct sim_table *t = request;
	(void)none;
	t->is_tsv = true;
	return NULL;
}

static const struct command_option options[] = {
	{'p', "policy", "NAME,...", true, "play these policies; all of them without it",
	 selection_take_policy},
	{'s', "seed", "N,...", true, "play with these seeds; 1 without it", selection_take_seed},
	{'o', "set", "NAME=VALUE", false, "give policy cagma another option of cagmad.conf",
	 selection_take_setting},
	{'t', "tsv", NULL, false, "print numbers separated by tabs, a line for each run", take_tsv},
	{.name = NULL},
};

/* The NAME of "dir/NAME.scn". */
static void name_of(const char *path, char ret_name[SIM_TABLE_NAME])
{
	const char *name = strrchr(path, '/');
	name = name ? name + 1 : path;
	snprintf(ret_name, SIM_TABLE_NAME, "%.*s", (int)strcspn(name, "."), name);
}

/* All files are read before anything is printed. */
static bool read_all(char *const *paths, struct sim_scenario *scenarios)
{
	for (unsigned i = 0; paths[i]; i++)
		if (!scenario_file_read(paths[i], &scenarios[i]))
			return false;
	return true;
}

static int play_all(char *const *paths, const struct sim_scenario *scenarios,
		    const struct sim_table *table)
{
	int r = 0;
	setvbuf(stdout, NULL, _IOLBF, 1 << 16); /* other processes may write to the same file */
	sim_table_head(table, stdout);
	for (unsigned i = 0; paths[i] && r == 0; i++) {
		char name[SIM_TABLE_NAME];
		name_of(paths[i], name);
		r = sim_table_rows(table, name, &scenarios[i], stdout);
	}
	if (r == -ENOMEM)
		log_error("%s", strerror(ENOMEM));
	return r == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

static int run(int argc, char **argv)
{
	struct sim_table table;
	size_t n = 0;
	int code;
	sim_table_init(&table);
	char *const *paths = command_read(&run_command, argc, argv, &table, &code);
	if (!paths)
		return code;
	selection_complete(&table);
	while (paths[n])
		n++;
	struct sim_scenario *scenarios = calloc(n + 1, sizeof(*scenarios));
	if (!scenarios) {
		log_error("%s", strerror(ENOMEM));
		return EXIT_FAILURE;
	}
	code = read_all(paths, scenarios) ? play_all(paths, scenarios, &table) : EXIT_USAGE;
	free(scenarios);
	return code;
}

const struct command run_command = {
	.name = "run",
	.files = "FILE...",
	.least_files = 1,
	.most_files = UINT_MAX,
	.about = "plays scenarios under policies, and prints what guests swapped",
	.help = "Plays the host and the guests of each scenario FILE under each policy, and "
		"prints\n"
		"a table. Two lines are no policy's: what any allocator swaps at least, and what\n"
		"one that knows the future swaps. docs/simulator.md explains scenarios and "
		"columns.\n",
	.options = options,
	.print_more = selection_print_settings,
	.run = run,
};
