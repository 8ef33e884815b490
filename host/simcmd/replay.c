/* SPDX-License-Identifier: MIT */
/*
 * replay.c - `cagma-sim replay`: cagmad's record decided again, and compared. (Edge: files,
 * stdout.)
 */
#include "host/policy/replay.h"

#include "host/simcmd/commands.h"
#include "host/simcmd/selection.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	MAX_GUESTS = 4096,
	MAX_LINE_BYTES = MAX_GUESTS * 4096, /* of a pass: a guest is some 2,000 bytes of it */
};

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

struct request {
	struct replay replay;
	struct tally tally;
};

static const char *take_line(void *arg, struct text line)
{
	struct request *q = arg;
	const char *wrong = replay_line(&q->replay, line);
	if (!wrong)
		count(&q->tally, &q->replay);
	return wrong;
}

static int replay_file(struct request *q, const char *path)
{
	const struct tally *t = &q->tally;
	if (!command_read_lines(path, MAX_LINE_BYTES, take_line, q))
		return COMMAND_USAGE;
	printf("passes=%" PRIu64 " same=%" PRIu64 " differ=%" PRIu64 " targets_recorded=%" PRIu64
	       " targets_now=%" PRIu64 " cuts_now=%" PRIu64 "\n",
	       t->n_passes, t->n_same, t->n_passes - t->n_same, t->n_recorded, t->n_actions,
	       t->n_cuts);
	return q->replay.policy || t->n_same == t->n_passes ? COMMAND_FINE : COMMAND_FAILED;
}

/* --- options -------------------------------------------------------------------------------- */

static const char *take_policy(void *request, const char *name)
{
	struct request *q = request;
	return selection_find_policy(name, &q->replay.policy);
}

static const char *take_verbose(void *request, const char *none)
{
	struct request *q = request;
	(void)none;
	q->tally.is_verbose = true;
	return NULL;
}

static const struct command_option options[] = {
	{'p', "policy", "NAME", false,
	 "let this policy decide; without it the recorded one,\nwhich must come to the same plans",
	 take_policy},
	{'v', "verbose", NULL, false, "print every pass that differs", take_verbose},
	{.name = NULL},
};

static int run(int argc, char **argv)
{
	struct request request = {.replay.policy = NULL};
	int code;
	char *const *paths = command_read(&replay_command, argc, argv, &request, &code);
	if (!paths)
		return code;
	if (open_replay(&request.replay)) {
		code = replay_file(&request, paths[0]);
	} else {
		command_complain("%s", strerror(ENOMEM));
		code = COMMAND_FAILED;
	}
	close_replay(&request.replay);
	return code;
}

const struct command replay_command = {
	.name = "replay",
	.files = "FILE",
	.least_files = 1,
	.most_files = 1,
	.about = "decides a record of cagmad again, and compares",
	.help = "Decides every pass in a record of cagmad (cagmad --record FILE) again, and "
		"prints\n"
		"how many plans differ from the recorded ones. It fails when one does, unless\n"
		"another policy was asked for.\n",
	.options = options,
	.run = run,
};
