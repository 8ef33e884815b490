/* SPDX-License-Identifier: MIT */
#include "host/core/urgency.h"

#include "common/amount.h"
#include "host/core/plan.h"

#include <limits.h>

enum rank { RANK_ALARM, RANK_STOP, RANK_OTHER };

static enum rank rank_of(const struct snapshot *snap, const struct action *a)
{
	const struct guest_view *g = &snap->guest[a->guest];
	if (g->is_alarmed && a->target_kib > g->target_kib)
		return RANK_ALARM;
	return a->reason == REASON_CANCEL || a->reason == REASON_STOP ? RANK_STOP : RANK_OTHER;
}

static uint64_t change_kib(const struct snapshot *snap, const struct action *a)
{
	return amount_distance(a->target_kib, snap->guest[a->guest].target_kib);
}

static bool is_before(const struct snapshot *snap, const struct action *a, const struct action *b)
{
	enum rank rank_a = rank_of(snap, a), rank_b = rank_of(snap, b);
	if (rank_a != rank_b)
		return rank_a < rank_b;
	uint64_t change_a_kib = change_kib(snap, a), change_b_kib = change_kib(snap, b);
	return change_a_kib != change_b_kib ? change_a_kib > change_b_kib : a->guest < b->guest;
}

static void leave_out_busy(const struct snapshot *snap, struct plan *plan)
{
	unsigned kept = 0;
	for (unsigned i = 0; i < plan->n_actions; i++)
		if (!snap->guest[plan->action[i].guest].is_being_told)
			plan->action[kept++] = plan->action[i];
	plan->n_actions = kept;
}

/* Brings the `n` most urgent to the front. There are few workers, so looking for each of them is
 * cheaper than sorting all. */
static void bring_forward(const struct snapshot *snap, struct plan *plan, unsigned n)
{
	for (unsigned k = 0; k < n; k++) {
		unsigned best = k;
		for (unsigned i = k + 1; i < plan->n_actions; i++)
			if (is_before(snap, &plan->action[i], &plan->action[best]))
				best = i;
		struct action chosen = plan->action[best];
		plan->action[best] = plan->action[k];
		plan->action[k] = chosen;
	}
}

unsigned urgency_calls_left(const struct snapshot *snap)
{
	const struct host_view *h = &snap->host;
	return !h->workers                    ? UINT_MAX
	       : h->workers > h->busy_workers ? h->workers - h->busy_workers
					      : 0;
}

uint64_t urgency_gap_ms(const struct snapshot *snap)
{
	const struct host_view *h = &snap->host;
	uint64_t all_us = h->workers ? snap->n_guests * h->call_us / h->workers : 0;
	return amount_max(URGENCY_GAP_MS, all_us * 5 / 4 / 1000);
}

uint64_t urgency_calm_gap_ms(const struct snapshot *snap)
{
	return amount_max(URGENCY_CALM_GAP_MS, urgency_gap_ms(snap));
}

uint64_t urgency_alarm_gap_ms(const struct snapshot *snap, const struct guest_view *guest,
			      const struct verdict *verdict)
{
	bool is_pressed = guest->report.avail_kib < verdict->base_kib;
	uint64_t calls_ms = URGENCY_GAP_CALLS * snap->host.call_us / 1000;
	return is_pressed ? URGENCY_GAP_MS : amount_max(URGENCY_CALM_GAP_MS, calls_ms);
}

uint64_t urgency_call_us(uint64_t known_us, uint64_t last_us)
{
	last_us = amount_min(last_us, URGENCY_CALL_MOST_MS * 1000);
	return known_us ? (known_us * 7 + last_us) / 8 : last_us;
}

void urgency_choose(const struct snapshot *snap, struct plan *plan)
{
	unsigned n_wanted = plan->n_actions;
	leave_out_busy(snap, plan);
	unsigned n_left = urgency_calls_left(snap);
	if (plan->n_actions > n_left) {
		bring_forward(snap, plan, n_left);
		plan->n_actions = n_left;
		plan_order(snap, plan);
	}
	plan->n_waiting += n_wanted - plan->n_actions;
}
