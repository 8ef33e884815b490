/* SPDX-License-Identifier: MIT */
#include "host/control/told_state.h"

#include "common/amount.h"
#include "host/guests/guests.h"

#include <stdio.h>
#include <string.h>

_Static_assert((int)TOLD_MAX_NAME == (int)CONFIG_MAX_NAME, "a guest's name fits");
_Static_assert((int)TOLD_CHANGES == (int)GUEST_CHANGES, "so do its changes");

#define G(name) TOLD_GUEST_BIT(name)
#define H(name) TOLD_HOST_BIT(name)

static void put_word(char *to, size_t size, const char *word)
{
	snprintf(to, size, "%s", word);
}

/* --- the host -------------------------------------------------------------- */

static void count_guests(const struct engine_state *s, struct told_host *h)
{
	h->guests = s->guests->n;
	for (unsigned i = 0; s->has_judged && i < s->guests->n; i++) {
		const struct guest_view *v = &s->guests->view[i];
		h->managed += v->hold == HOLD_NONE;
		h->alarmed_guests += v->is_alarmed;
		h->short_guests +=
			v->has_report && v->report.avail_kib < s->plan->verdict[i].cma_kib;
	}
}

static void put_memory(const struct engine_state *s, uint64_t now_ms, struct told_host *h)
{
	if (!s->has_judged)
		return;
	h->total_kib = s->host->total_kib;
	h->free_kib = s->host->free_kib;
	h->claimed_kib = s->host->claimed_kib;
	h->rebooting_kib = s->host->rebooting_kib;
	h->reserved_kib = s->host->reserved_kib;
	h->promised_kib = s->plan->promised_kib;
	h->xl_is_building = s->host->xl_is_building;
	h->available_kib = s->overload->available_kib;
	h->capacity_kib = s->overload->capacity_kib;
	h->short_kib = s->overload->short_kib;
	uint64_t since_ms = s->overload->short_since_ms;
	h->short_ms = since_ms ? amount_less(now_ms, since_ms) : 0;
	h->present |= H(total_kib) | H(free_kib) | H(claimed_kib) | H(rebooting_kib) |
		      H(reserved_kib) | H(promised_kib) | H(available_kib) | H(capacity_kib) |
		      H(short_kib) | H(short_ms);
}

void told_state_host(const struct engine_state *s, uint64_t now_ms, struct told_host *ret_host)
{
	struct told_host h = {.present = told_always(&told_host_format),
			      .is_connected = s->is_connected,
			      .period_ms = s->config->conf.period_ms,
			      .passes = s->counts.passes,
			      .targets = s->counts.targets,
			      .failed_calls = s->counts.failed_calls,
			      .cuts = s->counts.cuts,
			      .lost_connections = s->counts.lost_connections,
			      .reserve_kib = s->config->conf.reserve_kib,
			      .step_kib = s->config->conf.step_kib,
			      .credit_kib = s->config->conf.credit_kib};
	put_word(h.policy, sizeof(h.policy), s->config->policy->name);
	put_word(h.mode, sizeof(h.mode),
		 told_mode_words[s->is_dry      ? TOLD_DRY_RUN
				 : s->is_paused ? TOLD_PAUSED
						: TOLD_BALANCING]);
	if (s->last_pass_ms) {
		h.pass_age_ms = amount_less(now_ms, s->last_pass_ms);
		h.present |= H(pass_age_ms);
	}
	put_memory(s, now_ms, &h);
	count_guests(s, &h);
	*ret_host = h;
}

void told_state_count(const struct engine_state *s, unsigned ret_count[HOLD_COUNT_])
{
	memset(ret_count, 0, HOLD_COUNT_ * sizeof(ret_count[0]));
	for (unsigned i = 0; s->has_judged && i < s->guests->n; i++)
		ret_count[s->guests->view[i].hold]++;
}

/* --- one guest --------------------------------------------------------------- */

static void put_identity(const struct guest *g, uint64_t now_ms, struct told_guest *t)
{
	text_printable((struct text){g->name, strlen(g->name)}, "", t->name, sizeof(t->name));
	t->domid = g->domid;
	uuid_write(g->uuid, t->uuid);
	t->hold_left_ms = hold_left_ms(&g->facts, now_ms);
	put_word(t->source, sizeof(t->source),
		 !g->facts.has_agent                  ? "-"
		 : g->domid == 0                      ? "dom0"
		 : source_is_foreign(g->facts.source) ? source_words[g->facts.source]
						      : "agent");
	put_word(t->agent_version, sizeof(t->agent_version),
		 source_is_foreign(g->facts.source) ? "" : g->agent_version);
	t->can_report = g->facts.has_agent;
	t->can_alarm = guest_can_alarm(g);
	t->can_grow_itself = guest_can_grow_itself(g);
	t->is_trusted = g->is_trusted;
	t->static_max_kib = g->static_max_kib + g->videoram_kib;
	t->alarms = g->n_alarms;
	t->bad_reports = g->bad_report.count;
	t->floods = g->flooded.count;
	t->failed_calls = g->call_failed.count;
	t->present |= G(name) | G(domid) | G(uuid) | G(source) | G(agent_version) | G(can_report) |
		      G(can_alarm) | G(can_grow_itself) | G(is_trusted) | G(static_max_kib) |
		      G(alarms) | G(bad_reports) | G(floods) | G(failed_calls);
	if (t->hold_left_ms)
		t->present |= G(hold_left_ms);
	t->built_kib = g->built_kib;
	if (t->built_kib)
		t->present |= G(built_kib);
}

static void put_last_change(const struct guest *g, uint64_t now_ms, struct told_guest *t)
{
	if (!g->has_reason || !g->n_changes)
		return;
	const struct guest_change *last = &g->change[(g->n_changes - 1) % GUEST_CHANGES];
	put_word(t->reason, sizeof(t->reason), model_reason_word(last->reason));
	t->reason_age_ms = amount_less(now_ms, last->when_ms);
	t->reason_from_kib = last->from_kib;
	t->reason_to_kib = last->to_kib;
	t->present |= G(reason) | G(reason_age_ms) | G(reason_from_kib) | G(reason_to_kib);
}

static void put_view(const struct guest *g, const struct guest_view *v, struct told_guest *t)
{
	put_word(t->state, sizeof(t->state), model_hold_word(v->hold));
	t->is_alarmed = v->is_alarmed;
	t->alm_kib = v->alm_kib;
	t->target_kib = guest_target_kib(g);
	t->cap_kib = v->cap_kib;
	t->min_kib = v->min_kib;
	t->max_kib = v->max_kib;
	t->weight = v->weight;
	t->credit_kib = guest_credit_kib(g, v);
	t->does_not_take = v->does_not_take;
	t->is_doubted = v->is_doubted;
	t->may_leave = lasting_may_leave(v);
	t->lasting_kib = lasting_kib(&g->lasting);
	t->present |= G(state) | G(is_alarmed) | G(alm_kib) | G(target_kib) | G(cap_kib) |
		      G(min_kib) | G(max_kib) | G(weight) | G(credit_kib) | G(does_not_take) |
		      G(is_doubted) | G(may_leave);
	if (lasting_is_known(&g->lasting))
		t->present |= G(lasting_kib);
}

static void put_resort(const struct guest *g, uint64_t now_ms, struct told_guest *t)
{
	if (g->last_resort == LENDING_RESORT_NONE)
		return;
	put_word(t->last_resort, sizeof(t->last_resort), lending_resort_words[g->last_resort]);
	t->last_resort_wait_ms = g->last_resort_ms;
	t->last_resort_is_taken = g->debt.is_answered;
	t->present |= G(last_resort) | G(last_resort_wait_ms) | G(last_resort_is_taken);
	if (!g->debt.since_ms)
		return;
	t->last_resort_age_ms = amount_less(now_ms, g->debt.since_ms);
	t->present |= G(last_resort_age_ms);
}

static void put_report(const struct guest_view *v, uint64_t now_ms, struct told_guest *t)
{
	if (!v->has_report)
		return;
	t->report_age_ms = amount_less(now_ms, v->report_ms);
	t->avail_kib = v->report.avail_kib;
	t->total_kib = v->report.total_kib;
	t->swap_total_kib = v->report.swap_total_kib;
	t->swap_free_kib = v->report.swap_free_kib;
	t->present |= G(report_age_ms) | G(avail_kib) | G(total_kib);
	if (REPORT_HAS(&v->report, swap_total_kib))
		t->present |= G(swap_total_kib) | G(swap_free_kib);
}

static void put_verdict(const struct verdict *verdict, const struct demand *demand, uint64_t now_ms,
			struct told_guest *t)
{
	t->use_kib = verdict->use_kib;
	t->want_kib = verdict->want_kib;
	t->fair_kib = verdict->fair_kib;
	t->goal_kib = verdict->goal_kib;
	t->present |= G(want_kib) | G(fair_kib) | G(goal_kib);
	if (!TOLD_HAS(t, G(avail_kib))) /* the rest comes from a report */
		return;
	t->is_credible = verdict->is_credible;
	t->present |= verdict->base_kib ? G(is_credible) : 0;
	t->offset_kib = verdict->offset_kib;
	t->demand_kib = verdict->demand_kib;
	t->base_kib = verdict->base_kib;
	t->cma_kib = verdict->cma_kib;
	t->pressure_kib = demand->pressure_kib;
	t->present |= G(use_kib) | G(offset_kib) | G(demand_kib) | G(base_kib) | G(cma_kib) |
		      G(pressure_kib);
	if (now_ms < demand->floor_until_ms) {
		t->floor_kib = demand->floor_kib;
		t->present |= G(floor_kib);
	}
}

void told_state_guest(const struct engine_state *s, unsigned i, uint64_t now_ms,
		      struct told_guest *ret_guest)
{
	const struct guest *g = &s->guests->guest[i];
	const struct guest_view *v = &s->guests->view[i];
	struct told_guest t = {0};
	put_identity(g, now_ms, &t);
	put_last_change(g, now_ms, &t);
	put_resort(g, now_ms, &t);
	if (s->has_judged) {
		put_view(g, v, &t);
		put_report(v, now_ms, &t);
		put_verdict(&s->plan->verdict[i], &s->guests->memory.demand[i], now_ms, &t);
	}
	*ret_guest = t;
}

unsigned told_state_changes(const struct engine_state *s, unsigned i, uint64_t now_ms,
			    struct told_change ret_change[TOLD_CHANGES])
{
	const struct guest *g = &s->guests->guest[i];
	unsigned n = g->n_changes < GUEST_CHANGES ? g->n_changes : GUEST_CHANGES;
	for (unsigned k = 0; k < n; k++) {
		const struct guest_change *c = &g->change[(g->n_changes - 1 - k) % GUEST_CHANGES];
		struct told_change *t = &ret_change[k];
		*t = (struct told_change){.age_ms = amount_less(now_ms, c->when_ms),
					  .from_kib = c->from_kib,
					  .to_kib = c->to_kib,
					  .present = told_always(&told_change_format)};
		put_word(t->reason, sizeof(t->reason), model_reason_word(c->reason));
	}
	return n;
}
