/* SPDX-License-Identifier: MIT */
#include "host/simcmd/run.h"

#include "host/simcmd/scale.h"
#include "host/simcmd/table.h"

#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_FILE_BYTES = 1 << 20 };

static const char usage[] =
	"usage: cagma-sim run [option]... FILE...   the table of every policy on every scenario\n"
	"       cagma-sim trace [option]... FILE    one policy's guests over time, for plots\n"
	"       cagma-sim scale                     what deciding for many guests takes\n"
	"  -p, --policy NAME,...   these policies; all of them without it\n"
	"  -s, --seed N,...        with these seeds; 1 without it\n"
	"  -o, --set NAME=VALUE    another value of an option of cagmad.conf, for cagma\n"
	"  -t, --tsv               numbers separated by tabs, a line for each run\n";

static const struct option long_options[] = {
	{"policy", required_argument, NULL, 'p'}, {"seed", required_argument, NULL, 's'},
	{"set", required_argument, NULL, 'o'},    {"tsv", no_argument, NULL, 't'},
	{"help", no_argument, NULL, 'h'},         {NULL, 0, NULL, 0},
};

/* --- options --------------------------------------------------------------------------- */

static bool take_policies(char *list, struct sim_table *table)
{
	char *name;
	while ((name = strsep(&list, ","))) {
		const struct policy *policy = policy_find(name);
		if (!policy || table->n_policies == SIM_TABLE_POLICIES) {
			fprintf(stderr,
				"cagma-sim: there is no policy \"%s\", or there are too "
				"many\n",
				name);
			return false;
		}
		table->policy[table->n_policies++] = policy;
	}
	return true;
}

static bool take_seeds(char *list, struct sim_table *table)
{
	char *word;
	while ((word = strsep(&list, ","))) {
		uint64_t seed;
		if (table->n_seeds == SIM_TABLE_SEEDS ||
		    !text_number((struct text){word, strlen(word)}, UINT32_MAX, &seed)) {
			fprintf(stderr, "cagma-sim: \"%s\" is no seed, or there are too many\n",
				word);
			return false;
		}
		table->seed[table->n_seeds++] = seed;
	}
	return true;
}

static bool take_setting(const char *word, struct sim_table *table)
{
	char why[OPTIONS_MAX_WHY];
	if (options_take(&options_policy, (struct text){word, strlen(word)}, &table->conf, why))
		return true;
	fprintf(stderr, "cagma-sim: --set: %s\n", why);
	return false;
}

static void print_usage(void)
{
	fputs(usage, stdout);
	puts("\nOptions of cagmad.conf, as they are without --set:");
	for (unsigned i = 0; i < options_policy.n_fields; i++) {
		const struct options_field *f = &options_policy.field[i];
		printf("  %s=%" PRIu64 " (%" PRIu64 " to %" PRIu64 ")\n      %s\n", f->name,
		       f->standard, f->least, f->most, f->about);
	}
}

static void add_all_policies(struct sim_table *table)
{
	const struct policy *policy;
	for (unsigned i = 0; (policy = policy_at(i)) && i < SIM_TABLE_POLICIES; i++)
		table->policy[table->n_policies++] = policy;
}

/* 0: go on; otherwise the program's exit status is one less. */
static int read_options(int argc, char **argv, struct sim_table *table)
{
	int c;
	while ((c = getopt_long(argc, argv, "p:s:o:th", long_options, NULL)) != -1) {
		bool is_right = true;
		switch (c) {
		case 'p':
			is_right = take_policies(optarg, table);
			break;
		case 's':
			is_right = take_seeds(optarg, table);
			break;
		case 'o':
			is_right = take_setting(optarg, table);
			break;
		case 't':
			table->is_tsv = true;
			break;
		case 'h':
			print_usage();
			return 1;
		default:
			is_right = false;
		}
		if (!is_right)
			return 3;
	}
	if (!table->n_policies)
		add_all_policies(table);
	if (!table->n_seeds)
		table->seed[table->n_seeds++] = 1;
	return 0;
}

/* --- files -------------------------------------------------------------------------------- */

static bool read_scenario(const char *path, struct sim_scenario *ret_scenario)
{
	static char buf[MAX_FILE_BYTES + 1];
	char why[SIM_SCENARIO_WRONG];
	FILE *file = fopen(path, "re");
	size_t len = file ? fread(buf, 1, sizeof(buf), file) : 0;
	bool has_failed = !file || ferror(file);
	int error = errno;
	if (file)
		fclose(file);
	if (has_failed)
		fprintf(stderr, "cagma-sim: %s: %s\n", path, strerror(error));
	else if (len > MAX_FILE_BYTES)
		fprintf(stderr, "cagma-sim: %s: is larger than 1 MiB\n", path);
	else if (sim_scenario_read((struct text){buf, len}, ret_scenario, why))
		return true;
	else
		fprintf(stderr, "cagma-sim: %s: %s\n", path, why);
	return false;
}

/* "dir/NAME.scn" is NAME. */
static void name_of(const char *path, char ret_name[SIM_TABLE_NAME])
{
	const char *name = strrchr(path, '/');
	name = name ? name + 1 : path;
	snprintf(ret_name, SIM_TABLE_NAME, "%.*s", (int)strcspn(name, "."), name);
}

static int run_all(char *const *paths, struct sim_table *table, bool is_trace)
{
	struct sim_scenario *scenario = malloc(sizeof(*scenario));
	int status = scenario ? 0 : 1;
	setvbuf(stdout, NULL, _IOLBF, 1 << 16); /* others may write to the same file */
	if (!is_trace)
		sim_table_head(table, stdout);
	for (; *paths && status == 0; paths++) {
		char name[SIM_TABLE_NAME];
		name_of(*paths, name);
		if (!read_scenario(*paths, scenario))
			status = 2;
		else if ((is_trace ? sim_table_trace(table, scenario, stdout)
				   : sim_table_rows(table, name, scenario, stdout)) != 0)
			status = 1;
	}
	free(scenario);
	return fflush(stdout) == 0 ? status : 1;
}

int sim_main(int argc, char **argv)
{
	struct sim_table table;
	const char *verb = argv[0];
	sim_table_init(&table);
	int end = read_options(argc, argv, &table);
	if (end)
		return end - 1;
	if (strcmp(verb, "scale") == 0 && optind == argc)
		return sim_scale(stdout) == 0 ? 0 : 1;
	bool is_trace = strcmp(verb, "trace") == 0;
	if ((strcmp(verb, "run") == 0 && optind < argc) || (is_trace && optind + 1 == argc))
		return run_all(&argv[optind], &table, is_trace);
	fputs(usage, stderr);
	return 2;
}
