/* SPDX-License-Identifier: MIT */
#include "host/core/demand.h"

#include "common/amount.h"
#include "common/report.h"
#include "common/units.h"

#define PERMYRIAD 10000u

/* What is left of `amount` after `dt_ms` of a linear decay that takes `all_ms`. */
static uint64_t decayed(uint64_t amount, uint64_t dt_ms, uint64_t all_ms)
{
	return dt_ms >= all_ms
		       ? 0
		       : amount - amount / all_ms * dt_ms - amount % all_ms * dt_ms / all_ms;
}

static uint64_t swap_used_kib(const struct report *r)
{
	return amount_less(amount_less(r->swap_total_kib, r->swap_free_kib), r->swap_cached_kib);
}

/* Pages that are swapped to zswap or zram have freed only what does not hold them compressed, and
 * that is all they take when they come back. */
static uint64_t unpacked_kib(const struct report *r, uint64_t swapped_kib)
{
	uint64_t all_kib = amount_max(swap_used_kib(r), 1);
	uint64_t packed_permyriad = amount_min(r->packed_kib, all_kib) * PERMYRIAD / all_kib;
	return swapped_kib - swapped_kib * packed_permyriad / PERMYRIAD;
}

static uint64_t hot_kib(const struct demand *d, const struct report *r)
{
	return unpacked_kib(
		r, amount_min(amount_min(d->hot_in_kib, d->hot_out_kib), swap_used_kib(r)));
}

/* The kernel reclaims for the guest as a whole: a container at its own limit neither wakes kswapd
 * nor counts as an allocation that stalls. A guest that has not even its base CMA is taken to be
 * short without such counts. Returns whether it has reclaimed lately. */
static bool take_reclaim(struct demand *d, const struct guest_view *guest)
{
	const struct report *r = &guest->report;
	bool tells = REPORT_HAS(r, scan_kswapd) && REPORT_HAS(r, allocstall);
	if (!tells || r->avail_kib < d->base_kib || r->scan_kswapd > d->counts.scan_kswapd ||
	    r->allocstall > d->counts.allocstall)
		d->reclaimed_ms = guest->report_ms;
	return d->reclaimed_ms && guest->report_ms < d->reclaimed_ms + DEMAND_HOT_MS;
}

/* The guest itself is short, and not only a container in it. The memory that was asked for since
 * pages are hot may be available already, while they are still on their way back; and what is
 * reclaimed comes back for as long as it is hot. */
static bool is_short(const struct demand *d, const struct report *r, bool reclaims, uint64_t dt_ms)
{
	return (reclaims && r->avail_kib < d->cma_kib + hot_kib(d, r)) ||
	       standstill_reclaims(r, &d->counts, dt_ms);
}

static void take_swap(struct demand *d, const struct guest_view *guest, bool reclaims,
		      uint64_t dt_ms)
{
	const struct report *r = &guest->report;
	bool is_short_now = is_short(d, r, reclaims, dt_ms);
	uint64_t page_kib = report_page_kib(r), out_pages = amount_less(r->pswpout, d->pswpout);
	uint64_t back_pages = is_short_now ? amount_less(r->pswpin, d->pswpin) : 0;
	uint64_t in_kib = amount_min(back_pages, r->total_kib) * page_kib;
	uint64_t out_kib = amount_min(out_pages, r->total_kib) * page_kib;
	if (is_short_now && amount_max(out_pages, back_pages) >= report_strays(r))
		d->swapped_ms = guest->report_ms;
	d->hot_in_kib = decayed(d->hot_in_kib, dt_ms, DEMAND_HOT_MS) + in_kib;
	d->hot_out_kib = decayed(d->hot_out_kib, dt_ms, DEMAND_HOT_MS) + out_kib;
	d->fresh_out_kib =
		decayed(d->fresh_out_kib, dt_ms, DEMAND_FRESH_MS) + (reclaims ? out_kib : 0);
}

/*
 * Moves the slope towards what was just seen, by so much of its time constant as
 * went by between the looks. On the guest's clock, since the report that follows
 * an alarm is of the same look, whenever it is read, and says nothing new of it.
 */
static void take_slope(struct demand *d, uint64_t used_kib, uint64_t uptime_ms)
{
	uint64_t dt_ms = amount_less(uptime_ms, d->uptime_ms);
	if (dt_ms == 0)
		return;
	uint64_t rise_kib_s =
		amount_min(amount_less(used_kib, d->used_kib) * 1000 / dt_ms, KEYS_MAX_KIB);
	uint64_t whole_ms = dt_ms + DEMAND_SLOPE_MS;
	d->slope_kib_s = (d->slope_kib_s * DEMAND_SLOPE_MS + rise_kib_s * dt_ms) / whole_ms;
}

bool demand_can_swap(const struct guest_view *guest)
{
	const struct report *r = &guest->report;
	return source_is_foreign(guest->source) ||
	       r->swap_free_kib > r->swap_total_kib / DEMAND_SWAP_SHARE;
}

/* A guest without swap has nothing between its CMA and its killer. One whose swap is full, for now,
 * is between that and others. Another's agent does not tell of swap, and the guest has its margin
 * too. */
static uint64_t share_permyriad(const struct policy_conf *conf, const struct guest_view *guest)
{
	const struct report *r = &guest->report;
	if (demand_can_swap(guest))
		return conf->cma_share_permyriad;
	return r->swap_total_kib ? (conf->cma_share_permyriad + conf->noswap_share_permyriad) / 2
				 : conf->noswap_share_permyriad;
}

static void take_demand(struct demand *d, const struct policy_conf *conf,
			const struct guest_view *guest, uint64_t dt_ms, bool is_blind)
{
	const struct report *r = &guest->report;
	uint64_t used_kib = amount_less(r->total_kib, r->avail_kib);
	uint64_t still_kib = standstill_use_kib(&d->standstill, r, conf->cma_min_kib,
						share_permyriad(conf, guest));
	uint64_t now_kib = amount_max(used_kib + hot_kib(d, r), still_kib);
	/* what is squeezed out is still in use, as far as anybody knows yet */
	uint64_t fresh_kib = unpacked_kib(r, amount_min(d->fresh_out_kib, swap_used_kib(r)));
	uint64_t least_kib = is_blind ? d->use_kib : used_kib + fresh_kib;
	d->use_kib = amount_max(now_kib, amount_min(d->use_kib, least_kib));
	if (d->use_kib >= d->demand_kib)
		d->demand_kib = d->use_kib;
	else
		d->demand_kib = d->use_kib + decayed(d->demand_kib - d->use_kib, dt_ms,
						     amount_max(conf->demand_fall_ms, 1));
}

/* Programs waited for memory between the last report and this one. Reclaim and swapping out
 * alone say nothing: page cache in use causes both. */
static bool has_stalled(const struct demand *d, const struct report *r, bool reclaims,
			uint64_t dt_ms, bool balloon_works)
{
	uint64_t full_us = amount_less(r->psi_full_us, d->counts.psi_full_us);
	if (r->avail_kib >= d->cma_kib || !reclaims)
		return false;
	uint64_t back_pages = amount_max(amount_less(r->pswpin, d->pswpin),
					 amount_less(r->refault_anon, d->refault_anon));
	if (back_pages >= report_strays(r))
		return true;
	/* a balloon that is filled waits and reclaims as a program would */
	return !balloon_works && (full_us > dt_ms * 1000 * DEMAND_STALL_PERMYRIAD / PERMYRIAD ||
				  r->allocstall > d->counts.allocstall);
}

/*
 * A stall with AVM below CMA means that the CMA was too small, or that memory
 * came too late: the slope of a guest that waits for memory looks small. So
 * it is asked for in ever larger pieces as long as that goes on.
 */
static void take_pressure(struct demand *d, const struct policy_conf *conf, const struct report *r,
			  uint64_t dt_ms, bool stalled)
{
	if (!stalled) {
		d->pressure_kib =
			decayed(d->pressure_kib, dt_ms, amount_max(conf->demand_fall_ms, 1));
		return;
	}
	/* as with the base, pools and locked memory are no measure of what programs may need */
	uint64_t movable_kib = amount_less(d->demand_kib, r->fixed_kib);
	uint64_t most_kib = amount_max(movable_kib * conf->pressure_max_permyriad / PERMYRIAD,
				       conf->cma_min_kib);
	d->pressure_kib = amount_min(amount_max(2 * d->pressure_kib, conf->cma_min_kib), most_kib);
}

/*
 * What a guest was squeezed to when it stalled is not tried again soon. A
 * floor that has ended and is followed by a stall within its own length was
 * given up too early: the next one lasts twice as long.
 */
static void take_floor(struct demand *d, const struct guest_view *guest, bool stalled)
{
	uint64_t now_ms = guest->report_ms;
	if (!stalled)
		return;
	if (now_ms >= d->floor_until_ms) {
		bool is_soon = now_ms < d->floor_until_ms + d->floor_pause_ms;
		d->floor_pause_ms = is_soon ? amount_min(2 * d->floor_pause_ms, DEMAND_FLOOR_MAX_MS)
					    : DEMAND_FLOOR_MS;
		d->floor_kib = guest->alm_kib;
	}
	d->floor_kib = amount_max(d->floor_kib, guest->alm_kib);
	d->floor_until_ms = now_ms + d->floor_pause_ms;
}

/* What the guest held when it looked at its MemTotal. In motion ALM is of another moment, and the
 * guest's driver is asked, if the report has its word. */
static uint64_t held_kib(const struct guest_view *guest, bool is_first)
{
	const struct report *r = &guest->report;
	if (guest->at_rest || is_first || !REPORT_HAS(r, balloon_current_kib))
		return guest->alm_kib;
	/* A driver that leaves the video memory out of its target leaves it out of its own count,
	 * too, and the slack has that once already. */
	uint64_t videoram_kib = guest->videoram_kib;
	bool is_left_out = guest->slack_kib < 0 - (int64_t)(videoram_kib / 2);
	return model_reach_kib(guest, r->balloon_current_kib + videoram_kib +
					      (is_left_out ? videoram_kib : 0));
}

/* Until the balloon has been seen at rest the least that was seen is taken, since what a guest was
 * given and does not count yet is no offset. */
static void take_offset(struct demand *d, const struct guest_view *guest, bool is_first)
{
	uint64_t now_kib = amount_less(held_kib(guest, is_first), guest->report.total_kib);
	if (guest->at_rest || is_first)
		d->offset_kib = now_kib;
	else if (!d->has_offset)
		d->offset_kib = amount_min(d->offset_kib, now_kib);
	d->has_offset |= guest->at_rest;
}

/* What another source told is forgotten; what the guest was told to hold is not. */
static void begin(struct demand *d, const struct guest_view *guest, uint64_t used_kib)
{
	*d = (struct demand){.has_report = true,
			     .source = guest->source,
			     .use_kib = used_kib,
			     .demand_kib = used_kib,
			     .told_ms = d->told_ms,
			     .told_to_grow_ms = d->told_to_grow_ms,
			     .told_until_ms = d->told_until_ms,
			     .told_kib = d->told_kib};
	standstill_observe(&d->standstill, guest);
}

/* A guest that was content is not one that uses whatever it is given. What it says first is not
 * measured by anything yet. */
static void take_content(struct demand *d, const struct guest_view *guest)
{
	if (d->base_kib && guest->report.avail_kib >= d->base_kib / DEMAND_CONTENT_SHARE)
		d->content_ms = guest->report_ms;
}

static bool is_credible(const struct demand *d, const struct guest_view *guest, uint64_t now_ms)
{
	return !guest->is_untrusted && d->content_ms && now_ms < d->content_ms + DEMAND_CONTENT_MS;
}

void demand_observe(struct demand *d, const struct policy_conf *conf,
		    const struct guest_view *guest)
{
	const struct report *r = &guest->report;
	if (!guest->has_report || (d->has_report && d->report_ms == guest->report_ms))
		return;
	uint64_t used_kib = amount_less(r->total_kib, r->avail_kib);
	bool is_first = !d->has_report || d->source != guest->source;
	if (is_first) {
		begin(d, guest, used_kib);
	} else {
		uint64_t dt_ms = amount_less(guest->report_ms, d->report_ms);
		/* an alarm does not say what was swapped out, the report after it does */
		bool is_blind = guest->is_alarmed && r->seq == d->seq;
		if (!is_blind)
			standstill_observe(&d->standstill, guest);
		bool reclaims = take_reclaim(d, guest);
		take_swap(d, guest, reclaims, dt_ms);
		take_slope(d, used_kib, r->uptime_ms);
		/* the guest's agent has looked closer than its reports come */
		d->slope_kib_s = amount_max(d->slope_kib_s, guest->fill_kib_s);
		take_demand(d, conf, guest, dt_ms, is_blind);
		bool balloon_works = model_is_shrinking(guest) && !guest->is_doubted;
		bool stalled = has_stalled(d, r, reclaims, dt_ms, balloon_works);
		take_pressure(d, conf, r, dt_ms, stalled || d->standstill.asks);
		take_floor(d, guest, stalled || d->standstill.is_on);
	}
	take_offset(d, guest, is_first);
	take_content(d, guest);
	d->report_ms = guest->report_ms;
	d->used_kib = used_kib;
	d->seq = r->seq;
	d->uptime_ms = r->uptime_ms;
	d->pswpin = r->pswpin;
	d->pswpout = r->pswpout;
	d->refault_anon = r->refault_anon;
	d->counts = standstill_counts(r);
}

/* What the slope is worth so long after the last report. */
static uint64_t slope_left_kib_s(const struct demand *d, uint64_t avail_kib, uint64_t age_ms)
{
	uint64_t unseen_kib = amount_max(avail_kib / DEMAND_QUIET_SHARE, DEMAND_QUIET_MIN_KIB);
	uint64_t slope_kib_s = decayed(d->slope_kib_s, age_ms, DEMAND_SLOPE_HOLD_MS);
	if (age_ms < DEMAND_QUIET_MS)
		return slope_kib_s;
	return amount_min(slope_kib_s, unseen_kib * 1000 / age_ms);
}

/* A guest falls behind its balloon for as long as it grows: until it has doubled, at the most. More
 * than the balloon brings soon would be kept from others for nothing. */
static uint64_t behind_kib(const struct demand *d, uint64_t slope_kib_s, uint64_t speed_kib_s)
{
	uint64_t lacks_kib = d->use_kib * (slope_kib_s - speed_kib_s) / slope_kib_s;
	return amount_min(lacks_kib, speed_kib_s * DEMAND_BEHIND_MS / 1000);
}

static uint64_t growth_kib(const struct demand *d, const struct policy_conf *conf,
			   const struct host_view *host, const struct guest_view *guest)
{
	uint64_t age_ms = amount_less(host->now_ms, d->report_ms);
	if (source_is_foreign(d->source))
		return 0; /* its margin stands for that */
	uint64_t slope_kib_s = slope_left_kib_s(d, guest->report.avail_kib, age_ms);
	uint64_t look_ms =
		guest->can_alarm ? amount_min(conf->period_ms, DEMAND_ALARM_MS) : conf->period_ms;
	/* its next growth is told when the call of this one has ended, and is a call itself */
	uint64_t ahead_ms = look_ms + guest->latency_ms + 2 * host->call_us / 1000;
	uint64_t growth_kib = slope_kib_s * ahead_ms / 1000;
	if (guest->speed_kib_s && slope_kib_s > guest->speed_kib_s)
		growth_kib += behind_kib(d, slope_kib_s, guest->speed_kib_s);
	return amount_min(growth_kib, d->demand_kib / DEMAND_GROWTH_SHARE);
}

void demand_judge(struct demand *d, const struct policy_conf *conf, const struct host_view *host,
		  const struct guest_view *guest, struct verdict *ret_verdict)
{
	uint64_t boot_kib = amount_max(guest->alm_kib, guest->boot_kib);
	struct verdict v = {.use_kib = boot_kib, .want_kib = boot_kib, .goal_kib = guest->alm_kib};
	if (d->has_report && guest->has_report && !model_is_unheard(guest)) {
		uint64_t movable_kib = amount_less(d->use_kib, guest->report.fixed_kib);
		uint64_t share_kib = movable_kib * share_permyriad(conf, guest) / PERMYRIAD;
		v.is_spared = d->standstill.is_spared;
		v.offset_kib = d->offset_kib;
		v.use_kib = d->use_kib + guest->margin_kib;
		v.demand_kib = d->demand_kib + guest->margin_kib;
		v.base_kib = amount_max(conf->cma_min_kib, share_kib);
		v.cma_kib = v.base_kib + growth_kib(d, conf, host, guest) + d->pressure_kib;
		v.is_credible = is_credible(d, guest, host->now_ms);
		v.swaps = d->swapped_ms && host->now_ms < d->swapped_ms + DEMAND_SWAPS_MS;
		d->base_kib = v.base_kib;
		d->cma_kib = v.cma_kib;
		v.want_kib = v.offset_kib + v.demand_kib + v.cma_kib;
		if (host->now_ms < d->floor_until_ms)
			v.want_kib = amount_max(v.want_kib, d->floor_kib);
	}
	v.want_kib = amount_min(amount_max(v.want_kib, guest->min_kib), guest->max_kib);
	v.want_kib = (v.want_kib + UNITS_PAGE_KIB - 1) / UNITS_PAGE_KIB * UNITS_PAGE_KIB;
	*ret_verdict = v;
}
