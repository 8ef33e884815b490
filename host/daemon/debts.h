/* SPDX-License-Identifier: MIT */
/*
 * debts.h - who keeps what of whom. (Edge: the log.)
 *
 * A guest whose balloon does not move keeps what it was lent. If another guest misses some of what
 * is guaranteed to it meanwhile, that is logged once when it begins and once when it ends.
 */
#ifndef CAGMA_DAEMON_DEBTS_H
#define CAGMA_DAEMON_DEBTS_H

#include "host/guests/guests.h"

/* Looks at the guests' last views and the verdicts on them. Less than `step_kib` is no debt. */
void debts_say(struct guests *guests, const struct verdict *verdict, uint64_t step_kib,
	       uint64_t now_ms);

#endif
