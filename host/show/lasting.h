/* SPDX-License-Identifier: MIT */
/*
 * lasting.h - what a guest needs lastingly, for engines that move guests to other hosts. Pure.
 *
 * Balloons answer what passes; a move answers what stays, and itself takes up to minutes. So an
 * engine is told no want of a moment, but
 *
 *	sustained = the least want of the last LASTING_RISE_MS
 *	lasting   = the largest sustained of the last LASTING_FALL_MS
 *
 * A burst that is shorter than LASTING_RISE_MS leaves no trace, however high it is, and a want that
 * goes up and down within LASTING_FALL_MS gives one number. Sources: of the overloads of real
 * servers 88 % last under two minutes (Overdriver, VEE 2011); a guest of 4 GiB takes 40 s over
 * 1 Gbit/s; and the largest of the last five minutes is what Kubernetes' autoscaler scales down by
 * (stabilizationWindowSeconds, 300). Both spans are up to one part longer than they say.
 *
 * Time in which the guest's want says nothing (it migrates, is paused, or is being built) is left
 * out: the guest keeps its figure, and goes on from there.
 */
#ifndef CAGMA_SHOW_LASTING_H
#define CAGMA_SHOW_LASTING_H

#include "host/core/model.h"

enum {
	LASTING_RISE_MS = 60000,
	LASTING_RISE_PARTS = 6,
	LASTING_FALL_MS = 300000,
	LASTING_FALL_PARTS = 10,
	LASTING_GAP_MS = 5000, /* of a longer time without a want, no more than this counts */
};

/* Of one guest. All zero: nothing is known. */
struct lasting {
	uint64_t last_ms;    /* when a want was last taken in; 0: never */
	uint64_t counted_ms; /* the time that counts so far */
	/* Of each part of the spans: the least want, and the largest sustained one. Part p of all
	 * time stands at p modulo the number of elements. */
	uint64_t least_kib[LASTING_RISE_PARTS + 1];
	uint64_t most_kib[LASTING_FALL_PARTS + 1];
};

/* True if the want of such a guest says nothing: it is not whole, or somebody else has it in hand.
 * Its time does not count. */
bool lasting_leaves_out(enum guest_hold hold);

/* Takes a pass in. A guest that gives nothing needs what it holds, if that is more than it wants.
 */
void lasting_take(struct lasting *lasting, const struct guest_view *guest,
		  const struct verdict *verdict, uint64_t now_ms);

/* False while wants are known for less than LASTING_RISE_MS. */
bool lasting_is_known(const struct lasting *lasting);

/* What the guest needs lastingly; 0 if that is not known. */
uint64_t lasting_kib(const struct lasting *lasting);

/* True if an engine may move the guest to another host, as far as the daemon knows. */
bool lasting_may_leave(const struct guest_view *guest);

#endif
