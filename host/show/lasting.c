/* SPDX-License-Identifier: MIT */
#include "host/show/lasting.h"

#include "common/amount.h"

bool lasting_leaves_out(enum guest_hold hold)
{
	return hold == HOLD_BUILDING || hold == HOLD_PAUSED || hold == HOLD_DYING ||
	       hold == HOLD_MIGRATING || hold == HOLD_CALL_FAILED;
}

/* Goes on in a ring of `n` parts of `part_ms` each: those that are entered hold `nothing`. */
static void advance(uint64_t *ring, unsigned n, uint64_t part_ms, uint64_t was_ms, uint64_t is_ms,
		    uint64_t nothing)
{
	for (uint64_t part = was_ms / part_ms + 1; part <= is_ms / part_ms; part++)
		ring[part % n] = nothing;
}

static void count_time(struct lasting *l, uint64_t now_ms)
{
	enum { RISE_PART_MS = LASTING_RISE_MS / LASTING_RISE_PARTS };
	enum { FALL_PART_MS = LASTING_FALL_MS / LASTING_FALL_PARTS };
	uint64_t was_ms = l->counted_ms;
	if (!l->last_ms)
		for (unsigned i = 0; i <= LASTING_RISE_PARTS; i++)
			l->least_kib[i] = UINT64_MAX;
	else
		l->counted_ms += amount_min(amount_less(now_ms, l->last_ms), LASTING_GAP_MS);
	l->last_ms = amount_max(now_ms, 1);
	advance(l->least_kib, LASTING_RISE_PARTS + 1, RISE_PART_MS, was_ms, l->counted_ms,
		UINT64_MAX);
	advance(l->most_kib, LASTING_FALL_PARTS + 1, FALL_PART_MS, was_ms, l->counted_ms, 0);
}

static uint64_t sustained_kib(const struct lasting *l)
{
	uint64_t kib = UINT64_MAX;
	for (unsigned i = 0; i <= LASTING_RISE_PARTS; i++)
		kib = amount_min(kib, l->least_kib[i]);
	return kib;
}

void lasting_take(struct lasting *l, const struct guest_view *guest, const struct verdict *verdict,
		  uint64_t now_ms)
{
	uint64_t needs_kib = verdict->want_kib;
	if (lasting_leaves_out(guest->hold))
		return;
	if (!model_gives(guest))
		needs_kib = amount_max(needs_kib, guest->alm_kib);
	count_time(l, now_ms);
	uint64_t rise_part = l->counted_ms / (LASTING_RISE_MS / LASTING_RISE_PARTS);
	uint64_t fall_part = l->counted_ms / (LASTING_FALL_MS / LASTING_FALL_PARTS);
	uint64_t *least_kib = &l->least_kib[rise_part % (LASTING_RISE_PARTS + 1)];
	uint64_t *most_kib = &l->most_kib[fall_part % (LASTING_FALL_PARTS + 1)];
	*least_kib = amount_min(*least_kib, needs_kib);
	if (lasting_is_known(l))
		*most_kib = amount_max(*most_kib, sustained_kib(l));
}

bool lasting_is_known(const struct lasting *l)
{
	return l->counted_ms >= LASTING_RISE_MS;
}

uint64_t lasting_kib(const struct lasting *l)
{
	uint64_t kib = 0;
	for (unsigned i = 0; i <= LASTING_FALL_PARTS; i++)
		kib = amount_max(kib, l->most_kib[i]);
	return kib;
}

bool lasting_may_leave(const struct guest_view *guest)
{
	return guest->domid != 0 && model_holds[guest->hold].leaves;
}
