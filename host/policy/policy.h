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
	 * Makes a plan for any snapshot; this never fails. When it is called, `plan` has no action
	 * and no credit, its wake_ms is a period from now, and its verdicts are filled in, each
	 * guest's goal being its ALM. `memory` has the policy's own bytes, which the call
	 * advances. The same inputs give the same plan.
	 */
	void (*decide)(const struct policy_conf *conf, const struct snapshot *snap,
		       struct memory *memory, struct plan *plan);
	struct memory_size size; /* how much the policy remembers */
	bool gives;              /* the policy takes surplus from guests for memory that is kept */
};

extern const struct policy policy_cagma, policy_cagma2017, policy_coordinator,
	policy_coordinator_program, policy_mom, policy_proxmox, policy_qmemman, policy_squeezed,
	policy_static;

/* The policy of that name, or NULL if there is none. */
const struct policy *policy_find(const char *name);

/* The i-th policy, or NULL behind the last one. */
const struct policy *policy_at(unsigned i);

/* What the safety contract made of a plan. */
struct policy_cut {
	enum plan_breach breach; /* the first in the plan; PLAN_SAFE: it was left alone */
	unsigned guest;          /* the guest of that breach, as plan_violation() names it */
	unsigned cuts;           /* how many actions plan_cut() has dropped or trimmed */
};

/* Makes the plan that the policy wants, be it safe or not. Overwrites `plan` and advances
 * `memory`. */
void policy_propose(const struct policy *policy, const struct policy_conf *conf,
		    const struct snapshot *snap, struct memory *memory, struct plan *plan);

/* Makes the same plan, and cuts it down to what the safety contract allows. */
struct policy_cut policy_decide(const struct policy *policy, const struct policy_conf *conf,
				const struct snapshot *snap, struct memory *memory,
				struct plan *plan);

#endif
