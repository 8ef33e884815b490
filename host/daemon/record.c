/* SPDX-License-Identifier: MIT */
#include "host/daemon/record.h"

#include "common/system/clock.h"
#include "host/core/passline.h"
#include "host/policy/brief.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdio_ext.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

/* What a line takes beside its guests, and for each of them: the longest guest and report and an
 * action. */
enum { LINE_BYTES = 4 * PASSLINE_MAX_PART, GUEST_BYTES = 2 * PASSLINE_MAX_PART + 256 };

struct record {
	FILE *file;
	bool is_history;
	off_t whole_bytes; /* the file up to the end of its last whole line */
	size_t size;       /* of each of the three texts */
	char *line, *last, *brief;
	size_t len, last_len; /* of the line that is being made, and of the one before */
	char path[PATH_MAX];
	char buffer[1 << 16];
};

static void put_string(struct record *r, const char *string)
{
	size_t len = strlen(string);
	memcpy(r->line + r->len, string, len);
	r->len += len;
}

/* `size` is enough for every line: see record_open(). */
static void put(struct record *r, const char *separator, const struct passline *part)
{
	char text[PASSLINE_MAX_PART];
	passline_write(part, text);
	put_string(r, separator);
	put_string(r, text);
}

/* --- files ----------------------------------------------------------------------- */

/* Finds the end of the last whole line. A crash in the middle of a line leaves a piece of one. */
static off_t end_of_lines(int fd)
{
	char piece[4096];
	off_t end = lseek(fd, 0, SEEK_END);
	while (end > 0) {
		off_t from = end > (off_t)sizeof(piece) ? end - (off_t)sizeof(piece) : 0;
		ssize_t len = pread(fd, piece, (size_t)(end - from), from);
		if (len <= 0)
			return -1;
		while (len > 0 && piece[len - 1] != '\n')
			len--;
		if (len > 0)
			return from + len;
		end = from;
	}
	return end;
}

/* Cuts off what is behind the last whole line, of the file and of what is still to be written. A
 * pipe cannot be cut. */
static bool cut_to_lines(struct record *r)
{
	__fpurge(r->file);
	clearerr(r->file);
	return ftruncate(fileno(r->file), r->whole_bytes) == 0 || errno == EINVAL;
}

static int open_file(struct record *r)
{
	r->file = fopen(r->path, "a+e");
	if (!r->file)
		return -errno;
	setvbuf(r->file, r->buffer, _IOFBF, sizeof(r->buffer));
	r->last_len = 0;
	r->whole_bytes = -1;
	if (!r->is_history || flock(fileno(r->file), LOCK_EX | LOCK_NB) == 0)
		r->whole_bytes = end_of_lines(fileno(r->file));
	if (r->whole_bytes < 0 && errno == ESPIPE)
		r->whole_bytes = 0;
	if (r->whole_bytes >= 0 && cut_to_lines(r))
		return 0;
	int error = errno ? -errno : -EIO;
	fclose(r->file);
	r->file = NULL;
	return error;
}

static void name_of_file(const struct record *r, unsigned i, char name[PATH_MAX + 16])
{
	snprintf(name, PATH_MAX + 16, i ? "%s.%u" : "%s", r->path, i);
}

/* Makes the file the first of the older ones, and begins a new one. */
static int rotate(struct record *r)
{
	char from[PATH_MAX + 16], to[PATH_MAX + 16];
	fclose(r->file);
	r->file = NULL;
	for (unsigned i = RECORD_HISTORY_FILES - 1; i > 0; i--) {
		name_of_file(r, i - 1, from);
		name_of_file(r, i, to);
		rename(from, to); /* one that is missing leaves a gap, which does no harm */
	}
	return open_file(r);
}

/* Writes what has been made as a line, whole or not at all: brief, if the line before has been
 * written to this file. */
static int end_line(struct record *r)
{
	int error = r->file ? 0 : open_file(r);
	if (!r->file) {
		r->len = 0;
		return error;
	}
	struct text line = {r->line, r->len}, last = {r->last, r->last_len};
	size_t brief = r->is_history && last.len ? brief_write(last, line, r->brief, r->size) : 0;
	size_t len = brief ? brief : r->len;
	fwrite(brief ? r->brief : r->line, 1, len, r->file);
	fputc('\n', r->file);
	char *other = r->last;
	r->last = r->line;
	r->last_len = r->len;
	r->line = other;
	r->len = 0;
	if (fflush(r->file) != 0 || ferror(r->file)) {
		error = errno ? -errno : -EIO;
		cut_to_lines(r);
		r->last_len = 0; /* the line that a brief one would need is not there */
		return error;
	}
	r->whole_bytes += (off_t)len + 1;
	return r->is_history && r->whole_bytes >= RECORD_HISTORY_BYTES ? rotate(r) : 0;
}

int record_open(const char *path, unsigned max_guests, bool is_history, struct record **ret_record)
{
	struct record *r = calloc(1, sizeof(*r));
	if (!r)
		return -ENOMEM;
	r->is_history = is_history;
	r->size = LINE_BYTES + (size_t)max_guests * GUEST_BYTES;
	r->line = calloc(1, r->size);
	r->last = calloc(1, r->size);
	r->brief = calloc(1, r->size);
	int error = r->line && r->last && r->brief ? 0 : -ENOMEM;
	if (error == 0 && snprintf(r->path, sizeof(r->path), "%s", path) >= (int)sizeof(r->path))
		error = -ENAMETOOLONG;
	if (error == 0)
		error = open_file(r);
	if (error == 0) {
		put(r, "", &(struct passline){.kind = PASSLINE_BEGIN});
		error = end_line(r);
	}
	if (error < 0)
		record_close(r);
	else
		*ret_record = r;
	return error;
}

void record_close(struct record *r)
{
	if (!r)
		return;
	if (r->file)
		fclose(r->file);
	free(r->line);
	free(r->last);
	free(r->brief);
	free(r);
}

/* --- passes ------------------------------------------------------------------------ */

static void put_conf(struct record *r, const struct config *config)
{
	struct passline part = {.kind = PASSLINE_CONF, .record.conf = {.options = config->conf}};
	strncpy(part.record.conf.policy, config->policy->name, PASSLINE_MAX_POLICY);
	put(r, " | ", &part);
}

static void put_guest(struct record *r, const struct guest *g, const struct guest_view *view,
		      const struct verdict *verdict, uint64_t credit_kib)
{
	bool stays = credit_kib == PLAN_CREDIT_AS_IT_IS;
	struct passline part = {.kind = PASSLINE_GUEST,
				.record.guest = {.name = {g->name, strlen(g->name)},
						 .generation = g->generation,
						 .view = *view,
						 .verdict = *verdict,
						 .credit_stays = stays,
						 .credit_kib = stays ? 0 : credit_kib,
						 .bad_reports = g->bad_report.count,
						 .floods = g->flooded.count,
						 .failed_calls = g->call_failed.count,
						 .alarms = g->n_alarms}};
	struct passline report = {.kind = PASSLINE_REPORT,
				  .record.report = {view->report_ms, view->report}};
	put(r, " | ", &part);
	if (view->has_report)
		put(r, " | ", &report);
}

/* A call that was started for this action in this pass has left its mark in the guest. */
static bool was_set(const struct guest *g, const struct action *a, uint64_t pass_ms)
{
	return g->call_began_ms == pass_ms && g->call_target_kib == a->target_kib;
}

static void put_action(struct record *r, const struct snapshot *snap, const struct guest *g,
		       const struct action *a)
{
	struct passline part = {.kind = PASSLINE_ACTION,
				.record.action = {.domid = snap->guest[a->guest].domid,
						  .target_kib = a->target_kib,
						  .reason = a->reason,
						  .not_set = !was_set(g, a, snap->host.now_ms)}};
	put(r, " | ", &part);
}

int record_pass(struct record *r, const struct config *config, const struct snapshot *snap,
		const struct guests *guests, const struct plan *plan, unsigned cuts)
{
	struct passline pass = {.kind = PASSLINE_PASS,
				.record.pass = {.host = snap->host,
						.n_waiting = plan->n_waiting,
						.real_ms = clock_real_ms(),
						.promised_kib = plan->promised_kib,
						.wake_ms = plan->wake_ms,
						.cuts = cuts}};
	put(r, "", &pass);
	put_conf(r, config);
	for (unsigned i = 0; i < snap->n_guests; i++)
		put_guest(r, &guests->guest[i], &snap->guest[i], &plan->verdict[i],
			  plan->credit_kib[i]);
	for (unsigned i = 0; i < plan->n_actions; i++) {
		const struct action *a = &plan->action[i];
		put_action(r, snap, &guests->guest[a->guest], a);
	}
	return end_line(r);
}

/* --- reading ------------------------------------------------------------------------ */

struct reading {
	lines_take_fn *take;
	void *arg;
	struct record_lost *lost; /* NULL: the first fault ends the reading */
	size_t most_bytes;
	char *whole, *last;
	size_t last_len;
};

static const char *take_line(void *arg, struct text line)
{
	struct reading *r = arg;
	size_t len = line.len;
	if (len && line.at[0] == BRIEF_MARK) {
		struct text last = {r->last, r->last_len};
		len = last.len ? brief_read(last, line, r->whole, r->most_bytes) : 0;
		if (!len)
			return "is brief, and does not belong to the line before it";
	} else if (len <= r->most_bytes) {
		memcpy(r->whole, line.at, len);
	}
	char *whole = r->whole;
	r->whole = r->last;
	r->last = whole;
	r->last_len = len;
	return r->take(r->arg, (struct text){whole, len});
}

/* Brief lines need the line before, which is lost: the next line that counts is a whole one. */
static void lose_line(void *arg, const struct lines_fault *fault)
{
	struct reading *r = arg;
	if (!r->lost->n)
		r->lost->first = *fault;
	r->lost->n++;
	r->last_len = 0;
}

static bool read_lines(const char *path, struct reading *r, struct lines_fault *ret_fault)
{
	r->whole = malloc(r->most_bytes);
	r->last = malloc(r->most_bytes);
	*ret_fault = (struct lines_fault){0, "there is no memory"};
	bool is_read = r->whole && r->last;
	if (is_read && r->lost)
		is_read =
			lines_read_damaged(path, r->most_bytes, take_line, lose_line, r, ret_fault);
	else if (is_read)
		is_read = lines_read(path, r->most_bytes, take_line, r, ret_fault);
	free(r->whole);
	free(r->last);
	return is_read;
}

bool record_read(const char *path, size_t most_bytes, lines_take_fn *take, void *arg,
		 struct lines_fault *ret_fault)
{
	struct reading r = {.take = take, .arg = arg, .most_bytes = most_bytes};
	return read_lines(path, &r, ret_fault);
}

bool record_read_damaged(const char *path, size_t most_bytes, lines_take_fn *take, void *arg,
			 struct record_lost *lost, struct lines_fault *ret_fault)
{
	struct reading r = {.take = take, .arg = arg, .lost = lost, .most_bytes = most_bytes};
	return read_lines(path, &r, ret_fault);
}
