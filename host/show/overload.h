/* SPDX-License-Identifier: MIT */
/*
 * overload.h - the host's word to others: how much memory a guest that comes could have, and how
 * much the guests that are here lack. Pure.
 *
 * Programs that place or move guests and look at Xen's free memory find every balanced host full.
 * Here memory counts that guests can give without being short:
 *
 *	available = free - kept - guests' room - reserve + what guests could give
 *	capacity  = free - others - reserve + what all guests hold
 *	short     = the sum of want - goal over the guests that are to be moved
 *
 * The capacity is for engines that add up what guests need: it stays as it is while memory goes
 * from one guest to another, and a guest that is being built, reboots, or is to come is a part of
 * the sum and not taken off.
 */
#ifndef CAGMA_SHOW_OVERLOAD_H
#define CAGMA_SHOW_OVERLOAD_H

#include "host/core/model.h"

/* After so long without a lack it is over. */
enum { OVERLOAD_CALM_MS = 5000 };

/* All zero before the first pass. */
struct overload {
	uint64_t available_kib;
	uint64_t capacity_kib;
	uint64_t short_kib;
	uint64_t short_since_ms; /* on now_ms's clock; 0 while nothing is lacked, or was just now */
	uint64_t lacked_ms;      /* the last pass with a lack */
};

/* Takes a pass in. `gives`: the policy takes surplus from guests. */
void overload_judge(struct overload *overload, const struct policy_conf *conf,
		    const struct snapshot *snap, const struct verdict *verdict, bool gives);

#endif
