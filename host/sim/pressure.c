/* SPDX-License-Identifier: MIT */
#include "host/sim/pressure.h"

#include <math.h>

void sim_pressure_update(struct sim_pressure *p, double total_us, double elapsed_s)
{
	double percent = fmin(100, fmax(0, (total_us - p->last_us) / (elapsed_s * 1e4)));
	p->avg10 += (percent - p->avg10) * (1 - exp(-elapsed_s / 10));
	p->avg60 += (percent - p->avg60) * (1 - exp(-elapsed_s / 60));
	p->avg300 += (percent - p->avg300) * (1 - exp(-elapsed_s / 300));
	p->last_us = total_us;
}
