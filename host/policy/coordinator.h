/* SPDX-License-Identifier: MIT */
/*
 * coordinator.h - the memory coordinator of a course on operating systems, for comparison. Pure.
 *
 * Policy `coordinator` does what the coordinator's README says, and policy `coordinator-program`
 * what its program does. Both decide once per period_ms, which is the interval that the program is
 * called with. Percentages are of a guest's size, which is its ALM; "unused" is MemFree.
 *
 *	short         a guest with less than 15 % unused
 *	grows by      15 %, up to a size of 2048 MiB
 *	donors        guests with more than 30 % and more than 100 MiB unused give first: up to 20
 *%, while 100 MiB stay unused host          gives what the donors cannot, while 200 MiB stay free
 *	return        a guest above 512 MiB with more than 30 % unused gives 20 % back to the host,
 *	              down to 512 MiB
 *
 * Guests are served in order of domid. If a guest gets less than it asked for, the guests behind
 * it get nothing. A guest is asked as a donor at most once in a pass. If a guest has no report,
 * the coordinator does nothing at all. A guest that is not ours to move for another reason counts
 * as absent.
 *
 * The program differs from its README, and `coordinator-program` follows it:
 *  - "Less" and "more" include the bound itself.
 *  - A guest that is above 2048 MiB still grows by 15 %, because an unsigned number wraps.
 *  - A donor that gives the last that is needed may be asked again, as if it had as much unused as
 *    before.
 *  - Memory that the host has given is not subtracted from its free memory.
 *  - A guest gives 20 % back to the host even if it falls below 512 MiB.
 *  - A short guest that was not served, because a guest before it got too little, is told to hold
 *    its present size.
 *
 * The program also reads its list of guests only once; here guests may come and go.
 */
#ifndef CAGMA_POLICY_COORDINATOR_H
#define CAGMA_POLICY_COORDINATOR_H

#include "host/policy/peers.h"

enum {
	COORDINATOR_SHORT_PERCENT = 15,
	COORDINATOR_AMPLE_PERCENT = 30,
	COORDINATOR_GROW_PERCENT = 15,
	COORDINATOR_GIVE_PERCENT = 20,
	COORDINATOR_GUEST_FREE_KIB = 100 * 1024, /* stays unused in a donor */
	COORDINATOR_HOST_FREE_KIB = 200 * 1024,
	COORDINATOR_BASE_KIB = 512 * 1024,
	COORDINATOR_MAX_KIB = 2048 * 1024,
};

/* One guest. All but `peer` is of one pass only. */
struct coordinator_guest {
	struct peer_guest peer;
	bool is_there;
	uint64_t size_kib, unused_kib; /* the size is the new one once it is decided */
	bool is_short;
	bool is_evaluated; /* it was asked as a donor or, in the program, is short */
	bool is_changed;
};

/* That part of `kib`, rounded down. */
uint64_t coordinator_percent(uint64_t kib, unsigned percent);

/* Reads every guest's figures. Returns false if a guest has none: then nothing is to be done. */
bool coordinator_read(const struct snapshot *snap, struct coordinator_guest *guest);

#endif
