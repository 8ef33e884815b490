/* SPDX-License-Identifier: MIT */
/*
 * credit.h - how far a guest may grow by itself, before anybody has looked. Pure.
 *
 * Xen lets a guest take memory up to its max_pages. The daemon raises that
 * above the target by the guest's credit, out of what the host has free; the
 * guest's agent takes it at once when memory falls short, and the daemon
 * accounts for it afterwards. max_pages is the bound, whatever the guest does.
 *
 *	sum over guests of (max_pages - what it holds or was told to take)
 *		<= a third of what is free beyond the floor (model.h), kept for
 *		   nothing else, and not guests' to take without credit
 *
 * The rest stays for alarms: whoever lacks more than its credit, or has none,
 * is lent that by target, and it goes where it is needed. A guest
 * with a surplus of its own needs no credit and gets none. What was used is
 * given anew slowly, so that credit is no way to the top.
 */
#ifndef CAGMA_CORE_CREDIT_H
#define CAGMA_CORE_CREDIT_H

#include "host/core/model.h"
#include "host/core/share.h"

enum {
	CREDIT_REFILL_MS = 10000, /* a credit used up is whole again after so long */
	CREDIT_POOL_SHARE = 3,    /* credit is given out of this share of what can be lent */
};

/* All zero is the state of a guest never seen: its credit is whole. */
struct credit {
	uint64_t used_kib; /* credit that was used and is not refilled yet */
	uint64_t alm_kib;  /* at the last look */
	uint64_t seen_ms;  /* 0: never */
};

/* Takes in what the guest has taken by itself since the last look. */
void credit_observe(struct credit *credit, const struct policy_conf *conf, uint64_t now_ms,
		    const struct guest_view *guest);

/*
 * Fills plan->credit_kib, in whole pages: for guests that may have credit, are
 * ours, and are neither told anything new by the plan nor shrinking. Verdicts
 * and actions of the plan must be final. `share` is room to work in.
 */
void credit_give(const struct credit *credit, const struct policy_conf *conf,
		 const struct snapshot *snap, struct share *share, struct plan *plan);

/* max_pages without any credit: as libxl sets it with a target, or where the balloon rests under
 * that target, if that is more. */
uint64_t credit_plain_cap_kib(const struct guest_view *guest);

/*
 * Which max_pages follows from a plan's credit for this guest, and whether that is to be set now.
 * It has to be lowered before any guest is told to grow, and may be raised by less than `step_kib`
 * only together with something else: that is not worth a hypercall and a write to the guest.
 */
enum credit_change { CREDIT_STAYS, CREDIT_LOWERS, CREDIT_RAISES };
enum credit_change credit_cap_kib(const struct guest_view *guest, uint64_t credit_kib,
				  uint64_t step_kib, uint64_t *ret_cap_kib);

#endif
