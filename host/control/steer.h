/* SPDX-License-Identifier: MIT */
/*
 * steer.h - what an operator may change in a running engine, and ask it to decide. (Edge: Xen is
 * asked for the host's size.)
 */
#ifndef CAGMA_CONTROL_STEER_H
#define CAGMA_CONTROL_STEER_H

#include "host/daemon/engine.h"

enum { STEER_MAX_WHY = 512 }; /* bytes of a message, with its NUL */

/* The index of the guest of this name or, if no guest has it, of this domain id; -1 and a message.
 */
int steer_find(const struct engine_state *state, const char *name, char ret_why[STEER_MAX_WHY]);

/* The configuration's entry for guest i, or a new one by its UUID. */
struct config_guest steer_entry(const struct engine_state *state, unsigned i);

/* Sets a number of the entry by its name in cagmad.conf. False and a message if it is wrong. */
bool steer_put(struct config_guest *entry, const char *name, const char *value,
	       char ret_why[STEER_MAX_WHY]);

/* Puts the entry into force, until the configuration is read again. False and a message if the
 * entry contradicts itself, or the minimums would not fit in the host. */
bool steer_set(const struct engine_state *state, const struct config_guest *entry,
	       char ret_why[STEER_MAX_WHY]);

/* A plan that nobody carries out. */
struct steer_plan {
	struct plan plan;
	void *room;
};

/* Decides from what the last pass saw, and leaves the engine as it is. False if there is no memory.
 * steer_drop() frees the plan. */
bool steer_decide(const struct engine_state *state, struct steer_plan *ret_plan);
void steer_drop(struct steer_plan *plan);

#endif
