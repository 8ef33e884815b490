/* SPDX-License-Identifier: MIT */
#include "host/policy/policy.h"

#include <string.h>

/* Every guest keeps the memory that it was given: the control of comparisons. As with every policy,
 * the verdicts say how much the guests would have wanted. */
static void change_nothing(const struct policy_conf *conf, const struct snapshot *snap,
			   struct memory *memory, struct plan *plan)
{
	(void)conf;
	(void)snap;
	(void)memory;
	(void)plan;
}

const struct policy policy_static = {
	.name = "static",
	.about = "changes nothing: the control",
	.decide = change_nothing,
};

static const struct policy *const policies[] = {
	&policy_cagma,  &policy_cagma2017, &policy_coordinator, &policy_coordinator_program,
	&policy_mom,    &policy_proxmox,   &policy_qmemman,     &policy_squeezed,
	&policy_static,
};

enum { N_POLICIES = sizeof(policies) / sizeof(policies[0]) };

const struct policy *policy_at(unsigned i)
{
	return i < N_POLICIES ? policies[i] : NULL;
}

const struct policy *policy_find(const char *name)
{
	for (unsigned i = 0; i < N_POLICIES; i++)
		if (strcmp(policies[i]->name, name) == 0)
			return policies[i];
	return NULL;
}

void policy_propose(const struct policy *policy, const struct policy_conf *conf,
		    const struct snapshot *snap, struct memory *memory, struct plan *plan)
{
	memory_give(memory, policy, policy->size, snap->n_guests);
	plan->n_actions = 0;
	plan->n_waiting = 0;
	plan->promised_kib = 0;
	plan->wake_ms = snap->host.now_ms + conf->period_ms;
	for (unsigned i = 0; i < snap->n_guests; i++) {
		const struct guest_view *g = &snap->guest[i];
		plan->credit_kib[i] = 0;
		demand_observe(&memory->demand[i], conf, g);
		demand_judge(&memory->demand[i], conf, &snap->host, g, &plan->verdict[i]);
	}
	policy->decide(conf, snap, memory, plan);
}

struct policy_cut policy_decide(const struct policy *policy, const struct policy_conf *conf,
				const struct snapshot *snap, struct memory *memory,
				struct plan *plan)
{
	struct policy_cut cut = {.cuts = 0};
	policy_propose(policy, conf, snap, memory, plan);
	cut.breach = plan_violation(conf, snap, plan, &cut.guest);
	if (cut.breach != PLAN_SAFE)
		cut.cuts = plan_cut(conf, snap, plan);
	return cut;
}
