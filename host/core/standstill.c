/* SPDX-License-Identifier: MIT */
#include "host/core/standstill.h"

#include "common/amount.h"

#define PERMYRIAD 10000u

struct standstill_counts standstill_counts(const struct report *r)
{
	return (struct standstill_counts){
		.psi_some_us = r->psi_some_us,
		.psi_full_us = r->psi_full_us,
		.allocstall = r->allocstall,
		.scan_direct = r->scan_direct,
		.steal_direct = r->steal_direct,
		.scan_kswapd = r->scan_kswapd,
	};
}

/* How far it has come from the one to the other. */
static struct standstill_counts since(const struct standstill_counts *then, const struct report *r)
{
	return (struct standstill_counts){
		.psi_some_us = amount_less(r->psi_some_us, then->psi_some_us),
		.psi_full_us = amount_less(r->psi_full_us, then->psi_full_us),
		.allocstall = amount_less(r->allocstall, then->allocstall),
		.scan_direct = amount_less(r->scan_direct, then->scan_direct),
		.steal_direct = amount_less(r->steal_direct, then->steal_direct),
		.scan_kswapd = amount_less(r->scan_kswapd, then->scan_kswapd),
	};
}

static bool is_share(uint64_t us, uint64_t ms, uint64_t permyriad)
{
	return us / 1000 >= ms * permyriad / PERMYRIAD;
}

static bool enters_often(const struct standstill_counts *c, uint64_t ms)
{
	return c->allocstall && c->allocstall * 1000 >= STANDSTILL_STALLS_S * ms;
}

static bool finds_little(const struct standstill_counts *c)
{
	return c->steal_direct <= c->scan_direct / STANDSTILL_FOUND_SHARE;
}

bool standstill_reclaims(const struct report *r, const struct standstill_counts *then, uint64_t ms)
{
	struct standstill_counts c = since(then, r);
	return enters_often(&c, ms) &&
	       (finds_little(&c) || is_share(c.psi_full_us, ms, STANDSTILL_WAITS_PERMYRIAD));
}

bool standstill_swap_is_full(const struct report *r)
{
	return r->swap_free_kib < amount_max(r->swap_total_kib / STANDSTILL_SWAP_SHARE, 1);
}

static bool is_evident(const struct standstill *s, const struct report *r, uint64_t ms)
{
	struct standstill_counts c = since(&s->counts, r);
	/* if stalls take seconds each, few of them begin; and some guests leave it all to kswapd */
	if (is_share(c.psi_full_us, ms, STANDSTILL_LONG_PERMYRIAD) && standstill_swap_is_full(r) &&
	    (c.allocstall || c.scan_kswapd))
		return true;
	if (!enters_often(&c, ms))
		return false;
	if (is_share(c.psi_full_us, ms, STANDSTILL_FULL_PERMYRIAD))
		return true;
	bool waits = !REPORT_HAS(r, psi_some_us) ||
		     is_share(c.psi_some_us, ms, STANDSTILL_SOME_PERMYRIAD);
	return waits && finds_little(&c) && standstill_swap_is_full(r);
}

static void judge(struct standstill *s, const struct guest_view *guest, uint64_t ms)
{
	const struct report *r = &guest->report;
	bool balloon_works = model_is_shrinking(guest) && !guest->is_doubted;
	bool is_seen = is_evident(s, r, ms) && (!balloon_works || standstill_swap_is_full(r));
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
	s->counts = standstill_counts(r);
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
