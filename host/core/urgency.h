/* SPDX-License-Identifier: MIT */
/*
 * urgency.h - which of a plan's targets are set first when calls are short. Pure.
 *
 * A few worker processes set all targets, and each call takes its time. A target that cannot be
 * set now is not kept: the pass after the next call decides it anew. So a plan is cut down to what
 * can be set now, and the most urgent is left in it:
 *
 *  1. growths of guests in alarm: they are out of memory now;
 *  2. shrinks that are stopped or called back: they would take what their guests want;
 *  3. everything else.
 *
 * Within each of these the largest change of a target goes first, so that the calls move as much
 * memory as they can.
 */
#ifndef CAGMA_CORE_URGENCY_H
#define CAGMA_CORE_URGENCY_H

#include "host/core/model.h"

/* A guest is told a small change of its target no sooner than so long after the last; and a small
 * growth, if it has what is critical and so is short of what is foreseen alone, no sooner than the
 * second. */
#define URGENCY_GAP_MS      100
#define URGENCY_CALM_GAP_MS 300

/* How many calls can start now. */
unsigned urgency_calls_left(const struct snapshot *snap);

/*
 * The time from one target of a guest to the next, if that is a small change for which it can wait:
 * URGENCY_GAP_MS, or longer where there are so many guests that their small changes would take more
 * than four fifths of the workers' time. So the workers are not all busy with small changes when a
 * large one comes.
 */
uint64_t urgency_gap_ms(const struct snapshot *snap);

/*
 * Likewise for a small growth of a guest that is not in alarm, and of one that is. Small growths of
 * a guest in alarm that still has what is critical are also gathered for URGENCY_GAP_CALLS calls,
 * so that a slow toolstack does not take the processors that the guest grows for.
 */
uint64_t urgency_calm_gap_ms(const struct snapshot *snap);
#define URGENCY_GAP_CALLS 3
uint64_t urgency_alarm_gap_ms(const struct snapshot *snap, const struct guest_view *guest,
			      const struct verdict *verdict);

/* What takes longer than this waits for something, and is no work. */
#define URGENCY_CALL_MOST_MS 200

/* How long a call takes, smoothed: of what was known (0: nothing) and how long the last one took.
 */
uint64_t urgency_call_us(uint64_t known_us, uint64_t last_us);

/* Leaves in the plan what can be set now, shrinks in front, and adds the rest to n_waiting. A
 * guest whose call is under way waits too. */
void urgency_choose(const struct snapshot *snap, struct plan *plan);

#endif
