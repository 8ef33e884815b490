/* SPDX-License-Identifier: MIT */
/* pressure.h - the PSI of a simulated guest: how long its tasks have waited for memory. Pure. */
#ifndef CAGMA_SIM_PRESSURE_H
#define CAGMA_SIM_PRESSURE_H

#include "host/sim/memory.h"

/* Notes that the guest's programs have waited for such a share of the step, and with them the tasks
 * of a container at its own limit, if there is one. */
void sim_pressure_step(struct sim_memory *m, double stall_share);

#endif
