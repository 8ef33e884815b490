/* SPDX-License-Identifier: MIT */
/*
 * publish.h - what cagmad thinks of each guest, as short keys for people and
 * for the guest's agent. (Edge.)
 *
 * Written on real change only: another word, or an amount that moved by at
 * least PUBLISH_STEP_KIB; amounts at most once a period, but for the credit,
 * which is the agent's to use at once.
 */
#ifndef CAGMA_PUBLISH_H
#define CAGMA_PUBLISH_H

#include "host/guests.h"

enum {
	PUBLISH_STEP_KIB = 1024,
	PUBLISH_CREDIT_STEP_KIB = 2048, /* a batch of Linux's balloon driver */
};

/* Words and credit of all guests, at once. 0, or -EBADF when the connection is lost; other
 * failures are left for the next time. */
int publish_words(struct guests *guests, const struct verdict *verdict, struct store *store,
		  uint64_t period_ms, uint64_t now_ms);

/*
 * Amounts that are due, of the guests from *next on, and of no more than one that
 * has any: a write for each of a hundred guests would be a long time for an alarm
 * to wait. *next is then behind it; at their number all is said. As above.
 */
int publish_amounts(struct guests *guests, const struct verdict *verdict, struct store *store,
		    uint64_t period_ms, uint64_t now_ms, unsigned *next);

#endif
