/* SPDX-License-Identifier: MIT */
/*
 * recall.h - the memory of guests that every pass lists anew. Pure.
 *
 * Recorded passes (replay.h) and written states (states.h) name their guests by domid. A guest
 * that was in the last pass is remembered, wherever it stands in this one; another one is new.
 */
#ifndef CAGMA_POLICY_RECALL_H
#define CAGMA_POLICY_RECALL_H

#include "host/policy/memory.h"

/* The room that it takes for n guests. */
#define RECALL_BYTES(n) (2 * (MEMORY_BYTES(n) + (size_t)(n) * sizeof(uint32_t)))

struct recall {
	void *room; /* as given to recall_init(); whoever gave it frees it */
	struct memory now, last;
	uint32_t *domid, *last_domid; /* of the guests in each */
	unsigned n, n_last;
};

/* `room` has RECALL_BYTES(capacity), is aligned for 64 bits, and need not be zero.
 * False when it is NULL. */
bool recall_init(struct recall *recall, void *room, unsigned capacity);

/* A pass begins; no guest is in it yet. */
void recall_begin(struct recall *recall);

/* The next guest of the pass, of which there are no more than the capacity. Its index in the last
 * pass, or recall->n_last when it was not there. */
unsigned recall_take(struct recall *recall, uint32_t domid);

/* The pass has been decided: it is the last one now. */
void recall_end(struct recall *recall);

/* The last pass is forgotten; the next is as the first. */
void recall_forget(struct recall *recall);

#endif
