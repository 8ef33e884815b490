/* SPDX-License-Identifier: MIT */
#include "host/guests/observe.h"

#include "common/amount.h"
#include "common/system/log.h"
#include "host/guests/hands.h"
#include "host/guests/hearing.h"
#include "host/guests/intake.h"

#include <errno.h>

/* A guest that reboots is built with the memory that it had last, which may be too little to boot
 * with, or have a loan in it. */
static void note_return(struct guests *gs, struct guest *g, uint64_t now_ms)
{
	if (!reboots_note_return(&gs->reboots, g->uuid, g->generation, now_ms))
		return;
	g->facts.boot_kib = g->built_kib;
	g->facts.boot_until_ms = now_ms + REBOOTS_BOOT_MS;
	g->has_returned = true;
}

/* If max_pages is raised, this run did not raise it, and no call of ours is about to set it, then
 * a former run of the daemon gave the credit, or was ended in the middle of a call. Xen's word
 * decides, whatever the guest says. What somebody else gave to a guest that is his is left. */
static void find_credit(struct guest *g, uint64_t now_ms)
{
	if (model_holds[hold_judge(&g->facts, now_ms)].credited && !g->call_is_under_way &&
	    hold_cap_is_raised(g->cap_kib, guest_reach_kib(g), g->videoram_kib))
		g->credited_cap_kib = g->cap_kib;
}

static void fill_bounds(const struct guest *g, struct guest_view *v)
{
	struct hold_bounds bounds = {.static_max_kib = g->static_max_kib,
				     .videoram_kib = g->videoram_kib,
				     .conf_min_kib = g->conf_min_kib,
				     .conf_max_kib = g->conf_max_kib,
				     .conf_guaranteed_kib = g->conf_guaranteed_kib,
				     .guaranteed_permyriad = g->guaranteed_permyriad,
				     .built_kib = g->built_kib,
				     .own_kib = g->own_kib,
				     .slack_kib = v->slack_kib};
	hold_bounds(&bounds, &v->min_kib, &v->max_kib);
	v->guaranteed_kib = hold_guaranteed_kib(&bounds, v->min_kib, v->max_kib);
	v->lent_kib = hold_lent_kib(&bounds, v->alm_kib);
	v->weight = g->conf_weight ? g->conf_weight : hold_weight(v->guaranteed_kib);
}

/* A foreign agent's number speaks of the ALM of its moment, and what the guest was given or gave
 * since is free of use. */
static void fill_foreign(const struct guest *g, struct guest_view *v)
{
	enum source_id source = g->facts.source;
	if (!v->has_report || !source_is_foreign(source))
		return;
	v->margin_kib = source_margin_kib(&g->use, source);
	v->report.total_kib = v->alm_kib;
	v->report.avail_kib = v->report.free_kib = amount_less(v->alm_kib, g->use.use_kib);
}

static void fill_view(struct guest *g, struct guest_view *v, uint64_t now_ms)
{
	enum guest_hold held_before = v->hold;
	*v = (struct guest_view){
		.domid = g->domid,
		.hold = hold_judge(&g->facts, now_ms),
		.alm_kib = g->alm_kib,
		.cap_kib = g->cap_kib,
		.target_kib = guest_target_kib(g),
		.slack_kib = balloon_slack_kib(&g->balloon, g->videoram_kib),
		.videoram_kib = g->videoram_kib,
		.is_untrusted = !g->is_trusted,
		.may_have_credit = guest_can_grow_itself(g) && g->is_trusted,
		.is_credited = g->credited_cap_kib != 0,
		.is_being_told = g->call_is_under_way,
		.can_alarm = guest_can_alarm(g),
		.is_alarmed = g->is_trusted && !g->is_polled && now_ms < g->alarm_until_ms,
		.boot_kib = hold_boot_kib(&g->facts, now_ms),
		.source = g->facts.source,
		.has_report = g->facts.has_report,
		.report_ms = g->facts.report_ms,
		.fill_kib_s = g->fill_kib_s,
	};
	if (v->has_report)
		v->report = g->report;
	fill_foreign(g, v);
	fill_bounds(g, v);
	/* a guest that is not built yet, or is paused, says nothing about its balloon */
	if (hold_is_running(&g->facts)) {
		balloon_observe(&g->balloon, now_ms, v);
		arrival_observe(&g->arrival, now_ms, v);
	} else if (hold_stands_shut_down(&g->facts, now_ms)) {
		balloon_observe_shut_down(&g->balloon, now_ms, v);
	} else {
		balloon_pause(&g->balloon);
	}
	if (v->has_report && source_awaits_news(v->source, v->report_ms, g->shrunk_ms, now_ms))
		hold_no_deeper(v); /* where it is heading is known by its balloon */
	lending_observe(&g->lending, v);
	if (v->hold != held_before)
		log_debug("%s is %s", guest_text(g), model_hold_word(v->hold));
}

static int refresh(struct guests *gs, const struct io *io, const struct config *config,
		   bool is_urgent, uint64_t now_ms)
{
	int r = 0;
	for (unsigned i = 0; i < gs->n && r == 0; i++)
		r = intake_read(&gs->guest[i], io, config, now_ms);
	if (r == 0)
		r = hearing_take(gs, io, is_urgent, now_ms);
	if (r < 0)
		return r;
	bool may_return = reboots_any(&gs->reboots, now_ms);
	for (unsigned i = 0; i < gs->n; i++) {
		struct guest *g = &gs->guest[i];
		if (may_return && hold_is_running(&g->facts))
			note_return(gs, g, now_ms);
		find_credit(g, now_ms);
	}
	hands_judge(gs, now_ms);
	for (unsigned i = 0; i < gs->n; i++)
		fill_view(&gs->guest[i], &gs->view[i], now_ms);
	return 0;
}

static unsigned busy_workers(const struct guests *gs)
{
	unsigned n = 0;
	for (unsigned i = 0; i < gs->n; i++)
		n += gs->guest[i].call_is_under_way;
	return n;
}

/*
 * What domains may still take that are in no view: guests beyond max_guests, and dom0 if it is not
 * managed. libxl sets max_pages with a target. Dom0 alone may have a larger one from Xen's command
 * line, and grows only when somebody sets its target.
 */
static int find_others(struct guests *gs, const struct io *io,
		       const struct hypervisor_domain *domain, unsigned n, uint64_t *ret_kib)
{
	*ret_kib = gs->beyond_kib;
	if (gs->has_dom0 || !n || domain[0].domid != 0)
		return 0;
	if (gs->dom0_changed) {
		int r = io->read_number(io->world, 0, "memory/target", &gs->dom0_target_kib);
		if (r == -EBADF)
			return r;
		gs->dom0_target_kib = r < 0 ? 0 : gs->dom0_target_kib;
		gs->dom0_changed = r < 0 && r != -ENOENT;
	}
	*ret_kib +=
		amount_less(amount_min(gs->dom0_target_kib, domain[0].cap_kib), domain[0].alm_kib);
	return 0;
}

/* What xl has taken for guests that it has made since it took its lock. */
static uint64_t taken_by_xl_kib(const struct guests *gs)
{
	uint64_t sum_kib = 0;
	for (unsigned i = 0; i < gs->n; i++)
		if (gs->guest[i].generation >= gs->xl_generation)
			sum_kib += gs->guest[i].alm_kib + gs->guest[i].claimed_kib;
	return sum_kib;
}

static void keep_for_xl(struct guests *gs, const struct policy_conf *conf, struct snapshot *snap)
{
	if (!snap->host.xl_is_building) {
		gs->xl_generation = 0;
		return;
	}
	if (!gs->xl_generation) {
		gs->xl_generation = gs->next_generation;
		gs->xl_kib = model_for_xl_kib(conf, snap);
	}
	snap->host.xl_kib = amount_less(gs->xl_kib, taken_by_xl_kib(gs));
}

static uint64_t all_room_kib(const struct guests *gs)
{
	uint64_t sum_kib = 0;
	for (unsigned i = 0; i < gs->n; i++)
		sum_kib += model_room_kib(&gs->view[i]);
	return sum_kib;
}

int observe(struct guests *gs, const struct io *io, const struct config *config, bool is_urgent,
	    uint64_t now_ms, struct snapshot *ret_snap)
{
	struct hypervisor_host host;
	const struct hypervisor_domain *domain;
	uint64_t reserved_kib = 0, others_kib = 0;
	/* free memory is read last: memory that a guest takes in between is then missing, and not
	 * counted twice */
	int n = io->domains(io->world, &domain);
	int r = n < 0 ? n : io->host(io->world, &host);
	if (r < 0)
		return r == -EBADF ? -EIO : r;
	r = guests_match(gs, io, domain, (unsigned)n, now_ms);
	if (r == 0)
		r = refresh(gs, io, config, is_urgent, now_ms);
	if (r == 0)
		r = find_others(gs, io, domain, (unsigned)n, &others_kib);
	uint64_t rebooting_kib = guests_rebooting_kib(gs, now_ms);
	uint64_t kept_kib = host.outstanding_kib + rebooting_kib + others_kib +
			    config->conf.reserve_kib + all_room_kib(gs);
	if (r == 0)
		r = io->reserved(io->world, gs, amount_less(host.free_kib, kept_kib), now_ms,
				 &reserved_kib);
	if (r < 0)
		return r;
	*ret_snap = (struct snapshot){
		.host = {.now_ms = now_ms,
			 .total_kib = host.total_kib,
			 .free_kib = host.free_kib,
			 .claimed_kib = host.outstanding_kib,
			 .rebooting_kib = rebooting_kib,
			 .reserved_kib = reserved_kib,
			 .others_kib = others_kib,
			 .xl_is_building = io->is_building(io->world, now_ms),
			 .workers = (unsigned)config->workers,
			 .busy_workers = busy_workers(gs),
			 .call_us = gs->call_us},
		.n_guests = gs->n,
		.guest = gs->view,
	};
	lending_bound(&config->conf, &ret_snap->host, gs->view, gs->n);
	keep_for_xl(gs, &config->conf, ret_snap);
	return 0;
}

bool observe_is_behind(const struct guests *gs)
{
	return gs->has_unread || hearing_is_behind(gs);
}

int observe_more(struct guests *gs, const struct io *io, const struct config *config,
		 uint64_t now_ms)
{
	for (unsigned i = 0; i < gs->n && gs->has_unread; i++) {
		struct guest *g = &gs->guest[i];
		if (!intake_is_target_alone(g) || g->call_is_under_way)
			continue;
		int r = intake_read_target(g, io, config, now_ms);
		gs->has_unread = !g->target_changed; /* a failed read is left to the pass */
		return r < 0 ? r : 1;
	}
	gs->has_unread = false;
	return hearing_more(gs, io, config->conf.period_ms, now_ms);
}
