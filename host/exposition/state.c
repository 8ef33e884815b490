/* SPDX-License-Identifier: MIT */
#include "host/exposition/state.h"

#include "common/amount.h"
#include "host/show/words.h"

static void add_object(struct output *o, const char *name, const struct line_format *format,
		       const void *record, uint64_t present)
{
	output_add(o, "\"");
	output_add(o, name);
	output_add(o, "\":{");
	output_add_members(o, format, record, present);
	output_add(o, "}");
}

static void add_states(struct output *o, const struct seen *seen)
{
	bool has_one = false;
	output_add(o, "\"states\":{");
	for (unsigned i = 0; i < HOLD_COUNT_; i++) {
		if (!seen->state[i])
			continue;
		output_add(o, has_one ? "," : "");
		output_add_string(o, model_hold_words[i]);
		output_add(o, ":");
		output_add_number(o, seen->state[i]);
		has_one = true;
	}
	output_add(o, "}");
}

static void add_amount(struct output *o, uint32_t mib, const char *behind)
{
	if (mib == TREND_UNKNOWN)
		output_add(o, "null");
	else
		output_add_number(o, mib);
	output_add(o, behind);
}

static void add_trend(struct output *o, const struct trend_guest *guest, uint64_t from, uint64_t to)
{
	output_add(o, "\"trend\":[");
	for (uint64_t step = from; guest && step <= to; step++) {
		struct trend_slot slot = trend_slot(guest, step);
		output_add(o, step > from ? "," : "");
		if (slot.held_mib == TREND_UNKNOWN) {
			output_add(o, "null");
			continue;
		}
		output_add(o, "[");
		add_amount(o, slot.held_mib, ",");
		add_amount(o, slot.used_mib, ",");
		add_amount(o, slot.cma_mib, ",");
		add_amount(o, slot.want_mib, "]");
	}
	output_add(o, "]");
}

static void add_text(struct output *o, const char *name, const char *text)
{
	if (!text)
		return;
	output_add(o, "\"");
	output_add(o, name);
	output_add(o, "\":");
	output_add_string(o, text);
	output_add(o, ",");
}

static void add_guest(struct output *o, const struct told_guest *guest, struct trend *trend,
		      uint64_t from)
{
	const struct trend_guest *place = trend_find(trend, guest->domid);
	if (place)
		trend->next = (unsigned)(place - trend->guest) + 1;
	output_add(o, "{");
	if (output_add_members(o, &told_guest_format, guest, guest->present))
		output_add(o, ",");
	add_text(o, "state_text", words_of_hold(guest->state));
	add_text(o, "reason_text", words_of_reason(guest->reason));
	add_trend(o, place, from, trend->step);
	output_add(o, "}");
}

void state_write(const struct seen *seen, const struct trend *trend, uint64_t from,
		 struct output *o)
{
	struct trend at = *trend; /* remembers where the next guest's place is likely to be */
	at.next = 0;
	from = amount_max(from, trend_first(trend));
	output_add(o, "{");
	add_object(o, "self", &seen_self_format, &seen->self, seen->self.present);
	output_add(o, ",");
	add_object(o, "host", &told_host_format, &seen->host, seen->host.present);
	output_add(o, ",");
	add_states(o, seen);
	output_add(o, ",\"trend\":{\"step_ms\":");
	output_add_number(o, TREND_STEP_MS);
	output_add(o, ",\"from\":");
	output_add_number(o, from);
	output_add(o, ",\"to\":");
	output_add_number(o, trend->step);
	output_add(o, "},\"guests\":[");
	for (unsigned i = 0; i < seen->n; i++) {
		output_add(o, i ? "," : "");
		add_guest(o, &seen->guest[i], &at, from);
	}
	output_add(o, "]}\n");
}
