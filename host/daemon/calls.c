/* SPDX-License-Identifier: MIT */
#include "host/daemon/calls.h"

#include "common/amount.h"
#include "common/system/log.h"
#include "host/core/urgency.h"
#include "host/daemon/resorts.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

static const char *outcome_text(enum target_outcome outcome)
{
	switch (outcome) {
	case TARGET_DONE:
		return "libxl reported success, but memory/target has not changed";
	case TARGET_GONE:
		return "the guest is gone";
	case TARGET_REFUSED:
		return "libxl refused: ";
	case TARGET_LATE:
		return "libxl did not answer in time and was killed; another tool may hold the "
		       "guest's lock";
	case TARGET_DIED:
		return "the process that called libxl died";
	}
	return "";
}

/* libxl reports success even if its transaction failed. In that case the target in xenstore is the
 * old one. (If it is neither the old one nor ours, somebody else has set it since.) */
static bool is_really_done(const struct io *io, bool is_connected, const struct guest *g,
			   const struct worker_answer *a)
{
	uint64_t target_kib = 0;
	if (a->outcome != TARGET_DONE || !is_connected)
		return a->outcome == TARGET_DONE;
	int r = io->read_number(io->world, a->job.domid, "memory/target", &target_kib);
	target_kib += g->videoram_kib;
	return r < 0 || target_kib == a->job.target_kib || target_kib != g->target_kib;
}

/* One that was killed or refused does not say how much work a call is. */
static void measure_call(struct guests *gs, const struct guest *g, const struct worker_answer *a,
			 uint64_t now_ms)
{
	uint64_t took_ms = amount_less(now_ms, g->call_began_ms);
	if (a->outcome == TARGET_DONE)
		gs->call_us = urgency_call_us(gs->call_us, took_ms * 1000);
}

/* A call that waited for libxl's lock while somebody set the target has set its own over that. The
 * guest is left alone by now, so the target is what he wanted it to be. */
static void put_back(struct calls *c, const struct io *io, struct guest *g, uint64_t now_ms)
{
	struct target_job job = {.target_kib = g->by_hand_kib, .domid = g->domid};
	bool was_set_over = g->by_hand_kib && g->facts.by_hand_ms >= g->call_began_ms &&
			    g->call_target_kib != g->by_hand_kib;
	memcpy(job.uuid, g->uuid, sizeof(job.uuid));
	if (!was_set_over || io->start_call(io->world, now_ms, &job) < 0)
		return;
	log_info("%s: its target was set to %" PRIu64 " KiB by hand while it was told another; it "
		 "is told that again",
		 guest_text(g), g->by_hand_kib);
	g->call_is_under_way = true;
	g->call_began_ms = now_ms;
	g->call_target_kib = g->by_hand_kib;
	c->n_started++;
}

static void note_failure(struct calls *c, struct guest *g, const struct worker_answer *a,
			 uint64_t now_ms)
{
	c->n_failed++;
	bool begins = trouble_met(&g->call_failed);
	bool was_refused = a->outcome == TARGET_REFUSED; /* anything else has cost a worker */
	g->facts.call_paused_until_ms =
		now_ms + (was_refused ? hold_call_pause_ms(g->call_failed.run) : HOLD_CALL_MOST_MS);
	struct log_subject subject = guest_subject(g, NULL);
	if (begins)
		log_about(&subject, LOG_LEVEL_ERROR,
			  "%s: target %" PRIu64 " KiB not set: %s%s; trying again, at last every "
			  "%d s",
			  guest_text(g), a->job.target_kib, outcome_text(a->outcome),
			  was_refused ? a->why : "", HOLD_CALL_MOST_MS / 1000);
}

static void take_answer(struct calls *c, const struct io *io, struct guests *gs, bool is_connected,
			const struct worker_answer *a, uint64_t now_ms)
{
	struct guest *g = guests_find(gs, a->job.domid, a->job.uuid);
	if (!g)
		return;
	g->call_is_under_way = false;
	if (a->job.is_pause) {
		resorts_take_answer(g, a);
		return;
	}
	measure_call(gs, g, a, now_ms);
	g->target_changed = gs->has_unread = true;
	if (is_really_done(io, is_connected, g, a)) {
		/* libxl has set max_pages for the target: the credit that it had is gone, and a new
		 * one is the next pass's to give. */
		g->credited_cap_kib = 0;
		if (trouble_over(&g->call_failed))
			log_info("%s: its target can be set again", guest_text(g));
		put_back(c, io, g, now_ms);
		return;
	}
	if (a->outcome == TARGET_GONE)
		return;
	note_failure(c, g, a, now_ms);
}

bool calls_collect(struct calls *c, const struct io *io, struct guests *gs, bool is_connected,
		   uint64_t now_ms)
{
	struct worker_answer answer;
	bool any = false;
	while (io->collect_call(io->world, now_ms, &answer)) {
		take_answer(c, io, gs, is_connected, &answer, now_ms);
		any = true;
	}
	return any;
}

static void log_action(enum log_level level, const struct guests *gs, const struct plan *plan,
		       const struct action *a, const char *how)
{
	const struct guest_view *v = &gs->view[a->guest];
	const struct verdict *verdict = &plan->verdict[a->guest];
	const char *reason = model_reason_word(a->reason);
	struct log_subject subject = guest_subject(&gs->guest[a->guest], reason);
	log_about(&subject, level,
		  "%s: target %" PRIu64 " -> %" PRIu64 " KiB%s, %s (ALM %" PRIu64 ", AVM %" PRIu64
		  ", CMA %" PRIu64 ", want %" PRIu64 ")",
		  guest_text(&gs->guest[a->guest]), v->target_kib, a->target_kib, how, reason,
		  v->alm_kib, v->report.avail_kib, verdict->cma_kib, verdict->want_kib);
}

static int start_call(struct calls *c, const struct io *io, struct guests *gs,
		      const struct action *a, uint64_t now_ms)
{
	struct guest *g = &gs->guest[a->guest];
	struct target_job job = {.target_kib = a->target_kib, .domid = g->domid};
	memcpy(job.uuid, g->uuid, sizeof(job.uuid));
	int r = io->start_call(io->world, now_ms, &job);
	if (r < 0)
		return r;
	if (model_reach_kib(&gs->view[a->guest], a->target_kib) < g->alm_kib)
		g->shrunk_ms = now_ms;
	g->call_is_under_way = true;
	g->call_began_ms = now_ms;
	g->call_target_kib = a->target_kib;
	guest_note_change(g, now_ms, a->target_kib, a->reason);
	c->n_started++;
	return 0;
}

static void start_action(struct calls *c, const struct io *io, struct guests *gs,
			 const struct plan *plan, const struct action *a, uint64_t now_ms)
{
	int r = gs->guest[a->guest].call_is_under_way ? -EAGAIN : start_call(c, io, gs, a, now_ms);
	if (r == 0) {
		struct guest *g = &gs->guest[a->guest];
		log_action(LOG_LEVEL_DEBUG, gs, plan, a, "");
		minute_note(&g->minute, gs->view[a->guest].target_kib, a->target_kib, a->reason,
			    g->n_alarms, now_ms);
		trouble_end(&c->no_worker, "targets can be set again");
	} else if (r == -EAGAIN) {
		c->is_starved = true;
	} else {
		trouble_begin(&c->no_worker,
			      "no process that calls libxl can be started, so no target is set", r);
	}
}

void calls_apply(struct calls *c, const struct io *io, struct guests *gs, const struct plan *plan,
		 uint64_t step_kib, uint64_t now_ms)
{
	c->is_starved = plan->n_waiting > 0;
	for (unsigned i = 0; i < plan->n_actions; i++) {
		const struct action *a = &plan->action[i];
		struct guest *g = &gs->guest[a->guest];
		if (!c->is_dry) {
			start_action(c, io, gs, plan, a, now_ms);
			continue;
		}
		if (amount_distance(g->said_target_kib, a->target_kib) >= step_kib)
			log_action(LOG_LEVEL_INFO, gs, plan, a, " (not set: dry run)");
		g->said_target_kib = a->target_kib;
	}
}
