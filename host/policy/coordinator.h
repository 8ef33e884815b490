/* SPDX-License-Identifier: MIT */
/*
 * coordinator.h - the memory coordinator of a course on operating
 * systems, as its README specifies it, and as its program behaves. Pure.
 *
 *	interval      it is called with one: period_ms
 *	short         unused (MemFree) below 15 % of its size
 *	grows by      15 % of its size, to 2048 MiB at the most
 *	donors        unused above 30 % and above 100 MiB give 20 % of their size,
 *	              not below 100 MiB unused, first
 *	host          gives the rest, not below 200 MiB free
 *	return        above 512 MiB, with above 30 % unused: 20 % of the size go
 *	              back to the host, not below 512 MiB
 *
 * Guests are served in order of domid. When one gets less than it asked for,
 * those behind it get nothing. A guest without a report keeps the coordinator
 * from doing anything; one that is not ours for another reason is not there.
 * Size is the ALM. A guest that was evaluated as a donor is so once in a pass.
 *
 * The program differs from its README, and `coordinator-program` does as it:
 *  - "below" and "above" include the bound itself;
 *  - what is above 2048 MiB already still grows by 15 %: an unsigned number wraps;
 *  - a donor that gives the last that is needed may be asked again, as if it had
 *    as much unused as before;
 *  - what the host has given is not taken off what it has free;
 *  - what goes back to the host is 20 %, also below 512 MiB;
 *  - who could not be served is told what it holds at the moment.
 * It also reads its list of guests only once; here guests may come and go.
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

/* One guest; all but `peer` is of one pass. */
struct coordinator_guest {
	struct peer_guest peer;
	bool is_there;
	uint64_t size_kib, unused_kib; /* its size changes as it is decided */
	bool is_short;
	bool is_evaluated; /* as a donor; or it is short */
	bool is_changed;
};

uint64_t coordinator_percent(uint64_t kib, unsigned percent);

/* Everybody's figures; false when a guest has none, and nothing is to be done. */
bool coordinator_read(const struct snapshot *snap, struct coordinator_guest *guest);

#endif
