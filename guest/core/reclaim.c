/* SPDX-License-Identifier: MIT */
#include "guest/core/reclaim.h"

#include "common/amount.h"
#include "common/report.h"

/* Nothing is asked for without a swap area, or without a count of the pages that come back. */
#define NEEDED                                                                                     \
	(REPORT_BIT(balloon_current_kib) | REPORT_BIT(balloon_target_kib) |                        \
	 REPORT_BIT(swap_total_kib) | REPORT_BIT(swap_free_kib) | REPORT_BIT(pswpout) |            \
	 REPORT_BIT(refault_anon))

static uint64_t lack_kib(const struct report *now)
{
	if ((now->present & NEEDED) != NEEDED)
		return 0;
	uint64_t seen_kib = amount_less(now->avail_kib, now->arc_kib);
	return amount_less(now->balloon_current_kib, now->balloon_target_kib + seen_kib);
}

static void rest(struct reclaim *reclaim, uint64_t now_ms)
{
	if (now_ms >= reclaim->not_before_ms + RECLAIM_REST_MAX_MS)
		reclaim->rest_ms = 0;
	reclaim->rest_ms = amount_min(amount_max(reclaim->rest_ms * 2, RECLAIM_REST_MIN_MS),
				      RECLAIM_REST_MAX_MS);
	reclaim->not_before_ms = now_ms + reclaim->rest_ms;
	reclaim->taken_kib = reclaim->out_kib = 0;
	reclaim->has_asked = false;
}

static void count_out(struct reclaim *reclaim, const struct report *now)
{
	uint64_t pages = amount_less(now->pswpout, reclaim->pswpout);
	uint64_t arc_kib = amount_less(reclaim->arc_kib, now->arc_kib);
	uint64_t gone_kib = pages * report_page_kib(now) + arc_kib;
	uint64_t out_kib = amount_min(gone_kib, reclaim->asked_kib);
	uint64_t packed_kib = amount_less(now->packed_kib, reclaim->packed_kib);
	reclaim->out_kib += out_kib;
	reclaim->taken_kib += amount_less(out_kib, packed_kib);
	reclaim->asked_kib -= out_kib;
	reclaim->has_gone_out |= out_kib > 0;
	reclaim->pswpout = now->pswpout;
	reclaim->packed_kib = now->packed_kib;
	reclaim->arc_kib = now->arc_kib;
}

/* Rests if more pages came back than a cold one now and then, or if there was none to be reclaimed.
 */
static void judge(struct reclaim *reclaim, const struct report *now)
{
	uint64_t back_kib =
		amount_less(now->refault_anon, reclaim->refault_anon) * report_page_kib(now);
	if (reclaim->has_asked && back_kib * RECLAIM_BACK_SHARE > reclaim->out_kib)
		rest(reclaim, now->uptime_ms);
	else if (reclaim->is_refused && !reclaim->has_gone_out)
		reclaim->not_before_ms = now->uptime_ms + RECLAIM_REFUSED_MS;
	if (!reclaim->has_asked)
		reclaim->refault_anon = now->refault_anon;
	reclaim->is_refused = false;
}

void reclaim_looked(struct reclaim *reclaim, const struct report *now)
{
	count_out(reclaim, now);
	judge(reclaim, now);
	reclaim->lack_kib = lack_kib(now);
	if (!reclaim->lack_kib)
		reclaim->since_ms = 0;
	else if (!reclaim->since_ms)
		reclaim->since_ms = now->uptime_ms;
}

uint64_t reclaim_batch_kib(const struct reclaim *reclaim, const struct report *now)
{
	uint64_t kept_kib = now->swap_total_kib / RECLAIM_SWAP_SHARE;
	uint64_t batch_kib = amount_min(amount_max(reclaim->taken_kib, RECLAIM_MIN_BATCH_KIB),
					RECLAIM_MAX_BATCH_KIB);
	if (reclaim->is_asking || !reclaim->lack_kib ||
	    now->uptime_ms < reclaim->since_ms + RECLAIM_PATIENCE_MS ||
	    now->uptime_ms < reclaim->not_before_ms)
		return 0;
	return amount_min(amount_min(reclaim->lack_kib, batch_kib),
			  amount_less(now->swap_free_kib, kept_kib) + now->arc_kib);
}

void reclaim_began(struct reclaim *reclaim, uint64_t kib)
{
	reclaim->asked_kib = kib;
	reclaim->is_asking = true;
	reclaim->has_gone_out = false;
	reclaim->has_asked = true;
}

void reclaim_ended(struct reclaim *reclaim, bool is_refused)
{
	reclaim->is_asking = false;
	reclaim->is_refused = is_refused;
}

bool reclaim_is_pending(const struct reclaim *reclaim, uint64_t now_ms)
{
	return !reclaim->is_asking && reclaim->lack_kib && now_ms >= reclaim->not_before_ms;
}
