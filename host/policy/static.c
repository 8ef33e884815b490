/* SPDX-License-Identifier: MIT */
/*
 * policy_static.c - every guest keeps what it was given: the control. It still
 * judges the guests, so that what they would have wanted can be seen.
 */
#include "host/policy/policy.h"

void policy_static(const struct policy_conf *conf, const struct snapshot *snap,
		   struct policy_state *state, struct plan *plan)
{
	plan->n_actions = 0;
	plan->promised_kib = 0;
	plan->wake_ms = snap->host.now_ms + conf->period_ms;
	for (unsigned i = 0; i < snap->n_guests; i++) {
		const struct guest_view *g = &snap->guest[i];
		demand_observe(&state->demand[i], conf, g);
		demand_judge(&state->demand[i], conf, &snap->host, g, &plan->verdict[i]);
	}
}
