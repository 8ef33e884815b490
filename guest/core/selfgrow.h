/* SPDX-License-Identifier: MIT */
/*
 * selfgrow.h - growing at once on the host's credit, and taking back what is refused. Pure.
 *
 * The host lets the guest hold so much more than it was told to
 * (cagma/credit_kib), by raising max_pages. With an alarm the agent takes what
 * it lacks of that, by setting the balloon driver's own target, before anybody
 * on the host has looked. memory/target stays the host's, and whenever that is
 * written it overrides ours.
 *
 * max_pages is what bounds the guest, whatever it asks for. To ask for no more
 * than the credit is for the driver's sake, which would try in vain for 14 s and then
 * sleep on that target: so what does not come is taken back.
 *
 * Sizes are as the balloon driver counts them.
 */
#ifndef CAGMA_AGENT_SELFGROW_H
#define CAGMA_AGENT_SELFGROW_H

#include "common/keys.h"

enum {
	SELFGROW_MIN_STEP_KIB = 2 * 1024, /* one batch of the balloon driver */
	SELFGROW_REFUSED_MS = 1000,       /* a balloon that has not moved for so long is refused:
					     twice what one takes to move at all on a busy host */
	SELFGROW_PAUSE_MS = 250,          /* the longest until it is looked at meanwhile */
};

/* All zero: there is no credit. */
struct selfgrow {
	uint64_t credit_kib;  /* what is left of it */
	uint64_t host_kib;    /* the target that the host set last */
	uint64_t own_kib;     /* ours, while it is in force; 0: the host's is */
	uint64_t most_kib;    /* no target of ours is above; lowered when the credit is */
	uint64_t current_kib; /* what the balloon leaves the guest, at the last look */
	uint64_t moved_ms;    /* when that last rose, or was last to rise */
	bool has_moved;       /* since a target of ours was last set */
	bool is_refused;      /* until the credit is written anew */
};

/* A look gave `now`. */
void selfgrow_looked(struct selfgrow *grow, const struct report *now);

/* The host has written its credit, for what the guest holds now and is not already taking. */
void selfgrow_renewed(struct selfgrow *grow, uint64_t credit_kib);

/*
 * The target to be set for a guest that lacks `lack_kib` at the look `now`; 0:
 * none. Never above the credit, nor what the balloon has of the guest's memory
 * (above that the kernel would begin to plug in more), and never below the
 * host's. While nothing has come of what was asked for last, no more is: each
 * new target is one more of the few times that the driver tries.
 */
uint64_t selfgrow_target_kib(const struct selfgrow *grow, const struct report *now,
			     uint64_t lack_kib);

/* The target to be set to take back what does not come or is not granted any more; 0: none. */
uint64_t selfgrow_back_kib(const struct selfgrow *grow, uint64_t now_ms);

/* `target_kib`, as one of the two above has given it, was set; or could not be. */
void selfgrow_set(struct selfgrow *grow, uint64_t target_kib, uint64_t now_ms);
void selfgrow_failed(struct selfgrow *grow);

/* Is memory on its way that has to be watched? */
bool selfgrow_is_pending(const struct selfgrow *grow);

#endif
