/* SPDX-License-Identifier: MIT */
#include "host/ctl/history.h"

#include "common/amount.h"
#include "common/system/clock.h"
#include "common/system/log.h"
#include "common/system/usage.h"
#include "host/control/json_record.h"
#include "host/core/passline.h"
#include "host/ctl/output.h"
#include "host/ctl/recorded.h"
#include "host/ctl/screen.h"
#include "host/ctl/span.h"
#include "host/daemon/record.h"
#include "host/show/words.h"

#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* What is asked for, and what has been found so far. */
struct search {
	const char *guest; /* name or domain id; NULL: all guests */
	const char *dir;
	uint64_t since_ms, until_ms; /* in the time of day */
	bool is_explained;           /* the last pass is wanted, and not a list */
	struct json_object *changes; /* NULL: they are printed */
	uint64_t n_changes;
	bool has_pass;
	uint64_t begins_ms;  /* the time of the first pass; 0: an old record does not say it */
	bool has_seen_guest; /* in any pass, also one of another time */
	/* explained: the guest and the host at the last pass, and its changes, by n_changes */
	bool has_guest;
	uint64_t told_ms;
	struct told_guest told;
	struct told_host host;
	struct told_change change[TOLD_CHANGES];
	uint64_t change_ms[TOLD_CHANGES];
	/* the line that is being read */
	struct passline_pass pass;
	bool is_in_time;
	struct passline part;
	struct passline_guest last; /* the last one that is meant */
};

/* --- words of the command line ------------------------------------------------------- */

static bool read_time(const char *text, uint64_t *ret_ms)
{
	static const char *const formats[] = {"%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M"};
	uint64_t ago_s, now_ms = clock_real_ms();
	if (span_read(text, 0, &ago_s)) {
		*ret_ms = now_ms - ago_s * 1000;
		return true;
	}
	for (unsigned i = 0; i < sizeof(formats) / sizeof(formats[0]); i++) {
		struct tm tm = {.tm_isdst = -1};
		const char *end = strptime(text, formats[i], &tm);
		time_t time = end && !*end ? mktime(&tm) : -1;
		if (time < 0)
			continue;
		*ret_ms = (uint64_t)time * 1000;
		return true;
	}
	return false;
}

/* 0 or EXIT_USAGE. `time_option` is the option for a time, which goes to *ret_ms. */
static int read_words(int argc, char **argv, const char *time_option, uint64_t *ret_ms,
		      struct search *s)
{
	static const char shorts[] = ":";
	const struct option longs[] = {{time_option, required_argument, NULL, 't'},
				       {"dir", required_argument, NULL, 'd'},
				       {0}};
	int c;
	optind = 0; /* glibc's way to begin anew */
	while ((c = getopt_long(argc, argv, shorts, longs, NULL)) != -1) {
		if (c == 'd')
			s->dir = optarg;
		else if (c != 't')
			return usage_wrong_option(c, argv, shorts);
		else if (!read_time(optarg, ret_ms))
			return usage_wrong(
				"--%s: \"%s\" is no time: it takes \"2026-11-30 07:12:03\", or how"
				" long ago: " SPAN_FORMS,
				time_option, optarg);
	}
	if (optind + 1 < argc)
		return usage_wrong("%s takes one guest, --%s TIME and --dir DIR, and no \"%s\"",
				   argv[0], time_option, argv[optind + 1]);
	s->guest = argv[optind];
	return 0;
}

/* --- a line ----------------------------------------------------------------------------- */

static bool is_meant(const struct search *s, const struct passline_guest *g)
{
	uint64_t domid;
	if (!s->guest || text_is(g->name, s->guest))
		return true;
	return text_number((struct text){s->guest, strlen(s->guest)}, UINT32_MAX, &domid) &&
	       domid == g->view.domid;
}

static void write_time(uint64_t real_ms, char ret_text[40])
{
	time_t time = (time_t)(real_ms / 1000);
	struct tm tm;
	size_t len = strftime(ret_text, 32, "%Y-%m-%d %H:%M:%S", localtime_r(&time, &tm));
	snprintf(ret_text + len, 40 - len, ".%03u", (unsigned)(real_ms % 1000));
}

static void print_time(uint64_t real_ms)
{
	char text[40];
	write_time(real_ms, text);
	fputs(text, stdout);
}

static void add_change(struct search *s, const struct told_guest *g,
		       const struct passline_action *a)
{
	struct json_object *change = json_object_new_object();
	json_object_object_add(change, "real_ms", json_object_new_uint64(s->pass.real_ms));
	json_object_object_add(change, "name", json_object_new_string(g->name));
	json_object_object_add(change, "domid", json_object_new_uint64(g->domid));
	json_object_object_add(change, "from_kib", json_object_new_uint64(g->target_kib));
	json_object_object_add(change, "to_kib", json_object_new_uint64(a->target_kib));
	json_object_object_add(change, "reason",
			       json_object_new_string(model_reason_word(a->reason)));
	json_object_array_add(s->changes, change);
}

static void take_change(struct search *s, const struct told_guest *g,
			const struct passline_action *a)
{
	const char *reason = model_reason_word(a->reason);
	struct told_change *c = &s->change[s->n_changes % TOLD_CHANGES];
	s->change_ms[s->n_changes % TOLD_CHANGES] = s->pass.real_ms;
	s->n_changes++;
	*c = (struct told_change){.from_kib = g->target_kib, .to_kib = a->target_kib};
	snprintf(c->reason, sizeof(c->reason), "%s", reason);
	if (s->is_explained)
		return;
	if (s->changes) {
		add_change(s, g, a);
		return;
	}
	print_time(s->pass.real_ms);
	printf("  %s (domain %" PRIu64 ")  %" PRIu64 " -> %" PRIu64 " MiB, %s: %s\n",
	       screen_name(g), g->domid, g->target_kib / 1024, a->target_kib / 1024, reason,
	       words_of_reason(reason));
}

/* Guests of the line that is being read, for its actions. */
static struct told_guest *seen;
static unsigned n_seen, max_seen;

static struct told_guest *add_seen(void)
{
	if (n_seen == max_seen) {
		unsigned n = 2 * max_seen + 64;
		struct told_guest *more = reallocarray(seen, n, sizeof(*more));
		if (!more)
			return NULL;
		seen = more;
		max_seen = n;
	}
	return &seen[n_seen++];
}

static void take_guest(struct search *s, bool *is_last_meant)
{
	s->last = s->part.record.guest;
	*is_last_meant = is_meant(s, &s->last);
	s->has_seen_guest |= *is_last_meant;
	*is_last_meant = *is_last_meant && s->is_in_time && add_seen() != NULL;
	if (*is_last_meant)
		recorded_guest(&s->last, &seen[n_seen - 1]);
}

static void take_part(struct search *s, bool *is_last_meant)
{
	const struct passline *part = &s->part;
	switch (part->kind) {
	case PASSLINE_GUEST:
		take_guest(s, is_last_meant);
		break;
	case PASSLINE_REPORT:
		if (*is_last_meant)
			recorded_report(&s->last, &part->record.report, s->pass.host.now_ms,
					&seen[n_seen - 1]);
		break;
	case PASSLINE_ACTION:
		if (part->record.action.not_set)
			break;
		for (unsigned i = 0; i < n_seen; i++)
			if (seen[i].domid == part->record.action.domid)
				take_change(s, &seen[i], &part->record.action);
		break;
	case PASSLINE_BEGIN:
	case PASSLINE_PASS:
	case PASSLINE_CONF:
	case PASSLINE_KINDS_:
		break;
	}
}

/* Passes come in the order of time. */
static void begin_pass(struct search *s)
{
	s->pass = s->part.record.pass;
	s->is_in_time = s->pass.real_ms >= s->since_ms && s->pass.real_ms <= s->until_ms;
	n_seen = 0;
	if (s->has_pass)
		return;
	s->has_pass = true;
	s->begins_ms = s->pass.real_ms;
	if (s->is_explained || s->changes || !s->begins_ms)
		return;
	fputs("The history begins at ", stdout);
	print_time(s->begins_ms);
	puts(".");
}

static const char *take_line(void *arg, struct text line)
{
	struct search *s = arg;
	bool is_last_meant = false;
	const char *wrong = passline_read(&line, &s->part);
	if (wrong || s->part.kind != PASSLINE_PASS)
		return wrong;
	begin_pass(s);
	if (!s->is_in_time && (!s->guest || s->has_seen_guest))
		return NULL;
	while (line.at && !(wrong = passline_read(&line, &s->part)))
		take_part(s, &is_last_meant);
	if (!wrong && s->is_explained && n_seen) {
		s->has_guest = true;
		s->told_ms = s->pass.real_ms;
		s->told = seen[0];
		recorded_host(&s->pass, &s->host);
	}
	return wrong;
}

/* --- the files -------------------------------------------------------------------------- */

/* Reads a file. False after logging why it cannot be read; a file that is not there is no fault. */
static bool read_one(struct search *s, const char *path, unsigned *n_files)
{
	struct record_lost lost = {0};
	struct lines_fault fault;
	if (access(path, R_OK) < 0 && errno == ENOENT)
		return true;
	++*n_files;
	bool is_read = record_read_damaged(path, RECORD_MAX_LINE, take_line, s, &lost, &fault);
	if (lost.n)
		log_warning("%s:%" PRIu64 ": the line %s; it is passed over, and with it %" PRIu64
			    " in all",
			    path, lost.first.number, lost.first.what, lost.n);
	if (!is_read)
		output_failed("%s: %s%s", path, fault.what,
			      access(path, R_OK) < 0 && errno == EACCES
				      ? "; only root may read the history"
				      : "");
	return is_read;
}

/* Reads all files, the oldest first. False after logging why, if one cannot be read or there is
 * none. */
static bool read_all(struct search *s)
{
	unsigned n = 0;
	for (int i = RECORD_HISTORY_FILES - 1; i >= 0; i--) {
		char path[PATH_MAX];
		snprintf(path, sizeof(path), i ? "%s/%s.%d" : "%s/%s", s->dir, RECORD_HISTORY_NAME,
			 i);
		if (!read_one(s, path, &n))
			return false;
	}
	if (!n)
		output_failed("there is no history in %s; cagmad writes one there if the "
			      "directory exists",
			      s->dir);
	return n > 0;
}

/* --- the commands ------------------------------------------------------------------------- */

/* Says that the guest is not in the history. EXIT_FAILURE. */
static int miss_guest(const struct search *s, const char *when)
{
	char begin[40];
	write_time(s->begins_ms, begin);
	if (!s->has_pass)
		return output_failed("the history in %s has no pass yet", s->dir);
	return output_failed("the history in %s has no such guest%s: %s; it begins at %s", s->dir,
			     when, s->guest, begin);
}

static int print_changes(const struct search *s)
{
	struct json_object *all = json_object_new_object();
	if (s->begins_ms)
		json_object_object_add(all, "begins_real_ms", json_object_new_uint64(s->begins_ms));
	json_object_object_add(all, "changes", s->changes);
	return output_json(all);
}

int history_run(int argc, char **argv)
{
	struct search s = {.dir = RECORD_HISTORY_DIR, .until_ms = UINT64_MAX};
	int code = read_words(argc, argv, "since", &s.since_ms, &s);
	if (code)
		return code;
	if (output_is_json())
		s.changes = json_object_new_array();
	bool is_read = read_all(&s);
	bool is_missed = is_read && s.guest && !s.has_seen_guest;
	if (!is_read || is_missed) {
		json_object_put(s.changes);
		return is_missed ? miss_guest(&s, "") : EXIT_FAILURE;
	}
	if (s.changes)
		return print_changes(&s);
	if (!s.n_changes)
		puts(s.has_pass ? "no target was changed" : "the history has no pass yet");
	return usage_printed();
}

/* The last changes, newest first. */
static unsigned last_changes(const struct search *s, struct told_change ret_change[TOLD_CHANGES])
{
	unsigned n = s->n_changes < TOLD_CHANGES ? (unsigned)s->n_changes : TOLD_CHANGES;
	for (unsigned i = 0; i < n; i++) {
		uint64_t k = (s->n_changes - 1 - i) % TOLD_CHANGES;
		ret_change[i] = s->change[k];
		ret_change[i].age_ms = amount_less(s->told_ms, s->change_ms[k]);
	}
	return n;
}

/* As cagmad answers `explain`, with the time of the pass. */
static int explain_json(const struct search *s, const struct told_change *change, unsigned n)
{
	struct json_object *all = json_object_new_object();
	struct json_object *changes = json_object_new_array();
	json_object_object_add(all, "real_ms", json_object_new_uint64(s->told_ms));
	json_object_object_add(all, "host",
			       json_record_make(&told_host_format, &s->host, s->host.present));
	json_object_object_add(all, "guest",
			       json_record_make(&told_guest_format, &s->told, s->told.present));
	for (unsigned i = 0; i < n; i++)
		json_object_array_add(changes, json_record_make(&told_change_format, &change[i],
								told_always(&told_change_format)));
	json_object_object_add(all, "changes", changes);
	return output_json(all);
}

int history_explain(int argc, char **argv)
{
	struct told_change change[TOLD_CHANGES];
	struct search s = {
		.dir = RECORD_HISTORY_DIR, .until_ms = clock_real_ms(), .is_explained = true};
	int code = read_words(argc, argv, "at", &s.until_ms, &s);
	if (!code && !s.guest)
		code = usage_wrong("explain needs one guest's name or domain id");
	if (code)
		return code;
	if (!read_all(&s))
		return EXIT_FAILURE;
	if (!s.has_guest)
		return miss_guest(&s, " by then");
	unsigned n = last_changes(&s, change);
	if (output_is_json())
		return explain_json(&s, change, n);
	fputs("This is the pass of ", stdout);
	print_time(s.told_ms);
	puts(".");
	screen_explain(stdout, &s.host, &s.told, change, n);
	return usage_printed();
}
