/* SPDX-License-Identifier: MIT */
#include "host/ctl/history.h"

#include "common/amount.h"
#include "common/system/clock.h"
#include "common/system/log.h"
#include "common/system/usage.h"
#include "host/control/json_record.h"
#include "host/core/passline.h"
#include "host/ctl/output.h"
#include "host/ctl/screen.h"
#include "host/ctl/span.h"
#include "host/daemon/record.h"
#include "host/show/words.h"

#include <errno.h>
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
	/* explained: the guest and the host at the last pass, and its changes, by n_changes */
	bool has_guest;
	struct told_guest told;
	struct told_host host;
	struct told_change change[TOLD_CHANGES];
	uint64_t change_ms[TOLD_CHANGES];
	/* the line that is being read */
	struct passline_pass pass;
	struct passline part;
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
	for (int i = 1; i < argc; i++) {
		bool is_time = strcmp(argv[i], time_option) == 0;
		if (!is_time && strcmp(argv[i], "--dir") != 0) {
			if (s->guest || argv[i][0] == '-')
				return usage_wrong("%s takes one guest, %s TIME and --dir DIR, and "
						   "no \"%s\"",
						   argv[0], time_option, argv[i]);
			s->guest = argv[i];
			continue;
		}
		if (i + 1 == argc)
			return usage_wrong("%s needs a value", argv[i]);
		if (!is_time)
			s->dir = argv[i + 1];
		else if (!read_time(argv[i + 1], ret_ms))
			return usage_wrong(
				"%s: \"%s\" is no time: it takes \"2026-11-30 07:12:03\", or how"
				" long ago: " SPAN_FORMS,
				time_option, argv[i + 1]);
		i++;
	}
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

#define G(name) TOLD_GUEST_BIT(name)
#define H(name) TOLD_HOST_BIT(name)

static void tell_host(const struct passline_pass *pass, struct told_host *h)
{
	*h = (struct told_host){.total_kib = pass->host.total_kib,
				.free_kib = pass->host.free_kib,
				.promised_kib = pass->promised_kib,
				.xl_is_building = pass->host.xl_is_building,
				.present = H(total_kib) | H(free_kib) | H(promised_kib) |
					   H(xl_is_building)};
}

static void tell_guest(const struct passline_guest *g, struct told_guest *t)
{
	*t = (struct told_guest){.domid = g->view.domid,
				 .alm_kib = g->view.alm_kib,
				 .target_kib = g->view.target_kib,
				 .min_kib = g->view.min_kib,
				 .max_kib = g->view.max_kib,
				 .static_max_kib = g->view.max_kib,
				 .is_alarmed = g->view.is_alarmed,
				 .does_not_take = g->view.does_not_take,
				 .want_kib = g->verdict.want_kib,
				 .fair_kib = g->verdict.fair_kib,
				 .goal_kib = g->verdict.goal_kib,
				 .present = G(name) | G(domid) | G(state) | G(alm_kib) |
					    G(target_kib) | G(min_kib) | G(max_kib) | G(want_kib) |
					    G(fair_kib) | G(goal_kib)};
	text_printable(g->name, "", t->name, sizeof(t->name));
	snprintf(t->state, sizeof(t->state), "%s", model_hold_word(g->view.hold));
}

static void tell_report(const struct passline_report *r, const struct verdict *v, uint64_t now_ms,
			struct told_guest *t)
{
	t->report_age_ms = amount_less(now_ms, r->report_ms);
	t->avail_kib = r->report.avail_kib;
	t->swap_total_kib = r->report.swap_total_kib;
	t->swap_free_kib = r->report.swap_free_kib;
	t->offset_kib = v->offset_kib;
	t->use_kib = v->use_kib;
	t->demand_kib = v->demand_kib;
	t->base_kib = v->base_kib;
	t->cma_kib = v->cma_kib;
	t->present |= G(report_age_ms) | G(avail_kib) | G(offset_kib) | G(use_kib) | G(demand_kib) |
		      G(base_kib) | G(cma_kib);
	if (REPORT_HAS(&r->report, swap_total_kib))
		t->present |= G(swap_total_kib) | G(swap_free_kib);
}

static void print_time(uint64_t real_ms)
{
	char text[32];
	time_t time = (time_t)(real_ms / 1000);
	struct tm tm;
	strftime(text, sizeof(text), "%Y-%m-%d %H:%M:%S", localtime_r(&time, &tm));
	printf("%s.%03" PRIu64, text, real_ms % 1000);
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

static void take_part(struct search *s, struct verdict *verdict, bool *is_last_meant)
{
	const struct passline *part = &s->part;
	switch (part->kind) {
	case PASSLINE_GUEST:
		*is_last_meant = is_meant(s, &part->record.guest) && add_seen() != NULL;
		if (*is_last_meant) {
			tell_guest(&part->record.guest, &seen[n_seen - 1]);
			*verdict = part->record.guest.verdict;
		}
		break;
	case PASSLINE_REPORT:
		if (*is_last_meant)
			tell_report(&part->record.report, verdict, s->pass.host.now_ms,
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

static const char *take_line(void *arg, struct text line)
{
	struct search *s = arg;
	struct verdict verdict = {0};
	bool is_last_meant = false;
	const char *wrong = passline_read(&line, &s->part);
	if (wrong || s->part.kind != PASSLINE_PASS)
		return wrong;
	s->pass = s->part.record.pass;
	if (s->pass.real_ms < s->since_ms || s->pass.real_ms > s->until_ms)
		return NULL;
	n_seen = 0;
	while (line.at && !(wrong = passline_read(&line, &s->part)))
		take_part(s, &verdict, &is_last_meant);
	if (!wrong && s->is_explained && n_seen) {
		s->has_guest = true;
		s->told = seen[0];
		tell_host(&s->pass, &s->host);
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
		log_error("%s: %s", path, fault.what);
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
		log_error("there is no history in %s; cagmad writes one there if the directory "
			  "exists",
			  s->dir);
	return n > 0;
}

/* --- the commands ------------------------------------------------------------------------- */

int history_run(int argc, char **argv)
{
	struct search s = {.dir = RECORD_HISTORY_DIR, .until_ms = UINT64_MAX};
	int code = read_words(argc, argv, "--since", &s.since_ms, &s);
	if (code)
		return code;
	if (output_is_json())
		s.changes = json_object_new_array();
	if (!read_all(&s))
		return EXIT_FAILURE;
	if (s.changes) {
		struct json_object *all = json_object_new_object();
		json_object_object_add(all, "changes", s.changes);
		return output_json(all);
	}
	if (!s.n_changes)
		puts("no target was changed");
	return usage_printed();
}

/* The last changes, newest first. */
static unsigned last_changes(const struct search *s, struct told_change ret_change[TOLD_CHANGES])
{
	unsigned n = s->n_changes < TOLD_CHANGES ? (unsigned)s->n_changes : TOLD_CHANGES;
	for (unsigned i = 0; i < n; i++) {
		uint64_t k = (s->n_changes - 1 - i) % TOLD_CHANGES;
		ret_change[i] = s->change[k];
		ret_change[i].age_ms = amount_less(s->until_ms, s->change_ms[k]);
	}
	return n;
}

int history_explain(int argc, char **argv)
{
	struct told_change change[TOLD_CHANGES];
	struct search s = {
		.dir = RECORD_HISTORY_DIR, .until_ms = clock_real_ms(), .is_explained = true};
	int code = read_words(argc, argv, "--at", &s.until_ms, &s);
	if (!code && !s.guest)
		code = usage_wrong("explain needs one guest's name or domain id");
	if (code)
		return code;
	if (!read_all(&s))
		return EXIT_FAILURE;
	if (!s.has_guest) {
		log_error("the history has no such guest by then");
		return EXIT_FAILURE;
	}
	unsigned n = last_changes(&s, change);
	if (output_is_json())
		return output_json(json_record_make(&told_guest_format, &s.told, s.told.present));
	screen_explain(stdout, &s.host, &s.told, change, n);
	return usage_printed();
}
