/* SPDX-License-Identifier: MIT */
/*
 * rounding.h - goals are moved a little, so that fewer targets are told. Pure.
 *
 * Each target costs dom0 and the guest work. So shrinks smaller than a step are gathered into one
 * guest's; a guest that will soon be told nothing more gives several times what is asked for; and
 * a guest that grows in alarm is given more than it asks for, as far as that is nobody's want:
 * otherwise it would ask again at its next report, and donors would be asked for as little each
 * time.
 */
#ifndef CAGMA_POLICY_ROUNDING_H
#define CAGMA_POLICY_ROUNDING_H

#include "host/core/model.h"

/*
 * A guest in alarm that is to grow gets ROUNDING_STEPS steps more, or a share of what it uses,
 * if that is more: from free memory beyond the reserve, and then from the surplus of guests that
 * are to give, of each in proportion. None goes below its want for that. It keeps that while its
 * balloon is on the way, unless it does not take it.
 */
#define ROUNDING_STEPS     8
#define ROUNDING_USE_SHARE 16

/* Moves the goals of the plan's verdicts (goal_set()). */
void rounding_apply(const struct policy_conf *conf, const struct snapshot *snap, struct plan *plan);

#endif
