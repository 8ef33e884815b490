/* SPDX-License-Identifier: MIT */
/*
 * bound.h - the least swapping that any allocator could come to if it knew the future. Pure.
 *
 * It is a lower bound. However memory is divided at time t, guests together must lack
 *
 *	D(t) = sum of max(0, m_i - hi_i) + max(0, sum of clamp(m_i, lo_i, hi_i) - H)
 *
 * Here m_i is the memory that guest i needs at least to have all its demand in memory, lo_i and
 * hi_i are the least and the most that it can hold, and H is the host's memory. docs/simulator.md
 * has the argument from D to swapped pages, and the things that the bound leaves out: in it,
 * balloons move at once and the reserve may be lent. The bound holds for runs without an OOM kill.
 */
#ifndef CAGMA_SIM_BOUND_H
#define CAGMA_SIM_BOUND_H

#include "host/sim/scenario.h"

/* Room to work in, for one guest. The caller provides one for each of n_guests. */
struct sim_bound_guest {
	struct sim_guest_config config;
	double has_kib;        /* the most that its programs have touched, swapped or not */
	double lo_kib, hi_kib; /* the least and the most that it can hold */
	double kept_kib;       /* memory that its kernel keeps of what it holds */
};

/* The pages that are swapped at least, in and out together. */
uint64_t sim_bound_pages(const struct sim_scenario *scenario, uint64_t seed,
			 struct sim_bound_guest *guest);

#endif
