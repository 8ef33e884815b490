/* SPDX-License-Identifier: MIT */
#include "host/sim/agent.h"

#include "common/amount.h"
#include "common/units.h"

#include <string.h>

enum {
	QMEMMAN_STEP_KIB = 30000,
	PRESSURE_WINDOW_MS = 1000,     /* guest/pressure.h: woken once in a second, … */
	PRESSURE_STALL_US = 50 * 1000, /* … when tasks waited for so much of it */
};

static uint64_t whole(double x)
{
	return x > 0 ? (uint64_t)x : 0;
}

static uint64_t pages_kib(double kib)
{
	return units_whole_pages_kib(whole(kib));
}

/* Swap and what is counted. */
static void see_counters(const struct sim_memory *m, struct report *r)
{
	const struct sim_memory_counters *c = &m->counters;
	r->swap_total_kib = pages_kib(m->config.swap_kib);
	r->swap_free_kib = amount_less(r->swap_total_kib, pages_kib(m->swapped_kib));
	r->pswpin = whole(c->pswpin);
	r->pswpout = whole(c->pswpout);
	r->scan_kswapd = whole(c->pgscan_kswapd);
	r->steal_kswapd = whole(c->pgsteal_kswapd);
	r->scan_direct = whole(c->pgscan_direct);
	r->steal_direct = whole(c->pgsteal_direct);
	r->refault_anon = whole(c->refault_anon);
	r->refault_file = whole(c->refault_file);
	r->allocstall = whole(c->allocstall);
	r->oom_kills = whole(c->oom_kill);
	r->psi_some_us = whole(c->some_us);
	r->psi_full_us = whole(c->full_us);
}

static struct report see(const struct sim_agent_sight *sight)
{
	const struct sim_memory *m = sight->memory;
	const struct sim_balloon *b = sight->balloon;
	double anon_kib = m->anon_kib + m->swapped_kib;
	struct report r = {.uptime_ms = sight->now_ms,
			   .total_kib = pages_kib(m->managed_kib),
			   .free_kib = pages_kib(m->free_kib),
			   .avail_kib = pages_kib(sim_memory_available_kib(m)),
			   .cached_kib = pages_kib(m->cache_kib),
			   .committed_kib = pages_kib(anon_kib),
			   .balloon_current_kib = (uint64_t)b->current_kib,
			   .balloon_target_kib = (uint64_t)b->target_kib,
			   .balloon_low_kib = (uint64_t)(b->boot_kib - b->current_kib),
			   .present = (UINT64_C(1) << REPORT_FIELDS_) - 1};
	bool has_less = sight->largest_kib > 0 && sight->largest_kib < anon_kib;
	r.largest_kib = pages_kib(has_less ? sight->largest_kib : anon_kib);
	r.present &= ~REPORT_BIT(buffers_kib);
	see_counters(m, &r);
	if (sight->lies) {
		r.free_kib = r.avail_kib = 0;
		r.pswpin = r.pswpout = r.refault_anon = r.allocstall = r.uptime_ms;
		r.psi_full_us = r.psi_some_us = r.uptime_ms * 500;
	}
	return r;
}

static void send(struct sim_agent *a, const struct report *look, bool is_event)
{
	a->report = *look;
	a->report.seq = is_event ? ++a->seq : a->seq;
	a->has_report = true;
	a->n_reports += is_event;
}

/* --- cagma-agent ------------------------------------------------------------------ */

static void raise(struct sim_agent *a, const struct report *look, enum alarm_reason reason)
{
	a->has_alarm = true;
	a->alarm_report = *look;
	a->fill_kib_s = a->alarm.fill_kib_s;
	a->n_alarms++;
	alarm_raised(&a->alarm, look, reason);
}

static uint64_t grow(struct sim_agent *a, const struct report *look,
		     const struct alarm_terms *terms, bool is_alarmed)
{
	uint64_t target_kib = 0;
	selfgrow_looked(&a->grow, look);
	if (a->has_credit)
		selfgrow_renewed(&a->grow, a->credit_kib);
	a->has_credit = false;
	target_kib = selfgrow_back_kib(&a->grow, look->uptime_ms);
	if (!target_kib && is_alarmed)
		target_kib =
			selfgrow_target_kib(&a->grow, look, alarm_lack_kib(&a->alarm, look, terms));
	if (target_kib)
		selfgrow_set(&a->grow, target_kib, look->uptime_ms);
	return target_kib;
}

static uint64_t look(struct sim_agent *a, const struct sim_agent_sight *sight, bool was_touched)
{
	struct report now = see(sight);
	struct alarm_terms terms = alarm_terms(&now, a->cma_kib, a->period_ms);
	uint64_t quiet_ms = a->quiet_ms ? amount_less(sight->now_ms, a->quiet_ms) : 0;
	cadence_looked(&a->cadence, &now, was_touched);
	enum alarm_reason reason = alarm_looked(&a->alarm, &now, &terms, quiet_ms);
	uint64_t target_kib = grow(a, &now, &terms, reason != ALARM_NOTHING);
	reclaim_looked(&a->reclaim, &now);
	a->look = now;
	if (reason != ALARM_NOTHING)
		raise(a, &now, reason);
	return target_kib;
}

/* Tasks waited for memory: the kernel wakes the agent, once in a window. */
static bool is_woken(struct sim_agent *a, const struct sim_agent_sight *sight)
{
	uint64_t stall_us = whole(sight->memory->counters.some_us);
	bool is_over = sight->now_ms >= a->woken_ms + PRESSURE_WINDOW_MS;
	bool wakes = is_over && stall_us >= a->stall_us + PRESSURE_STALL_US;
	if (is_over) {
		a->stall_us = stall_us;
		a->woken_ms = sight->now_ms;
	}
	return wakes;
}

/* Programs touched much memory, by the kernel's count; which begins anew then. */
static bool is_touched(struct sim_agent *a, const struct sim_agent_sight *sight)
{
	uint64_t pages = whole(sight->memory->counters.pgfault);
	uint64_t touched_kib = (pages - a->fault_pages) * UNITS_PAGE_KIB;
	if (!a->cadence.has_looked || sight->now_ms < a->paused_ms + CADENCE_TOUCH_GAP_MS ||
	    touched_kib < cadence_touch_kib(&a->cadence))
		return false;
	a->fault_pages = pages;
	return true;
}

/* The host has written memory/target. */
static bool is_told(struct sim_agent *a, const struct sim_agent_sight *sight)
{
	bool is_new = sight->balloon->target_kib != a->told_kib;
	a->told_kib = sight->balloon->target_kib;
	return is_new;
}

static void begin_batch(struct sim_agent *a)
{
	a->reclaim_kib = (double)reclaim_batch_kib(&a->reclaim, &a->look);
	if (a->reclaim_kib > 0)
		reclaim_began(&a->reclaim, whole(a->reclaim_kib));
}

/* The kernel has reclaimed what it was to. */
static bool has_ended(struct sim_agent *a, const struct sim_memory *m)
{
	if (!a->reclaim.is_asking || m->reclaim_kib > 0)
		return false;
	reclaim_ended(&a->reclaim, false);
	return true;
}

static uint64_t run_cagma(struct sim_agent *a, const struct sim_agent_sight *sight)
{
	bool touched = is_touched(a, sight), told = is_told(a, sight);
	bool ended = has_ended(a, sight->memory);
	bool woken = is_woken(a, sight) || touched || told || ended, looks;
	uint64_t target_kib = 0, cma_kib;
	if (!woken && !a->has_credit && sight->now_ms < (sight->is_busy ? a->early_ms : a->late_ms))
		return 0;
	struct report now = see(sight);
	struct glance glance = {sight->now_ms, now.total_kib, now.free_kib, now.swap_free_kib, 1,
				true};
	cma_kib =
		a->cadence.has_looked ? alarm_terms(&a->look, a->cma_kib, a->period_ms).cma_kib : 0;
	looks = woken || a->has_credit || selfgrow_is_pending(&a->grow) ||
		reclaim_is_pending(&a->reclaim, sight->now_ms) ||
		cadence_wants_look(&a->cadence, &glance, cma_kib) ||
		announce_decide(&a->announce, &a->look, glance.at_ms) != ANNOUNCE_NOTHING;
	if (looks)
		target_kib = look(a, sight, touched);
	if (announce_decide(&a->announce, &a->look, a->look.uptime_ms) != ANNOUNCE_NOTHING) {
		send(a, &a->look, true);
		announce_sent(&a->announce, &a->look);
	}
	if (looks)
		begin_batch(a);
	a->quiet_ms = looks ? 0 : sight->now_ms;
	struct cadence_pause pause = cadence_pause(&a->cadence, &glance, cma_kib);
	if (selfgrow_is_pending(&a->grow) && pause.pause_ms > SELFGROW_PAUSE_MS)
		pause = (struct cadence_pause){SELFGROW_PAUSE_MS, SELFGROW_PAUSE_MS / 10};
	if (reclaim_is_pending(&a->reclaim, sight->now_ms) && pause.pause_ms > RECLAIM_PAUSE_MS)
		pause = (struct cadence_pause){RECLAIM_PAUSE_MS, RECLAIM_PAUSE_MS / 10};
	a->paused_ms = sight->now_ms;
	a->early_ms = sight->now_ms + pause.pause_ms;
	a->late_ms = a->early_ms + pause.slack_ms;
	return target_kib;
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

uint64_t sim_agent_run(struct sim_agent *a, const struct sim_agent_sight *sight)
{
	if (sight->now_ms < a->start_ms)
		return 0;
	if (a->kind == SIM_AGENT_CAGMA)
		return run_cagma(a, sight);
	if (sight->now_ms < a->early_ms)
		return 0;
	if (a->kind == SIM_AGENT_QMEMMAN) {
		run_qmemman(a, sight);
		a->early_ms = sight->now_ms + SIM_AGENT_POLL_MS;
	} else {
		struct report now = see(sight);
		send(a, &now, true);
		a->early_ms = sight->now_ms + a->poll_ms;
	}
	return 0;
}
