/* SPDX-License-Identifier: MIT */
/*
 * shown.h - a copy of the engine's state for those that look. No I/O.
 *
 * The engine may be in the middle of a pass, and wait for xenstored, when somebody asks how things
 * are. So whoever looks is shown what was so after a pass. Everything that a look needs is in the
 * copy: host and overload, the guests, and what is known and was judged of each. Nobody can decide
 * or change anything by it: there are no actions, no listed guests and no memory of policies.
 */
#ifndef CAGMA_CONTROL_SHOWN_H
#define CAGMA_CONTROL_SHOWN_H

#include "host/daemon/engine.h"

struct shown;

/* Makes room for `max_guests`. NULL if there is no memory. Nothing is shown until shown_take(). */
struct shown *shown_create(unsigned max_guests);
void shown_destroy(struct shown *shown);

/* Copies the state, which has no more guests than there is room for. */
void shown_take(struct shown *shown, const struct engine_state *state);

/* True if a pass was run since the copy was made, or something else that is no guest's changed. */
bool shown_is_old(const struct shown *shown, const struct engine_state *state);

/* The copy, valid until the next shown_take(). */
const struct engine_state *shown_state(const struct shown *shown);

#endif
