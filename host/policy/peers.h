/* SPDX-License-Identifier: MIT */
/*
 * peers.h - what the policies modelled on other balancers have in common. Pure.
 *
 * A peer decides at its own times, and a decision stands until the next one. It is kept as a wish
 * per guest. The contract may cut a wish because the pages are not free yet; later passes ask for
 * the rest. Only the deciding pass submits the wish uncut, so the counter of cuts counts decisions
 * and not retries.
 *
 * A guest that is not ours to move does not exist for a peer, and its wish is forgotten. Host
 * memory that is kept (claimed, held, reserved) is not free.
 */
#ifndef CAGMA_POLICY_PEERS_H
#define CAGMA_POLICY_PEERS_H

#include "host/core/model.h"
#include "host/policy/memory.h"

enum {
	PEERS_RETRY_MS = 100, /* how soon to ask again if a wish waits for donors' pages */
};

/* 64 TiB: amounts are cut to it, so that no sum of bytes overflows. */
#define PEERS_MAX_KIB (UINT64_C(1) << 36)

/* What a peer keeps of one guest begins with this. All is zero for a guest that was never seen. */
struct peer_guest {
	bool has_wish;
	bool is_new;         /* the wish was made in this pass */
	uint64_t wish_kib;   /* the ALM that the guest is to come to, to the KiB */
	uint64_t target_kib; /* the wish in whole pages, by the slack at that time */
};

/* What a peer keeps of the host begins with this. All is zero at first. */
struct peer_host {
	uint64_t due_ms; /* when the next decision is due */
};

/* Returns true once a period. If it does, *due_ms is a period from now. */
bool peers_is_due(uint64_t *due_ms, uint64_t now_ms, uint64_t period_ms);

/* Host memory that is free and not kept. */
uint64_t peers_free_kib(const struct host_view *host);

/* The ALM that the guest was last told to come to, to the KiB. */
uint64_t peers_told_kib(const struct guest_view *view, const struct peer_guest *guest);

/* Begins a pass: forgets the wishes of guests that are not ours to move. */
void peers_begin(const struct snapshot *snap, struct memory *memory);

/* Makes `alm_kib` the guest's wish. */
void peers_wish(struct peer_guest *guest, uint64_t alm_kib);

/*
 * Ends a pass: makes an action of every wish that is not in force yet, and sets every guest's
 * goal. `has_decided` says that this pass made wishes. The next pass is to come at `wake_ms`, or
 * earlier if a wish waits for pages that are coming.
 */
void peers_finish(const struct policy_conf *conf, const struct snapshot *snap,
		  struct memory *memory, struct plan *plan, uint64_t wake_ms, bool has_decided);

/* The whole pass of a policy that decides once a period, from the snapshot of that pass alone.
 * `decide` makes the wishes. */
void peers_run(const struct policy_conf *conf, const struct snapshot *snap, struct memory *memory,
	       struct plan *plan, uint64_t period_ms,
	       void (*decide)(const struct snapshot *snap, struct memory *memory));

#endif
