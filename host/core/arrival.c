/* SPDX-License-Identifier: MIT */
#include "host/core/arrival.h"

#include "common/amount.h"
#include "common/units.h"

static int64_t offset_kib(uint64_t alm_kib, const struct guest_view *guest)
{
	return (int64_t)alm_kib - (int64_t)guest->report.total_kib;
}

/* The part of the first that is beyond the second. */
static uint64_t beyond_kib(int64_t kib, int64_t base_kib)
{
	return kib > base_kib ? (uint64_t)(kib - base_kib) : 0;
}

static void note_alm(struct arrival *a, uint64_t now_ms, const struct guest_view *guest)
{
	if (a->since_ms && now_ms < a->since_ms + ARRIVAL_MS)
		return;
	a->then_ms = a->since_ms;
	a->then_kib = a->since_kib;
	a->since_ms = now_ms;
	a->since_kib = guest->alm_kib;
}

static void set_base(struct arrival *a, const struct guest_view *guest)
{
	a->base_kib = guest->alm_kib;
	a->base_offset_kib = offset_kib(guest->alm_kib, guest);
}

static void set_ceiling(struct arrival *a, uint64_t now_ms, const struct guest_view *guest)
{
	a->pause_ms = a->ceiling_kib ? 2 * a->pause_ms : ARRIVAL_RETRY_MS;
	a->try_ms = now_ms + a->pause_ms;
	a->ceiling_kib = guest->alm_kib;
	a->is_doubted = false;
	set_base(a, guest);
}

/* What this look misses is a ceiling if an earlier look has missed memory too. */
static void miss(struct arrival *a, uint64_t now_ms, const struct guest_view *guest)
{
	uint64_t uptime_ms = guest->report.uptime_ms;
	if (!a->is_doubted) {
		a->doubted_uptime_ms = uptime_ms;
		a->doubted_ms = now_ms;
	}
	a->is_doubted = true;
	if (uptime_ms >= a->doubted_uptime_ms + ARRIVAL_CONFIRM_MS ||
	    now_ms >= a->doubted_ms + ARRIVAL_CONFIRM_READ_MS)
		set_ceiling(a, now_ms, guest);
}

/* A ceiling stays until more than that has arrived; that the guest grows back to it from below says
 * nothing. */
static void find_all_there(struct arrival *a, uint64_t due_kib, const struct guest_view *guest)
{
	int64_t now_kib = offset_kib(guest->alm_kib, guest);
	bool has_passed = due_kib >= a->ceiling_kib + ARRIVAL_LOST_KIB;
	bool is_all_due = guest->at_rest && due_kib == guest->alm_kib;
	bool has_come =
		is_all_due && beyond_kib(a->base_offset_kib, now_kib) >= (uint64_t)ARRIVAL_LOST_KIB;
	a->is_doubted = false;
	if (a->ceiling_kib && (has_passed || has_come))
		a->ceiling_kib = 0;
	if (is_all_due)
		set_base(a, guest);
}

static void judge(struct arrival *a, uint64_t now_ms, const struct guest_view *guest)
{
	/* what came since `then` may be missing, and what has gone since then may still be seen */
	uint64_t due_kib = amount_min(a->then_kib, guest->alm_kib);
	uint64_t given_kib = amount_less(due_kib, a->base_kib);
	uint64_t missing_kib = beyond_kib(offset_kib(due_kib, guest), a->base_offset_kib);
	if (given_kib && missing_kib * ARRIVAL_LOST_SHARE > given_kib) {
		if (missing_kib >= ARRIVAL_LOST_KIB)
			miss(a, now_ms, guest);
	} else {
		find_all_there(a, due_kib, guest);
	}
}

static void limit(const struct arrival *a, uint64_t now_ms, struct guest_view *guest)
{
	bool is_tried = now_ms >= a->try_ms;
	uint64_t top_kib = UINT64_MAX;
	if (a->is_doubted)
		top_kib = amount_max(model_heading_kib(guest), guest->alm_kib);
	else if (a->ceiling_kib)
		top_kib = a->ceiling_kib + (is_tried ? ARRIVAL_TRY_KIB : 0);
	/* a max below the ALM would take memory from the guest */
	top_kib = amount_max(top_kib, guest->alm_kib);
	guest->max_kib = units_whole_pages_kib(amount_min(guest->max_kib, top_kib));
	guest->min_kib = amount_min(guest->min_kib, guest->max_kib);
	if (a->ceiling_kib && !a->is_doubted && !is_tried && guest->hold == HOLD_NONE)
		guest->hold = HOLD_UNARRIVED;
}

void arrival_observe(struct arrival *a, uint64_t now_ms, struct guest_view *guest)
{
	if (source_is_foreign(guest->source)) {
		*a = (struct arrival){0};
		return;
	}
	note_alm(a, now_ms, guest);
	if (!guest->has_report)
		return;
	if (!a->report_ms)
		set_base(a, guest);
	else if (a->then_ms && guest->report_ms != a->report_ms)
		judge(a, now_ms, guest);
	a->report_ms = guest->report_ms;
	limit(a, now_ms, guest);
}
