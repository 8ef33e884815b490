/* SPDX-License-Identifier: MIT */
/*
 * static.c - every guest keeps what it was given: the control. What the guests would have wanted
 * is in the verdicts, as with every policy.
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
