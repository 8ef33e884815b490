/* SPDX-License-Identifier: MIT */
/*
 * sim_bound.h - the least swap that any allocator could come to, knowing the future. Pure.
 *
 * A lower bound: for each moment, what guests must lack together, whoever
 * gives memory to whom,
 *
 *	D(t) = sum of max(0, m_i - hi_i) + max(0, sum of clamp(m_i, lo_i, hi_i) - H)
 *
 * with m_i what guest i needs at least to have all its demand in memory, lo_i
 * and hi_i how little and how much it can hold, and H what the host has.
 * docs/simulator.md has the argument from there to swapped pages, and what the
 * bound leaves out: balloons move at once in it, and the reserve may be lent.
 * It holds for runs without an OOM kill.
 */
#ifndef CAGMA_SIM_BOUND_H
#define CAGMA_SIM_BOUND_H

#include "host/sim/scenario.h"

/* One guest, for room to work in: n_guests of them, of the caller. */
struct sim_bound_guest {
	struct sim_guest_config config;
	double has_kib; /* what its programs have touched at most, swapped or not */
	double lo_kib, hi_kib;
	double kept_kib; /* what its kernel keeps of what it holds */
};

/* Pages, in and out, that are swapped at least. */
uint64_t sim_bound_pages(const struct sim_scenario *scenario, uint64_t seed,
			 struct sim_bound_guest *guest);

#endif
