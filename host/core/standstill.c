/* SPDX-License-Identifier: MIT */
#include "host/core/standstill.h"

#include "common/amount.h"

#define PERMYRIAD 10000u

bool standstill_reclaims(const struct report *r, uint64_t allocstall, uint64_t ms)
{
	uint64_t entries = amount_less(r->allocstall, allocstall);
	return entries && entries * 1000 >= STANDSTILL_STALLS_S * ms;
}

static bool swap_is_full(const struct report *r)
{
	return r->swap_free_kib < amount_max(r->swap_total_kib / STANDSTILL_SWAP_SHARE, 1);
}

static bool is_evident(const struct standstill *s, const struct report *r, uint64_t ms)
{
	uint64_t full_us = amount_less(r->psi_full_us, s->psi_full_us);
	return full_us / 1000 >= ms * STANDSTILL_FULL_PERMYRIAD / PERMYRIAD &&
	       standstill_reclaims(r, s->allocstall, ms);
}

static void judge(struct standstill *s, const struct guest_view *guest, uint64_t ms)
{
	const struct report *r = &guest->report;
	bool balloon_works = model_is_shrinking(guest) && !guest->is_doubted;
	bool is_seen = is_evident(s, r, ms) && (!balloon_works || swap_is_full(r));
	if (!s->waited_ms)
		s->from_kib = r->total_kib;
	s->waited_ms = is_seen ? amount_min(s->waited_ms + ms, STANDSTILL_LONG_MS)
			       : amount_less(s->waited_ms, ms);
	s->is_on = is_seen && s->waited_ms >= (balloon_works ? STANDSTILL_LONG_MS : STANDSTILL_MS);
	s->spared_ms = s->is_on ? s->spared_ms + ms
				: amount_less(s->spared_ms, ms / STANDSTILL_REFILL_SHARE);
	s->spared_ms = amount_min(s->spared_ms, STANDSTILL_SPARED_MS);
	s->is_spared = s->is_on && s->spared_ms < STANDSTILL_SPARED_MS;
	s->asks = s->is_on && !balloon_works && s->waited_ms >= STANDSTILL_LONG_MS;
	if (s->asks)
		s->waited_ms -= STANDSTILL_STEP_MS;
}

void standstill_observe(struct standstill *s, const struct guest_view *guest)
{
	const struct report *r = &guest->report;
	uint64_t ms = amount_less(guest->report_ms, s->report_ms);
	if (!s->has_report || r->uptime_ms < s->uptime_ms)
		*s = (struct standstill){.has_report = true};
	else if (ms && r->uptime_ms > s->uptime_ms)
		judge(s, guest, amount_min(ms, KEYS_STALE_MS));
	else
		return; /* another report of the same look */
	s->report_ms = guest->report_ms;
	s->uptime_ms = r->uptime_ms;
	s->psi_full_us = r->psi_full_us;
	s->allocstall = r->allocstall;
}

uint64_t standstill_use_kib(const struct standstill *s, const struct report *r,
			    uint64_t cma_min_kib, uint64_t cma_share_permyriad)
{
	uint64_t most_kib = s->from_kib + s->from_kib / STANDSTILL_GROWTH_SHARE;
	uint64_t all_kib = amount_min(r->total_kib, most_kib);
	uint64_t without_share_kib = all_kib * PERMYRIAD / (PERMYRIAD + cma_share_permyriad);
	if (!s->is_on)
		return 0;
	return amount_min(without_share_kib, amount_less(all_kib, cma_min_kib));
}
