/* SPDX-License-Identifier: MIT */
/*
 * decide.c - `cagma-sim decide`: reads states from a file and prints a policy's decisions. (Edge:
 * files, stdout.)
 */
#include "host/policy/states.h"

#include "host/simcmd/commands.h"
#include "host/simcmd/selection.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool open_decide(struct states *d)
{
	enum { N = STATES_MAX_GUESTS };
	d->capacity = N;
	d->view = calloc(N, sizeof(*d->view));
	d->last_seq = calloc(N, sizeof(*d->last_seq));
	d->wanted_kib = calloc(N, sizeof(*d->wanted_kib));
	d->allowed_kib = calloc(N, sizeof(*d->allowed_kib));
	return recall_init(&d->recall, calloc(1, RECALL_BYTES(N)), N) &&
	       plan_init(&d->plan, calloc(1, PLAN_BYTES(N)), N) && d->view && d->last_seq &&
	       d->wanted_kib && d->allowed_kib;
}

static void close_decide(struct states *d)
{
	free(d->recall.room);
	free(d->plan.room);
	free(d->view);
	free(d->last_seq);
	free(d->wanted_kib);
	free(d->allowed_kib);
}

static void print_state(struct states *d)
{
	states_state(d);
	for (unsigned i = 0; i < d->recall.n_last; i++) {
		printf("%" PRIu64 " %" PRIu32 " %" PRIu64 " %" PRIu64 " %" PRIu64, d->n_states,
		       d->view[i].domid, d->wanted_kib[i], d->plan.verdict[i].goal_kib,
		       d->allowed_kib[i]);
		if (d->plan.credit_kib[i] == PLAN_CREDIT_AS_IT_IS)
			printf(" -\n");
		else
			printf(" %" PRIu64 "\n", d->plan.credit_kib[i]);
	}
}

static const char *take_line(void *arg, struct text line)
{
	struct states *d = arg;
	bool is_whole = false;
	const char *wrong = states_take_line(d, line, &is_whole);
	if (!wrong && is_whole)
		print_state(d);
	return wrong;
}

static int decide_all(struct states *d, const char *path)
{
	if (!command_read_lines(path, STATES_MAX_LINE, take_line, d))
		return EXIT_USAGE;
	if (states_is_begun(d))
		print_state(d);
	fprintf(stderr,
		"policy %s: %" PRIu64 " states, %" PRIu64 " targets, %" PRIu64
		" of them cut by the contract\n",
		d->policy->name, d->n_states, d->n_actions, d->n_cuts);
	return EXIT_SUCCESS;
}

static void print_names(const char *what, const struct line_format *format)
{
	for (unsigned i = 0; i < format->n_fields; i++)
		printf("%-6s %-15s %-6s%s%s\n", what, format->field[i].name, format->field[i].unit,
		       format->field[i].about, format->field[i].required ? " (required)" : "");
}

/* --- options -------------------------------------------------------------------------------- */

struct request {
	struct states states;
	bool is_for_names;
};

static const char *take_policy(void *request, const char *name)
{
	struct request *q = request;
	return selection_find_policy(name, &q->states.policy);
}

static const char *take_series(void *request, const char *none)
{
	struct request *q = request;
	(void)none;
	q->states.is_series = true;
	return NULL;
}

static const char *take_names(void *request, const char *none)
{
	struct request *q = request;
	(void)none;
	q->is_for_names = true;
	return NULL;
}

static const struct command_option options[] = {
	{'p', "policy", "NAME", false, "let this policy decide; it must be given", take_policy},
	{'\0', "series", NULL, false,
	 "let each state be what became of the one before, and the\n"
	 "policy remember; without it each state stands alone",
	 take_series},
	{'\0', "names", NULL, false, "list the names that a state may give, and exit", take_names},
	{.name = NULL},
};

static int run(int argc, char **argv)
{
	struct request request = {.is_for_names = false};
	int code;
	char *const *paths = command_read(&decide_command, argc, argv, &request, &code);
	if (!paths)
		return code;
	if (request.is_for_names) {
		print_names("host", &states_host_format);
		print_names("guest", &states_guest_format);
		return EXIT_SUCCESS;
	}
	if (!request.states.policy)
		return usage_wrong("--policy is missing");
	if (open_decide(&request.states)) {
		code = decide_all(&request.states, *paths ? *paths : "-");
	} else {
		log_error("%s", strerror(ENOMEM));
		code = EXIT_FAILURE;
	}
	close_decide(&request.states);
	return code;
}

const struct command decide_command = {
	.name = "decide",
	.files = "[FILE]",
	.least_files = 0,
	.most_files = 1,
	.about = "prints what a policy decides on states that are written down",
	.help = "Prints what a policy decides on states of a host, read from FILE or standard "
		"input.\n"
		"\n"
		"A line for each guest of each state: number of the state, domid, the target "
		"(whole\n"
		"pages) before the contract cuts it, the same to the KiB as the policy thinks of "
		"it,\n"
		"the target the contract allows, and the credit it is given, or - when its\n"
		"max_pages stays as it is. docs/policy.md has an example.\n",
	.options = options,
	.run = run,
};
