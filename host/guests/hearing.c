/* SPDX-License-Identifier: MIT */
#include "host/guests/hearing.h"

#include "host/guests/intake.h"

/* Who is read before whom. */
enum turn { TURN_ALARM, TURN_QUIET, TURN_LOUD, TURNS_ };

static enum turn turn_of(const struct guest *g, uint64_t now_ms)
{
	if (guest_is_loud(g, now_ms))
		return TURN_LOUD;
	return g->alarm_changed ? TURN_ALARM : TURN_QUIET;
}

static bool may_wait(const struct guest *g, enum turn turn)
{
	bool is_new = g->agent_changed && g->report_uptime_ms == GUEST_NOT_READ;
	return turn == TURN_LOUD || !is_new;
}

/* Reads the guests whose turn it is, from the one on at which the last pass stopped, and begins
 * with none after `end_ms`. */
static int take_turn(struct guests *gs, const struct io *io, bool is_urgent, enum turn turn,
		     uint64_t now_ms, uint64_t end_ms)
{
	for (unsigned k = 0; k < gs->n; k++) {
		unsigned i = (gs->hear_at + k) % gs->n;
		struct guest *g = &gs->guest[i];
		if (g->domid == 0 || (is_urgent && !g->alarm_changed) ||
		    turn_of(g, now_ms) != turn || (g->is_polled && intake_is_written(g)))
			continue;
		if (intake_is_written(g) && may_wait(g, turn) &&
		    io->clock_ms(io->world) >= end_ms) {
			if (!gs->is_unheard) /* the loud do not move it on past the others */
				gs->hear_at = i;
			gs->is_unheard = true;
			gs->is_alarm_unheard |= turn == TURN_ALARM;
			return 0;
		}
		int r = intake_read_written(g, io, now_ms);
		if (r < 0)
			return r;
	}
	return 0;
}

int hearing_take(struct guests *gs, const struct io *io, bool is_urgent, uint64_t now_ms)
{
	uint64_t end_ms = io->clock_ms(io->world) + HEARING_PASS_MS;
	int r = 0;
	gs->is_unheard = gs->is_alarm_unheard = false;
	if (gs->hear_at >= gs->n)
		gs->hear_at = 0;
	for (int turn = 0; turn < TURNS_ && r == 0; turn++)
		r = take_turn(gs, io, is_urgent, (enum turn)turn, now_ms, end_ms);
	if (!is_urgent && !gs->is_unheard)
		gs->ahead_at = gs->n_written = 0;
	return r;
}

/* --- between passes -------------------------------------------------------- */

/* A guest that floods is unwatched, and watched again when its time is over. */
static int poll_guest(struct guest *g, const struct io *io, uint64_t period_ms, uint64_t now_ms)
{
	if (g->is_to_unwatch) {
		g->is_to_unwatch = false;
		return io->unwatch(io->world, IO_WATCH_CAGMA, g->domid, g->generation);
	}
	g->poll_ms = now_ms + period_ms;
	int r = intake_read_all(g, io, now_ms);
	if (r < 0 || now_ms < g->polled_until_ms)
		return r;
	g->is_polled = false;
	g->n_events = g->n_events_before = 0;
	return io->watch(io->world, IO_WATCH_CAGMA, g->domid, g->generation);
}

static struct guest *first_polled(const struct guests *gs)
{
	struct guest *first = NULL;
	for (unsigned i = 0; i < gs->n; i++) {
		struct guest *g = &gs->guest[i];
		if (g->is_polled && (!first || g->poll_ms < first->poll_ms))
			first = g;
	}
	return first;
}

static int poll_first(struct guests *gs, const struct io *io, uint64_t period_ms, uint64_t now_ms)
{
	struct guest *g = first_polled(gs);
	int r = g && now_ms >= g->poll_ms ? poll_guest(g, io, period_ms, now_ms) : 0;
	g = first_polled(gs);
	gs->poll_ms = g ? g->poll_ms : UINT64_MAX;
	return r < 0 ? r : 1;
}

static int read_ahead(struct guests *gs, const struct io *io, uint64_t now_ms)
{
	uint64_t end_ms = io->clock_ms(io->world) + HEARING_AHEAD_MS;
	for (; gs->ahead_at < gs->n; gs->ahead_at++) {
		struct guest *g = &gs->guest[gs->ahead_at];
		if (!intake_is_written(g) || g->is_polled)
			continue;
		if (io->clock_ms(io->world) >= end_ms)
			return 1;
		int r = intake_read_written(g, io, now_ms);
		if (r < 0)
			return r;
	}
	gs->ahead_at = gs->n_written = 0;
	return 1;
}

bool hearing_is_behind(const struct guests *gs)
{
	return gs->n_written >= HEARING_AHEAD_FROM;
}

int hearing_more(struct guests *gs, const struct io *io, uint64_t period_ms, uint64_t now_ms)
{
	/* every second turn is for what else can wait, or a thousand writers would keep it out */
	gs->ahead_rests = !gs->ahead_rests;
	if (hearing_is_behind(gs) && !gs->ahead_rests)
		return read_ahead(gs, io, now_ms);
	return now_ms >= gs->poll_ms ? poll_first(gs, io, period_ms, now_ms) : 0;
}
