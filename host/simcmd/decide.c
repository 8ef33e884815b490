/* SPDX-License-Identifier: MIT */
/*
 * decide.c - `cagma-sim decide`: states from a file, decisions to stdout. (Edge.)
 */
#include "host/policy/states.h"

#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { EXIT_USAGE = 2 };

static const char usage[] =
	"Usage: cagma-sim decide [OPTION]... --policy NAME [FILE]\n"
	"Say what a policy decides on states of a host, read from FILE or stdin.\n"
	"\n"
	"  -p, --policy NAME  which policy\n"
	"      --series       each state is what became of the one before: the policy\n"
	"                     remembers; without it each stands alone\n"
	"      --names        list the names a state may give, exit\n"
	"  -h, --help         show this, exit\n"
	"\n"
	"A line for each guest of each state: number of the state, domid, the target\n"
	"(whole pages) before the contract cuts it, the same to the KiB as the policy\n"
	"thinks of it, and the target the contract allows. See docs/policy.md.\n";

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
	for (unsigned i = 0; i < d->recall.n_last; i++)
		printf("%" PRIu64 " %" PRIu32 " %" PRIu64 " %" PRIu64 " %" PRIu64 "\n", d->n_states,
		       d->view[i].domid, d->wanted_kib[i], d->plan.verdict[i].goal_kib,
		       d->allowed_kib[i]);
}

static bool run(struct states *d, FILE *in, const char *name)
{
	char line[STATES_MAX_LINE + 8];
	unsigned long number = 0;
	while (fgets(line, sizeof(line), in)) {
		size_t len = strlen(line);
		bool is_whole = false, is_long = len == sizeof(line) - 1 && line[len - 1] != '\n';
		number++;
		if (len && line[len - 1] == '\n')
			len--;
		const char *wrong =
			is_long ? "is too long"
				: states_take_line(d, (struct text){line, len}, &is_whole);
		if (wrong) {
			fprintf(stderr, "cagma-sim: %s:%lu: the line %s\n", name, number, wrong);
			return false;
		}
		if (is_whole)
			print_state(d);
	}
	if (states_is_begun(d))
		print_state(d);
	if (ferror(in) || fflush(stdout) != 0) {
		fprintf(stderr, "cagma-sim: %s: %s\n", name, strerror(errno));
		return false;
	}
	fprintf(stderr,
		"policy %s: %" PRIu64 " states, %" PRIu64 " targets, %" PRIu64
		" of them cut by the contract\n",
		d->policy->name, d->n_states, d->n_actions, d->n_cuts);
	return true;
}

static void print_names(const char *what, const struct line_format *format)
{
	for (unsigned i = 0; i < format->n_fields; i++)
		printf("%-6s %-15s %-6s%s%s\n", what, format->field[i].name, format->field[i].unit,
		       format->field[i].about, format->field[i].required ? " (required)" : "");
}

/* -1 to go on; otherwise the exit code. */
static int read_options(int argc, char **argv, struct states *d)
{
	enum { SERIES = 256, NAMES };
	static const struct option longs[] = {{"policy", required_argument, NULL, 'p'},
					      {"series", no_argument, NULL, SERIES},
					      {"names", no_argument, NULL, NAMES},
					      {"help", no_argument, NULL, 'h'},
					      {0}};
	int c;
	while ((c = getopt_long(argc, argv, "p:h", longs, NULL)) != -1) {
		switch (c) {
		case 'p':
			d->policy = policy_find(optarg);
			break;
		case SERIES:
			d->is_series = true;
			break;
		case NAMES:
			print_names("host", &states_host_format);
			print_names("guest", &states_guest_format);
			return EXIT_SUCCESS;
		case 'h':
			fputs(usage, stdout);
			return EXIT_SUCCESS;
		default:
			return EXIT_USAGE;
		}
	}
	if (d->policy && argc - optind <= 1)
		return -1;
	fputs(d->policy ? usage : "cagma-sim: decide needs --policy with a policy there is\n",
	      stderr);
	return EXIT_USAGE;
}

int decide_main(int argc, char **argv)
{
	struct states d = {.host.now_ms = 0};
	int code = read_options(argc, argv, &d);
	if (code >= 0)
		return code;
	const char *name = optind < argc ? argv[optind] : "stdin";
	FILE *in = optind < argc ? fopen(name, "re") : stdin;
	if (!in) {
		fprintf(stderr, "cagma-sim: %s: %s\n", name, strerror(errno));
		return EXIT_FAILURE;
	}
	bool is_open = open_decide(&d);
	if (!is_open)
		fputs("cagma-sim: there is no memory to begin with\n", stderr);
	code = is_open && run(&d, in, name) ? EXIT_SUCCESS : EXIT_FAILURE;
	close_decide(&d);
	if (in != stdin)
		fclose(in);
	return code;
}
