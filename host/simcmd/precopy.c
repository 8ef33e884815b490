/* SPDX-License-Identifier: MIT */
/*
 * precopy.c - `cagma-sim precopy`: plays live migrations by every algorithm. (Edge: files,
 * stdout.)
 */
#include "host/simcmd/commands.h"

#include "common/units.h"
#include "host/sim/classic.h"
#include "host/simcmd/precopy_cost.h"
#include "host/simcmd/precopy_table.h"
#include "host/simcmd/touches.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_PATTERNS = 16, MAX_SETTINGS = 8 };

struct request {
	struct precopy_table table;
	const struct sim_pattern *pattern[MAX_PATTERNS];
	unsigned n_patterns;
	uint64_t mib;
	const char *setting[MAX_SETTINGS];
	unsigned n_settings;
	bool is_for_cost;
};

/* --- options ----------------------------------------------------------------------------- */

static bool number_of(const char *word, uint64_t least, uint64_t most, uint64_t *ret)
{
	return text_number((struct text){word, strlen(word)}, most, ret) && *ret >= least;
}

static const struct sim_pattern *find_pattern(const char *name)
{
	const struct sim_pattern *pattern;
	for (unsigned i = 0; (pattern = sim_pattern_at(i)); i++)
		if (strcmp(pattern->name, name) == 0)
			return pattern;
	return NULL;
}

/* The algorithms of cagma-migrate, and the simulator's own; NULL beyond the last. */
static const struct precopy_algorithm *algorithm_at(unsigned i)
{
	const struct precopy_algorithm *algorithm = precopy_algorithm(i);
	if (!algorithm && i > 0 && precopy_algorithm(i - 1))
		return &classic_algorithm;
	return algorithm;
}

static const char *add_algorithm(void *request, const char *name)
{
	struct precopy_table *t = &((struct request *)request)->table;
	const struct precopy_algorithm *algorithm;
	unsigned i = 0;
	while ((algorithm = algorithm_at(i)) && strcmp(algorithm->name, name) != 0)
		i++;
	if (!algorithm)
		return command_wrong("there is no algorithm \"%s\"; see docs/precopy.md", name);
	if (t->n_algorithms == PRECOPY_TABLE_ALGORITHMS)
		return command_wrong("\"%s\" is one algorithm too many", name);
	t->conf[t->n_algorithms++] = precopy_conf_of(algorithm);
	return NULL;
}

static const char *add_pattern(void *request, const char *name)
{
	struct request *q = request;
	const struct sim_pattern *pattern = find_pattern(name);
	if (!pattern)
		return command_wrong("there is no pattern \"%s\"; see docs/precopy.md", name);
	if (q->n_patterns == MAX_PATTERNS)
		return command_wrong("\"%s\" is one pattern too many", name);
	q->pattern[q->n_patterns++] = pattern;
	return NULL;
}

/* Adds a number to a list, which has at most `most` numbers. */
static const char *add_number(const char *word, uint64_t least_value, uint64_t most_value,
			      unsigned most, uint64_t *list, unsigned *n)
{
	if (*n == most)
		return command_wrong("\"%s\" is one too many: there may be %u", word, most);
	if (!number_of(word, least_value, most_value, &list[*n]))
		return command_wrong("\"%s\" is no whole number from %" PRIu64 " to %" PRIu64, word,
				     least_value, most_value);
	++*n;
	return NULL;
}

static const char *add_link(void *request, const char *word)
{
	struct precopy_table *t = &((struct request *)request)->table;
	return add_number(word, 1, 1000000, PRECOPY_TABLE_LINKS, t->mbit_s, &t->n_links);
}

static const char *add_seed(void *request, const char *word)
{
	struct precopy_table *t = &((struct request *)request)->table;
	return add_number(word, 0, UINT32_MAX, PRECOPY_TABLE_SEEDS, t->seed, &t->n_seeds);
}

static const char *set_mib(void *request, const char *word)
{
	unsigned n = 0;
	return add_number(word, 1, 1 << 20, 1, &((struct request *)request)->mib, &n);
}

static const char *add_setting(void *request, const char *word)
{
	struct request *q = request;
	if (q->n_settings == MAX_SETTINGS)
		return command_wrong("\"%s\" is one setting too many", word);
	q->setting[q->n_settings++] = word;
	return NULL;
}

static const char *set_tsv(void *request, const char *none)
{
	(void)none;
	((struct request *)request)->table.is_tsv = true;
	return NULL;
}

static const char *set_cost(void *request, const char *none)
{
	(void)none;
	((struct request *)request)->is_for_cost = true;
	return NULL;
}

static const struct command_option options[] = {
	{'a', "algorithm", "NAME,...", true, "use these algorithms; all of them without it",
	 add_algorithm},
	{'p', "pattern", "NAME,...", true, "play these patterns; all of them without it",
	 add_pattern},
	{'b', "bandwidth", "MBIT/S,...", true,
	 "let the link be so fast; 100, 1000 and 10000 without it", add_link},
	{'m', "memory", "MIB", false, "let the guests have so much; 256 without it", set_mib},
	{'s', "seed", "N,...", true, "play with these seeds; 1 without it", add_seed},
	{'o', "set", "NAME=N", true,
	 "for every algorithm: slice_ms, slice_pages, max_passes,\n"
	 "enough_pages, suspend_ms, max_downtime_ms, first_whole;\n"
	 "and clean_us and suspend_us, what it takes to get the\n"
	 "modified pages from Xen and to suspend the guest",
	 add_setting},
	{'c', "cost", NULL, false, "measure what a decision takes, instead", set_cost},
	{'t', "tsv", NULL, false, "print numbers separated by tabs", set_tsv},
	{.name = NULL},
};

static bool set_number(struct text name, uint64_t value, struct precopy_table *t,
		       struct precopy_conf *conf)
{
	const struct {
		const char *name;
		uint64_t *number;
	} rows[] = {
		{"slice_ms", &conf->slice_ms},     {"slice_pages", &conf->slice_pages},
		{"max_passes", &conf->max_passes}, {"enough_pages", &conf->enough_pages},
		{"suspend_ms", &conf->suspend_ms}, {"max_downtime_ms", &conf->max_downtime_ms},
		{"clean_us", &t->clean_us},        {"suspend_us", &t->suspend_us},
	};
	for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (text_is(name, rows[i].name)) {
			*rows[i].number = value;
			return true;
		}
	return false;
}

/* Applies a setting such as "slice_ms=200" to every algorithm. */
static bool apply_setting(struct precopy_table *t, const char *setting)
{
	uint64_t value;
	size_t len = strcspn(setting, "=");
	struct text name = {setting, len};
	if (!setting[len] || !number_of(setting + len + 1, 0, UINT32_MAX, &value))
		return false;
	for (unsigned i = 0; i < t->n_algorithms; i++)
		if (text_is(name, "first_whole"))
			t->conf[i].is_first_whole = value != 0;
		else if (!set_number(name, value, t, &t->conf[i]))
			return false;
	return true;
}

/* Fills in the defaults of options that were not given. */
static void complete(struct request *q)
{
	static const char *const mbit_s[] = {"100", "1000", "10000"};
	const struct sim_pattern *pattern;
	const struct precopy_algorithm *algorithm;
	for (unsigned i = 0, n = q->table.n_algorithms; !n && (algorithm = algorithm_at(i)); i++)
		add_algorithm(q, algorithm->name);
	for (unsigned i = 0, n = q->n_patterns; !n && (pattern = sim_pattern_at(i)); i++)
		add_pattern(q, pattern->name);
	for (unsigned i = 0, n = q->table.n_links; !n && i < 3; i++)
		add_link(q, mbit_s[i]);
	if (!q->table.n_seeds)
		add_seed(q, "1");
}

/* Returns NULL, or the setting that is wrong. */
static const char *apply_settings(struct request *q)
{
	for (unsigned i = 0; i < q->n_settings; i++)
		if (!apply_setting(&q->table, q->setting[i]))
			return q->setting[i];
	return NULL;
}

/* --- guests ------------------------------------------------------------------------------ */

static int play_patterns(const struct request *q)
{
	int r = 0;
	precopy_table_head(&q->table, stdout);
	for (unsigned i = 0; i < q->n_patterns && r == 0; i++) {
		struct precopy_guest guest = {.name = q->pattern[i]->name,
					      .pattern = q->pattern[i],
					      .n_pages =
						      q->mib * UNITS_KIB_PER_MIB / UNITS_PAGE_KIB};
		r = precopy_table_rows(&q->table, &guest, stdout);
	}
	return r;
}

/* The NAME of "dir/NAME.log". */
static void name_of(const char *path, char *name, size_t size)
{
	const char *at = strrchr(path, '/');
	at = at ? at + 1 : path;
	snprintf(name, size, "%.*s", (int)strcspn(at, "."), at);
}

/* Returns -EINVAL if the file cannot be read. The table's head is printed only after the first
 * file was read. */
static int play_file(const struct request *q, const char *path, bool is_first)
{
	char name[40];
	struct touches touches;
	struct precopy_guest guest = {.name = name};
	if (!touches_read(path, q->table.seed[0], &touches))
		return -EINVAL;
	if (is_first)
		precopy_table_head(&q->table, stdout);
	name_of(path, name, sizeof(name));
	guest.n_pages = touches.n_pages;
	guest.record = touches.record;
	int r = precopy_table_rows(&q->table, &guest, stdout);
	touches_finish(&touches);
	return r;
}

static int play_all(const struct request *q, char *const *paths)
{
	setvbuf(stdout, NULL, _IOLBF, 1 << 16); /* other processes may write to the same file */
	int r = *paths ? 0 : play_patterns(q);
	for (unsigned i = 0; paths[i] && r == 0; i++)
		r = play_file(q, paths[i], i == 0);
	if (r == -ENOMEM)
		log_error("%s", strerror(ENOMEM));
	if (r == -EINVAL)
		return EXIT_USAGE;
	return r == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

static int run(int argc, char **argv)
{
	struct request request = {.mib = 256, .table.clean_us = 500, .table.suspend_us = 40000};
	int code;
	char *const *paths = command_read(&precopy_command, argc, argv, &request, &code);
	if (!paths)
		return code;
	if (request.is_for_cost)
		return precopy_cost(stdout) < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
	complete(&request);
	const char *wrong = apply_settings(&request);
	if (wrong)
		return usage_wrong("--set: \"%s\": there is no such name, or no number", wrong);
	return play_all(&request, paths);
}

const struct command precopy_command = {
	.name = "precopy",
	.files = "[FILE]...",
	.most_files = UINT_MAX,
	.about = "plays live migrations by every algorithm of pre-copy",
	.help = "Plays live migrations of guests recorded with cagma-migrate --record FILE, or\n"
		"without a FILE of guests that modify their memory in patterns, and prints pages\n"
		"sent, sent again and sent with the guest suspended, rounds, time and downtime.\n"
		"docs/precopy.md has the patterns and the algorithms.\n",
	.options = options,
	.run = run,
};
