/* SPDX-License-Identifier: MIT */
#include "host/sim/pressure.h"

#include <math.h>

#define AVERAGE_S 2.0 /* the kernel updates PSI averages every 2 s */

/* The share of stalls in which nothing else ran. Real runs had 0.6 to 0.7. */
#define FULL_OF_SOME 0.65

/* A container at its own limit makes some and all tasks wait for such shares of the time. */
#define CONTAINER_SOME 0.9
#define CONTAINER_FULL 0.1

static void average_update(struct sim_memory_average *average, double total_us, double elapsed_s)
{
	double percent = fmin(100, fmax(0, (total_us - average->last_us) / (elapsed_s * 1e4)));
	average->avg10 += (percent - average->avg10) * (1 - exp(-elapsed_s / 10));
	average->avg60 += (percent - average->avg60) * (1 - exp(-elapsed_s / 60));
	average->avg300 += (percent - average->avg300) * (1 - exp(-elapsed_s / 300));
	average->last_us = total_us;
}

void sim_pressure_step(struct sim_memory *m, double stall_share)
{
	double full_share = stall_share * FULL_OF_SOME;
	if (m->config.container_kib_s > 0) {
		stall_share = fmax(stall_share, CONTAINER_SOME);
		full_share = fmax(full_share, CONTAINER_FULL);
	}
	m->counters.some_us += stall_share * m->step_s * 1e6;
	m->counters.full_us += full_share * m->step_s * 1e6;
	m->average_s += m->step_s;
	if (m->average_s < AVERAGE_S)
		return;
	average_update(&m->some, m->counters.some_us, m->average_s);
	average_update(&m->full, m->counters.full_us, m->average_s);
	m->average_s = 0;
}
