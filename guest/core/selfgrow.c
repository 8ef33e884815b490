/* SPDX-License-Identifier: MIT */
#include "guest/core/selfgrow.h"

#include "common/amount.h"

#define PAGE_KIB UINT64_C(4)

#define BALLOON                                                                                    \
	(REPORT_BIT(balloon_current_kib) | REPORT_BIT(balloon_target_kib) |                        \
	 REPORT_BIT(balloon_low_kib) | REPORT_BIT(balloon_high_kib))

static bool has_balloon(const struct report *report)
{
	return (report->present & BALLOON) == BALLOON;
}

void selfgrow_looked(struct selfgrow *grow, const struct report *now)
{
	if (!has_balloon(now))
		return;
	if (now->balloon_target_kib != grow->own_kib) {
		grow->own_kib = 0;
		grow->host_kib = now->balloon_target_kib;
	}
	if (now->balloon_current_kib > grow->current_kib) {
		grow->moved_ms = now->uptime_ms;
		grow->has_moved = true;
	}
	grow->current_kib = now->balloon_current_kib;
}

static uint64_t pending_kib(const struct selfgrow *grow)
{
	return amount_less(grow->own_kib, grow->current_kib);
}

bool selfgrow_is_pending(const struct selfgrow *grow)
{
	return pending_kib(grow) > 0;
}

void selfgrow_renewed(struct selfgrow *grow, uint64_t credit_kib)
{
	grow->most_kib = grow->current_kib + credit_kib;
	grow->credit_kib = amount_less(credit_kib, pending_kib(grow));
	grow->is_refused = false;
}

uint64_t selfgrow_target_kib(const struct selfgrow *grow, const struct report *now,
			     uint64_t lack_kib)
{
	if (!has_balloon(now) || grow->is_refused || (pending_kib(grow) && !grow->has_moved))
		return 0;
	uint64_t current_kib = now->balloon_current_kib;
	/* memory that is on its way is granted already, by the host or out of the credit */
	uint64_t granted_kib = amount_max(now->balloon_target_kib, current_kib);
	uint64_t target_kib = current_kib + amount_max(lack_kib, SELFGROW_MIN_STEP_KIB);
	target_kib = amount_min(target_kib, granted_kib + grow->credit_kib);
	target_kib =
		amount_min(target_kib, current_kib + now->balloon_low_kib + now->balloon_high_kib);
	target_kib -= target_kib % PAGE_KIB;
	return target_kib >= granted_kib + SELFGROW_MIN_STEP_KIB ? target_kib : 0;
}

uint64_t selfgrow_back_kib(const struct selfgrow *grow, uint64_t now_ms)
{
	bool has_stopped = now_ms >= grow->moved_ms + SELFGROW_REFUSED_MS;
	uint64_t back_kib = has_stopped ? grow->current_kib : grow->most_kib;
	back_kib = amount_max(amount_max(back_kib, grow->host_kib), grow->current_kib);
	back_kib -= back_kib % PAGE_KIB;
	return pending_kib(grow) && back_kib < grow->own_kib ? back_kib : 0;
}

void selfgrow_set(struct selfgrow *grow, uint64_t target_kib, uint64_t now_ms)
{
	uint64_t granted_kib =
		amount_max(grow->own_kib ? grow->own_kib : grow->host_kib, grow->current_kib);
	if (target_kib < granted_kib) {
		grow->is_refused = true;
		grow->credit_kib = 0;
	} else {
		grow->credit_kib = amount_less(grow->credit_kib, target_kib - granted_kib);
		grow->most_kib = amount_max(grow->most_kib, target_kib);
	}
	grow->own_kib = target_kib;
	grow->moved_ms = now_ms;
	grow->has_moved = false;
}

void selfgrow_failed(struct selfgrow *grow)
{
	grow->is_refused = true;
}
