/* SPDX-License-Identifier: MIT */
/*
 * random_state.h - random states of random hosts, as `cagma-sim decide --series` reads them.
 *
 * They are drawn with random(): the same srandom() makes the same states.
 */
#ifndef CAGMA_TEST_RANDOM_STATE_H
#define CAGMA_TEST_RANDOM_STATE_H

#include "host/policy/states.h"

#include <stdio.h>

enum { RANDOM_STATE_GUESTS = 8 };

struct guest_state {
	struct states_guest line;
	struct report report; /* what the line says of it */
	uint64_t offset_kib;  /* ALM - MemTotal */
	bool has_report, has_credit, can_alarm;
};

/* Of one host. Its guests' domids go on from host to host, so that nobody is taken for another. */
struct random_state {
	struct states_host host;
	unsigned first_domid;
	unsigned n;
	struct guest_state guest[RANDOM_STATE_GUESTS];
};

/* Another host, some time after the last one; the first of all from a state that has first_domid
 * alone. Balloons are at their targets, or on their way up. */
void random_state_first(struct random_state *state);

/* The same host some seconds later. Balloons have come to `target_kib`, max_pages is `cap_kib`, and
 * guests use more or less. */
void random_state_next(struct random_state *state, const uint64_t *target_kib,
		       const uint64_t *cap_kib);

void random_state_write(FILE *file, const struct random_state *state);

#endif
