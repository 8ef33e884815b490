/* SPDX-License-Identifier: MIT */
/*
 * publish.h - what cagmad thinks of each guest, as short keys for people and
 * for the guest's agent. (Edge.)
 *
 * Written on real change only: another word, or an amount that moved by at
 * least PUBLISH_STEP_KIB; amounts at most once a period, but for the credit,
 * which is the agent's to use at once.
 */
#ifndef CAGMA_DAEMON_PUBLISH_H
#define CAGMA_DAEMON_PUBLISH_H

#include "host/daemon/guests.h"

enum {
	PUBLISH_STEP_KIB = 1024,
	PUBLISH_CREDIT_STEP_KIB = 2048, /* a batch of Linux's balloon driver */
	PUBLISH_MAX_YIELDS = 3, /* in a row: guests that write all the time do not prevent it */
};

/* Who is still to be gone through. It goes on where it was, so that everybody's turn comes however
 * often a pass begins it anew; `left` is at most the number of guests. */
struct publish_round {
	unsigned at, left;
	unsigned n_yields; /* how often what was to be said last gave way to events */
};

/*
 * Says what is new of the guests that are left: words and credit; and, with
 * `amounts`, those that are due. Of no more than one that has any: a write for
 * each of a hundred guests would be a long time for an alarm to wait; and one
 * that an event interrupts is left for the next call. 0, or -EBADF when the
 * connection is lost; other failures are left for the next round.
 */
int publish_next(struct guests *guests, const struct verdict *verdict, const struct io *io,
		 bool amounts, uint64_t period_ms, uint64_t now_ms, struct publish_round *round);

#endif
