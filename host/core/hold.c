/* SPDX-License-Identifier: MIT */
#include "host/core/hold.h"

#include "common/amount.h"
#include "common/units.h"

#define PERMYRIAD 10000u

uint64_t hold_boot_kib(const struct hold_facts *f, uint64_t now_ms)
{
	bool boots = now_ms < f->boot_until_ms && !f->has_report && !f->is_dying;
	return boots ? f->boot_kib : 0;
}

bool hold_is_running(const struct hold_facts *f)
{
	return f->has_memory && !f->is_paused && !f->is_dying;
}

bool hold_is_silent(const struct hold_facts *f, uint64_t now_ms)
{
	uint64_t longer_ms = f->is_short && !source_is_foreign(f->source) ? HOLD_SHORT_MS : 0;
	uint64_t silent_from_ms = f->report_ms + source_table[f->source].old_ms + longer_ms;
	return now_ms > silent_from_ms;
}

bool hold_stands_shut_down(const struct hold_facts *f, uint64_t now_ms)
{
	return f->has_memory && f->is_dying && !f->is_torn_down &&
	       now_ms >= f->migrating_until_ms && now_ms >= f->call_paused_until_ms;
}

enum guest_hold hold_judge(const struct hold_facts *f, uint64_t now_ms)
{
	bool is_foreign = source_is_foreign(f->source);
	/* The first rule that applies decides. */
	const struct {
		bool applies;
		enum guest_hold hold;
	} rules[] = {
		{f->is_dying && now_ms >= f->migrating_until_ms, HOLD_DYING},
		{!f->has_memory, HOLD_BUILDING},
		{f->is_paused, HOLD_PAUSED},
		{now_ms < f->migrating_until_ms, HOLD_MIGRATING},
		{f->has_passthrough, HOLD_PASSTHROUGH},
		{f->is_foreign, HOLD_FOREIGN},
		{now_ms < f->asked_until_ms, HOLD_ASKED},
		{now_ms < f->by_hand_until_ms, HOLD_BY_HAND},
		{now_ms < f->call_paused_until_ms, HOLD_CALL_FAILED},
		{f->has_bad_report, HOLD_BAD_REPORT},
		{hold_boot_kib(f, now_ms) != 0, HOLD_BOOTING},
		{!f->has_agent, HOLD_NO_AGENT},
		{f->is_unproved, HOLD_OLD},
		{!f->has_report, HOLD_NO_AGENT},
		{hold_is_silent(f, now_ms), is_foreign ? HOLD_OLD : HOLD_SILENT},
		{!is_foreign && !f->is_report_proven, HOLD_UNPROVEN},
	};
	for (unsigned i = 0; i < sizeof(rules) / sizeof(rules[0]); i++)
		if (rules[i].applies)
			return rules[i].hold;
	return HOLD_NONE;
}

uint64_t hold_left_ms(const struct hold_facts *f, uint64_t now_ms)
{
	const struct {
		enum guest_hold hold;
		uint64_t until_ms;
	} timed[] = {
		{HOLD_MIGRATING, f->migrating_until_ms},
		{HOLD_ASKED, f->asked_until_ms == UINT64_MAX ? 0 : f->asked_until_ms},
		{HOLD_BY_HAND, f->by_hand_until_ms},
		{HOLD_CALL_FAILED, f->call_paused_until_ms},
		{HOLD_BOOTING, f->boot_until_ms},
	};
	enum guest_hold hold = hold_judge(f, now_ms);
	for (unsigned i = 0; i < sizeof(timed) / sizeof(timed[0]); i++)
		if (timed[i].hold == hold)
			return amount_less(timed[i].until_ms, now_ms);
	return 0;
}

uint64_t hold_call_pause_ms(uint64_t n_refused)
{
	uint64_t pause_ms = HOLD_CALL_FIRST_MS;
	for (uint64_t i = 1; i < n_refused && pause_ms < HOLD_CALL_MOST_MS; i++)
		pause_ms *= 2;
	return amount_min(pause_ms, HOLD_CALL_MOST_MS);
}

void hold_lift(struct hold_facts *f)
{
	f->asked_until_ms = 0;
	f->by_hand_until_ms = 0;
}

bool hold_xl_is_building(uint64_t held_ms, uint64_t now_ms)
{
	return held_ms && now_ms < held_ms + HOLD_XL_MS;
}

void hold_bounds(const struct hold_bounds *b, uint64_t *ret_min_kib, uint64_t *ret_max_kib)
{
	uint64_t max_kib = b->static_max_kib + b->videoram_kib;
	if (b->slack_kib < 0)
		max_kib = amount_less(max_kib, 0 - (uint64_t)b->slack_kib);
	else
		max_kib += amount_min((uint64_t)b->slack_kib, max_kib);
	if (b->conf_max_kib)
		max_kib = amount_min(max_kib, b->conf_max_kib);
	*ret_max_kib = units_whole_pages_kib(max_kib);
	*ret_min_kib = units_whole_pages_kib(amount_min(b->conf_min_kib, max_kib));
}

/* Where a balloon rests whose guest was built with the target, or told it by hand. */
static uint64_t own_reach_kib(uint64_t target_kib, int64_t slack_kib)
{
	return slack_kib < 0 ? amount_less(target_kib, 0 - (uint64_t)slack_kib)
			     : target_kib + amount_min((uint64_t)slack_kib, HOLD_OWN_SLACK_KIB);
}

uint64_t hold_guaranteed_kib(const struct hold_bounds *b, uint64_t min_kib, uint64_t max_kib)
{
	uint64_t kib = b->conf_guaranteed_kib;
	if (!kib && b->built_kib)
		kib = own_reach_kib(b->built_kib, b->slack_kib) * b->guaranteed_permyriad /
		      PERMYRIAD;
	return units_whole_pages_kib(amount_min(amount_max(kib, min_kib), max_kib));
}

uint64_t hold_lent_kib(const struct hold_bounds *b, uint64_t alm_kib)
{
	return b->own_kib ? amount_less(alm_kib, own_reach_kib(b->own_kib, b->slack_kib)) : 0;
}

uint32_t hold_weight(uint64_t guaranteed_kib)
{
	uint64_t mib = amount_max(guaranteed_kib / UNITS_KIB_PER_MIB, 1);
	return (uint32_t)amount_min(mib, OPTIONS_MAX_WEIGHT);
}

void hold_no_deeper(struct guest_view *g)
{
	uint64_t own_kib = amount_less(g->alm_kib, g->lent_kib);
	uint64_t least_kib = amount_min(amount_min(own_kib, model_heading_kib(g)), g->max_kib);
	g->min_kib = amount_max(g->min_kib, units_whole_pages_kib(least_kib));
}

bool hold_target_is_by_hand(uint64_t target_kib, uint64_t known_kib, uint64_t call_target_kib)
{
	return known_kib && target_kib != known_kib && target_kib != call_target_kib;
}

bool hold_is_sweep(unsigned n_moved, unsigned n_guests)
{
	return n_moved >= 2 && (n_moved == n_guests || (n_moved >= 3 && 2 * n_moved > n_guests));
}

bool hold_cap_is_raised(uint64_t cap_kib, uint64_t reach_kib, uint64_t videoram_kib)
{
	return cap_kib > reach_kib + MODEL_LIBXL_SLACK_KIB + hold_cap_noise_kib(videoram_kib);
}

const char *hold_check_report(const struct report *report, uint64_t most_kib)
{
	return report->total_kib > most_kib + HOLD_REPORT_SLACK_KIB
		       ? "says it has more memory than Xen gave it"
		       : NULL;
}
