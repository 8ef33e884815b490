/* SPDX-License-Identifier: MIT */
/*
 * calls.h - a plan's actions as libxl calls, and the results of these calls. (Edge.)
 *
 * Each guest has at most one call under way. An action that cannot start now is not kept: the next
 * pass decides anew, on newer facts.
 */
#ifndef CAGMA_DAEMON_CALLS_H
#define CAGMA_DAEMON_CALLS_H

#include "host/guests/guests.h"

struct calls {
	bool is_dry;     /* log what would be done, and start nothing */
	bool is_starved; /* an action could not start: a worker or the guest was busy */
	struct trouble no_worker;
	uint64_t n_started, n_failed;
};

/* Starts a call for each action of the plan. A dry run logs the action instead, if its target
 * differs by at least `step_kib` from the one that was logged last for the guest. */
void calls_apply(struct calls *calls, const struct io *io, struct guests *guests,
		 const struct plan *plan, uint64_t step_kib, uint64_t now_ms);

/*
 * Takes in the calls that have ended, and leaves a guest alone for a while if its call failed. If
 * `is_connected`, reads in xenstore whether libxl did what it reported. Returns true if a call has
 * ended: then the next pass sees something new, and actions that found no worker may start.
 */
bool calls_collect(struct calls *calls, const struct io *io, struct guests *guests,
		   bool is_connected, uint64_t now_ms);

#endif
