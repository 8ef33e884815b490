/* SPDX-License-Identifier: MIT */
#include "host/daemon/observe.h"

#include "common/amount.h"
#include "common/system/log.h"
#include "host/daemon/intake.h"

#include <errno.h>

/* A guest that was unwatched for flooding is read once a period, and watched again after
 * GUEST_POLL_MS. */
static int poll_guest(struct guest *g, const struct io *io, uint64_t period_ms, uint64_t now_ms)
{
	if (!g->is_polled || now_ms < g->poll_ms)
		return 0;
	g->poll_ms = now_ms + period_ms;
	g->agent_changed = g->report_changed = g->alarm_changed = true;
	g->sources_changed = SOURCE_ALL;
	if (now_ms < g->polled_until_ms)
		return 0;
	g->is_polled = false;
	g->n_events = 0;
	return io->watch(io->world, IO_WATCH_CAGMA, g->domid, g->generation);
}

/* A guest that reboots is built with the memory that it had last, which may be too little to boot
 * with. */
static void note_return(struct guests *gs, struct guest *g, uint64_t now_ms)
{
	uint64_t boot_kib;
	if (!reboots_note_return(&gs->reboots, g->uuid, now_ms, &boot_kib))
		return;
	g->facts.boot_kib = amount_max(g->facts.boot_kib, boot_kib);
	g->facts.boot_until_ms = now_ms + REBOOTS_BOOT_MS;
	g->has_returned = true;
}

/* If max_pages is raised, this run did not raise it, and no call of ours is about to set it, then
 * a former run of the daemon gave the credit. */
static void find_credit(struct guest *g)
{
	if (g->facts.has_memory && g->can_grow_itself && !g->call_is_under_way &&
	    hold_cap_is_raised(g->cap_kib, guest_target_kib(g)))
		g->credited_cap_kib = g->cap_kib;
}

static void fill_bounds(const struct guest *g, struct guest_view *v)
{
	struct hold_bounds bounds = {.static_max_kib = g->static_max_kib,
				     .videoram_kib = g->videoram_kib,
				     .conf_min_kib = g->conf_min_kib,
				     .conf_max_kib = g->conf_max_kib,
				     .slack_kib = v->slack_kib};
	hold_bounds(&bounds, &v->min_kib, &v->max_kib);
}

/* A foreign agent's number speaks of the ALM of its moment, and what the guest was given or gave
 * since is free of use. */
static void fill_foreign(const struct guest *g, struct guest_view *v, uint64_t now_ms)
{
	enum source_id source = g->facts.source;
	if (!v->has_report || !source_is_foreign(source))
		return;
	v->margin_kib = source_margin_kib(&g->use, source);
	v->report.total_kib = v->alm_kib;
	v->report.avail_kib = v->report.free_kib = amount_less(v->alm_kib, g->use.use_kib);
	if (source_awaits_news(source, g->facts.report_ms, g->shrunk_ms, now_ms))
		hold_no_deeper(v);
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
		.slack_kib = g->balloon.slack_kib,
		.weight = g->conf_weight,
		.may_have_credit = g->can_grow_itself && g->is_trusted,
		.is_credited = g->credited_cap_kib != 0,
		.is_being_told = g->call_is_under_way,
		.can_alarm = g->can_alarm,
		.is_alarmed = g->is_trusted && now_ms < g->alarm_until_ms,
		.boot_kib = hold_boot_kib(&g->facts, now_ms),
		.source = g->facts.source,
		.has_report = g->facts.has_report,
		.report_ms = g->facts.report_ms,
		.fill_kib_s = g->fill_kib_s,
	};
	if (v->has_report)
		v->report = g->report;
	fill_bounds(g, v);
	/* a guest that is not built yet, or is paused, says nothing about its balloon */
	if (hold_is_running(&g->facts))
		balloon_observe(&g->balloon, now_ms, v);
	else
		g->balloon = (struct balloon){0};
	fill_foreign(g, v, now_ms);
	if (v->hold != held_before)
		log_debug("%s is %s", guest_text(g), model_hold_word(v->hold));
}

static int refresh(struct guests *gs, const struct io *io, const struct config *config,
		   bool is_urgent, uint64_t now_ms)
{
	bool may_return = reboots_any(&gs->reboots, now_ms);
	for (unsigned i = 0; i < gs->n; i++) {
		struct guest *g = &gs->guest[i];
		int r = poll_guest(g, io, config->conf.period_ms, now_ms);
		if (r == 0)
			r = intake_read(g, io, config, is_urgent, now_ms);
		if (r < 0)
			return r;
		if (may_return && hold_is_running(&g->facts))
			note_return(gs, g, now_ms);
		find_credit(g);
		fill_view(g, &gs->view[i], now_ms);
	}
	return 0;
}

int observe(struct guests *gs, const struct io *io, const struct config *config, bool is_urgent,
	    uint64_t now_ms, struct snapshot *ret_snap)
{
	struct hypervisor_host host;
	const struct hypervisor_domain *domain;
	uint64_t reserved_kib = 0;
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
		r = io->reserved(io->world, gs, now_ms, &reserved_kib);
	if (r < 0)
		return r;
	*ret_snap = (struct snapshot){
		.host = {.now_ms = now_ms,
			 .total_kib = host.total_kib,
			 .free_kib = host.free_kib,
			 .claimed_kib = host.outstanding_kib,
			 .rebooting_kib = guests_rebooting_kib(gs, now_ms),
			 .reserved_kib = reserved_kib,
			 .xl_is_building = io->is_building(io->world)},
		.n_guests = gs->n,
		.guest = gs->view,
	};
	return 0;
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
	return 0;
}
