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
#include "common/trouble.h"
#include "host/daemon/worker.h"

struct calls {
	struct worker_pool *workers;
	bool is_dry;     /* say what would be done, start nothing */
	bool is_starved; /* an action waits for a worker */
	struct trouble no_worker;
	uint64_t n_started, n_failed;
};

/* Starts what the plan says; in a dry run says what is new by `step_kib`. */
void calls_apply(struct calls *calls, struct guests *guests, const struct plan *plan,
		 uint64_t step_kib, uint64_t now_ms);

bool calls_are_under_way(const struct calls *calls);

/*
 * Takes in the calls that have ended, and pauses guests whose call failed.
 * `store`, which may be NULL, is read to see whether libxl did what it says.
 * True when one has ended: the next pass has something new to see, and what
 * was starved may start.
 */
bool calls_collect(struct calls *calls, struct guests *guests, struct store *store,
		   uint64_t now_ms);

#endif
