/* SPDX-License-Identifier: MIT */
#include "host/sim/agent.h"

#include "common/amount.h"
#include "common/available.h"
#include "common/units.h"

#include <string.h>

enum {
	QMEMMAN_STEP_KIB = 30000,
};

/* What a report has of a guest whose numbers can be believed. */
#define NO_FIELDS  (REPORT_BIT(buffers_kib) | REPORT_BIT(said_avail_kib) | REPORT_BIT(arc_kib))
#define ALL_FIELDS (((UINT64_C(1) << REPORT_FIELDS_) - 1) & ~NO_FIELDS)

static uint64_t whole(double x)
{
	return x > 0 ? (uint64_t)x : 0;
}

static uint64_t pages_kib(double kib)
{
	return units_whole_pages_kib(whole(kib));
}

/* Fills in swap and the counters. */
static void see_counters(const struct sim_memory *m, struct report *r)
{
	const struct sim_memory_counters *c = &m->counters;
	r->swap_total_kib = pages_kib(m->config.swap_kib);
	r->swap_free_kib = amount_less(r->swap_total_kib,
				       pages_kib(m->swapped_kib + sim_memory_contained_kib(m)));
	r->pswpin = whole(c->pswpin + c->contained);
	r->pswpout = whole(c->pswpout + c->contained);
	if (m->config.tells_zswap) {
		r->pswpin += whole(c->zswpin);
		r->pswpout += whole(c->zswpout);
	}
	r->scan_kswapd = whole(c->pgscan_kswapd);
	r->steal_kswapd = whole(c->pgsteal_kswapd);
	r->scan_direct = whole(c->pgscan_direct);
	r->steal_direct = whole(c->pgsteal_direct);
	r->refault_anon = whole(c->refault_anon + c->contained);
	r->refault_file = whole(c->refault_file);
	r->allocstall = whole(c->allocstall);
	r->oom_kills = whole(c->oom_kill);
	r->psi_some_us = whole(c->some_us);
	r->psi_full_us = whole(c->full_us);
}

/* The parts of memory that the report's numbers are judged by and made of. */
static void see_parts(const struct sim_memory *m, struct look *l)
{
	l->said_avail_kib = pages_kib(sim_memory_available_kib(m));
	l->slab_fixed_kib = pages_kib(m->config.kernel_kib / 2);
	l->anon_kib = pages_kib(m->anon_kib);
	l->present = LOOK_BIT(said_avail_kib) | LOOK_BIT(slab_fixed_kib) | LOOK_BIT(anon_kib);
	if (m->config.tells_zswap && m->packed_kib > 0) {
		l->zswap_kib = pages_kib(m->packed_kib);
		l->present |= LOOK_BIT(zswap_kib);
	}
	if (m->config.arc_kib > 0) {
		l->arc_bytes = pages_kib(m->arc_kib) * 1024;
		l->arc_least_bytes = l->arc_bytes - pages_kib(sim_memory_arc_spare_kib(m)) * 1024;
		l->present |= LOOK_BIT(arc_bytes) | LOOK_BIT(arc_least_bytes);
	}
}

static struct report see(const struct sim_agent_sight *sight)
{
	const struct sim_memory *m = sight->memory;
	const struct sim_balloon *b = sight->balloon;
	double anon_kib = m->anon_kib + m->swapped_kib;
	struct look look = {.report = {.uptime_ms = sight->now_ms,
				       .total_kib = pages_kib(m->managed_kib),
				       .free_kib = pages_kib(m->free_kib),
				       .cached_kib = pages_kib(m->cache_kib),
				       .committed_kib = pages_kib(anon_kib),
				       .balloon_current_kib = (uint64_t)b->current_kib,
				       .balloon_target_kib = (uint64_t)b->target_kib,
				       .balloon_low_kib = (uint64_t)(b->boot_kib - b->current_kib),
				       .page_kib = UNITS_PAGE_KIB,
				       .present = ALL_FIELDS}};
	struct report *r = &look.report;
	bool has_less = sight->largest_kib > 0 && sight->largest_kib < anon_kib;
	r->largest_kib = pages_kib(has_less ? sight->largest_kib : anon_kib);
	see_counters(m, r);
	see_parts(m, &look);
	available_settle(&look);
	if (sight->lies) {
		r->free_kib = r->avail_kib = 0;
		r->pswpin = r->pswpout = r->refault_anon = r->allocstall = r->uptime_ms;
		r->psi_full_us = r->psi_some_us = r->uptime_ms * 500;
	}
	return *r;
}

static void send(struct sim_agent *a, const struct report *look, bool is_event)
{
	a->report = *look;
	a->report.seq = is_event ? ++a->seq : a->seq;
	a->has_report = true;
}

/* --- cagma-agent ------------------------------------------------------------------ */

/* The kernel wakes the agent, at most once in a window, if tasks have waited for memory long
 * enough. */
static bool is_woken(struct sim_agent *a, const struct sim_agent_sight *sight)
{
	uint64_t stall_us = whole(sight->memory->counters.some_us);
	bool is_over = sight->now_ms >= a->woken_ms + ROUND_STALL_WINDOW_MS;
	bool wakes = is_over && stall_us >= a->stall_us + ROUND_STALL_US;
	if (is_over) {
		a->stall_us = stall_us;
		a->woken_ms = sight->now_ms;
	}
	return wakes;
}

/* The kernel signals the agent if programs have touched enough memory. Its count begins anew
 * then. */
static bool is_touched(struct sim_agent *a, const struct sim_agent_sight *sight)
{
	uint64_t pages = whole(sight->memory->counters.pgfault);
	uint64_t touched_kib = (pages - a->fault_pages) * UNITS_PAGE_KIB;
	if (!a->round.has_report || sight->now_ms < a->paused_ms + CADENCE_TOUCH_GAP_MS ||
	    touched_kib < a->touch_kib)
		return false;
	a->fault_pages = pages;
	return true;
}

/* The events that end the pause at once. Events from xenstore are left for the round. */
static struct round_events events_of(struct sim_agent *a, const struct sim_agent_sight *sight)
{
	struct round_events events = {.touched = is_touched(a, sight), .woken = is_woken(a, sight)};
	if (a->round.reclaim.is_asking && sight->memory->reclaim_kib <= 0) {
		events.batch = ROUND_BATCH_DONE;
		events.woken = true;
	}
	return events;
}

static bool is_due(struct sim_agent *a, const struct sim_agent_sight *sight,
		   const struct round_events *events)
{
	uint64_t due_ms = sight->is_busy ? a->early_ms : a->late_ms;
	if (!a->has_words && !a->has_target)
		a->heard_ms = sight->now_ms;
	else
		due_ms = amount_min(due_ms, amount_min(a->heard_ms + ROUND_BURST_MS, a->early_ms));
	return events->woken || events->touched || sight->now_ms >= due_ms;
}

static void publish(struct sim_agent *a, const struct round_orders *orders)
{
	if (orders->alarm != ALARM_NOTHING) {
		a->has_alarm = true;
		a->alarm_report = a->round.report;
		a->fill_kib_s = a->round.alarm.fill_kib_s;
	}
	if (orders->report != ANNOUNCE_NOTHING)
		send(a, &a->round.report, true);
}

static void rest(struct sim_agent *a, const struct round_rest *rest, uint64_t now_ms)
{
	a->touch_kib = rest->touch_kib;
	a->paused_ms = now_ms;
	a->early_ms = now_ms + rest->pause.pause_ms;
	a->late_ms = a->early_ms + rest->pause.slack_ms;
}

/* A glance has the time as sysinfo(2) tells it: in whole seconds since the guest's start. */
static struct glance glance_of(const struct sim_agent *a, const struct report *now)
{
	uint64_t second_ms = now->uptime_ms - (now->uptime_ms - a->start_ms) % 1000;
	return (struct glance){.at_ms = amount_max(second_ms, a->round.report.uptime_ms),
			       .total_kib = now->total_kib,
			       .free_kib = now->free_kib,
			       .swap_free_kib = now->swap_free_kib,
			       .n_processors = 1,
			       .counts_faults = true};
}

static uint64_t run_cagma(struct sim_agent *a, const struct sim_agent_sight *sight)
{
	struct round_events events = events_of(a, sight);
	if (!is_due(a, sight, &events))
		return 0;
	struct report now = see(sight);
	struct round_sight seen = {
		.glance = glance_of(a, &now),
		.tick_ms = sight->now_ms,
		.events = events,
		.host = {a->cma_kib, a->credit_kib, a->period_ms},
	};
	seen.events.begins = a->is_greeted;
	a->is_greeted = false;
	seen.events.credit = a->has_credit;
	seen.events.target = a->has_target;
	a->has_words = a->has_credit = a->has_target = false;
	a->round.can_grow = a->round.can_reclaim = true;
	if (round_wants_look(&a->round, &seen))
		seen.look = &now;
	struct round_orders orders = round_step(&a->round, &seen);
	publish(a, &orders);
	a->reclaim_kib = (double)orders.reclaim_kib;
	struct round_rest until = round_done(&a->round, &seen, &orders, 0);
	rest(a, &until, sight->now_ms);
	return orders.target_kib;
}

/* --- the others --------------------------------------------------------------------- */

static void run_qmemman(struct sim_agent *a, const struct sim_agent_sight *sight)
{
	struct report now = see(sight);
	uint64_t used_kib = now.balloon_current_kib - now.free_kib - now.cached_kib +
			    now.swap_total_kib - now.swap_free_kib;
	uint64_t away_kib = amount_distance(used_kib, a->sent_used_kib);
	bool lacks = used_kib > a->sent_used_kib && used_kib * 13 / 10 > now.balloon_current_kib &&
		     away_kib > QMEMMAN_STEP_KIB / 2;
	if (!a->seq || away_kib > QMEMMAN_STEP_KIB || lacks) {
		a->sent_used_kib = used_kib;
		send(a, &now, true);
	} else if (sight->now_ms >= a->report.uptime_ms + KEYS_HEARTBEAT_MS) {
		send(a, &now, false);
	}
}

static void run_foreign(struct sim_agent *a, const struct sim_agent_sight *sight)
{
	struct report now = see(sight);
	struct sim_foreign_sight seen = {.current_kib = now.balloon_current_kib,
					 .available_kib =
						 pages_kib(sim_memory_available_kib(sight->memory)),
					 .free_kib = now.free_kib,
					 .cached_kib = now.cached_kib,
					 .swapped_kib = now.swap_total_kib - now.swap_free_kib};
	uint64_t kib;
	a->has_number |= sim_foreign_run(&a->foreign, a->foreign_id, sight->now_ms, &seen, &kib);
}

uint64_t sim_agent_run(struct sim_agent *a, const struct sim_agent_sight *sight)
{
	if (sight->now_ms < a->start_ms)
		return 0;
	if (a->kind == SIM_AGENT_CAGMA)
		return run_cagma(a, sight);
	if (sight->now_ms < a->early_ms)
		return 0;
	if (a->kind == SIM_AGENT_FOREIGN) {
		run_foreign(a, sight);
		a->early_ms = a->foreign.next_ms;
	} else if (a->kind == SIM_AGENT_QMEMMAN) {
		run_qmemman(a, sight);
		a->early_ms = sight->now_ms + SIM_AGENT_POLL_MS;
	} else {
		struct report now = see(sight);
		send(a, &now, true);
		a->early_ms = sight->now_ms + a->poll_ms;
	}
	return 0;
}
