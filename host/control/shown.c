/* SPDX-License-Identifier: MIT */
#include "host/control/shown.h"

#include "host/guests/guests.h"

#include <stdlib.h>
#include <string.h>

struct shown {
	struct config config;
	struct guests guests;
	struct plan plan;
	struct host_view host;
	struct overload overload;
	struct engine_state state; /* points to the above */
};

struct shown *shown_create(unsigned max_guests)
{
	struct shown *s = calloc(1, sizeof(*s));
	if (!s)
		return NULL;
	s->guests.guest = calloc(max_guests, sizeof(*s->guests.guest));
	s->guests.view = calloc(max_guests, sizeof(*s->guests.view));
	s->guests.memory.demand = calloc(max_guests, sizeof(*s->guests.memory.demand));
	s->plan.verdict = calloc(max_guests, sizeof(*s->plan.verdict));
	if (s->guests.guest && s->guests.view && s->guests.memory.demand && s->plan.verdict)
		return s;
	shown_destroy(s);
	return NULL;
}

void shown_destroy(struct shown *s)
{
	if (!s)
		return;
	free(s->guests.guest);
	free(s->guests.view);
	free(s->guests.memory.demand);
	free(s->plan.verdict);
	free(s);
}

static void take_guests(struct shown *s, const struct engine_state *state)
{
	const struct guests *gs = state->guests;
	size_t n = gs->n;
	memcpy(s->guests.guest, gs->guest, n * sizeof(*gs->guest));
	memcpy(s->guests.view, gs->view, n * sizeof(*gs->view));
	memcpy(s->guests.memory.demand, gs->memory.demand, n * sizeof(*gs->memory.demand));
	memcpy(s->plan.verdict, state->plan->verdict, n * sizeof(*state->plan->verdict));
	s->guests.n = gs->n;
	s->plan.promised_kib = state->plan->promised_kib;
}

void shown_take(struct shown *s, const struct engine_state *state)
{
	take_guests(s, state);
	s->config = *state->config;
	s->config.n_guests = 0;
	s->config.guest = NULL; /* the engine may free them */
	s->host = *state->host;
	s->overload = *state->overload;
	s->state = *state;
	s->state.config = &s->config;
	s->state.guests = &s->guests;
	s->state.plan = &s->plan;
	s->state.host = &s->host;
	s->state.overload = &s->overload;
}

bool shown_is_old(const struct shown *s, const struct engine_state *now)
{
	const struct engine_state *was = &s->state;
	return was->last_pass_ms != now->last_pass_ms || was->has_judged != now->has_judged ||
	       was->is_connected != now->is_connected || was->is_paused != now->is_paused ||
	       memcmp(&was->counts, &now->counts, sizeof(was->counts)) != 0;
}

const struct engine_state *shown_state(const struct shown *s)
{
	return &s->state;
}
