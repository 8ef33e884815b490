/* SPDX-License-Identifier: MIT */
#include "guest/core/alarm.h"

#include "common/amount.h"
#include "common/report.h"

/* The time from the look in the past to the one now. */
struct span {
	const struct report *past;
	const struct report *now;
	uint64_t ms;
	uint64_t filled_kib; /* by so much more is in use, whether it was free or came from the host
			      */
	uint64_t fill_kib_s;
	uint64_t ahead_ms;
};

static uint64_t used_kib(const struct report *report)
{
	return amount_less(report->total_kib, report->avail_kib);
}

static uint64_t step_kib(uint64_t avail_kib)
{
	return amount_max(avail_kib / ALARM_STEP_SHARE, ALARM_MIN_STEP_KIB);
}

struct alarm_terms alarm_terms(const struct report *report, uint64_t host_cma_kib,
			       uint64_t host_period_ms)
{
	uint64_t movable_kib = amount_less(used_kib(report), report->fixed_kib);
	uint64_t cma_kib = amount_max(movable_kib / ALARM_CMA_SHARE, ALARM_CMA_MIN_KIB);
	uint64_t period_ms = ALARM_PERIOD_MS;
	if (host_cma_kib)
		cma_kib = host_cma_kib;
	if (host_period_ms && host_period_ms <= ALARM_MAX_PERIOD_MS)
		period_ms = host_period_ms;
	return (struct alarm_terms){amount_min(cma_kib, report->total_kib),
				    period_ms + ALARM_BALLOON_MS};
}

/* --- evidence ---------------------------------------------------------------- */

/* Has the counter risen by `least` in the span; or, if that is above a second, by `least` a second?
 */
static bool is_seen(const struct span *span, uint64_t past, uint64_t now, uint64_t least)
{
	uint64_t seconds = span->ms / 1000;
	return amount_less(now, past) / (seconds ? seconds : 1) >= least;
}

static bool swaps_in(const struct span *span)
{
	return is_seen(span, span->past->pswpin, span->now->pswpin, report_strays(span->now));
}

static bool refaults_anon(const struct span *span)
{
	return is_seen(span, span->past->refault_anon, span->now->refault_anon,
		       report_strays(span->now));
}

static bool stalls(const struct span *span)
{
	return is_seen(span, span->past->psi_full_us, span->now->psi_full_us, ALARM_STALL_US);
}

static bool reclaims_directly(const struct span *span)
{
	return is_seen(span, span->past->allocstall, span->now->allocstall, 1) ||
	       is_seen(span, span->past->scan_direct, span->now->scan_direct, ALARM_DIRECT_PAGES);
}

static bool kswapd_works(const struct span *span)
{
	return is_seen(span, span->past->scan_kswapd, span->now->scan_kswapd, ALARM_KSWAPD_PAGES) ||
	       is_seen(span, span->past->steal_kswapd, span->now->steal_kswapd, ALARM_KSWAPD_PAGES);
}

static bool is_falling(const struct span *span)
{
	uint64_t step = step_kib(span->now->avail_kib);
	return span->filled_kib >= step && span->fill_kib_s >= step;
}

static bool is_running_out(const struct span *span)
{
	return is_falling(span) && span->fill_kib_s * span->ahead_ms / 1000 >= span->now->avail_kib;
}

enum where { ANYWHERE, BELOW_CMA, BELOW_CMA_LESS_DOUBT };

static const struct {
	bool (*holds)(const struct span *span);
	enum where where;
	enum where where_shrinking;
	const char *word;
} rules[ALARM_REASONS_] = {
	[ALARM_SWAP_IN] = {swaps_in, BELOW_CMA, BELOW_CMA, "swap-in"},
	[ALARM_ANON_REFAULT] = {refaults_anon, BELOW_CMA, BELOW_CMA, "anon-refault"},
	[ALARM_STALL] = {stalls, BELOW_CMA, BELOW_CMA_LESS_DOUBT, "stall"},
	[ALARM_DIRECT_RECLAIM] = {reclaims_directly, BELOW_CMA, BELOW_CMA_LESS_DOUBT,
				  "direct-reclaim"},
	[ALARM_RUNNING_OUT] = {is_running_out, ANYWHERE, ANYWHERE, "running-out"},
	[ALARM_FALLING] = {is_falling, BELOW_CMA, BELOW_CMA, "falling"},
	[ALARM_KSWAPD] = {kswapd_works, BELOW_CMA_LESS_DOUBT, BELOW_CMA_LESS_DOUBT, "kswapd"},
};

const char *alarm_reason_word(enum alarm_reason reason)
{
	return reason < ALARM_REASONS_ ? rules[reason].word : "nothing";
}

static bool is_there(enum where where, uint64_t avail_kib, uint64_t cma_kib)
{
	switch (where) {
	case ANYWHERE:
		return true;
	case BELOW_CMA:
		return avail_kib < cma_kib;
	case BELOW_CMA_LESS_DOUBT:
		return avail_kib < cma_kib - cma_kib / ALARM_DOUBT_SHARE;
	}
	return false;
}

static enum alarm_reason strongest(const struct span *span, uint64_t cma_kib, bool shrinks)
{
	for (unsigned i = 0; i < ALARM_REASONS_; i++) {
		enum where where = shrinks ? rules[i].where_shrinking : rules[i].where;
		if (is_there(where, span->now->avail_kib, cma_kib) && rules[i].holds(span))
			return (enum alarm_reason)i;
	}
	return ALARM_NOTHING;
}

/* --- from look to look ---------------------------------------------------------- */

static void shift(struct alarm *alarm, const struct report *now)
{
	if (!alarm->has_looked || now->uptime_ms < alarm->recent.uptime_ms) {
		alarm->past = alarm->recent = *now;
	} else if (now->uptime_ms - alarm->recent.uptime_ms >= ALARM_SPAN_MS) {
		alarm->past = alarm->recent;
		alarm->recent = *now;
	}
	alarm->has_looked = true;
}

/* Free memory that the last glance still saw has gone since, so it went faster than the span says.
 * Of AVM a glance sees only the free part. */
static uint64_t fill_kib_s(const struct span *span, uint64_t quiet_ms)
{
	uint64_t all_ms = amount_max(span->ms, ALARM_MIN_FILL_MS);
	uint64_t fill = span->filled_kib * 1000 / all_ms;
	uint64_t gone_kib = amount_less(span->past->free_kib, span->now->free_kib);
	if (!quiet_ms)
		return fill;
	quiet_ms = amount_max(quiet_ms, ALARM_MIN_FILL_MS);
	return amount_max(fill, amount_min(span->filled_kib, gone_kib) * 1000 / quiet_ms);
}

static bool is_shrinking(const struct report *now)
{
	return REPORT_HAS(now, balloon_target_kib) && REPORT_HAS(now, balloon_current_kib) &&
	       amount_less(now->balloon_current_kib, now->balloon_target_kib) >= ALARM_MIN_STEP_KIB;
}

/* Is it time for an alarm? A shortage is worse if AVM has fallen a step below its best since the
 * last alarm, or if the evidence is stronger. */
static bool is_due(const struct alarm *alarm, const struct report *now, enum alarm_reason reason)
{
	uint64_t age_ms = amount_less(now->uptime_ms, alarm->raised_ms);
	if (now->uptime_ms < alarm->raised_ms)
		return true;
	if (!alarm->lasts || reason < alarm->reason ||
	    now->avail_kib + step_kib(now->avail_kib) <= alarm->best_kib)
		return age_ms >= ALARM_GAP_MS;
	if (alarm->best_kib >= alarm->raised_kib + step_kib(alarm->raised_kib))
		return age_ms >= ALARM_MAX_GAP_MS;
	return age_ms >= alarm->gap_ms;
}

enum alarm_reason alarm_looked(struct alarm *alarm, const struct report *now,
			       const struct alarm_terms *terms, uint64_t quiet_ms)
{
	shift(alarm, now);
	struct span span = {
		.past = &alarm->past,
		.now = now,
		.ms = now->uptime_ms - alarm->past.uptime_ms,
		.filled_kib = amount_less(used_kib(now), used_kib(&alarm->past)),
		.ahead_ms = terms->ahead_ms,
	};
	span.fill_kib_s = fill_kib_s(&span, quiet_ms);
	alarm->fill_kib_s = span.fill_kib_s;
	alarm->best_kib = amount_max(alarm->best_kib, now->avail_kib);
	if (is_shrinking(now))
		alarm->shrink_until_ms = now->uptime_ms + ALARM_SHRINK_MS;
	enum alarm_reason reason =
		strongest(&span, terms->cma_kib, now->uptime_ms < alarm->shrink_until_ms);
	if (reason != ALARM_NOTHING || now->avail_kib < terms->cma_kib)
		alarm->short_ms = now->uptime_ms;
	if (amount_less(now->uptime_ms, alarm->short_ms) >= ALARM_CALM_MS)
		alarm->lasts = false;
	return reason != ALARM_NOTHING && is_due(alarm, now, reason) ? reason : ALARM_NOTHING;
}

void alarm_raised(struct alarm *alarm, const struct report *now, enum alarm_reason reason)
{
	alarm->gap_ms =
		alarm->lasts ? amount_min(2 * alarm->gap_ms, ALARM_MAX_GAP_MS) : 2 * ALARM_GAP_MS;
	alarm->lasts = true;
	alarm->reason = reason;
	alarm->raised_ms = now->uptime_ms;
	alarm->raised_kib = alarm->best_kib = now->avail_kib;
	alarm->past = alarm->recent = *now; /* evidence counts for one alarm only */
}

uint64_t alarm_lack_kib(const struct alarm *alarm, const struct report *now,
			const struct alarm_terms *terms)
{
	return amount_less(terms->cma_kib, now->avail_kib) +
	       alarm->fill_kib_s * terms->ahead_ms / 1000;
}
