/* SPDX-License-Identifier: MIT */
#include "host/simcmd/replay.h"

#include "host/policy/replay.h"

#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_GUESTS = 4096, EXIT_USAGE = 2 };

static const char usage[] =
	"usage: cagma-sim replay [option]... FILE\n"
	"Decide every pass in a record of cagmad (cagmad --record FILE) again.\n"
	"  -p, --policy NAME  by this policy; without it by the one that is recorded,\n"
	"                     which must come to the same plans\n"
	"  -v, --verbose      print every pass that differs\n"
	"  -h, --help         show this\n";

/* --- room --------------------------------------------------------------------------------- */

static bool open_replay(struct replay *r)
{
	enum { N = MAX_GUESTS };
	r->capacity = N;
	r->view = calloc(N, sizeof(*r->view));
	r->recorded = calloc(N, sizeof(*r->recorded));
	return recall_init(&r->recall, calloc(1, RECALL_BYTES(N)), N) &&
	       plan_init(&r->plan, calloc(1, PLAN_BYTES(N)), N) && r->view && r->recorded;
}

static void close_replay(struct replay *r)
{
	free(r->recall.room);
	free(r->plan.room);
	free(r->view);
	free(r->recorded);
}

/* --- lines ---------------------------------------------------------------------------------- */

struct tally {
	uint64_t n_passes, n_same, n_cuts, n_recorded, n_actions;
	bool is_verbose;
};

static void print_actions(const struct replay *r, const char *title, const struct action *action,
			  unsigned n)
{
	printf(" %s", title);
	for (unsigned i = 0; i < n; i++)
		printf(" %" PRIu32 ":%" PRIu64, r->view[action[i].guest].domid,
		       action[i].target_kib);
	if (!n)
		printf(" nothing");
}

static void count(struct tally *t, const struct replay *r)
{
	if (!r->is_pass)
		return;
	t->n_passes++;
	t->n_same += r->is_same;
	t->n_cuts += r->cuts;
	t->n_recorded += r->n_recorded;
	t->n_actions += r->plan.n_actions;
	if (r->is_same || !t->is_verbose)
		return;
	printf("%" PRIu64 " ms:", r->host.now_ms);
	print_actions(r, "recorded", r->recorded, r->n_recorded);
	print_actions(r, "| now", r->plan.action, r->plan.n_actions);
	putchar('\n');
}

static bool run(struct replay *r, struct tally *t, FILE *in, const char *name)
{
	char *line = NULL;
	size_t size = 0;
	ssize_t len;
	const char *wrong = NULL;
	uint64_t number = 0;
	while (!wrong && (len = getline(&line, &size, in)) > 0) {
		number++;
		wrong = replay_line(r, (struct text){line, (size_t)len - (line[len - 1] == '\n')});
		if (!wrong)
			count(t, r);
	}
	free(line);
	if (wrong)
		fprintf(stderr, "cagma-sim: %s:%" PRIu64 ": the line %s\n", name, number, wrong);
	return !wrong && !ferror(in);
}

static int replay_file(struct replay *r, struct tally *t, const char *name)
{
	FILE *in = fopen(name, "re");
	if (!in) {
		fprintf(stderr, "cagma-sim: %s: %s\n", name, strerror(errno));
		return EXIT_FAILURE;
	}
	bool is_read = run(r, t, in, name);
	fclose(in);
	if (!is_read)
		return EXIT_FAILURE;
	printf("passes=%" PRIu64 " same=%" PRIu64 " differ=%" PRIu64 " targets_recorded=%" PRIu64
	       " targets_now=%" PRIu64 " cuts_now=%" PRIu64 "\n",
	       t->n_passes, t->n_same, t->n_passes - t->n_same, t->n_recorded, t->n_actions,
	       t->n_cuts);
	return r->policy || t->n_same == t->n_passes ? EXIT_SUCCESS : EXIT_FAILURE;
}

int replay_main(int argc, char **argv)
{
	static const struct option longs[] = {{"policy", required_argument, NULL, 'p'},
					      {"verbose", no_argument, NULL, 'v'},
					      {"help", no_argument, NULL, 'h'},
					      {0}};
	struct replay replay = {.policy = NULL};
	struct tally tally = {.is_verbose = false};
	int c;
	bool is_right = true;
	while ((c = getopt_long(argc, argv, "p:vh", longs, NULL)) != -1) {
		if (c == 'h')
			return fputs(usage, stdout) < 0;
		if (c == 'v')
			tally.is_verbose = true;
		else
			is_right &= c == 'p' && (replay.policy = policy_find(optarg));
	}
	if (!is_right || optind + 1 != argc) {
		fputs(usage, stderr);
		return EXIT_USAGE;
	}
	int code = open_replay(&replay) ? replay_file(&replay, &tally, argv[optind]) : EXIT_FAILURE;
	close_replay(&replay);
	return code;
}
