/* SPDX-License-Identifier: MIT */
/*
 * told_state.h - the engine's state as an operator is told it: told.h filled in. No I/O.
 */
#ifndef CAGMA_CONTROL_TOLD_STATE_H
#define CAGMA_CONTROL_TOLD_STATE_H

#include "host/daemon/engine.h"
#include "host/show/told.h"

/* Of the host: everything but version, pid, uptime and Xen's command line. */
void told_state_host(const struct engine_state *state, uint64_t now_ms, struct told_host *ret_host);

/* Of guest i of state->guests. What the last pass has judged is absent if that pass failed. */
void told_state_guest(const struct engine_state *state, unsigned i, uint64_t now_ms,
		      struct told_guest *ret_guest);

/* The last changes of guest i, newest first. How many there are. */
unsigned told_state_changes(const struct engine_state *state, unsigned i, uint64_t now_ms,
			    struct told_change ret_change[TOLD_CHANGES]);

/* How many guests are in each state. */
void told_state_count(const struct engine_state *state, unsigned ret_count[HOLD_COUNT_]);

#endif
