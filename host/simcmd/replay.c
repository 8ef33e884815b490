/* SPDX-License-Identifier: MIT */
/*
 * replay.c - `cagma-sim replay`: decides a record of cagmad again, and compares. (Edge: files,
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
	MAX_LINE_BYTES = MAX_GUESTS * 4096, /* a pass has some 2,000 bytes for each guest */
};

/* --- room --------------------------------------------------------------------------------- */

static bool open_replay(struct replay *r)
{
	enum { N = MAX_GUESTS };
	r->capacity = N;
	r->view = calloc(N, sizeof(*r->view));
	return recall_init(&r->recall, calloc(1, RECALL_BYTES(N)), N) &&
	       plan_init(&r->plan, calloc(1, PLAN_BYTES(N)), N) &&
	       plan_init(&r->recorded, calloc(1, PLAN_BYTES(N)), N) && r->view;
}

static void close_replay(struct replay *r)
{
	free(r->recall.room);
	free(r->plan.room);
	free(r->view);
	free(r->recorded.room);
}

/* --- lines ---------------------------------------------------------------------------------- */

struct tally {
	uint64_t n_passes, n_same, n_cuts, n_recorded, n_actions;
	uint64_t n_compared[REPLAY_DIFFERENCES_], n_differ[REPLAY_DIFFERENCES_];
	bool is_verbose;
};

#define X(id, word) [REPLAY_##id] = word,
static const char *const difference_words[] = {REPLAY_DIFFERENCES(X)};
#undef X

static void print_actions(const struct replay *r, const struct plan *plan, bool with_reasons)
{
	for (unsigned i = 0; i < plan->n_actions; i++) {
		const struct action *a = &plan->action[i];
		printf(" %" PRIu32 ":%" PRIu64 "%s%s", r->view[a->guest].domid, a->target_kib,
		       with_reasons ? ":" : "", with_reasons ? model_reason_word(a->reason) : "");
	}
	if (!plan->n_actions)
		printf(" nothing");
}

/* Prints the credit of the guests whose credit differs. */
static void print_credit(const struct replay *r, const struct plan *plan)
{
	for (unsigned i = 0; i < r->recall.n_last; i++) {
		if (r->plan.credit_kib[i] == r->recorded.credit_kib[i])
			continue;
		if (plan->credit_kib[i] == PLAN_CREDIT_AS_IT_IS)
			printf(" %" PRIu32 ":stays", r->view[i].domid);
		else
			printf(" %" PRIu32 ":%" PRIu64, r->view[i].domid, plan->credit_kib[i]);
	}
}

static void print_part(const struct replay *r, enum replay_difference difference,
		       const struct plan *plan)
{
	switch (difference) {
	case REPLAY_TARGETS:
	case REPLAY_REASONS:
		print_actions(r, plan, difference == REPLAY_REASONS);
		break;
	case REPLAY_CREDIT:
		print_credit(r, plan);
		break;
	case REPLAY_WAKE:
		printf(" %" PRIu64, plan->wake_ms);
		break;
	case REPLAY_DIFFERENCES_:
		break;
	}
}

/* Prints a line for each thing that differs. */
static void print_differences(const struct replay *r)
{
	for (unsigned i = 0; i < REPLAY_DIFFERENCES_; i++) {
		if (!r->differs[i])
			continue;
		printf("%" PRIu64 " ms: %s: recorded", r->host.now_ms, difference_words[i]);
		print_part(r, (enum replay_difference)i, &r->recorded);
		printf(" | now");
		print_part(r, (enum replay_difference)i, &r->plan);
		putchar('\n');
	}
}

static void count(struct tally *t, const struct replay *r)
{
	if (!r->is_pass)
		return;
	t->n_passes++;
	t->n_same += r->is_same;
	t->n_cuts += r->cuts;
	t->n_recorded += r->recorded.n_actions;
	t->n_actions += r->plan.n_actions;
	for (unsigned i = 0; i < REPLAY_DIFFERENCES_; i++) {
		t->n_compared[i] += r->is_compared[i];
		t->n_differ[i] += r->differs[i];
	}
	if (t->is_verbose)
		print_differences(r);
}

/* A minus stands for a thing that no pass of the record has. */
static void print_tally(const struct tally *t)
{
	printf("passes=%" PRIu64 " same=%" PRIu64 " differ=%" PRIu64, t->n_passes, t->n_same,
	       t->n_passes - t->n_same);
	for (unsigned i = 0; i < REPLAY_DIFFERENCES_; i++) {
		printf(" differ_%s=", difference_words[i]);
		if (t->n_compared[i])
			printf("%" PRIu64, t->n_differ[i]);
		else
			putchar('-');
	}
	printf(" targets_recorded=%" PRIu64 " targets_now=%" PRIu64 " cuts_now=%" PRIu64 "\n",
	       t->n_recorded, t->n_actions, t->n_cuts);
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
		return EXIT_USAGE;
	print_tally(t);
	return q->replay.policy || t->n_same == t->n_passes ? EXIT_SUCCESS : EXIT_FAILURE;
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
	{'v', "verbose", NULL, false, "say of every pass that differs in what it does",
	 take_verbose},
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
		log_error("%s", strerror(ENOMEM));
		code = EXIT_FAILURE;
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
		"how many plans differ from the recorded ones: in targets, their reasons, credit "
		"or\n"
		"the time of the next look. It fails when one does, unless another policy was "
		"asked\n"
		"for. A record that was made before it had one of these has a minus there.\n",
	.options = options,
	.run = run,
};
