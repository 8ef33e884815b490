/* SPDX-License-Identifier: MIT */
/*
 * recall.h - the memory of guests that every pass lists anew. Pure.
 *
 * Written states (states.h) know their guests by domid, and recorded passes (replay.h) by
 * generation, if the record has it. Either number goes by the name of domid here. A guest whose
 * number was in the last pass is remembered, wherever it stands in this one; any other is new.
 */
#ifndef CAGMA_POLICY_RECALL_H
#define CAGMA_POLICY_RECALL_H

#include "host/policy/memory.h"

/* The bytes that a recall of n guests takes. */
#define RECALL_BYTES(n) (2 * (MEMORY_BYTES(n) + (size_t)(n) * sizeof(uint32_t)))

struct recall {
	void *room; /* as given to recall_init(); the caller of that frees it */
	struct memory now, last;
	uint32_t *domid, *last_domid; /* the numbers of the guests in `now` and in `last` */
	unsigned n, n_last;
};

/* `room` has RECALL_BYTES(capacity), is aligned for 64 bits, and need not be zero. Returns false
 * if `room` is NULL. */
bool recall_init(struct recall *recall, void *room, unsigned capacity);

/* A pass begins; no guest is in it yet. */
void recall_begin(struct recall *recall);

/* Takes in the next guest of the pass; there may be no more of them than the capacity. Returns its
 * index in the last pass, or recall->n_last if it was not there. */
unsigned recall_take(struct recall *recall, uint32_t domid);

/* The pass has been decided, and is the last one from now on. */
void recall_end(struct recall *recall);

/* Forgets the last pass: the next one is as the first. */
void recall_forget(struct recall *recall);

#endif
