/* SPDX-License-Identifier: MIT */
/*
 * decided.h - a policy's decisions on states that are written down, for tests.
 */
#ifndef CAGMA_TEST_DECIDED_H
#define CAGMA_TEST_DECIDED_H

#include "host/policy/states.h"

enum { DECIDED_MAX_GUESTS = 8 };

/* The decision on the last state. */
struct decided {
	const char *wrong; /* with the first line that was refused; NULL: with none */
	unsigned n_states, n;
	uint64_t wanted_kib[DECIDED_MAX_GUESTS];
	uint64_t goal_kib[DECIDED_MAX_GUESTS];
	uint64_t allowed_kib[DECIDED_MAX_GUESTS];
	uint64_t n_actions, n_cuts; /* of all states */
};

/* Decides on each of `states`. With is_series, each state follows the one before, and the policy
 * remembers. */
struct decided decided(const char *policy, const char *states, bool is_series);

#endif
