/* SPDX-License-Identifier: MIT */
#include "host/exposition/metrics.h"

#include "common/amount.h"

#include <string.h>

/* A row is of the exporter (E), the host (H), the states (S), or a guest (G); HW has a sample for
 * each word, and GL one label more. */
#define ROW(metric, kind, measure, of, shown, more, all, about)                                    \
	{                                                                                          \
		.name = metric, .type = METRICS_##kind, .unit = METRICS_##measure,                 \
		.scope = METRICS_OF_##of, .field = shown, .label = more, .words = all,             \
		.help = about                                                                      \
	}
#define E(name, type, unit, field, help)                                                           \
	ROW("cagma_" #name, type, unit, EXPORTER, SEEN_SELF_INDEX_##field, METRICS_NO_FIELD, NULL, \
	    help)
#define HW(name, type, unit, field, words, help)                                                   \
	ROW("cagma_" #name, type, unit, HOST, TOLD_HOST_INDEX_##field, METRICS_NO_FIELD, words,    \
	    help)
#define H(name, type, unit, field, help) HW(name, type, unit, field, NULL, help)
#define S(name, help)                                                                              \
	ROW("cagma_" #name, GAUGE, NONE, STATE, METRICS_NO_FIELD, METRICS_NO_FIELD, NULL, help)
#define G(name, type, unit, field, help)                                                           \
	ROW("cagma_guest_" #name, type, unit, GUEST, TOLD_GUEST_INDEX_##field, METRICS_NO_FIELD,   \
	    NULL, help)
#define GL(name, type, unit, field, label, help)                                                   \
	ROW("cagma_guest_" #name, type, unit, GUEST, TOLD_GUEST_INDEX_##field,                     \
	    TOLD_GUEST_INDEX_##label, NULL, help)

static const struct metrics_row rows[] = {
	E(up, GAUGE, NONE, is_up, "1 if cagmad answers, 0 if it does not."),
	E(exporter_build_info, INFO, NONE, version, "The exporter's version."),
	E(exporter_start_timestamp_seconds, GAUGE, DATE, started_ms, "When the exporter started."),
	E(exporter_look_timestamp_seconds, GAUGE, TIMESTAMP, age_ms, "When cagmad last answered."),
	E(exporter_looks_total, COUNTER, NONE, looks, "How often cagmad was asked."),
	E(exporter_failed_looks_total, COUNTER, NONE, failed_looks,
	  "How often cagmad gave no answer."),
	E(exporter_left_out_guests, GAUGE, NONE, left_out_guests,
	  "Guests that are not shown, as there are too many."),
	E(exporter_requests_total, COUNTER, NONE, requests,
	  "Requests over HTTP that were answered."),
	E(exporter_dropped_clients_total, COUNTER, NONE, dropped_clients,
	  "Clients over HTTP that were dropped."),

	H(build_info, INFO, NONE, version, "The version of cagmad."),
	H(policy_info, INFO, NONE, policy, "The policy that decides."),
	HW(mode, GAUGE, NONE, mode, told_mode_words,
	   "1 for what cagmad does, of balancing, paused and dry-run; 0 for the others."),
	H(xenstored_up, GAUGE, NONE, is_connected, "1 if xenstored answers cagmad."),
	H(start_timestamp_seconds, GAUGE, TIMESTAMP, uptime_ms, "When cagmad started."),
	H(last_pass_timestamp_seconds, GAUGE, TIMESTAMP, pass_age_ms,
	  "When the last pass was; a second ago if all is well."),
	H(period_seconds, GAUGE, SECONDS, period_ms, "The longest time between two passes."),
	H(passes_total, COUNTER, NONE, passes, "Passes: observe, decide, check, apply, record."),
	H(targets_total, COUNTER, NONE, targets, "Targets of guests that were set."),
	H(failed_calls_total, COUNTER, NONE, failed_calls, "Calls of libxl that failed."),
	H(refused_actions_total, COUNTER, NONE, cuts,
	  "Actions of plans that the safety contract refused; each is a bug of the policy."),
	H(lost_connections_total, COUNTER, NONE, lost_connections,
	  "Times that xenstored was lost."),
	H(host_memory_bytes, GAUGE, BYTES, total_kib, "The host's memory."),
	H(host_free_bytes, GAUGE, BYTES, free_kib,
	  "Free memory of the host by Xen, claims included."),
	H(host_claimed_bytes, GAUGE, BYTES, claimed_kib, "Claimed by guests that are being built."),
	H(host_rebooting_bytes, GAUGE, BYTES, rebooting_kib, "Kept for guests that reboot."),
	H(host_reserved_bytes, GAUGE, BYTES, reserved_kib, "Kept for reservations."),
	H(host_promised_bytes, GAUGE, BYTES, promised_kib,
	  "Growth of guests that waits for pages of others."),
	H(host_reserve_bytes, GAUGE, BYTES, reserve_kib,
	  "The reserve that is kept for alarms, as configured."),
	H(host_available_bytes, GAUGE, BYTES, available_kib,
	  "What a new guest could have: what is free and what guests could give, less the "
	  "reserve."),
	H(host_capacity_bytes, GAUGE, BYTES, capacity_kib,
	  "What guests can hold together: what is free and what they hold, less the reserve."),
	H(host_short_bytes, GAUGE, BYTES, short_kib, "What guests lack and cannot be given."),
	H(host_short_seconds, GAUGE, SECONDS, short_ms,
	  "For how long some guest has lacked memory; 5 s without a lack end that."),
	H(host_is_building, GAUGE, NONE, xl_is_building,
	  "1 while xl builds a guest, so that nobody may grow."),
	H(short_guests, GAUGE, NONE, short_guests,
	  "Guests with less available memory than is to be guaranteed."),
	H(alarmed_guests, GAUGE, NONE, alarmed_guests, "Guests in alarm."),
	S(guests,
	  "Guests in each state: managed, or why they are left alone, such as agent-silent."),

	G(held_bytes, GAUGE, BYTES, alm_kib, "ALM: what the guest holds by Xen."),
	G(target_bytes, GAUGE, BYTES, target_kib, "What the guest was last asked to hold."),
	G(min_bytes, GAUGE, BYTES, min_kib, "The guest is not taken below this."),
	G(max_bytes, GAUGE, BYTES, max_kib, "The guest is not grown above this."),
	G(static_max_bytes, GAUGE, BYTES, static_max_kib, "The most that the guest was built for."),
	G(available_bytes, GAUGE, BYTES, avail_kib, "AVM: available memory inside the guest."),
	G(cma_bytes, GAUGE, BYTES, cma_kib, "CMA: the available memory that is to be guaranteed."),
	G(used_bytes, GAUGE, BYTES, use_kib,
	  "Memory in use inside the guest, with what is wanted back from swap."),
	G(want_bytes, GAUGE, BYTES, want_kib,
	  "What the guest would have to hold for its available memory to be its CMA."),
	G(goal_bytes, GAUGE, BYTES, goal_kib, "What the last pass gives the guest."),
	G(lasting_bytes, GAUGE, BYTES, lasting_kib,
	  "What the guest needs lastingly, for engines that move guests to other hosts."),
	G(may_leave, GAUGE, NONE, may_leave, "1 if the guest may be moved to another host."),
	G(memory_bytes, GAUGE, BYTES, total_kib, "MemTotal inside the guest."),
	G(swap_bytes, GAUGE, BYTES, swap_total_kib, "The guest's swap."),
	G(swap_free_bytes, GAUGE, BYTES, swap_free_kib, "Free swap of the guest."),
	G(weight, GAUGE, NONE, weight, "The guest's share when not all wants fit."),
	G(state, GAUGE, NONE, state, "1 for the guest's state: managed, or why it is left alone."),
	GL(agent_info, INFO, NONE, source, agent_version, "Who reports from the guest."),
	G(report_timestamp_seconds, GAUGE, TIMESTAMP, report_age_ms,
	  "When the guest last reported."),
	G(is_alarmed, GAUGE, NONE, is_alarmed, "1 while the guest is in alarm."),
	G(is_doubted, GAUGE, NONE, is_doubted,
	  "1 if the guest does not begin to give what it was asked for."),
	G(does_not_take, GAUGE, NONE, does_not_take,
	  "1 if the guest does not take what it was promised."),
	GL(change_timestamp_seconds, GAUGE, TIMESTAMP, reason_age_ms, reason,
	   "When the guest's target was last changed, and why."),
	G(alarms_total, COUNTER, NONE, alarms, "Alarms of the guest."),
	G(bad_reports_total, COUNTER, NONE, bad_reports,
	  "Reports of the guest that make no sense."),
	G(floods_total, COUNTER, NONE, floods, "Times that the guest wrote too fast."),
	G(failed_calls_total, COUNTER, NONE, failed_calls,
	  "Calls of libxl for the guest that failed."),
};
#undef ROW
#undef E
#undef H
#undef HW
#undef S
#undef G
#undef GL

enum { ROWS = sizeof(rows) / sizeof(rows[0]) };

const struct metrics_row *metrics_at(unsigned i)
{
	return i < ROWS ? &rows[i] : NULL;
}

/* --- which format ------------------------------------------------------------ */

static const char *const media_types[] = {
	[METRICS_OPENMETRICS] = "application/openmetrics-text; version=1.0.0; charset=utf-8",
	[METRICS_TEXT] = "text/plain; version=0.0.4; charset=utf-8",
};

const char *metrics_media_type(enum metrics_format format)
{
	return media_types[format];
}

enum metrics_format metrics_choose(const char *accept)
{
	static const char wanted[] = "application/openmetrics-text";
	struct text rest = {accept, accept ? strlen(accept) : 0}, one;
	while (text_cut(&rest, ',', &one)) {
		while (one.len && *one.at == ' ') {
			one.at++;
			one.len--;
		}
		size_t len = sizeof(wanted) - 1;
		if (one.len >= len && memcmp(one.at, wanted, len) == 0 &&
		    (one.len == len || one.at[len] == ';' || one.at[len] == ' '))
			return METRICS_OPENMETRICS;
	}
	return METRICS_TEXT;
}

/* --- writing ------------------------------------------------------------------- */

/* A record and its table. */
struct record {
	const struct line_format *format;
	const void *at;
	uint64_t present;
};

static const char *const type_words[] = {
	[METRICS_GAUGE] = "gauge", [METRICS_COUNTER] = "counter", [METRICS_INFO] = "info"};

static const char *const unit_words[] = {[METRICS_NONE] = NULL,
					 [METRICS_BYTES] = "bytes",
					 [METRICS_SECONDS] = "seconds",
					 [METRICS_TIMESTAMP] = "seconds",
					 [METRICS_DATE] = "seconds"};

/* The name of the family: in OpenMetrics without what the samples of its type end with. */
static void add_family(struct output *o, const struct metrics_row *row, enum metrics_format format)
{
	static const size_t endings[] = {[METRICS_GAUGE] = 0,
					 [METRICS_COUNTER] = sizeof("_total") - 1,
					 [METRICS_INFO] = sizeof("_info") - 1};
	char name[64];
	size_t len = strlen(row->name);
	if (format == METRICS_OPENMETRICS)
		len -= endings[row->type];
	memcpy(name, row->name, len);
	name[len] = '\0';
	output_add(o, name);
}

static void add_line(struct output *o, const char *what, const struct metrics_row *row,
		     enum metrics_format format, const char *words)
{
	output_add(o, what);
	add_family(o, row, format);
	output_add(o, " ");
	output_add(o, words);
	output_add(o, "\n");
}

static void add_head(struct output *o, const struct metrics_row *row, enum metrics_format format)
{
	bool is_open = format == METRICS_OPENMETRICS;
	const char *type = !is_open && row->type == METRICS_INFO ? type_words[METRICS_GAUGE]
								 : type_words[row->type];
	add_line(o, "# HELP ", row, format, row->help);
	add_line(o, "# TYPE ", row, format, type);
	if (is_open && unit_words[row->unit])
		add_line(o, "# UNIT ", row, format, unit_words[row->unit]);
}

/* Begins the labels, or goes on with them. */
static void add_name(struct output *o, bool *has_one, const char *name)
{
	output_add(o, *has_one ? "," : "{");
	output_add(o, name);
	output_add(o, "=");
	*has_one = true;
}

static bool has(const struct record *record, int field)
{
	return field >= 0 && (record->present >> field & 1);
}

/* Adds the field as a label, if it is a word that is known. */
static void add_word(struct output *o, bool *has_one, const struct record *record, int field)
{
	const struct line_field *f = &record->format->field[field < 0 ? 0 : field];
	if (!has(record, field) || f->kind != LINE_WORD)
		return;
	add_name(o, has_one, f->name);
	output_add_label(o, (const char *)record->at + f->offset);
}

static uint64_t number_of(const struct record *record, int field)
{
	const struct line_field *f = &record->format->field[field];
	const char *at = (const char *)record->at + f->offset;
	uint64_t number = 1; /* of a word, which is a label */
	bool flag;
	if (f->kind == LINE_NUMBER)
		memcpy(&number, at, sizeof(number));
	if (f->kind == LINE_FLAG) {
		memcpy(&flag, at, sizeof(flag));
		number = flag;
	}
	return number;
}

/* `told_ms`: when the record was told, since 1970; its ages are before that. */
static void add_value(struct output *o, enum metrics_unit unit, uint64_t number, uint64_t told_ms)
{
	output_add(o, " ");
	switch (unit) {
	case METRICS_NONE:
		output_add_number(o, number);
		break;
	case METRICS_BYTES:
		output_add_number(o, number * 1024);
		break;
	case METRICS_SECONDS:
	case METRICS_DATE:
		output_add_seconds(o, number);
		break;
	case METRICS_TIMESTAMP:
		output_add_seconds(o, amount_less(told_ms, number));
		break;
	}
	output_add(o, "\n");
}

static void add_sample(struct output *o, const struct metrics_row *row, const struct record *record,
		       const struct told_guest *guest, uint64_t told_ms)
{
	bool has_label = false;
	if (!has(record, row->field))
		return;
	output_add(o, row->name);
	if (guest) {
		add_name(o, &has_label, "guest");
		output_add_label(o, guest->name);
		add_name(o, &has_label, "domid");
		output_add(o, "\"");
		output_add_number(o, guest->domid);
		output_add(o, "\"");
	}
	add_word(o, &has_label, record, row->field);
	add_word(o, &has_label, record, row->label);
	if (has_label)
		output_add(o, "}");
	add_value(o, row->unit, number_of(record, row->field), told_ms);
}

/* One sample for each word that the field may be. */
static void add_choices(struct output *o, const struct metrics_row *row,
			const struct record *record)
{
	const struct line_field *f = &record->format->field[row->field];
	const char *is = (const char *)record->at + f->offset;
	if (!has(record, row->field))
		return;
	for (const char *const *word = row->words; *word; word++) {
		bool has_label = false;
		output_add(o, row->name);
		add_name(o, &has_label, f->name);
		output_add_label(o, *word);
		output_add(o, "}");
		add_value(o, METRICS_NONE, strcmp(is, *word) == 0, 0);
	}
}

static void add_states(struct output *o, const struct metrics_row *row, const struct seen *seen)
{
	for (unsigned i = 0; i < HOLD_COUNT_; i++) {
		bool has_label = false;
		output_add(o, row->name);
		add_name(o, &has_label, "state");
		output_add_label(o, model_hold_words[i]);
		output_add(o, "}");
		add_value(o, METRICS_NONE, seen->state[i], 0);
	}
}

static void add_samples(struct output *o, const struct metrics_row *row, const struct seen *seen)
{
	uint64_t told_ms = amount_less(seen->real_ms, seen->self.age_ms);
	struct record host = {&told_host_format, &seen->host, seen->host.present};
	struct record self = {&seen_self_format, &seen->self, seen->self.present};
	switch (row->scope) {
	case METRICS_OF_EXPORTER:
		add_sample(o, row, &self, NULL, seen->real_ms);
		break;
	case METRICS_OF_HOST:
		if (row->words)
			add_choices(o, row, &host);
		else
			add_sample(o, row, &host, NULL, told_ms);
		break;
	case METRICS_OF_STATE:
		add_states(o, row, seen);
		break;
	case METRICS_OF_GUEST:
		for (unsigned i = 0; i < seen->n; i++) {
			struct record guest = {&told_guest_format, &seen->guest[i],
					       seen->guest[i].present};
			add_sample(o, row, &guest, &seen->guest[i], told_ms);
		}
		break;
	}
}

void metrics_write(const struct seen *seen, enum metrics_format format, struct output *o)
{
	for (unsigned i = 0; i < ROWS; i++) {
		if (rows[i].scope != METRICS_OF_EXPORTER && !seen->self.is_up)
			continue;
		add_head(o, &rows[i], format);
		add_samples(o, &rows[i], seen);
	}
	if (format == METRICS_OPENMETRICS)
		output_add(o, "# EOF\n");
}
