/* SPDX-License-Identifier: MIT */
#include "host/simcmd/precopy.h"

#include "common/text.h"
#include "common/units.h"
#include "host/sim/classic.h"
#include "host/simcmd/precopy_cost.h"
#include "host/simcmd/precopy_table.h"
#include "host/simcmd/touches.h"

#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

enum { EXIT_USAGE = 2 };

static const char usage[] =
	"usage: cagma-sim precopy [option]... [FILE]...\n"
	"Play live migrations, of guests recorded with cagma-migrate --record, or without\n"
	"a FILE of guests that modify their memory in patterns.\n"
	"  -a, --algorithm NAME,...    these algorithms; all without it\n"
	"  -p, --pattern NAME,...      these patterns; all without it\n"
	"  -b, --bandwidth MBIT_S,...  100,1000,10000 without it\n"
	"  -m, --memory MIB            of the guests; 256 without it\n"
	"  -s, --seed N,...            1 without it\n"
	"  -o, --set NAME=VALUE        for every algorithm: slice_ms, slice_pages, max_passes,\n"
	"                              enough_pages, suspend_ms, max_downtime_ms, first_whole;\n"
	"                              and clean_us and suspend_us, what it takes to get the\n"
	"                              modified pages from Xen and to suspend the guest\n"
	"  -c, --cost                  instead of that measure what a decision takes\n"
	"  -t, --tsv                   numbers separated by tabs\n"
	"  -h, --help                  show this\n";

static const struct option long_options[] = {
	{"algorithm", required_argument, NULL, 'a'},
	{"pattern", required_argument, NULL, 'p'},
	{"bandwidth", required_argument, NULL, 'b'},
	{"memory", required_argument, NULL, 'm'},
	{"seed", required_argument, NULL, 's'},
	{"set", required_argument, NULL, 'o'},
	{"cost", no_argument, NULL, 'c'},
	{"tsv", no_argument, NULL, 't'},
	{"help", no_argument, NULL, 'h'},
	{NULL, 0, NULL, 0},
};

enum { MAX_PATTERNS = 16, MAX_SETTINGS = 8 };

struct request {
	struct precopy_table table;
	const struct sim_pattern *pattern[MAX_PATTERNS];
	unsigned n_patterns;
	uint64_t mib;
	const char *setting[MAX_SETTINGS];
	unsigned n_settings;
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

/* Those of cagma-migrate, and the simulator's own; NULL beyond the last. */
static const struct precopy_algorithm *algorithm_at(unsigned i)
{
	const struct precopy_algorithm *algorithm = precopy_algorithm(i);
	if (!algorithm && i > 0 && precopy_algorithm(i - 1))
		return &classic_algorithm;
	return algorithm;
}

static bool add_algorithm(struct request *q, const char *name)
{
	const struct precopy_algorithm *algorithm;
	unsigned i = 0;
	while ((algorithm = algorithm_at(i)) && strcmp(algorithm->name, name) != 0)
		i++;
	if (q->table.n_algorithms == PRECOPY_TABLE_ALGORITHMS || !algorithm)
		return false;
	q->table.conf[q->table.n_algorithms++] = precopy_conf_of(algorithm);
	return true;
}

static bool add_pattern(struct request *q, const char *name)
{
	const struct sim_pattern *pattern = find_pattern(name);
	if (q->n_patterns == MAX_PATTERNS || !pattern)
		return false;
	q->pattern[q->n_patterns++] = pattern;
	return true;
}

static bool add_link(struct request *q, const char *word)
{
	struct precopy_table *t = &q->table;
	return t->n_links < PRECOPY_TABLE_LINKS &&
	       number_of(word, 1, 1000000, &t->mbit_s[t->n_links++]);
}

static bool add_seed(struct request *q, const char *word)
{
	struct precopy_table *t = &q->table;
	return t->n_seeds < PRECOPY_TABLE_SEEDS &&
	       number_of(word, 0, UINT32_MAX, &t->seed[t->n_seeds++]);
}

static bool set_mib(struct request *q, const char *word)
{
	return number_of(word, 1, 1 << 20, &q->mib);
}

static bool add_setting(struct request *q, const char *word)
{
	if (q->n_settings == MAX_SETTINGS)
		return false;
	q->setting[q->n_settings++] = word;
	return true;
}

static bool set_tsv(struct request *q, const char *word)
{
	(void)word;
	return q->table.is_tsv = true;
}

static const struct {
	int letter;
	bool (*take)(struct request *q, const char *word);
} takers[] = {
	{'a', add_algorithm}, {'p', add_pattern}, {'b', add_link}, {'s', add_seed},
	{'m', set_mib},       {'o', add_setting}, {'t', set_tsv},
};

enum { N_TAKERS = sizeof(takers) / sizeof(takers[0]) };

static bool take_option(struct request *q, int letter, char *list)
{
	unsigned i = 0;
	while (i < N_TAKERS && takers[i].letter != letter)
		i++;
	if (i == N_TAKERS)
		return false; /* getopt has said so */
	do {
		const char *word = list ? strsep(&list, ",") : "";
		if (!takers[i].take(q, word)) {
			fprintf(stderr, "cagma-sim: -%c: \"%s\" cannot be, or is too much\n",
				letter, word);
			return false;
		}
	} while (list);
	return true;
}

/* "slice_ms=200", for every algorithm. */
static bool apply_setting(struct precopy_table *t, const char *setting)
{
	uint64_t value;
	size_t len = strcspn(setting, "=");
	struct text name = {setting, len};
	if (!setting[len] || !number_of(setting + len + 1, 0, UINT32_MAX, &value))
		return false;
	if (text_is(name, "clean_us")) {
		t->clean_us = value;
		return true;
	}
	if (text_is(name, "suspend_us")) {
		t->suspend_us = value;
		return true;
	}
	for (unsigned i = 0; i < t->n_algorithms; i++) {
		struct precopy_conf *conf = &t->conf[i];
		if (text_is(name, "slice_ms"))
			conf->slice_ms = value;
		else if (text_is(name, "slice_pages"))
			conf->slice_pages = value;
		else if (text_is(name, "enough_pages"))
			conf->enough_pages = value;
		else if (text_is(name, "max_passes"))
			conf->max_passes = (unsigned)value;
		else if (text_is(name, "max_downtime_ms"))
			conf->max_downtime_ms = value;
		else if (text_is(name, "first_whole"))
			conf->is_first_whole = value != 0;
		else if (text_is(name, "suspend_ms"))
			conf->suspend_ms = value;
		else
			return false;
	}
	return true;
}

static bool complete(struct request *q)
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
	for (unsigned i = 0; i < q->n_settings; i++)
		if (!apply_setting(&q->table, q->setting[i])) {
			fprintf(stderr,
				"cagma-sim: --set %s: there is no such name, or no number\n",
				q->setting[i]);
			return false;
		}
	return true;
}

/* --- guests ------------------------------------------------------------------------------ */

static int play_patterns(const struct request *q)
{
	int r = 0;
	for (unsigned i = 0; i < q->n_patterns && r == 0; i++) {
		struct precopy_guest guest = {.name = q->pattern[i]->name,
					      .pattern = q->pattern[i],
					      .n_pages =
						      q->mib * UNITS_KIB_PER_MIB / UNITS_PAGE_KIB};
		r = precopy_table_rows(&q->table, &guest, stdout);
	}
	return r;
}

/* "dir/NAME.log" is NAME. */
static void name_of(const char *path, char *name, size_t size)
{
	const char *at = strrchr(path, '/');
	at = at ? at + 1 : path;
	snprintf(name, size, "%.*s", (int)strcspn(at, "."), at);
}

static int play_file(const struct request *q, const char *path)
{
	char name[40];
	struct touches touches;
	struct precopy_guest guest = {.name = name};
	if (!touches_read(path, q->table.seed[0], &touches))
		return -EINVAL;
	name_of(path, name, sizeof(name));
	guest.n_pages = touches.n_pages;
	guest.record = touches.record;
	int r = precopy_table_rows(&q->table, &guest, stdout);
	touches_finish(&touches);
	return r;
}

static int play_all(const struct request *q, char *const *paths)
{
	setvbuf(stdout, NULL, _IOLBF, 1 << 16); /* others may write to the same file */
	precopy_table_head(&q->table, stdout);
	int r = *paths ? 0 : play_patterns(q);
	for (; *paths && r == 0; paths++)
		r = play_file(q, *paths);
	if (r == -ENOMEM)
		fprintf(stderr, "cagma-sim: %s\n", strerror(ENOMEM));
	if (r == -EINVAL)
		return EXIT_USAGE;
	return fflush(stdout) == 0 && r == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

int precopy_main(int argc, char **argv)
{
	struct request request = {.mib = 256, .table.clean_us = 500, .table.suspend_us = 40000};
	int c;
	while ((c = getopt_long(argc, argv, "a:p:b:m:s:o:cth", long_options, NULL)) != -1) {
		if (c == 'h')
			return fputs(usage, stdout) < 0;
		if (c == 'c')
			return precopy_cost(stdout) < 0;
		if (!take_option(&request, c, optarg)) {
			fputs(usage, stderr);
			return EXIT_USAGE;
		}
	}
	return complete(&request) ? play_all(&request, &argv[optind]) : EXIT_USAGE;
}
