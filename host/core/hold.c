/* SPDX-License-Identifier: MIT */
#include "host/core/hold.h"

#include "common/amount.h"
#include "common/units.h"

uint64_t hold_boot_kib(const struct hold_facts *f, uint64_t now_ms)
{
	return now_ms < f->boot_until_ms && !f->has_report ? f->boot_kib : 0;
}

bool hold_is_running(const struct hold_facts *f)
{
	return f->has_memory && !f->is_paused && !f->is_dying;
}

enum guest_hold hold_judge(const struct hold_facts *f, uint64_t now_ms)
{
	bool is_foreign = source_is_foreign(f->source);
	uint64_t longer_ms = f->is_short && !is_foreign ? HOLD_SHORT_MS : 0;
	uint64_t silent_from_ms = f->report_ms + source_table[f->source].old_ms + longer_ms;
	/* The first rule that applies decides. */
	const struct {
		bool applies;
		enum guest_hold hold;
	} rules[] = {
		{f->is_dying, HOLD_DYING},
		{!f->has_memory, HOLD_BUILDING},
		{f->is_paused, HOLD_PAUSED},
		{now_ms < f->migrating_until_ms, HOLD_MIGRATING},
		{f->has_passthrough, HOLD_PASSTHROUGH},
		{f->is_foreign, HOLD_FOREIGN},
		{now_ms < f->by_hand_until_ms, HOLD_BY_HAND},
		{now_ms < f->call_paused_until_ms, HOLD_CALL_FAILED},
		{f->has_bad_report, HOLD_BAD_REPORT},
		{hold_boot_kib(f, now_ms) != 0, HOLD_NONE},
		{!f->has_agent, HOLD_NO_AGENT},
		{f->is_unproved, HOLD_OLD},
		{!f->has_report, HOLD_NO_AGENT},
		{now_ms > silent_from_ms, is_foreign ? HOLD_OLD : HOLD_SILENT},
	};
	for (unsigned i = 0; i < sizeof(rules) / sizeof(rules[0]); i++)
		if (rules[i].applies)
			return rules[i].hold;
	return HOLD_NONE;
}

void hold_bounds(const struct hold_bounds *b, uint64_t *ret_min_kib, uint64_t *ret_max_kib)
{
	uint64_t max_kib = b->static_max_kib + b->videoram_kib;
	if (b->slack_kib < 0)
		max_kib = amount_less(max_kib, 0 - (uint64_t)b->slack_kib);
	if (b->conf_max_kib)
		max_kib = amount_min(max_kib, b->conf_max_kib);
	*ret_max_kib = units_whole_pages_kib(max_kib);
	*ret_min_kib = units_whole_pages_kib(amount_min(b->conf_min_kib, max_kib));
}

void hold_no_deeper(struct guest_view *g)
{
	uint64_t least_kib = amount_min(amount_min(g->alm_kib, model_heading_kib(g)), g->max_kib);
	g->min_kib = amount_max(g->min_kib, units_whole_pages_kib(least_kib));
}

bool hold_target_is_by_hand(uint64_t target_kib, uint64_t known_kib, uint64_t call_target_kib)
{
	return known_kib && target_kib != known_kib && target_kib != call_target_kib;
}

bool hold_cap_is_raised(uint64_t cap_kib, uint64_t target_kib)
{
	return cap_kib > target_kib + MODEL_LIBXL_SLACK_KIB + HOLD_CAP_NOISE_KIB;
}

const char *hold_check_report(const struct report *report, uint64_t most_kib)
{
	return report->total_kib > most_kib + HOLD_REPORT_SLACK_KIB
		       ? "says it has more memory than Xen gave it"
		       : NULL;
}
