/* SPDX-License-Identifier: MIT */
/*
 * hostword.h - the host's word to others (host/show/overload.h) as keys in xenstore. (Edge.)
 *
 * The keys are rewritten when an amount has changed by HOSTWORD_STEP_KIB or the lack has begun or
 * ended, and at most once in HOSTWORD_GAP_MS.
 */
#ifndef CAGMA_DAEMON_HOSTWORD_H
#define CAGMA_DAEMON_HOSTWORD_H

#include "host/show/overload.h"
#include "host/xen/store.h"

enum { HOSTWORD_STEP_KIB = 1024, HOSTWORD_GAP_MS = 1000 };

/* What was written last. All zero: nothing was. */
struct hostword {
	bool is_written;
	struct overload said;
	uint64_t when_ms;
};

/* Writes the word if it is news. Returns 0, also if xenstore refuses it, or -EBADF if the
 * connection is lost. */
int hostword_say(struct hostword *word, struct store *store, const struct overload *overload,
		 uint64_t now_ms);

/* Removes the keys. To be called when the daemon stops. */
void hostword_withdraw(struct store *store);

#endif
