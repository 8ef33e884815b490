/* SPDX-License-Identifier: MIT */
#include "host/migrate/arguments.h"

#include "common/system/usage.h"
#include "common/text.h"
#include "host/migrate/library.h"

#include <getopt.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { MOST_DOWNTIME_MS = 3600 * 1000 };

enum {
	ALGORITHM = 256,
	MAX_DOWNTIME,
	RECORD,
	REPORT,
	HELPER,
	PARTS,
	NO_RESERVE,
	SHRINK,
	DEBUG,
	LIVE,
};

static const char option_letters[] = ":hVqC:s:FepD";

static const struct option long_options[] = {
	{"algorithm", required_argument, NULL, ALGORITHM},
	{"max-downtime", required_argument, NULL, MAX_DOWNTIME},
	{"record", required_argument, NULL, RECORD},
	{"report", required_argument, NULL, REPORT},
	{"helper", required_argument, NULL, HELPER},
	{"parts", required_argument, NULL, PARTS},
	{"no-reserve", no_argument, NULL, NO_RESERVE},
	{"shrink", no_argument, NULL, SHRINK},
	{"quiet", no_argument, NULL, 'q'},
	{"help", no_argument, NULL, 'h'},
	{"version", no_argument, NULL, 'V'},
	{"debug", no_argument, NULL, DEBUG},
	{"live", no_argument, NULL, LIVE},
	{0},
};

/* Options that are words or yes; xl's --live, without a meaning there too, is none of them. */
static void take_option(struct migrate_asked *a, int c)
{
	const struct {
		int c;
		const char **word;
		bool *flag;
	} rows[] = {
		{RECORD, &a->record, NULL},
		{REPORT, &a->report, NULL},
		{HELPER, &a->helper, NULL},
		{PARTS, &a->parts, NULL},
		{NO_RESERVE, NULL, &a->no_reserve},
		{SHRINK, NULL, &a->shrink},
		{'q', NULL, &a->is_quiet},
		{'C', &a->config, NULL},
		{'s', &a->ssh, NULL},
		{'F', NULL, &a->is_foreground},
		{'e', NULL, &a->is_foreground},
		{'p', NULL, &a->is_paused},
		{'D', NULL, &a->keeps_domid},
		{DEBUG, NULL, &a->is_debug},
	};
	for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (rows[i].c != c)
			continue;
		if (rows[i].word)
			*rows[i].word = optarg;
		else if (rows[i].flag)
			*rows[i].flag = true;
	}
}

/* What is wrong has been said. */
static enum migrate_parsed wrong(int code)
{
	(void)code;
	return MIGRATE_WRONG;
}

static enum migrate_parsed take_algorithm(struct migrate_asked *a)
{
	a->algorithm = precopy_find(optarg);
	if (a->algorithm)
		return MIGRATE_RUN;
	char names[64] = "";
	const struct precopy_algorithm *known;
	for (unsigned i = 0; (known = precopy_algorithm(i)); i++)
		snprintf(names + strlen(names), sizeof(names) - strlen(names), "%s%s",
			 i ? ", " : "", known->name);
	return wrong(usage_wrong("--algorithm %s: there are %s", optarg, names));
}

static enum migrate_parsed take_downtime(struct migrate_asked *a)
{
	struct text text = {optarg, strlen(optarg)};
	uint64_t ms;
	a->max_downtime_ms = optarg;
	if (text_number(text, MOST_DOWNTIME_MS, &ms) && ms)
		return MIGRATE_RUN;
	return wrong(
		usage_wrong("--max-downtime %s: it takes 1 to %d ms", optarg, MOST_DOWNTIME_MS));
}

static enum migrate_parsed take_words(int n, char **words, struct migrate_asked *a)
{
	if (n == 0)
		return wrong(usage_wrong("a domain and a host are missing"));
	if (n == 1)
		return wrong(usage_wrong("the host that %s is to migrate to is missing", words[0]));
	if (n > 2)
		return wrong(usage_wrong("there is a word too many: %s", words[2]));
	if (!words[0][0])
		return wrong(usage_wrong("the name of the domain is empty"));
	if (!words[1][0] || words[1][0] == '-') /* ssh would take it for an option */
		return wrong(usage_wrong("\"%s\" is no name of a host", words[1]));
	a->domain = words[0];
	a->host = words[1];
	return MIGRATE_RUN;
}

enum migrate_parsed migrate_parse(int argc, char **argv, struct migrate_asked *ret_asked)
{
	struct migrate_asked a = {.algorithm = precopy_find(PRECOPY_DEFAULT)};
	enum migrate_parsed parsed = MIGRATE_RUN;
	int c;
	optind = 0; /* tests call this again and again */
	if (usage_is_help(argc, argv))
		return MIGRATE_HELP;
	while ((c = getopt_long(argc, argv, option_letters, long_options, NULL)) != -1) {
		if (c == 'h')
			return MIGRATE_HELP;
		if (c == 'V')
			return MIGRATE_VERSION;
		if (c == '?' || c == ':') {
			usage_wrong_option(c, argv, option_letters);
			return MIGRATE_WRONG;
		}
		if (c == ALGORITHM)
			parsed = take_algorithm(&a);
		else if (c == MAX_DOWNTIME)
			parsed = take_downtime(&a);
		else
			take_option(&a, c);
		if (parsed != MIGRATE_RUN)
			return parsed;
	}
	parsed = take_words(argc - optind, argv + optind, &a);
	if (parsed == MIGRATE_RUN)
		*ret_asked = a;
	return parsed;
}

/* --- what we ask for ---------------------------------------------------------------------- */

bool migrate_is_local(const struct migrate_asked *asked)
{
	return !asked->ssh && strcmp(asked->host, "localhost") == 0;
}

struct command {
	char *text;
	size_t used;
	bool is_full;
};

static void add(struct command *c, const char *text)
{
	size_t len = strlen(text);
	if (c->used + len >= MIGRATE_COMMAND_BYTES) {
		c->is_full = true;
		return;
	}
	memcpy(c->text + c->used, text, len + 1);
	c->used += len;
}

/* As one word for sh. */
static void add_quoted(struct command *c, const char *text)
{
	add(c, "'");
	for (; *text; text++)
		add(c, *text == '\'' ? "'\\''" : (char[]){*text, '\0'});
	add(c, "'");
}

/* What is run on the receiving host, for sh. */
static void add_receive(struct command *c, const struct migrate_asked *a, uint64_t reserve_kib)
{
	char receive[64], reserve[128];
	snprintf(receive, sizeof(receive), "xl migrate-receive%s%s%s",
		 a->is_foreground ? " -e" : "", a->is_debug ? " -d" : "",
		 a->is_paused ? " -p" : "");
	add(c, "PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin; ");
	if (reserve_kib) {
		snprintf(reserve, sizeof(reserve),
			 "cagmactl reserve --if-daemon --timeout %d %" PRIu64 "k -- ",
			 MIGRATE_RESERVE_TIMEOUT_S, reserve_kib);
		add(c, "if command -v cagmactl >/dev/null; then exec ");
		add(c, reserve);
		add(c, receive);
		add(c, "; fi; echo 'cagma-migrate: there is no cagmactl on the receiving host:"
		       " nothing is reserved there' >&2; ");
	}
	add(c, "exec ");
	add(c, receive);
}

bool migrate_receiver(const struct migrate_asked *asked, uint64_t reserve_kib,
		      char command[MIGRATE_COMMAND_BYTES])
{
	static char receive[MIGRATE_COMMAND_BYTES];
	struct command c = {.text = command}, r = {.text = receive};
	/* what is meant for the helper that saves is not for the one that restores */
	add(&c,
	    "unset LIBXL_SAVE_HELPER " PRECOPY_HELPER_VARIABLE " " PRECOPY_LIBRARY_VARIABLE "; ");
	if (asked->ssh && !asked->ssh[0]) {
		add(&c, asked->host);
		return !c.is_full;
	}
	add_receive(&r, asked, reserve_kib);
	if (migrate_is_local(asked)) {
		add(&c, receive);
	} else {
		add(&c, "exec ");
		add(&c, asked->ssh ? asked->ssh : "ssh");
		add(&c, " ");
		add_quoted(&c, asked->host);
		add(&c, " ");
		add_quoted(&c, receive);
	}
	return !c.is_full && !r.is_full;
}

void migrate_xl(const struct migrate_asked *asked, const char *receiver,
		const char *ret_argv[MIGRATE_MAX_OPTIONS])
{
	const char **at = ret_argv;
	*at++ = "xl";
	*at++ = "migrate";
	*at++ = "-s";
	*at++ = "";
	if (asked->config) {
		*at++ = "-C";
		*at++ = asked->config;
	}
	if (asked->keeps_domid)
		*at++ = "-D";
	if (asked->is_debug)
		*at++ = "--debug";
	*at++ = "--";
	*at++ = asked->domain;
	*at++ = receiver;
	*at = NULL;
}
