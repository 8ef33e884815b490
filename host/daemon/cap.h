/* SPDX-License-Identifier: MIT */
/*
 * cap.h - a plan's credit as max_pages of its guests. (Edge: hypercalls.)
 *
 * libxl sets max_pages with every target, ours or anybody's, so the credit of a plan is compared
 * with what is there in each pass. Caps that have to be lowered are lowered before any guest is
 * told to grow, and those that can be raised are raised behind: in between nobody may take what is
 * not there. Which cap follows from a plan is credit.h's.
 */
#ifndef CAGMA_DAEMON_CAP_H
#define CAGMA_DAEMON_CAP_H

#include "host/core/credit.h"
#include "host/daemon/guests.h"

struct cap {
	struct trouble refused; /* by Xen */
};

/* Sets the caps of all guests whose change is `change`; of the plan for the guests' last views. */
void cap_apply(struct cap *cap, const struct io *io, struct guests *guests, const struct plan *plan,
	       uint64_t step_kib, enum credit_change change);

/* Every guest's max_pages is what libxl would have it. */
void cap_withdraw(struct cap *cap, const struct io *io, struct guests *guests);

#endif
