/* SPDX-License-Identifier: MIT */
#include "host/ctl/arguments.h"

#include "common/system/log.h"
#include "common/system/usage.h"
#include "host/ctl/span.h"
#include "host/reserve/need.h"
#include "host/xen/xlcfg.h"

#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* What the words of the command line ask for. */
struct asked {
	const char *config; /* NULL: not given */
	uint64_t timeout_s, for_s;
	uint64_t if_daemon;
};

/* An option is a file's name, a time of `least_s` at least, or a flag. */
static const struct row {
	const char *name, *value; /* `value` NULL: a flag */
	size_t place;             /* in struct asked */
	bool is_seconds;
	uint64_t least_s;
	const char *about;
} rows[] = {
	{"config", "FILE", offsetof(struct asked, config), false, 0,
	 "what xl needs to start the guest of this xl.cfg"},
	{"timeout", "TIME", offsetof(struct asked, timeout_s), true, 0,
	 "give up if it is not free after so long (60 s)"},
	{"for", "TIME", offsetof(struct asked, for_s), true, 1,
	 "keep it for so long, or until a guest was started (300 s)"},
	{"if-daemon", NULL, offsetof(struct asked, if_daemon), false, 0,
	 "if no cagmad runs, run COMMAND without a reservation"},
};

enum { ROWS = sizeof(rows) / sizeof(rows[0]), FIRST_ROW = 256 };

void arguments_print(FILE *out)
{
	fprintf(out, "      %-18s %s\n", "SIZE",
		"as xl takes it: 512, 512m, 2g; MiB without a letter");
	for (unsigned i = 0; i < ROWS; i++) {
		char word[32];
		snprintf(word, sizeof(word), "--%s %s", rows[i].name,
			 rows[i].value ? rows[i].value : "");
		fprintf(out, "      %-18s %s\n", word, rows[i].about);
	}
}

/* 0 or EXIT_USAGE. */
static int take(const struct row *row, const char *value, struct asked *asked)
{
	char *place = (char *)asked + row->place;
	uint64_t number = 1;
	if (row->value && !row->is_seconds) {
		memcpy(place, &value, sizeof(value));
		return 0;
	}
	if (row->value && !span_read(value, row->least_s, &number))
		return usage_wrong("--%s: \"%s\" is no time from %" PRIu64
				   " s to a year: it takes " SPAN_FORMS,
				   row->name, value, row->least_s);
	memcpy(place, &number, sizeof(number));
	return 0;
}

/* 0 or EXIT_USAGE. `argv` ends before "--". */
static int read_words(int argc, char **argv, struct asked *asked)
{
	static const char shorts[] = ":";
	struct option longs[ROWS + 1] = {0};
	int c, r = 0;
	for (int i = 0; i < ROWS; i++)
		longs[i] = (struct option){rows[i].name,
					   rows[i].value ? required_argument : no_argument, NULL,
					   FIRST_ROW + i};
	optind = 0; /* glibc's way to begin anew */
	while (r == 0 && (c = getopt_long(argc, argv, shorts, longs, NULL)) != -1)
		r = c < FIRST_ROW ? usage_wrong_option(c, argv, shorts)
				  : take(&rows[c - FIRST_ROW], optarg, asked);
	return r;
}

/* 0 or EXIT_USAGE. */
static int take_size(const char *size, struct reserve *r)
{
	if (need_read_size(size, &r->size_kib))
		return 0;
	return usage_wrong("\"%s\" is no size: it takes a number above 0, and b, k, m, g or t, or "
			   "nothing for MiB (512, 512m, 2g)",
			   size);
}

/* 0 or EXIT_USAGE. */
static int take_config(const char *path, struct reserve *r)
{
	struct xlcfg cfg;
	FILE *messages = log_open_stream(LOG_LEVEL_ERROR);
	bool is_fine = xlcfg_read(path, messages, &cfg);
	log_close_stream(messages);
	if (!is_fine)
		return EXIT_USAGE;
	r->size_kib = need_kib(&cfg.need);
	memcpy(r->name, cfg.name, sizeof(r->name));
	r->has_uuid = cfg.has_uuid;
	memcpy(r->uuid, cfg.uuid, sizeof(r->uuid));
	return 0;
}

/* The words behind the first "--" are somebody else's command line. The number of those before. */
static int split_command(int argc, char **argv, struct reserve *r)
{
	for (int i = 1; i < argc; i++)
		if (strcmp(argv[i], "--") == 0) {
			r->command = argv + i + 1;
			argv[i] = NULL;
			return i;
		}
	return argc;
}

/* NULL, or what is wrong with the words together. */
static const char *what_is_wrong(const struct asked *asked, const struct reserve *r, int n_words)
{
	if (r->command && !r->command[0])
		return "there is no command behind --";
	if (asked->if_daemon && !r->command)
		return "--if-daemon is for a COMMAND: reserve --if-daemon 512 -- COMMAND";
	if (!asked->config && n_words == 0)
		return "reserve needs a SIZE or --config FILE";
	return NULL;
}

int arguments_read(int argc, char **argv, struct reserve *ret_reserve)
{
	struct asked asked = {.timeout_s = RESERVE_TIMEOUT_S, .for_s = RESERVE_FOR_S};
	struct reserve r = {0};
	argc = split_command(argc, argv, &r);
	int code = read_words(argc, argv, &asked);
	if (code)
		return code;
	int n_words = argc - optind, n_sizes = asked.config ? 0 : 1;
	const char *wrong = what_is_wrong(&asked, &r, n_words);
	if (wrong)
		return usage_wrong("%s", wrong);
	if (n_words > n_sizes)
		return usage_wrong("reserve takes %s, and no \"%s\"",
				   asked.config ? "either a SIZE or --config" : "one SIZE",
				   argv[optind + n_sizes]);
	code = asked.config ? take_config(asked.config, &r) : take_size(argv[optind], &r);
	if (code)
		return code;
	r.timeout_ms = asked.timeout_s * 1000;
	r.for_ms = asked.for_s * 1000;
	r.needs_no_daemon = asked.if_daemon;
	*ret_reserve = r;
	return 0;
}
