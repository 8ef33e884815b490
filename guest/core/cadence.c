/* SPDX-License-Identifier: MIT */
#include "guest/core/cadence.h"

#include "common/amount.h"
#include "guest/core/announce.h"

static uint64_t clamp(uint64_t value, uint64_t low, uint64_t high)
{
	return amount_min(amount_max(value, low), high);
}

static uint64_t step_kib(uint64_t avail_kib)
{
	return clamp(avail_kib / CADENCE_STEP_SHARE, CADENCE_MIN_STEP_KIB, CADENCE_MAX_STEP_KIB);
}

/* AVM, and how much of it is above the CMA. */
struct headroom {
	uint64_t kib;
	uint64_t margin_kib;
};

static struct headroom headroom_of(uint64_t avail_kib, uint64_t cma_kib)
{
	return (struct headroom){avail_kib, amount_less(avail_kib, cma_kib)};
}

static struct cadence_pause alert_pause(struct headroom headroom)
{
	unsigned pause_ms = (unsigned)clamp(headroom.margin_kib / CADENCE_ALERT_FILL_KIB_PER_MS,
					    CADENCE_ALERT_MIN_MS, CADENCE_ALERT_MAX_MS);
	return (struct cadence_pause){pause_ms, pause_ms / 10};
}

static struct cadence_pause rest_pause(struct headroom headroom, const struct glance *glance)
{
	if (glance->counts_faults) {
		headroom.kib *= CADENCE_COUNTED_TIMES;
		headroom.margin_kib *= CADENCE_COUNTED_TIMES;
	}
	uint64_t far_ms = clamp(headroom.kib / CADENCE_REST_FILL_KIB_PER_MS, CADENCE_REST_MIN_MS,
				CADENCE_REST_MAX_MS);
	uint64_t near_ms =
		amount_max(headroom.margin_kib / CADENCE_NEAR_FILL_KIB_PER_MS, CADENCE_NEAR_MIN_MS);
	uint64_t pause_ms = amount_min(far_ms, near_ms);
	uint64_t end_ms = 2 * far_ms;
	if (glance->n_processors > 1) {
		uint64_t near_end_ms =
			amount_max(headroom.margin_kib / CADENCE_NEAR_SLACK_FILL_KIB_PER_MS,
				   CADENCE_NEAR_MIN_END_MS);
		end_ms = clamp(headroom.kib / CADENCE_SLACK_FILL_KIB_PER_MS, far_ms, end_ms);
		end_ms = amount_max(amount_min(end_ms, near_end_ms), pause_ms);
	}
	return (struct cadence_pause){(unsigned)pause_ms, (unsigned)(end_ms - pause_ms)};
}

/* The time between two looks, on the glances' clock. A look that would be due before the next
 * glance is due now. A single processor that is filling memory has no slack. */
static uint64_t look_interval_ms(const struct cadence *cadence, const struct glance *glance,
				 uint64_t cma_kib)
{
	if (!cadence->is_level)
		return KEYS_HEARTBEAT_MS;
	struct headroom headroom = headroom_of(cadence->avail_kib, cma_kib);
	struct cadence_pause next = rest_pause(headroom, glance);
	uint64_t next_ms = next.pause_ms + (glance->n_processors > 1 ? next.slack_ms : 0);
	uint64_t lasts_ms = amount_min(headroom.kib / CADENCE_LEVEL_FILL_KIB_PER_MS,
				       headroom.margin_kib / CADENCE_NEAR_SLACK_FILL_KIB_PER_MS);
	return amount_min(amount_less(lasts_ms, CADENCE_GLANCE_LATE_MS + next_ms),
			  CADENCE_LEVEL_LOOK_MS);
}

static bool is_alert(const struct cadence *cadence, uint64_t now_ms)
{
	return now_ms < cadence->alert_until_ms;
}

bool cadence_wants_look(const struct cadence *cadence, const struct glance *glance,
			uint64_t cma_kib)
{
	uint64_t step = cadence->is_level ? CADENCE_MIN_STEP_KIB : step_kib(cadence->avail_kib);
	if (!cadence->has_looked || is_alert(cadence, glance->at_ms))
		return true;
	if (glance->at_ms < cadence->looked_ms ||
	    glance->at_ms - cadence->looked_ms >= look_interval_ms(cadence, glance, cma_kib))
		return true;
	return amount_distance(glance->free_kib, cadence->free_kib) >= step ||
	       amount_distance(glance->total_kib, cadence->total_kib) >= step ||
	       amount_distance(glance->swap_free_kib, cadence->swap_free_kib) >=
		       CADENCE_MIN_STEP_KIB;
}

/* The kernel can keep free memory level only where there is something to reclaim. */
static bool is_level(const struct report *report, uint64_t min_free_kib)
{
	uint64_t min_frees_kib =
		amount_min(min_free_kib, CADENCE_LEVEL_MAX_KIB) * CADENCE_LEVEL_MIN_FREES;
	uint64_t level_kib =
		amount_min(amount_max(report->total_kib / CADENCE_LEVEL_SHARE, min_frees_kib),
			   CADENCE_LEVEL_MAX_KIB);
	return report->free_kib < level_kib && report->avail_kib > report->free_kib;
}

static bool is_on_the_move(const struct cadence *before, const struct report *now)
{
	uint64_t step = step_kib(now->avail_kib);
	uint64_t used_before_kib = amount_less(before->total_kib, before->avail_kib);
	uint64_t used_kib = amount_less(now->total_kib, now->avail_kib);
	return amount_less(before->avail_kib, now->avail_kib) >= step ||
	       amount_less(used_kib, used_before_kib) >= step || now->pswpin > before->pswpin;
}

static void count_doublings(struct cadence *cadence, uint64_t now_ms, bool was_in_vain)
{
	unsigned before = cadence->touch_doublings;
	if (was_in_vain && before < CADENCE_TOUCH_DOUBLINGS)
		cadence->touch_doublings++;
	else if (before && now_ms >= cadence->doubled_ms + KEYS_HEARTBEAT_MS)
		cadence->touch_doublings--;
	if (cadence->touch_doublings != before)
		cadence->doubled_ms = now_ms;
}

void cadence_looked(struct cadence *cadence, const struct report *report, uint64_t min_free_kib,
		    bool was_touched)
{
	bool moves = cadence->has_looked && is_on_the_move(cadence, report);
	if (moves)
		cadence->alert_until_ms = report->uptime_ms + CADENCE_ALERT_MS;
	count_doublings(cadence, report->uptime_ms, was_touched && !moves);
	cadence->has_looked = true;
	cadence->is_level = is_level(report, min_free_kib);
	cadence->looked_ms = report->uptime_ms;
	cadence->total_kib = report->total_kib;
	cadence->avail_kib = report->avail_kib;
	cadence->free_kib = report->free_kib;
	cadence->swap_free_kib = report->swap_free_kib;
	cadence->pswpin = report->pswpin;
}

uint64_t cadence_touch_kib(const struct cadence *cadence)
{
	return announce_step_kib(cadence->avail_kib) << cadence->touch_doublings;
}

struct cadence_pause cadence_pause(const struct cadence *cadence, const struct glance *glance,
				   uint64_t cma_kib)
{
	uint64_t fallen_kib = amount_less(cadence->free_kib, glance->free_kib);
	struct headroom headroom =
		headroom_of(amount_less(cadence->avail_kib, fallen_kib), cma_kib);
	if (is_alert(cadence, glance->at_ms))
		return alert_pause(headroom);
	return rest_pause(headroom, glance);
}
