/* SPDX-License-Identifier: MIT */
/*
 * sim_knowing.h - an allocator that cannot be: it sees what every guest's programs want a moment
 * before they do, and moves memory at once, with no reserve. Pure.
 *
 * For comparison: what it comes to can be had by knowing everything, so it is more than the bound
 * (sim_bound.h) where that is out of reach. It does not plan ahead, so it is no bound itself.
 * Guests keep their min and max, and balloons that are stuck or have a floor stay where they are.
 */
#ifndef CAGMA_SIM_KNOWING_H
#define CAGMA_SIM_KNOWING_H

#include "host/core/share.h"
#include "host/sim/host.h"

/* Every guest has what its programs want next, the largest less when that does not fit, and keeps
 * what is left. `share` is room to work in, for all guests. */
void sim_knowing_turn(struct sim_host *host, struct share *share);

#endif
