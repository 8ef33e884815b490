/* SPDX-License-Identifier: MIT */
/*
 * arrival.h - does the memory that a guest is given arrive in its kernel? Pure.
 *
 * A guest may hold memory that its kernel cannot use: memory that was hotplugged and never brought
 * online, or memory above the kernel's `mem=`. Then ALM rises and MemTotal does not. Such a guest
 * stays short whatever it is given, so what it is given must end.
 *
 * ALM and MemTotal must rise together. While one report shows that they did not, the guest gets no
 * new promise; a later look of the guest confirms it, since a report of a guest that is short may
 * have been long on its way. The ALM of that moment is the guest's ceiling then. The ceiling is
 * tried again by ARRIVAL_TRY_KIB after a pause that doubles each time, and it is gone when MemTotal
 * follows such a try, or rises while the guest rests. So a guest holds no more memory that does not
 * arrive than one grant, which is what it wanted when it was given that, and one try for each
 * doubling of the time since then.
 *
 * An agent that is not ours (source.h) tells no MemTotal that follows the balloon. Of a guest that
 * goes by such reports nothing is known here, and its max and hold stay as they are.
 */
#ifndef CAGMA_CORE_ARRIVAL_H
#define CAGMA_CORE_ARRIVAL_H

#include "host/core/model.h"

enum {
	/* Less than this, or than such a share of what the guest was given, may be missing: tables
	 * for the memory itself, and pages that are on their way. The tables
	 * take a sixty-fourth. */
	ARRIVAL_LOST_KIB = 4 * 1024,
	ARRIVAL_LOST_SHARE = 32,
	/* Memory that a guest held so long before a look must be in that look's MemTotal. */
	ARRIVAL_MS = 500,
	/* A look that misses memory confirms an earlier one if it was so much later on the guest's
	 * clock, or was read so much later. */
	ARRIVAL_CONFIRM_MS = 2000,
	ARRIVAL_CONFIRM_READ_MS = 5000,
	/* A ceiling is tried again by so much, after this time and then after twice as long. */
	ARRIVAL_TRY_KIB = 8 * 1024,
	ARRIVAL_RETRY_MS = 10000,
};

/* All zero is the state of a guest never heard of. */
struct arrival {
	uint64_t report_ms; /* of the last report taken in; 0: there was none */
	/* The ALM up to which all was well, and ALM - MemTotal at it. */
	uint64_t base_kib;
	int64_t base_offset_kib;
	/* The ALM at two times: from the earlier on, ARRIVAL_MS or twice that have gone by. */
	uint64_t then_ms, then_kib, since_ms, since_kib;
	bool is_doubted; /* a look missed memory, and none has confirmed or refuted it */
	uint64_t doubted_uptime_ms, doubted_ms; /* when it looked, and when that was read */
	uint64_t ceiling_kib;                   /* 0: there is none */
	uint64_t try_ms;                        /* when it is tried again */
	uint64_t pause_ms;                      /* before the next try */
};

/*
 * Takes in the ALM of a guest that runs, and its report if that is new, after balloon_observe().
 * A guest whose memory does not arrive gets HOLD_UNARRIVED (only over HOLD_NONE) until its ceiling
 * is tried again, and a max_kib that ends at its ceiling, or at the try above it. While that is in
 * doubt its max_kib ends at what it was told.
 */
void arrival_observe(struct arrival *arrival, uint64_t now_ms, struct guest_view *guest);

#endif
