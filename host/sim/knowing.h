/* SPDX-License-Identifier: MIT */
/*
 * knowing.h - an allocator that cannot exist: it sees what every guest's programs want a moment
 * before they do, and moves memory at once, without a reserve. Pure.
 *
 * It is there for comparison, as something that knowing everything could reach, where the bound
 * (bound.h) is out of reach. It does not plan ahead, so it is no bound itself. Guests keep their
 * min and max, and balloons that are stuck or have a floor stay where they are.
 */
#ifndef CAGMA_SIM_KNOWING_H
#define CAGMA_SIM_KNOWING_H

#include "host/core/share.h"
#include "host/sim/host.h"

/*
 * Gives every guest the memory that its programs want next. If that does not fit, the largest
 * guests get less; if some is left, guests keep what they hold. `share` is room to work in, with a
 * place for each guest.
 */
void sim_knowing_turn(struct sim_host *host, struct share *share);

#endif
