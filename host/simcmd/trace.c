/* SPDX-License-Identifier: MIT */
/*
 * trace.c - `cagma-sim trace`: plays a scenario under one policy, and prints its guests over time.
 * (Edge: files, stdout.)
 */
#include "host/simcmd/commands.h"
#include "host/simcmd/scenario_file.h"
#include "host/simcmd/selection.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { TRACE_MS = 250 };

/* --- options ---------------------------------------------------------------------------- */

static const char *take_policy(void *request, const char *name)
{
	((struct sim_table *)request)->n_policies = 0;
	return selection_take_policy(request, name);
}

static const char *take_seed(void *request, const char *word)
{
	((struct sim_table *)request)->n_seeds = 0;
	return selection_take_seed(request, word);
}

static const struct command_option options[] = {
	{'p', "policy", "NAME", false, "play this policy; cagma without it", take_policy},
	{'s', "seed", "N", false, "play with this seed; 1 without it", take_seed},
	{'o', "set", "NAME=VALUE", false, "give policy cagma another option of cagmad.conf",
	 selection_take_setting},
	{.name = NULL},
};

/* --- lines ------------------------------------------------------------------------------ */

static void print_guests(void *none, double at_s, const struct sim_host *h)
{
	(void)none;
	for (unsigned k = 0; k < h->n_started; k++) {
		const struct sim_guest *g = &h->guest[h->started[k]];
		const struct sim_memory *m = &g->memory;
		printf("%.2f\t%s\t%.1f\t%.1f\t%.1f\t%.1f\t%.1f\n", at_s, g->config.name,
		       m->demand_kib / 1024, (double)g->alm_kib / 1024,
		       (double)g->target_kib / 1024, sim_memory_available_kib(m) / 1024,
		       m->swapped_kib / 1024);
	}
	printf("%.2f\t(free)\t0\t%.1f\t0\t0\t0\n", at_s, (double)h->free_kib / 1024);
}

static int trace(const struct sim_table *table, const struct sim_scenario *scenario)
{
	struct sim_watch watch = {TRACE_MS, print_guests, NULL};
	struct sim_system system = sim_table_system(table, 0);
	struct sim_result result;
	puts("s\tguest\tdemand_mib\talm_mib\ttarget_mib\tavm_mib\tswapped_mib");
	if (sim_run(scenario, &system, table->seed[0], &watch, &result) == 0)
		return EXIT_SUCCESS;
	log_error("%s", strerror(ENOMEM));
	return EXIT_FAILURE;
}

static int run(int argc, char **argv)
{
	struct sim_table table;
	int code;
	sim_table_init(&table);
	char *const *paths = command_read(&trace_command, argc, argv, &table, &code);
	if (!paths)
		return code;
	selection_complete(&table);
	struct sim_scenario *scenario = malloc(sizeof(*scenario));
	if (!scenario) {
		log_error("%s", strerror(ENOMEM));
		return EXIT_FAILURE;
	}
	code = scenario_file_read(paths[0], scenario) ? trace(&table, scenario) : EXIT_USAGE;
	free(scenario);
	return code;
}

const struct command trace_command = {
	.name = "trace",
	.files = "FILE",
	.least_files = 1,
	.most_files = 1,
	.about = "plays one scenario, and prints its guests' memory over time",
	.help = "Plays the scenario FILE under one policy and prints what each guest wants, "
		"holds,\n"
		"is told to hold, has available and has in swap, in MiB, every 250 ms: separated "
		"by\n"
		"tabs, for plots.\n",
	.options = options,
	.print_more = selection_print_settings,
	.run = run,
};
