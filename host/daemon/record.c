/* SPDX-License-Identifier: MIT */
#include "host/daemon/record.h"

#include "host/core/passline.h"

#include <errno.h>
#include <stdio.h>
#include <stdio_ext.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct record {
	FILE *file;
	off_t whole_bytes; /* the file up to the end of its last whole line */
	char buffer[1 << 16];
};

static void put(FILE *file, const char *separator, const struct passline *part)
{
	char text[PASSLINE_MAX_PART];
	fputs(separator, file);
	fwrite(text, 1, passline_write(part, text), file);
}

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

/* Ends the line, and has it in the file whole or not at all. Returns 0 or -errno. */
static int end_line(struct record *r)
{
	fputc('\n', r->file);
	bool is_written = fflush(r->file) == 0 && !ferror(r->file);
	int error = is_written ? 0 : errno ? -errno : -EIO;
	if (!is_written) {
		cut_to_lines(r);
		return error;
	}
	off_t end = lseek(fileno(r->file), 0, SEEK_END);
	r->whole_bytes = end > 0 ? end : 0;
	return 0;
}

static int begin(struct record *r)
{
	r->whole_bytes = end_of_lines(fileno(r->file));
	if (r->whole_bytes < 0 && errno == ESPIPE)
		r->whole_bytes = 0;
	if (r->whole_bytes < 0 || !cut_to_lines(r))
		return errno ? -errno : -EIO;
	put(r->file, "", &(struct passline){.kind = PASSLINE_BEGIN});
	return end_line(r);
}

int record_open(const char *path, struct record **ret_record)
{
	struct record *r = malloc(sizeof(*r));
	if (!r)
		return -ENOMEM;
	r->file = fopen(path, "a+e");
	if (!r->file) {
		int error = -errno;
		free(r);
		return error;
	}
	setvbuf(r->file, r->buffer, _IOFBF, sizeof(r->buffer));
	int error = begin(r);
	if (error < 0) {
		record_close(r);
		return error;
	}
	*ret_record = r;
	return 0;
}

void record_close(struct record *r)
{
	if (!r)
		return;
	fclose(r->file);
	free(r);
}

static void put_conf(FILE *file, const struct config *config)
{
	struct passline part = {.kind = PASSLINE_CONF, .record.conf = {.options = config->conf}};
	strncpy(part.record.conf.policy, config->policy->name, PASSLINE_MAX_POLICY);
	put(file, " | ", &part);
}

static void put_guest(FILE *file, const struct guest *g, const struct guest_view *view,
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
	put(file, " | ", &part);
	if (view->has_report)
		put(file, " | ", &report);
}

int record_pass(struct record *r, const struct config *config, const struct snapshot *snap,
		const struct guests *guests, const struct plan *plan, unsigned cuts)
{
	struct passline pass = {.kind = PASSLINE_PASS,
				.record.pass = {.host = snap->host,
						.promised_kib = plan->promised_kib,
						.wake_ms = plan->wake_ms,
						.cuts = cuts}};
	put(r->file, "", &pass);
	put_conf(r->file, config);
	for (unsigned i = 0; i < snap->n_guests; i++)
		put_guest(r->file, &guests->guest[i], &snap->guest[i], &plan->verdict[i],
			  plan->credit_kib[i]);
	for (unsigned i = 0; i < plan->n_actions; i++) {
		const struct action *a = &plan->action[i];
		struct passline part = {
			.kind = PASSLINE_ACTION,
			.record.action = {snap->guest[a->guest].domid, a->target_kib, a->reason}};
		put(r->file, " | ", &part);
	}
	return end_line(r);
}
