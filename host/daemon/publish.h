/* SPDX-License-Identifier: MIT */
/*
 * publish.h - the keys in which cagmad tells people, and the guest's agent, how it treats a guest.
 * (Edge.)
 *
 * A key is written on a real change only: another word, or an amount that moved by at least
 * PUBLISH_STEP_KIB. Amounts are written at most once a period, but for the credit, which the agent
 * is to use at once.
 */
#ifndef CAGMA_DAEMON_PUBLISH_H
#define CAGMA_DAEMON_PUBLISH_H

#include "host/guests/guests.h"

enum {
	PUBLISH_STEP_KIB = 1024,
	PUBLISH_CREDIT_STEP_KIB = 2048, /* of a credit that rises: a batch of Linux's balloon */
	/* So many times in a row a write gives way to events; then it is done in any case. */
	PUBLISH_MAX_YIELDS = 3,
};

/* A round-robin cursor over the guests: `at` is the next one, `left` how many have not been
 * visited in this round. A new pass resets `left` but not `at`, so no guest starves. */
struct publish_round {
	unsigned at, left;
	unsigned n_yields; /* how often in a row the write at `at` gave way to events */
};

/*
 * Goes on with the round, until one guest with news is written: its words and credit and, if they
 * are due, its amounts. `amounts` says that news of amounts alone are worth a write too. The call
 * stops after one guest, since an alarm would have to wait too long for a write of a hundred. A
 * write that an event interrupts is left for the next call. Returns 0, or -EBADF if the connection
 * to xenstore is lost; other failures are left for the next round.
 */
int publish_next(struct guests *guests, const struct verdict *verdict, const struct io *io,
		 bool amounts, uint64_t period_ms, uint64_t now_ms, struct publish_round *round);

#endif
