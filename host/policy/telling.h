/* SPDX-License-Identifier: MIT */
/*
 * telling.h - whether it is time to tell a guest a new target. Pure.
 *
 * Every target costs dom0 and the guest work. Needs waver from report to report, and a balloon that
 * is far from where it goes does not move any faster for another target. So a small change waits
 * for some time after the last one, a small shrink waits for longer after a growth, and a target
 * that would change nothing yet is put off. A large change never waits for that, nor does a growth
 * in alarm wait for the small changes of others.
 */
#ifndef CAGMA_POLICY_TELLING_H
#define CAGMA_POLICY_TELLING_H

#include "host/core/demand.h"

/* It is time to tell the guest of the snapshot at index `guest` that `by_kib` more is for it. If a
 * guest in alarm has to wait, the plan's wake_ms is brought forward. */
bool telling_may_more(const struct policy_conf *conf, const struct snapshot *snap,
		      const struct demand *demand, unsigned guest, uint64_t by_kib,
		      struct plan *plan);

/* Likewise that less is for it than it was told: its goal_kib, while `n_alarmed` guests that may
 * grow are in alarm. If it is put off, the plan's wake_ms is brought forward. */
bool telling_may_less(const struct policy_conf *conf, const struct snapshot *snap,
		      const struct demand *demand, unsigned guest, unsigned n_alarmed,
		      struct plan *plan);

/*
 * What a guest is told in a second is bounded, whatever the change: each target uses up
 * TELLING_EACH_MS of the guest's time, of which it may be TELLING_AHEAD_MS ahead. So it is told at
 * most twenty a second in the long run, and TELLING_MOST_PER_S in any one. That holds for stops and
 * returns, too, which wait for TELLING_EACH_MS at most.
 */
#define TELLING_EACH_MS    50
#define TELLING_AHEAD_MS   500
#define TELLING_MOST_PER_S ((1000 + TELLING_AHEAD_MS) / TELLING_EACH_MS)

/* Leaves out of the plan what guests are told too often to be told now: what is called back,
 * returned or tried again, since growths and shrinks have looked at the bound already. When they
 * may be, the policy is to decide again: the plan's wake_ms is brought forward. */
void telling_bound(const struct snapshot *snap, const struct demand *demand, struct plan *plan);

/* Notes in `demand` what the plan tells guests. */
void telling_note(const struct snapshot *snap, const struct plan *plan, struct demand *demand);

/* A target that brings the guest to `reach_kib` would change nothing yet. When it would, the policy
 * is to decide again: the plan's wake_ms is brought forward. */
bool telling_is_put_off(const struct snapshot *snap, const struct demand *demand, unsigned guest,
			uint64_t reach_kib, struct plan *plan);

#endif
