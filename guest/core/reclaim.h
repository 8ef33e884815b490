/* SPDX-License-Identifier: MIT */
/*
 * reclaim.h - making room for a balloon that finds next to nothing available. Pure.
 *
 * Linux's balloon driver asks for no more than si_mem_available at a time, and backs off for
 * seconds when that was little. So what programs have filled and do not touch again comes
 * slowly, however far above the host's target the guest is and whatever its neighbours are
 * short of. While the target is out of reach, the agent has the kernel reclaim the guest's coldest
 * pages, a batch at a time. Pages that come back from swap were none: then it leaves off,
 * for the longer the more often that happens.
 *
 * The amounts were tried with cagma-sim, seeds 1 to 12 of leak, random, weights and others.
 */
#ifndef CAGMA_AGENT_RECLAIM_H
#define CAGMA_AGENT_RECLAIM_H

#include "common/keys.h"

enum {
	/* Out of reach for so long: what is available has been taken by then, and a target that is
	 * taken back at once swaps nothing. */
	RECLAIM_PATIENCE_MS = 500,
	RECLAIM_PAUSE_MS = 50, /* between two batches; and from a new target to the first look */

	/* A batch is as much as has been reclaimed and stayed out, within these. */
	RECLAIM_MIN_BATCH_KIB = 1024,
	RECLAIM_MAX_BATCH_KIB = 32 * 1024,

	RECLAIM_BACK_SHARE = 32,         /* of what was reclaimed may come back */
	RECLAIM_REST_MIN_MS = 2 * 1000,  /* it is left off for so long else; for twice as long */
	RECLAIM_REST_MAX_MS = 64 * 1000, /* after less than this of trying again */
	RECLAIM_REFUSED_MS = 1000,       /* … after a batch of which nothing was to be had */
	RECLAIM_SWAP_SHARE = 8,          /* of the swap area is left to the programs */
};

/* All zero: nothing was asked for yet. */
struct reclaim {
	uint64_t lack_kib;      /* of the target beyond what is available, at the last look */
	uint64_t since_ms;      /* there has been a lack since; 0: there is none */
	uint64_t asked_kib;     /* of the last batch, what has not gone out */
	bool is_asking;         /* it has not ended */
	bool is_refused;        /* it has ended before its size was reached, since the last look */
	bool has_gone_out;      /* some of it */
	uint64_t taken_kib;     /* swapped out by batches since the last rest */
	bool has_asked;         /* … there was one */
	uint64_t pswpout;       /* of the last look */
	uint64_t refault_anon;  /* of the last look before the first of those batches */
	uint64_t not_before_ms; /* nothing is asked for until then */
	uint64_t rest_ms;       /* how long it was; 0: there was none yet */
};

/* A look gave `now`. */
void reclaim_looked(struct reclaim *reclaim, const struct report *now);

/* How much the kernel is to reclaim after that look, in KiB; 0: nothing. */
uint64_t reclaim_batch_kib(const struct reclaim *reclaim, const struct report *now);

/* It has begun with that. */
void reclaim_began(struct reclaim *reclaim, uint64_t kib);

/*
 * It has ended. `is_refused`: it found less. That means nothing as long as pages go out: a page is
 * reclaimed when it has been written, and the kernel does not wait for that.
 */
void reclaim_ended(struct reclaim *reclaim, bool is_refused);

/* Is the target out of reach and a batch due soon, so that looks must go on? */
bool reclaim_is_pending(const struct reclaim *reclaim, uint64_t now_ms);

#endif
