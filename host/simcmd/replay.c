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

static void *array(size_t size, bool *has_all)
{
	void *at = calloc(MAX_GUESTS, size);
	*has_all &= at != NULL;
	return at;
}

static void open_memory(struct replay_memory *m, bool *has_all)
{
	m->demand = array(sizeof(*m->demand), has_all);
	m->credit = array(sizeof(*m->credit), has_all);
	m->qmemman = array(sizeof(*m->qmemman), has_all);
	m->peer = array(sizeof(*m->peer), has_all);
	m->domid = array(sizeof(*m->domid), has_all);
}

static void close_memory(struct replay_memory *m)
{
	free(m->demand);
	free(m->credit);
	free(m->qmemman);
	free(m->peer);
	free(m->domid);
}

static bool open_replay(struct replay *r)
{
	bool has_all = true;
	r->capacity = MAX_GUESTS;
	open_memory(&r->memory, &has_all);
	open_memory(&r->last_memory, &has_all);
	r->view = array(sizeof(*r->view), &has_all);
	r->recorded = array(sizeof(*r->recorded), &has_all);
	r->state.share = array(sizeof(*r->state.share), &has_all);
	r->plan.action = array(sizeof(*r->plan.action), &has_all);
	r->plan.verdict = array(sizeof(*r->plan.verdict), &has_all);
	r->plan.credit_kib = array(sizeof(*r->plan.credit_kib), &has_all);
	return has_all;
}

static void close_replay(struct replay *r)
{
	close_memory(&r->memory);
	close_memory(&r->last_memory);
	free(r->view);
	free(r->recorded);
	free(r->state.share);
	free(r->plan.action);
	free(r->plan.verdict);
	free(r->plan.credit_kib);
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
