/* SPDX-License-Identifier: MIT */
/*
 * calls.h - a plan's actions as libxl calls, and what became of them. (Edge.)
 *
 * Each guest has at most one call under way. What cannot start now is not
 * kept: the next pass decides anew, on newer facts.
 */
#ifndef CAGMA_DAEMON_CALLS_H
#define CAGMA_DAEMON_CALLS_H

#include "host/daemon/guests.h"

struct calls {
	bool is_dry;     /* say what would be done, start nothing */
	bool is_starved; /* an action waits for a worker */
	struct trouble no_worker;
	uint64_t n_started, n_failed;
};

/* Starts what the plan says; in a dry run says what is new by `step_kib`. */
void calls_apply(struct calls *calls, const struct io *io, struct guests *guests,
		 const struct plan *plan, uint64_t step_kib, uint64_t now_ms);

/*
 * Takes in the calls that have ended, and pauses guests whose call failed. While `is_connected`,
 * xenstore is read to see whether libxl did what it says. True when a call has ended: the next pass
 * has something new to see, and what was starved may start.
 */
bool calls_collect(struct calls *calls, const struct io *io, struct guests *guests,
		   bool is_connected, uint64_t now_ms);

#endif
