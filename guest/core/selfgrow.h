/* SPDX-License-Identifier: MIT */
/*
 * selfgrow.h - growing at once on the host's credit, and taking back what does not come. Pure.
 *
 * The credit (cagma/credit_kib) says how far the guest may grow above what it
 * was told to hold; the host raises max_pages by that. With an alarm the agent
 * takes as much of the credit as it lacks, by setting the balloon driver's own
 * target, before anybody on the host has looked. The host's target is
 * memory/target, and each write of it overrides the agent's.
 *
 * max_pages bounds the guest, whatever the agent asks for. The agent asks for
 * no more than the credit for the driver's sake: the driver would try in vain
 * for 14 s and then not act on that target any more. For the same reason a
 * target that the balloon does not reach is taken back.
 *
 * Sizes are as the balloon driver counts them.
 */
#ifndef CAGMA_AGENT_SELFGROW_H
#define CAGMA_AGENT_SELFGROW_H

#include "common/keys.h"

enum {
	SELFGROW_MIN_STEP_KIB = 2 * 1024, /* one batch of the balloon driver */
	SELFGROW_REFUSED_MS = 1000,       /* a target is refused if the balloon has not moved for so
					     long: twice the time to its first move on a busy host */
	SELFGROW_PAUSE_MS = 250,          /* the longest pause while the balloon is to grow */
};

/* All zero: there is no credit. */
struct selfgrow {
	uint64_t credit_kib;  /* how much of the credit is left */
	uint64_t host_kib;    /* the target that the host set last */
	uint64_t own_kib;     /* the agent's target, while it is in force; 0: the host's is */
	uint64_t most_kib;    /* the agent's targets are not above; lowered with the credit */
	uint64_t current_kib; /* what the balloon left the guest, at the last look */
	uint64_t moved_ms;    /* when current_kib last rose, or the agent last set a target */
	bool has_moved;       /* current_kib has risen since the agent last set a target */
	bool is_refused;      /* nothing is asked for until the host writes the credit anew */
};

/* A look gave `now`. */
void selfgrow_looked(struct selfgrow *grow, const struct report *now);

/* The host has written its credit. It is counted from what the guest holds now, so memory that is
 * on its way is a part of it. */
void selfgrow_renewed(struct selfgrow *grow, uint64_t credit_kib);

/*
 * The target to be set for a guest that lacks `lack_kib` at the look `now`; 0:
 * none. It is never above the credit, nor above the memory that the balloon
 * can give back (the kernel would begin to plug in more), and never below the
 * host's target. While nothing has come for the last target, no other is set:
 * the driver tries only a few times, and each new target would be one of them.
 */
uint64_t selfgrow_target_kib(const struct selfgrow *grow, const struct report *now,
			     uint64_t lack_kib);

/* The target that takes back memory that does not come, or is not granted any more; 0: none. */
uint64_t selfgrow_back_kib(const struct selfgrow *grow, uint64_t now_ms);

/* A target that one of the two functions above gave was set; or it could not be set. */
void selfgrow_set(struct selfgrow *grow, uint64_t target_kib, uint64_t now_ms);
void selfgrow_failed(struct selfgrow *grow);

/* Is memory on its way, so that looks must go on? */
bool selfgrow_is_pending(const struct selfgrow *grow);

#endif
