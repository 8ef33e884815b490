/* SPDX-License-Identifier: MIT */
/*
 * policy.h - the policies there are, and how one decides. Pure.
 *
 * A policy is one file, and one row of the table in policy.c. Daemon, simulator, tools and tests
 * call them all alike, by policy_decide().
 */
#ifndef CAGMA_POLICY_POLICY_H
#define CAGMA_POLICY_POLICY_H

#include "host/core/model.h"
#include "host/core/plan.h"
#include "host/policy/memory.h"

struct policy {
	const char *name;
	const char *about;
	/*
	 * Total: every snapshot has a plan. At first `plan` has no action and no credit, is to be
	 * made again a period from now, and its verdicts are there, with each guest's goal at its
	 * ALM. `memory` is the policy's own, and is advanced. The same inputs give the same plan.
	 */
	void (*decide)(const struct policy_conf *conf, const struct snapshot *snap,
		       struct memory *memory, struct plan *plan);
	struct memory_size size; /* how much it remembers */
	bool gives;              /* it takes surplus from guests for what is kept on the host */
};

extern const struct policy policy_cagma, policy_cagma2017, policy_coordinator,
	policy_coordinator_program, policy_mom, policy_proxmox, policy_qmemman, policy_squeezed,
	policy_static;

/* NULL when there is no policy of that name. */
const struct policy *policy_find(const char *name);

/* The i-th policy, NULL behind the last. */
const struct policy *policy_at(unsigned i);

/* What the safety contract made of a plan. */
struct policy_cut {
	enum plan_breach breach; /* the first in the policy's plan; PLAN_SAFE: it was left alone */
	unsigned guest;          /* which guest it concerns, as plan_violation() says */
	unsigned cuts;           /* what plan_cut() has dropped or trimmed */
};

/* The plan as the policy wants it, safe or not. Overwrites `plan`, advances `memory`. */
void policy_propose(const struct policy *policy, const struct policy_conf *conf,
		    const struct snapshot *snap, struct memory *memory, struct plan *plan);

/* The same, cut down to what the safety contract allows. */
struct policy_cut policy_decide(const struct policy *policy, const struct policy_conf *conf,
				const struct snapshot *snap, struct memory *memory,
				struct plan *plan);

#endif
