/* SPDX-License-Identifier: MIT */
/*
 * What the programs of a simulated guest want over time: a working set of anonymous memory.
 *
 *   "0:60 5:60 12:260 25:260 25:80"   seconds:MiB, linear between points, the last one holds;
 *                                     two points at one time are a step
 *   "... repeat"                      begins anew after the last point
 *   "random MIN MAX HOLD SEED"        a new level between MIN and MAX MiB every HOLD seconds on
 *                                     average, reached within a second
 *   "diurnal MIN MAX PERIOD"          from MIN to MAX and back every PERIOD seconds, as a sine
 *   "spikes MIN MAX EVERY LENGTH"     MIN, and MAX for the last LENGTH of every EVERY seconds
 *
 * Pure: no clock, no allocation.
 */
#ifndef CAGMA_SIM_DEMAND_H
#define CAGMA_SIM_DEMAND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SIM_DEMAND_POINTS 64

enum sim_demand_shape {
	SIM_DEMAND_POINTS_GIVEN,
	SIM_DEMAND_RANDOM,
	SIM_DEMAND_DIURNAL,
	SIM_DEMAND_SPIKES
};

struct sim_demand_point {
	double at_s;
	double kib;
};

struct sim_demand {
	struct sim_demand_point points[SIM_DEMAND_POINTS];
	unsigned count;
	bool repeats;
	enum sim_demand_shape shape;
	double min_kib, max_kib, hold_s, length_s;
	uint64_t seed;
	double ahead_s; /* it is so far ahead of what points or shape say; negative: behind */
	double scale;   /* and so many times that */
};

/* False, with *ret_demand untouched, unless the whole text is right and times do not fall. Neither
 * ahead nor scaled. */
bool sim_demand_parse(const char *text, struct sim_demand *ret_demand);
/* The points of `all`, n of them in order of time, between which lines run closest to the rest: as
 * few as leave none further than `off_kib` from its line, and at most SIM_DEMAND_POINTS. */
void sim_demand_fit(const struct sim_demand_point *all, size_t n, double off_kib,
		    struct sim_demand *ret_demand);
/* 0 to 1: always the same for the same two numbers. */
double sim_demand_unit(uint64_t seed, uint64_t number);
/* Before its beginning a demand is what it is then. */
double sim_demand_kib_at(const struct sim_demand *demand, double at_s);

#endif
