/* SPDX-License-Identifier: MIT */
#include "host/daemon/record.h"

#include "host/core/passline.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct record {
	FILE *file;
	char buffer[1 << 16];
};

static void put(FILE *file, const char *separator, const struct passline *part)
{
	char text[PASSLINE_MAX_PART];
	fputs(separator, file);
	fwrite(text, 1, passline_write(part, text), file);
}

int record_open(const char *path, struct record **ret_record)
{
	struct record *r = malloc(sizeof(*r));
	if (!r)
		return -ENOMEM;
	r->file = fopen(path, "ae");
	if (!r->file) {
		int error = -errno;
		free(r);
		return error;
	}
	setvbuf(r->file, r->buffer, _IOFBF, sizeof(r->buffer));
	put(r->file, "", &(struct passline){.kind = PASSLINE_BEGIN});
	fputc('\n', r->file);
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
						.n_waiting = plan->n_waiting,
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
	fputc('\n', r->file);
	return fflush(r->file) == 0 ? 0 : -errno;
}
