/* SPDX-License-Identifier: MIT */
/*
 * reclaim.h - makes room for a balloon that finds next to nothing available. Pure.
 *
 * Linux's balloon driver asks for no more than si_mem_available at a time, and backs off for
 * seconds if that was little. So the host gets pages that programs have filled and do not touch
 * again only slowly, however far the guest is above its target. While the target is out of reach,
 * the agent has the kernel reclaim the guest's coldest pages, a batch at a time. That shrinks the
 * cache of ZFS, too, which the driver does not see. If pages come back
 * from swap they were not cold, and the agent rests; the more often that happens, the longer.
 *
 * The amounts were tried with cagma-sim, seeds 1 to 12 of leak, random, weights and others.
 */
#ifndef CAGMA_AGENT_RECLAIM_H
#define CAGMA_AGENT_RECLAIM_H

#include "common/keys.h"

enum {
	/* The target has to be out of reach for so long: by then the balloon has taken all that is
	 * available, and a target that is taken back at once swaps nothing. */
	RECLAIM_PATIENCE_MS = 500,
	RECLAIM_PAUSE_MS = 50, /* between two batches; and from a new target to the first look */

	/* A batch is as large as all that batches have freed since the last rest, within bounds. */
	RECLAIM_MIN_BATCH_KIB = 1024,
	RECLAIM_MAX_BATCH_KIB = 32 * 1024,

	/* If more than a 32nd of the reclaimed pages comes back, the agent rests. Each rest is
	 * twice as long as the one before, within bounds, unless that was over for
	 * RECLAIM_REST_MAX_MS. */
	RECLAIM_BACK_SHARE = 32,
	RECLAIM_REST_MIN_MS = 2 * 1000,
	RECLAIM_REST_MAX_MS = 64 * 1000,
	RECLAIM_REFUSED_MS = 1000, /* the rest after a batch of which no page was reclaimed */
	RECLAIM_SWAP_SHARE = 8,    /* an eighth of the swap area is left to the programs */
};

/* All zero: nothing was asked for yet. */
struct reclaim {
	uint64_t lack_kib;      /* how far the target is out of reach, at the last look */
	uint64_t since_ms;      /* since when it has been out of reach; 0: it is within reach */
	uint64_t asked_kib;     /* the part of the last batch that has not gone yet */
	bool is_asking;         /* the last batch has not ended */
	bool is_refused;        /* since the last look a batch ended before its size was reached */
	bool has_gone_out;      /* some of the last batch has gone */
	uint64_t out_kib;       /* gone by batches since the last rest: to swap, or from ZFS */
	uint64_t taken_kib;     /* and freed by that: zswap and zram keep a part, compressed */
	bool has_asked;         /* there was a batch since the last rest */
	uint64_t pswpout;       /* of the last look */
	uint64_t packed_kib;    /* likewise */
	uint64_t arc_kib;       /* likewise */
	uint64_t refault_anon;  /* of the last look before the first of those batches */
	uint64_t not_before_ms; /* the end of the rest */
	uint64_t rest_ms;       /* how long the last rest was; 0: there was none yet */
};

/* A look gave `now`. */
void reclaim_looked(struct reclaim *reclaim, const struct report *now);

/* How much the kernel is to reclaim after that look, in KiB; 0: nothing. */
uint64_t reclaim_batch_kib(const struct reclaim *reclaim, const struct report *now);

/* The kernel has begun to reclaim a batch of `kib`. */
void reclaim_began(struct reclaim *reclaim, uint64_t kib);

/*
 * The batch has ended. `is_refused`: the kernel says that it found less. That means nothing as long
 * as pages are swapped out: a page counts as reclaimed when it has been written, and the kernel
 * does not wait for that.
 */
void reclaim_ended(struct reclaim *reclaim, bool is_refused);

/* Is the target out of reach and a batch due soon, so that looks must go on? */
bool reclaim_is_pending(const struct reclaim *reclaim, uint64_t now_ms);

#endif
