/* SPDX-License-Identifier: MIT */
#include "host/sim/daemon.h"

#include "common/amount.h"
#include "common/units.h"
#include "host/daemon/engine.h"
#include "host/daemon/guests.h"
#include "host/daemon/publish.h"

static struct sim_guest *guest_at(const struct sim_host *h, unsigned i)
{
	return &h->guest[h->started[i]];
}

static void ask_for_pass(struct sim_daemon *d, uint64_t at_ms)
{
	d->due_ms = amount_min(d->due_ms, at_ms);
}

/* --- what has happened --------------------------------------------------------------- */

static void collect_calls(struct sim_daemon *d, struct sim_host *h)
{
	for (unsigned i = 0; i < d->n; i++) {
		struct sim_known *k = &d->known[i];
		if (!k->call_is_under_way || h->now_ms < k->call_due_ms)
			continue;
		k->call_is_under_way = false;
		k->is_credited = false; /* libxl sets max_pages with the target */
		sim_host_set_target(h, guest_at(h, i), k->call_target_kib);
		ask_for_pass(d, d->last_pass_ms + ENGINE_GAP_MS);
	}
}

static void take_new_guests(struct sim_daemon *d, const struct sim_host *h)
{
	for (; d->n < h->n_started; d->n++) {
		const struct sim_guest *g = guest_at(h, d->n);
		d->view[d->n] = (struct guest_view){
			.domid = g->domid,
			.min_kib = units_whole_pages_kib((uint64_t)g->config.min_kib),
			.max_kib = units_whole_pages_kib((uint64_t)g->config.max_kib),
			.weight = g->config.weight};
		ask_for_pass(d, h->now_ms);
	}
}

/* An alarm says so much and no more: as host/daemon/intake.c takes it. */
static void take_alarm(struct guest_view *v, const struct sim_agent *a)
{
	const struct report *alarm = &a->alarm_report;
	v->report.uptime_ms = alarm->uptime_ms;
	v->report.total_kib = alarm->total_kib;
	v->report.avail_kib = alarm->avail_kib;
	v->report.free_kib = amount_min(v->report.free_kib, alarm->avail_kib);
	v->report.psi_some_us = amount_max(v->report.psi_some_us, alarm->psi_some_us);
	v->report.psi_full_us = amount_max(v->report.psi_full_us, alarm->psi_full_us);
	v->fill_kib_s = a->fill_kib_s;
}

static void take_messages(struct sim_daemon *d, const struct sim_host *h)
{
	for (unsigned i = 0; i < d->n; i++) {
		struct sim_agent *a = &guest_at(h, i)->agent;
		struct guest_view *v = &d->view[i];
		bool is_trusted = !guest_at(h, i)->config.is_untrusted;
		a->has_alarm &= v->has_report || a->has_report;
		if (!a->has_report && !a->has_alarm)
			continue;
		if (a->has_report) {
			v->report = a->report;
			v->fill_kib_s = 0;
		}
		v->has_report |= a->has_report;
		v->report_ms = h->now_ms;
		if (a->has_alarm)
			take_alarm(v, a);
		if (a->has_alarm && is_trusted)
			d->known[i].alarm_until_ms = h->now_ms + GUESTS_ALARM_MS;
		ask_for_pass(d, a->has_alarm ? h->now_ms : d->last_pass_ms + ENGINE_GAP_MS);
		a->has_report = a->has_alarm = false;
	}
}

/* --- the pass -------------------------------------------------------------------------- */

static void observe_guest(struct sim_daemon *d, const struct sim_host *h, unsigned i)
{
	const struct sim_guest *g = guest_at(h, i);
	struct guest_view *v = &d->view[i];
	struct sim_known *k = &d->known[i];
	bool is_cagma = g->agent.kind == SIM_AGENT_CAGMA;
	v->alm_kib = g->alm_kib;
	v->cap_kib = g->cap_kib;
	v->target_kib = g->target_kib;
	if (k->call_is_under_way) /* until it is done, the old one still holds */
		v->target_kib = amount_max(v->target_kib, k->call_target_kib);
	v->is_being_told = k->call_is_under_way;
	v->can_alarm = is_cagma;
	v->may_have_credit = is_cagma && !g->config.is_untrusted;
	v->is_credited = k->is_credited;
	v->is_alarmed = h->now_ms < k->alarm_until_ms;
	v->max_kib = units_whole_pages_kib((uint64_t)g->config.max_kib);
	v->hold = !v->has_report                             ? HOLD_NO_AGENT
		  : h->now_ms > v->report_ms + KEYS_STALE_MS ? HOLD_SILENT
							     : HOLD_NONE;
	v->slack_kib = k->balloon.slack_kib;
	balloon_observe(&k->balloon, h->now_ms, v);
}

static struct snapshot observe(struct sim_daemon *d, const struct sim_host *h)
{
	for (unsigned i = 0; i < d->n; i++)
		observe_guest(d, h, i);
	return (struct snapshot){.host = {.now_ms = h->now_ms,
					  .total_kib = h->total_kib,
					  .free_kib = h->free_kib,
					  .reserved_kib = sim_host_awaited_kib(h)},
				 .n_guests = d->n,
				 .guest = d->view};
}

static void start_calls(struct sim_daemon *d, uint64_t now_ms)
{
	for (unsigned i = 0; i < d->plan.n_actions; i++) {
		const struct action *a = &d->plan.action[i];
		struct sim_known *k = &d->known[a->guest];
		if (k->call_is_under_way)
			continue; /* asked for again when it is done */
		k->call_is_under_way = true;
		k->call_target_kib = a->target_kib;
		k->call_due_ms = now_ms + d->call_ms;
		d->n_targets++;
	}
}

/* As host/daemon/cap.c sets max_pages: to what the plan says, for those it does not leave as they
 * are, raised by a step or more. */
static void grant(struct sim_daemon *d, const struct sim_host *h)
{
	for (unsigned i = 0; i < d->n; i++) {
		struct guest_view *v = &d->view[i];
		struct sim_known *k = &d->known[i];
		uint64_t credit_kib = d->plan.credit_kib[i];
		uint64_t told_kib = v->alm_kib + model_pending_kib(v) + MODEL_LIBXL_SLACK_KIB;
		bool is_raised = told_kib + credit_kib >= v->cap_kib + d->conf.step_kib;
		bool is_lowered = k->is_credited && told_kib + credit_kib < v->cap_kib;
		if (credit_kib == PLAN_CREDIT_AS_IT_IS || (!credit_kib && !k->is_credited) ||
		    !(is_lowered || (credit_kib && is_raised)))
			continue;
		v->cap_kib =
			credit_kib ? told_kib + credit_kib : v->target_kib + MODEL_LIBXL_SLACK_KIB;
		v->is_credited = k->is_credited = credit_kib > 0;
		guest_at(h, i)->cap_kib = v->cap_kib;
	}
}

static void publish(struct sim_daemon *d, const struct sim_host *h)
{
	for (unsigned i = 0; i < d->n; i++) {
		struct sim_agent *a = &guest_at(h, i)->agent;
		struct sim_known *k = &d->known[i];
		uint64_t credit_kib = model_credit_kib(&d->view[i]);
		uint64_t least_kib =
			credit_kib < k->published_credit_kib ? 1 : PUBLISH_CREDIT_STEP_KIB;
		if (d->view[i].has_report)
			a->cma_kib = d->plan.verdict[i].cma_kib;
		a->period_ms = d->conf.period_ms;
		if (d->view[i].is_being_told ||
		    amount_distance(credit_kib, k->published_credit_kib) < least_kib)
			continue;
		k->published_credit_kib = a->credit_kib = credit_kib;
		a->has_credit = true;
	}
}

static void run_pass(struct sim_daemon *d, struct sim_host *h)
{
	struct snapshot snap = observe(d, h);
	d->last_pass_ms = h->now_ms;
	d->due_ms = h->now_ms + d->conf.period_ms;
	d->n_cuts += policy_decide(d->policy, &d->conf, &snap, &d->memory, &d->plan).cuts;
	ask_for_pass(d, d->plan.wake_ms);
	start_calls(d, h->now_ms);
	grant(d, h);
	publish(d, h);
	d->n_passes++;
}

void sim_daemon_turn(struct sim_daemon *d, struct sim_host *h)
{
	collect_calls(d, h);
	take_new_guests(d, h);
	take_messages(d, h);
	if (h->now_ms >= d->due_ms)
		run_pass(d, h);
}
