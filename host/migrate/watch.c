/* SPDX-License-Identifier: MIT */
#include "host/migrate/watch.h"

#include "common/amount.h"
#include "common/units.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { LINE_MS = 1000 };

int migrate_watch_open(struct migrate_watch *watch, const char *path, bool is_shown)
{
	*watch = (struct migrate_watch){.fd = open(path, O_RDONLY | O_CLOEXEC),
					.is_shown = is_shown};
	return watch->fd < 0 ? -errno : 0;
}

void migrate_watch_close(struct migrate_watch *watch)
{
	migrate_watch_break(watch);
	if (watch->fd >= 0)
		close(watch->fd);
	watch->fd = -1;
}

void migrate_watch_break(struct migrate_watch *watch)
{
	if (watch->is_a_line)
		fputc('\n', stderr);
	watch->is_a_line = false;
}

/* --- showing ------------------------------------------------------------------------------- */

static uint64_t mib(uint64_t pages)
{
	return pages * UNITS_PAGE_KIB / UNITS_KIB_PER_MIB;
}

static void show_time(const struct precopy_report *r, uint64_t bit, const char *what, uint64_t ms)
{
	if (r->present & bit)
		fprintf(stderr, ", %s %" PRIu64 ".%" PRIu64 " s", what, ms / 1000, ms % 1000 / 100);
}

/* On a terminal one line is written over and over; elsewhere a line a second is enough. */
static void show_round(struct migrate_watch *w)
{
	const struct precopy_report *r = &w->round;
	bool is_terminal = isatty(STDERR_FILENO);
	if (!w->is_shown || (!is_terminal && r->round > 1 && r->now_ms < w->shown_ms + LINE_MS))
		return;
	w->shown_ms = r->now_ms;
	fprintf(stderr,
		"%sround %" PRIu64 ": %" PRIu64 " MiB sent, %" PRIu64 " pages to send, %" PRIu64
		" held back",
		is_terminal ? "\r\033[K" : "", r->round, mib(r->sent_pages), r->send_pages,
		r->held_pages);
	show_time(r, PRECOPY_BIT(left_ms), "to go", r->left_ms);
	show_time(r, PRECOPY_BIT(downtime_ms), "then suspended for", r->downtime_ms);
	w->is_a_line = is_terminal;
	if (!is_terminal)
		fputc('\n', stderr);
}

void migrate_watch_sum_up(const struct migrate_watch *w)
{
	const struct precopy_report *r = &w->end;
	if (!r->event[0] || r->rc || !w->total_pages)
		return;
	uint64_t ms = amount_less(r->now_ms, w->begin_ms);
	fprintf(stderr,
		"%" PRIu64 " pages (%" PRIu64 " MiB) sent in %" PRIu64 ".%" PRIu64 " s, %" PRIu64
		" of them again; %" PRIu64 " with the guest suspended",
		r->sent_pages, mib(r->sent_pages), ms / 1000, ms % 1000 / 100,
		amount_less(r->sent_pages, w->total_pages), r->suspended_pages);
	if (r->present & PRECOPY_BIT(downtime_ms))
		fprintf(stderr, ", for %" PRIu64 " ms", r->downtime_ms);
	fputc('\n', stderr);
}

/* --- reading ------------------------------------------------------------------------------- */

static void take_line(struct migrate_watch *w, struct text line)
{
	struct precopy_report report;
	uint64_t present;
	if (line_parse(&precopy_report_format, line, &report, &present) != LINE_OK)
		return;
	report.present = present;
	if (strcmp(report.event, "begin") == 0) {
		w->total_pages = report.total_pages;
		w->begin_ms = report.now_ms;
	} else if (strcmp(report.event, "round") == 0) {
		w->round = report;
		show_round(w);
	} else if (strcmp(report.event, "end") == 0) {
		w->end = report;
	}
}

void migrate_watch_look(struct migrate_watch *w)
{
	ssize_t n;
	while (w->fd >= 0 &&
	       (n = read(w->fd, w->rest + w->rest_bytes, sizeof(w->rest) - w->rest_bytes)) > 0) {
		struct text rest = {w->rest, w->rest_bytes + (size_t)n}, line;
		const char *end;
		while ((end = memchr(rest.at, '\n', rest.len))) {
			line = (struct text){rest.at, (size_t)(end - rest.at)};
			take_line(w, line);
			rest.len -= line.len + 1;
			rest.at = end + 1;
		}
		/* longer than any line of ours: not one */
		w->rest_bytes = rest.len < sizeof(w->rest) ? rest.len : 0;
		memmove(w->rest, rest.at, w->rest_bytes);
	}
}
