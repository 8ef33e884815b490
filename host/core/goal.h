/* SPDX-License-Identifier: MIT */
/*
 * goal.h - what each guest is to have. Pure.
 *
 * Memory is handed out in tiers, from each guest's min over what it uses and
 * its CMA to what it holds. All get the tiers that fit whole; the first that
 * does not is divided. docs/policy.md has the tiers and their reasons.
 */
#ifndef CAGMA_CORE_GOAL_H
#define CAGMA_CORE_GOAL_H

#include "host/core/model.h"
#include "host/core/share.h"

/*
 * Fills fair_kib, sure_kib and goal_kib of the verdicts, whose other members
 * are there already (demand.h). `share` is room to work in, for all guests.
 */
void goal_set(const struct policy_conf *conf, const struct snapshot *snap, struct share *share,
	      struct plan *plan);

#endif
