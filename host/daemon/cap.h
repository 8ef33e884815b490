/* SPDX-License-Identifier: MIT */
/*
 * grant.h - a plan's credit as max_pages of its guests. (Edge: hypercalls.)
 *
 * libxl sets max_pages with every target, ours or anybody's, so what is
 * granted is compared with what is there in each pass. What has to be lowered
 * is lowered before any guest is told to grow, what can be raised is raised
 * behind: in between nobody may take what is not there.
 */
#ifndef CAGMA_DAEMON_CAP_H
#define CAGMA_DAEMON_CAP_H

#include "host/daemon/guests.h"
#include "common/trouble.h"

struct cap {
	struct trouble refused; /* by Xen */
	uint64_t n_set;
};

void cap_lower(struct cap *grant, struct guests *guests, const struct plan *plan,
	       struct hypervisor *hypervisor);

/* Raises by less than `step_kib` are not worth a write to the guest. */
void cap_raise(struct cap *grant, struct guests *guests, const struct plan *plan,
	       struct hypervisor *hypervisor, uint64_t step_kib);

/* Every guest's max_pages is what libxl would have it. */
void cap_withdraw(struct cap *grant, struct guests *guests, struct hypervisor *hypervisor);

#endif
