/* SPDX-License-Identifier: MIT */
/*
 * knowing.h - an allocator that cannot exist: it sees what every guest's programs want a moment
 * before they do, and how often they touch it, and moves memory without asking. Pure.
 *
 * It is there for comparison, as something that knowing everything could reach, where the bound
 * (bound.h) is out of reach. It does not plan ahead, so it is no bound itself. Guests keep their
 * min and max, and balloons that are stuck or have a floor stay where they are.
 *
 * What is free in a guest, or in its cache, is moved at once. If not all fits, memory that is in
 * use is taken as well: what programs do not touch first, then what they touch least often. It has
 * to be swapped out, which takes the disk its time.
 */
#ifndef CAGMA_SIM_KNOWING_H
#define CAGMA_SIM_KNOWING_H

#include "host/core/share.h"
#include "host/sim/host.h"

/*
 * Moves every guest towards what it is to have: what its programs want next, if that fits for all,
 * and beyond that what it holds. `share` is room to work in, with a place for each guest.
 */
void sim_knowing_turn(struct sim_host *host, struct share *share);

#endif
