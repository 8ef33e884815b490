/* SPDX-License-Identifier: MIT */
/* cagma-bench - the work of a guest in an experiment; docs/man/cagma-bench.1 describes its
 * output. */
#include "common/system/lines.h"
#include "tests/bench/experiment.h"
#include "tests/bench/runner.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { WORDS_BYTES = 4096, EXIT_USAGE = 2 };

static const char help[] =
	"usage: cagma-bench [phase_ms=N] [lines=0] KIND [NAME=VALUE]... [KIND [NAME=VALUE]...]...\n"
	"       cagma-bench check FILE\n"
	"       cagma-bench --help | --version\n"
	"\n"
	"Runs tasks, added and removed in phases; prints a line for each of their loops, and a\n"
	"summary. \"check\" says what is wrong with the description of an experiment, or what\n"
	"it says, in lines for programs.\n"
	"\n"
	"phase_ms=60000           length of a phase\n"
	"lines=0                  no line for each loop, only the summary\n"
	"tasks=2,2,2,10,10,10     tasks of this kind in each phase; the last number stays (1)\n"
	"\n"
	"memory  touches its heap, then accesses single pages of it at random, writing and\n"
	"        reading in turn           heap_kib=49152 accesses=85733\n"
	"                                  pauses=0 pause_ms=10 interval_ms=0\n"
	"disk    writes, reads, writes, O_DIRECT|O_SYNC, at its own place in a file or device,\n"
	"        which is overwritten      file= request_kib=2048\n"
	"cache   reads a file through the page cache       file= size_kib=65536\n"
	"leak    touches more and more, up to its heap     heap_kib=49152 step_kib=1024\n"
	"                                                  interval_ms=1000\n"
	"spike   touches its heap at once, reads it, frees it, rests   heap_kib=49152\n"
	"                                                  interval_ms=1000\n";

static int usage(const char *what, struct text wrong)
{
	fprintf(stderr, "cagma-bench: %s%.*s; see cagma-bench --help\n", what, (int)wrong.len,
		wrong.at);
	return EXIT_USAGE;
}

/* Joins the arguments to one text, as it stands in a description. */
static bool join(int count, char *const *words, char text[WORDS_BYTES])
{
	size_t used = 0;

	for (int i = 0; i < count; i++) {
		size_t length = strlen(words[i]);

		if (used + length + 2 > WORDS_BYTES)
			return false;
		memcpy(text + used, words[i], length);
		used += length;
		text[used++] = ' ';
	}
	text[used] = '\0';
	return true;
}

static int run_work(int count, char *const *words)
{
	static char joined[WORDS_BYTES];
	struct text wrong;
	struct workload workload;
	int rc;

	if (!join(count, words, joined))
		return usage("so many words are too long", (struct text){.at = ""});
	if (!workload_read((struct text){joined, strlen(joined)}, &workload, &wrong))
		return usage(wrong.len ? "this is wrong: "
				       : "there is no kind of task, or no file=",
			     wrong);
	rc = runner_run(&workload);
	if (fflush(stdout) != 0 && rc == 0)
		rc = -errno;
	if (rc != 0)
		fprintf(stderr, "cagma-bench: the work was not done: %s\n",
			rc == -ECHILD ? "a task failed" : strerror(-rc));
	return rc == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

static const char *take_line(void *arg, struct text line)
{
	return experiment_add(arg, line);
}

/* One line for each statement, of NAME=VALUE words: for programs. */
static void print_experiment(const struct experiment *e)
{
	printf("experiment guests=%u policies=%u runs=%" PRIu64 " work_ms=%" PRIu64 "\n",
	       e->guest_count, e->policy_count, e->runs, experiment_work_ms(e));
	printf("disk bytes_s=%" PRIu64 " requests_s=%" PRIu64 "\n", e->bytes_s, e->requests_s);
	printf("host reserve_mib=%" PRIu64 " free_mib=%" PRIu64 "\n", e->reserve_mib, e->free_mib);
	for (unsigned i = 0; i < e->guest_count; i++) {
		const struct experiment_guest *g = &e->guests[i];

		printf("guest %s memory_mib=%" PRIu64 " ample_mib=%" PRIu64 " min_mib=%" PRIu64
		       " max_mib=%" PRIu64 " data=%" PRIu64 "\n",
		       g->name, g->memory_mib, g->ample_mib, g->min_mib, g->max_mib, g->data);
		printf("work %s %s\n", g->name, g->work_words);
	}
	for (unsigned i = 0; i < e->policy_count; i++) {
		const struct experiment_policy *p = &e->policies[i];
		struct text agent = grammar_value(GRAMMAR_AGENT, p->agent);

		printf("policy %s agent=%.*s credit_mib=%" PRIu64 "\n", p->name, (int)agent.len,
		       agent.at, p->credit_mib);
	}
}

static int run_check(const char *path)
{
	static struct experiment experiment;
	struct lines_fault wrong;
	const char *fault;

	experiment_begin(&experiment);
	if (!lines_read(path, GRAMMAR_LINE, take_line, &experiment, &wrong)) {
		if (wrong.number)
			fprintf(stderr, "cagma-bench: %s:%" PRIu64 ": the line %s\n", path,
				wrong.number, wrong.what);
		else
			fprintf(stderr, "cagma-bench: %s: %s\n", path, wrong.what);
		return EXIT_USAGE;
	}
	fault = experiment_fault(&experiment);
	if (fault) {
		fprintf(stderr, "cagma-bench: %s: %s\n", path, fault);
		return EXIT_USAGE;
	}
	print_experiment(&experiment);
	return EXIT_SUCCESS;
}

int main(int argc, char **argv)
{
	if (argc == 2 && strcmp(argv[1], "--help") == 0)
		return fputs(help, stdout) < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
	if (argc == 2 && strcmp(argv[1], "--version") == 0)
		return puts("cagma-bench " CAGMA_VERSION) < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
	if (argc == 3 && strcmp(argv[1], "check") == 0)
		return run_check(argv[2]);
	return run_work(argc - 1, argv + 1);
}
