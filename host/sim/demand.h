/* SPDX-License-Identifier: MIT */
/*
 * demand.h - the memory that programs of a simulated guest want over time: a working set of
 * anonymous memory. Pure: no clock, no allocation.
 *
 *	"0:60 5:60 12:260 25:260 25:80"   seconds:MiB, linear between points; the last one holds;
 *	                                  two points at one time are a step
 *	"... repeat"                      begins anew after the last point
 *	"random MIN MAX HOLD SEED"        a new level between MIN and MAX MiB every HOLD seconds on
 *	                                  average, reached within a second
 *	"diurnal MIN MAX PERIOD"          from MIN to MAX and back every PERIOD seconds, as a sine
 *	"spikes MIN MAX EVERY LENGTH"     MIN, and MAX for the last LENGTH of every EVERY seconds
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
	double ahead_s; /* the demand is so far ahead of its points or shape; negative: behind */
	double scale;   /* and so many times as large */
};

/* Reads a demand that is neither ahead nor scaled. Returns false, and leaves *ret_demand
 * untouched, if any part of the text is wrong or times fall. */
bool sim_demand_parse(const char *text, struct sim_demand *ret_demand);
/*
 * Makes a demand of some of the points of `all`, which has n points in order of time. It takes the
 * furthest points first, until none is further than `off_kib` from the line between its
 * neighbours, or there are SIM_DEMAND_POINTS.
 */
void sim_demand_fit(const struct sim_demand_point *all, size_t n, double off_kib,
		    struct sim_demand *ret_demand);
/* A random number from 0 to 1, which is always the same for the same two arguments. */
double sim_demand_unit(uint64_t seed, uint64_t number);
/* The demand at that time. Before time 0 it is as at time 0. */
double sim_demand_kib_at(const struct sim_demand *demand, double at_s);

#endif
