/* SPDX-License-Identifier: MIT */
/*
 * goal.h - the memory that each guest is to have when all balloons have moved. Pure.
 *
 * Memory is handed out in tiers: first each guest's min, then its use, then its CMA, then what it
 * holds beyond that. The tiers that fit are given whole to every guest, the first tier that does
 * not fit is divided by weight, and later tiers get nothing. If guests are short of what they use,
 * or of the CMA that they always have, their neighbours' headroom is lent to those of them that are
 * credible and swap. docs/policy.md has the tiers and their reasons.
 */
#ifndef CAGMA_CORE_GOAL_H
#define CAGMA_CORE_GOAL_H

#include "host/core/model.h"
#include "host/core/share.h"

/*
 * Fills fair_kib, sure_kib, lends_kib, served_kib and goal_kib of the verdicts, whose other members
 * are there already (demand.h). `share` is room to work in, for all guests.
 */
void goal_set(const struct policy_conf *conf, const struct snapshot *snap, struct share *share,
	      struct plan *plan);

/* How much above what it holds or was already told the guest is to get; 0 if that is not worth a
 * target. */
uint64_t goal_missing_kib(const struct policy_conf *conf, const struct guest_view *guest,
			  const struct verdict *verdict);

#endif
