/* SPDX-License-Identifier: MIT */
/*
 * plan.h - the safety contract of every plan, apart from any policy's cleverness. Pure.
 *
 * A plan may
 *  - touch each guest at most once, in whole pages, and only as its hold allows
 *    (model.h): take memory from those that give, let those grow that grow, and
 *    tell others no more than to keep what they hold, if they were promised more
 *    or are on their way to less;
 *  - take no guest below its min, and let none grow above its max. A promise may
 *    be taken back from a guest that holds less than its min;
 *  - take from a guest that is not heard of no more than it was lent;
 *  - take nothing from a guest that it uses by its own report and that is
 *    guaranteed to it, as long as what all guests need of what is guaranteed to
 *    them fits in the memory that there is: what is lent is given back first;
 *  - take as surplus nothing that a guest with another's agent may be using (source.h);
 *  - hand out only memory that is free now: not what a guest being built has
 *    claimed, not what is held for one that reboots or reserved to one to be
 *    started, not what another guest may take by its target or its credit, not
 *    what donors have still to give; and of the reserve only to a guest that
 *    has raised an alarm;
 *  - never lend the floor (model.h): if all guests took all the room that they
 *    have at any moment from the snapshot on, that much would stay free. Where
 *    that is not so already, since others than guests have taken memory, no
 *    guest gets more room than it has, and none keeps credit;
 *  - give credit only to guests that may have it;
 *  - not let anyone grow while xl builds a guest;
 *  - put no shrink behind a grow.
 */
#ifndef CAGMA_CORE_PLAN_H
#define CAGMA_CORE_PLAN_H

#include "host/core/model.h"

enum plan_breach {
	PLAN_SAFE,
	PLAN_NOT_OURS,
	PLAN_TWICE,
	PLAN_NOT_PAGES,
	PLAN_BELOW_MIN,
	PLAN_NOT_LENT,
	PLAN_BELOW_USE,
	PLAN_ABOVE_MAX,
	PLAN_OVERSPENT,
	PLAN_TAKES_OWN,
	PLAN_CREDIT_NOT_OURS,
	PLAN_CREDIT_OVERSPENT,
	PLAN_XL_BUILDS,
	PLAN_ORDER,
	PLAN_BREACHES_
};

/* The room that the arrays of a plan take for n guests. */
#define PLAN_BYTES(n)                                                                              \
	((size_t)(n) * (sizeof(struct action) + sizeof(struct verdict) + sizeof(uint64_t)))

/* An empty plan; its arrays are in `room`, which has PLAN_BYTES(capacity), is aligned for 64 bits,
 * and need not be zero. False when `room` is NULL. */
bool plan_init(struct plan *plan, void *room, unsigned capacity);

/* The breach for a message, as "takes a guest below its min". */
const char *plan_breach_text(enum plan_breach breach);

/* The first breach in the plan, and the index in the snapshot of the guest it concerns
 * (when not PLAN_SAFE; the snapshot's number of guests when there is no such guest). */
enum plan_breach plan_violation(const struct policy_conf *conf, const struct snapshot *snap,
				const struct plan *plan, unsigned *ret_guest);

/* The room that the action gives its guest beyond the room that it has. */
uint64_t plan_cost_kib(const struct snapshot *snap, const struct action *action);

/* Puts shrinks in front of grows; either keep their order among themselves. */
void plan_order(const struct snapshot *snap, struct plan *plan);

/*
 * Cuts the plan down to what the contract allows: actions in breach are
 * dropped, overspent grows trimmed, shrinks put in front, credit in breach
 * withdrawn. The number of actions and credits dropped or trimmed.
 */
unsigned plan_cut(const struct policy_conf *conf, const struct snapshot *snap, struct plan *plan);

#endif
