/* SPDX-License-Identifier: MIT */
/*
 * What the programs of a simulated guest want over time: a working set of anonymous memory.
 *
 *   "0:60 5:60 12:260 25:260 25:80"   seconds:MiB, linear between points, the last one holds;
 *                                     two points at one time are a step
 *   "... repeat"                      begins anew after the last point
 *   "random MIN MAX HOLD SEED"        a new level between MIN and MAX MiB every HOLD seconds on
 *                                     average, reached within a second
 *
 * Pure: no clock, no allocation.
 */
#ifndef LAB1_LABDEMAND_H
#define LAB1_LABDEMAND_H

#include <stdbool.h>
#include <stdint.h>

#define LABDEMAND_POINTS 64

struct labdemand_point {
	double at_s;
	double kib;
};

struct labdemand {
	struct labdemand_point points[LABDEMAND_POINTS];
	unsigned count;
	bool repeats;
	bool is_random;
	double min_kib, max_kib, hold_s;
	uint64_t seed;
};

/* False, with *ret_demand untouched, unless the whole text is right and times do not fall. */
bool labdemand_parse(const char *text, struct labdemand *ret_demand);
double labdemand_kib_at(const struct labdemand *demand, double at_s);

#endif
