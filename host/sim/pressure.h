/* SPDX-License-Identifier: MIT */
/* pressure.h - the averages of a simulated guest's PSI, as its kernel keeps them. Pure. */
#ifndef CAGMA_SIM_PRESSURE_H
#define CAGMA_SIM_PRESSURE_H

#define SIM_PRESSURE_S 2.0 /* the kernel updates them every 2 s */

struct sim_pressure {
	double avg10, avg60, avg300; /* percent */
	double last_us;
};

/* Tasks have waited for `total_us` until now, and `elapsed_s` have gone since the last update. */
void sim_pressure_update(struct sim_pressure *pressure, double total_us, double elapsed_s);

#endif
