/* SPDX-License-Identifier: MIT */
/*
 * peers.h - what the policies modelled on other balancers have in common. Pure.
 *
 * They decide at their own times, and what they decide stands until they decide
 * something else: a guest's balloon pursues it, as far as there is memory. So a
 * wish is kept, and what the contract has cut of it is asked for again as pages
 * come free; the pass that decides asks for all of it, the others for what the
 * contract allows, so that cuts speak of decisions.
 *
 * A guest that is not ours to move is not there for a peer, and what it was told
 * is forgotten. Host memory that is kept (claimed, held, reserved) is not free.
 */
#ifndef CAGMA_POLICY_PEERS_H
#define CAGMA_POLICY_PEERS_H

#include "host/core/model.h"
#include "host/policy/memory.h"

enum {
	PEERS_RETRY_MS = 100, /* how soon to ask again for what waits for pages of donors */
};

#define PEERS_MAX_KIB (UINT64_C(1) << 36) /* 64 TiB: no sum of bytes comes near its end */

/* One guest; all zero is one never seen. What a peer keeps of a guest begins with this … */
struct peer_guest {
	bool has_wish;
	bool is_new;         /* the wish, in this pass */
	uint64_t wish_kib;   /* what it is to hold, to the KiB */
	uint64_t target_kib; /* … as a target, in whole pages; as its slack was then */
};

/* … and what it keeps of the host with this; all zero at first. */
struct peer_host {
	uint64_t due_ms; /* the next decision */
};

/* True once a period; the next is then a period from now. */
bool peers_is_due(uint64_t *due_ms, uint64_t now_ms, uint64_t period_ms);

/* Host memory that is nobody's, as a peer sees it. */
uint64_t peers_free_kib(const struct host_view *host);

/* What the guest was last told to hold, to the KiB. */
uint64_t peers_told_kib(const struct guest_view *view, const struct peer_guest *guest);

/* Forgets what was wished of guests that are not ours. */
void peers_begin(const struct snapshot *snap, struct memory *memory);

void peers_wish(struct peer_guest *guest, uint64_t alm_kib);

/* Every wish not in force yet becomes an action, and every guest's goal. The plan is to be made
 * again by `wake_ms`, or before if that is worth it. */
void peers_finish(const struct policy_conf *conf, const struct snapshot *snap,
		  struct memory *memory, struct plan *plan, uint64_t wake_ms, bool has_decided);

/* All of a policy that decides once a period, on what it is shown then. */
void peers_run(const struct policy_conf *conf, const struct snapshot *snap, struct memory *memory,
	       struct plan *plan, uint64_t period_ms,
	       void (*decide)(const struct snapshot *snap, struct memory *memory));

#endif
