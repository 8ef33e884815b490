/* SPDX-License-Identifier: MIT */
#include "host/policy/telling.h"

#include "common/amount.h"
#include "host/core/balloon.h"
#include "host/core/urgency.h"

/* A change of less than so many steps is small: the guest is not told again so soon
 * (urgency_gap_ms()), and not to shrink so soon after it was told to grow. */
#define SMALL_STEPS 8
#define WAVER_MS    20000

/* A target that would change nothing yet is put off (balloon_far_ms()): for so long at the least,
 * since each look costs something; and until the guest has been told nothing for so long, since a
 * balloon of a few KiB a second is far from everything for hours. */
#define PUT_OFF_LEAST_MS 50
#define PUT_OFF_MOST_MS  5000

/* Time enough has gone since the guest was last told anything, for a change of `by_kib`. */
static bool may(const struct policy_conf *conf, const struct snapshot *snap, const struct demand *d,
		uint64_t by_kib, uint64_t gap_ms)
{
	return by_kib >= SMALL_STEPS * conf->step_kib || !d->told_ms ||
	       snap->host.now_ms >= d->told_ms + gap_ms;
}

/* So little less, so soon after a growth, may be wanted back at the next report. */
static bool wavers(const struct policy_conf *conf, uint64_t now_ms, const struct demand *d,
		   uint64_t by_kib)
{
	return by_kib < SMALL_STEPS * conf->step_kib && d->told_to_grow_ms &&
	       now_ms < d->told_to_grow_ms + WAVER_MS;
}

bool telling_is_put_off(const struct snapshot *snap, const struct demand *demand, unsigned guest,
			uint64_t reach_kib, struct plan *plan)
{
	uint64_t now_ms = snap->host.now_ms;
	uint64_t most_ms = amount_less(demand[guest].told_ms + PUT_OFF_MOST_MS, now_ms);
	uint64_t far_ms = balloon_far_ms(&snap->guest[guest], reach_kib);
	uint64_t wait_ms = amount_min(far_ms, most_ms);
	if (wait_ms)
		plan->wake_ms =
			amount_min(plan->wake_ms, now_ms + amount_max(wait_ms, PUT_OFF_LEAST_MS));
	return wait_ms;
}

/* It has been told too much lately for anything more now. */
static bool is_ahead(const struct snapshot *snap, const struct demand *d, struct plan *plan)
{
	uint64_t may_ms = amount_less(d->told_until_ms, TELLING_AHEAD_MS);
	if (may_ms <= snap->host.now_ms)
		return false;
	plan->wake_ms = amount_min(plan->wake_ms, may_ms);
	return true;
}

bool telling_may_more(const struct policy_conf *conf, const struct snapshot *snap,
		      const struct demand *demand, unsigned guest, uint64_t by_kib,
		      struct plan *plan)
{
	const struct guest_view *g = &snap->guest[guest];
	const struct demand *d = &demand[guest];
	if (by_kib && is_ahead(snap, d, plan))
		return false;
	if (!g->is_alarmed)
		return may(conf, snap, d, by_kib, urgency_calm_gap_ms(snap));
	uint64_t gap_ms = urgency_alarm_gap_ms(snap, g, &plan->verdict[guest]);
	if (may(conf, snap, d, by_kib, gap_ms))
		return true;
	if (by_kib)
		plan->wake_ms = amount_min(plan->wake_ms, d->told_ms + gap_ms);
	return false;
}

bool telling_may_less(const struct policy_conf *conf, const struct snapshot *snap,
		      const struct demand *demand, unsigned guest, unsigned n_alarmed,
		      struct plan *plan)
{
	const struct guest_view *g = &snap->guest[guest];
	uint64_t goal_kib = plan->verdict[guest].goal_kib, now_ms = snap->host.now_ms;
	uint64_t by_kib = amount_less(model_heading_kib(g), goal_kib);
	bool is_alarmed = g->is_alarmed && model_grows(g);
	/* another guest in alarm may need what this one was promised */
	bool is_needed = goal_kib >= g->alm_kib && n_alarmed > is_alarmed;
	if (!may(conf, snap, &demand[guest], by_kib, urgency_gap_ms(snap)) ||
	    is_ahead(snap, &demand[guest], plan))
		return false;
	if (n_alarmed == is_alarmed && wavers(conf, now_ms, &demand[guest], by_kib))
		return false;
	return is_needed || !telling_is_put_off(snap, demand, guest, goal_kib, plan);
}

void telling_bound(const struct snapshot *snap, const struct demand *demand, struct plan *plan)
{
	unsigned kept = 0;
	for (unsigned i = 0; i < plan->n_actions; i++) {
		if (!is_ahead(snap, &demand[plan->action[i].guest], plan))
			plan->action[kept++] = plan->action[i];
	}
	plan->n_actions = kept;
}

void telling_note(const struct snapshot *snap, const struct plan *plan, struct demand *demand)
{
	uint64_t now_ms = snap->host.now_ms;
	for (unsigned i = 0; i < plan->n_actions; i++) {
		struct demand *d = &demand[plan->action[i].guest];
		d->told_ms = now_ms;
		d->told_until_ms = amount_max(d->told_until_ms, now_ms) + TELLING_EACH_MS;
		d->told_kib = plan->action[i].target_kib;
		if (plan->action[i].reason == REASON_NEED)
			d->told_to_grow_ms = now_ms;
	}
}
