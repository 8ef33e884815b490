/* SPDX-License-Identifier: MIT */
/*
 * plan.h - the safety contract of every plan, apart from any policy's cleverness. Pure.
 *
 * A plan may
 *  - touch only guests that are ours to move, each at most once, in whole pages;
 *  - take no guest below its min, and let none grow above its max;
 *  - hand out only memory that is free now: not the reserve, not what a guest
 *    being built has claimed, not what is held for one that reboots, not what
 *    another guest was already promised by its target, not what donors have
 *    still to give;
 *  - not let anyone grow while xl builds a guest;
 *  - put no shrink behind a grow.
 */
#ifndef CAGMA_PLAN_H
#define CAGMA_PLAN_H

#include "host/model.h"

enum plan_breach {
	PLAN_SAFE,
	PLAN_NOT_OURS,
	PLAN_TWICE,
	PLAN_NOT_PAGES,
	PLAN_BELOW_MIN,
	PLAN_ABOVE_MAX,
	PLAN_OVERSPENT,
	PLAN_XL_BUILDS,
	PLAN_ORDER,
	PLAN_BREACHES_
};

/* What is wrong, for a message: "takes a guest below its min", … */
const char *plan_breach_text(enum plan_breach breach);

/* The first breach in the plan, with the action it is in (when not PLAN_SAFE). */
enum plan_breach plan_violation(const struct policy_conf *conf, const struct snapshot *snap,
				const struct plan *plan, unsigned *ret_action);

/* Puts shrinks in front of grows; either keep their order among themselves. */
void plan_order(const struct snapshot *snap, struct plan *plan);

/*
 * Cuts the plan down to what the contract allows: actions in breach are
 * dropped, overspent grows trimmed, shrinks put in front. The number of
 * actions dropped or trimmed.
 */
unsigned plan_cut(const struct policy_conf *conf, const struct snapshot *snap, struct plan *plan);

#endif
