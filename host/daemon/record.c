/* SPDX-License-Identifier: MIT */
#include "host/daemon/record.h"

#include "common/report.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct record {
	FILE *file;
	char buffer[1 << 16];
};

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
	fputs("begin\n", r->file);
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

static void print_conf(FILE *file, const struct config *config)
{
	fprintf(file, " | conf policy=%s", config->policy->name);
#define X(name, member, ...) fprintf(file, " " #member "=%" PRIu64, config->conf.member);
	OPTIONS_POLICY(X)
#undef X
}

/* A name may hold spaces and bars, which separate words and parts in a record. */
static void print_name(FILE *file, const char *name)
{
	char word[CONFIG_MAX_NAME + 1];
	text_printable((struct text){name, strlen(name)}, " |=", word, sizeof(word));
	fprintf(file, " | guest name=%s", word[0] ? word : "?");
}

static void print_guest(FILE *file, const struct guest *g, const struct guest_view *v,
			const struct verdict *verdict)
{
	char report[KEYS_MAX_VALUE + 1];
	print_name(file, g->name);
	fprintf(file,
		" domid=%" PRIu32 " hold=%s alm_kib=%" PRIu64 " cap_kib=%" PRIu64
		" target_kib=%" PRIu64 " slack_kib=%" PRId64 " latency_ms=%" PRIu64
		" at_rest=%d gave_up=%d is_doubted=%d"
		" min_kib=%" PRIu64 " max_kib=%" PRIu64 " weight=%" PRIu32 " bad_reports=%" PRIu64
		" floods=%" PRIu64 " failed_calls=%" PRIu64 " alarms=%" PRIu64
		" is_alarmed=%d may_have_credit=%d is_credited=%d is_being_told=%d grew_itself=%d"
		" can_alarm=%d boot_kib=%" PRIu64 " fill_kib_s=%" PRIu64 " speed_kib_s=%" PRIu64,
		v->domid, model_hold_word(v->hold), v->alm_kib, v->cap_kib, v->target_kib,
		v->slack_kib, v->latency_ms, v->at_rest, v->gave_up, v->is_doubted, v->min_kib,
		v->max_kib, v->weight, g->bad_report.count, g->flooded.count, g->call_failed.count,
		g->n_alarms, v->is_alarmed, v->may_have_credit, v->is_credited, v->is_being_told,
		v->grew_itself, v->can_alarm, v->boot_kib, v->fill_kib_s, v->speed_kib_s);
	fprintf(file,
		" offset_kib=%" PRIu64 " use_kib=%" PRIu64 " demand_kib=%" PRIu64
		" cma_kib=%" PRIu64 " want_kib=%" PRIu64 " goal_kib=%" PRIu64,
		verdict->offset_kib, verdict->use_kib, verdict->demand_kib, verdict->cma_kib,
		verdict->want_kib, verdict->goal_kib);
	if (v->has_report && report_write(&v->report, report, sizeof(report)))
		fprintf(file, " | report report_ms=%" PRIu64 " %s", v->report_ms, report);
}

int record_pass(struct record *r, const struct config *config, const struct snapshot *snap,
		const struct guests *guests, const struct plan *plan, unsigned cuts)
{
	const struct host_view *h = &snap->host;
	fprintf(r->file,
		"pass now_ms=%" PRIu64 " total_kib=%" PRIu64 " free_kib=%" PRIu64
		" outstanding_kib=%" PRIu64 " held_kib=%" PRIu64 " reserved_kib=%" PRIu64
		" xl_is_building=%d promised_kib=%" PRIu64 " cuts=%u",
		h->now_ms, h->total_kib, h->free_kib, h->outstanding_kib, h->held_kib,
		h->reserved_kib, h->xl_is_building, plan->promised_kib, cuts);
	print_conf(r->file, config);
	for (unsigned i = 0; i < snap->n_guests; i++)
		print_guest(r->file, &guests->guest[i], &snap->guest[i], &plan->verdict[i]);
	for (unsigned i = 0; i < plan->n_actions; i++) {
		const struct action *a = &plan->action[i];
		fprintf(r->file, " | action domid=%" PRIu32 " target_kib=%" PRIu64 " reason=%s",
			snap->guest[a->guest].domid, a->target_kib, model_reason_word(a->reason));
	}
	fputc('\n', r->file);
	return fflush(r->file) == 0 ? 0 : -errno;
}
