/* SPDX-License-Identifier: MIT */
#include "guest/cadence.h"

static uint64_t clamp(uint64_t value, uint64_t low, uint64_t high)
{
	return value < low ? low : value > high ? high : value;
}

static uint64_t above(uint64_t value, uint64_t base)
{
	return value > base ? value - base : 0;
}

static uint64_t distance(uint64_t a, uint64_t b)
{
	return above(a, b) + above(b, a);
}

static uint64_t step_kib(uint64_t avail_kib)
{
	return clamp(avail_kib / CADENCE_STEP_SHARE, CADENCE_MIN_STEP_KIB, CADENCE_MAX_STEP_KIB);
}

static bool is_alert(const struct cadence *cadence, uint64_t now_ms)
{
	return now_ms < cadence->alert_until_ms;
}

bool cadence_wants_look(const struct cadence *cadence, const struct glance *glance)
{
	uint64_t most_ms = cadence->is_level ? CADENCE_LEVEL_LOOK_MS : KEYS_HEARTBEAT_MS;
	uint64_t step = cadence->is_level ? CADENCE_MIN_STEP_KIB : step_kib(cadence->avail_kib);
	if (!cadence->has_looked || is_alert(cadence, glance->at_ms))
		return true;
	if (glance->at_ms < cadence->looked_ms || glance->at_ms - cadence->looked_ms >= most_ms)
		return true;
	return distance(glance->free_kib, cadence->free_kib) >= step ||
	       distance(glance->total_kib, cadence->total_kib) >= step ||
	       distance(glance->swap_free_kib, cadence->swap_free_kib) >= CADENCE_MIN_STEP_KIB;
}

/* Only where there is something to reclaim can the kernel keep free memory level. */
static bool is_level(const struct report *report)
{
	uint64_t level_kib = report->total_kib / CADENCE_LEVEL_SHARE;
	if (level_kib > CADENCE_LEVEL_MAX_KIB)
		level_kib = CADENCE_LEVEL_MAX_KIB;
	return report->free_kib < level_kib && report->avail_kib > report->free_kib;
}

static bool is_on_the_move(const struct cadence *before, const struct report *now)
{
	uint64_t step = step_kib(now->avail_kib);
	uint64_t used_before_kib = above(before->total_kib, before->avail_kib);
	uint64_t used_kib = above(now->total_kib, now->avail_kib);
	return above(before->avail_kib, now->avail_kib) >= step ||
	       above(used_kib, used_before_kib) >= step || now->pswpin > before->pswpin;
}

void cadence_looked(struct cadence *cadence, const struct report *report)
{
	if (cadence->has_looked && is_on_the_move(cadence, report))
		cadence->alert_until_ms = report->uptime_ms + CADENCE_ALERT_MS;
	cadence->has_looked = true;
	cadence->is_level = is_level(report);
	cadence->looked_ms = report->uptime_ms;
	cadence->total_kib = report->total_kib;
	cadence->avail_kib = report->avail_kib;
	cadence->free_kib = report->free_kib;
	cadence->swap_free_kib = report->swap_free_kib;
	cadence->pswpin = report->pswpin;
}

struct cadence_pause cadence_pause(const struct cadence *cadence, const struct glance *glance)
{
	uint64_t fallen_kib = above(cadence->free_kib, glance->free_kib);
	uint64_t reach_ms = above(cadence->avail_kib, fallen_kib) / CADENCE_FILL_KIB_PER_MS;
	struct cadence_pause pause;
	if (is_alert(cadence, glance->at_ms)) {
		pause.pause_ms =
			(unsigned)clamp(reach_ms, CADENCE_ALERT_MIN_MS, CADENCE_ALERT_MAX_MS);
		pause.slack_ms = pause.pause_ms / 10;
	} else {
		pause.pause_ms =
			(unsigned)clamp(reach_ms, CADENCE_REST_MIN_MS, CADENCE_REST_MAX_MS);
		pause.slack_ms = pause.pause_ms;
	}
	return pause;
}
