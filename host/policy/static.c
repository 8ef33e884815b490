/* SPDX-License-Identifier: MIT */
/*
 * static.c - every guest keeps the memory that it was given: the control of comparisons. As with
 * every policy, the verdicts say how much the guests would have wanted.
 */
#include "host/policy/policy.h"

static void decide(const struct policy_conf *conf, const struct snapshot *snap,
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
	.decide = decide,
};
