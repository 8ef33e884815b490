/* SPDX-License-Identifier: MIT */
/*
 * cap.h - a plan's credit as max_pages of its guests. (Edge: hypercalls.)
 *
 * A guest's cap is its max_pages as an amount. libxl sets max_pages with every target, be it ours
 * or somebody else's, so each pass compares the plan's credit with the caps that are there. Caps
 * that must be lowered are lowered before any guest is told to grow, and caps that can be raised
 * are raised after that. In this order, no guest can take memory that is not there. Which cap
 * follows from a plan's credit is in credit.h.
 */
#ifndef CAGMA_DAEMON_CAP_H
#define CAGMA_DAEMON_CAP_H

#include "host/core/credit.h"
#include "host/guests/guests.h"

struct cap {
	struct trouble refused; /* Xen refused to set max_pages */
};

/* Sets the caps that the plan lowers, or those that it raises, as `change` says. The plan must be
 * for the guests' last views. */
void cap_apply(struct cap *cap, const struct io *io, struct guests *guests, const struct plan *plan,
	       uint64_t step_kib, enum credit_change change);

/* Takes all credit back: every guest's max_pages becomes what libxl would set for its target. */
void cap_withdraw(struct cap *cap, const struct io *io, struct guests *guests);

#endif
