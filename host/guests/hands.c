/* SPDX-License-Identifier: MIT */
#include "host/guests/hands.h"

#include "common/amount.h"
#include "common/system/log.h"

#include <inttypes.h>

/* Takes in the targets that were set since the last time. */
static void note_last(struct guests *gs)
{
	struct hands *h = &gs->hands;
	uint64_t first_ms = UINT64_MAX, last_ms = 0;
	for (unsigned i = 0; i < gs->n; i++) {
		uint64_t by_hand_ms = gs->guest[i].facts.by_hand_ms;
		if (by_hand_ms > h->last_ms)
			first_ms = amount_min(first_ms, by_hand_ms);
		last_ms = amount_max(last_ms, by_hand_ms);
	}
	if (first_ms == UINT64_MAX)
		return;
	if (!h->last_ms || first_ms > h->last_ms + HOLD_SWEEP_MS)
		*h = (struct hands){.first_ms = first_ms};
	h->last_ms = last_ms;
}

static bool is_among(const struct guest *g, const struct hands *h)
{
	return g->facts.by_hand_ms && g->facts.by_hand_ms >= h->first_ms;
}

static void judge_sweep(struct guests *gs)
{
	unsigned moved = 0, all = 0;
	for (unsigned i = 0; i < gs->n; i++) {
		const struct guest *g = &gs->guest[i];
		bool counts = g->domid != 0 && g->facts.has_memory && !g->facts.is_dying;
		moved += counts && is_among(g, &gs->hands);
		all += counts;
	}
	if (gs->hands.is_sweep || !hold_is_sweep(moved, all))
		return;
	gs->hands.is_sweep = true;
	log_info("somebody set the targets of %u of %u guests one after the other, as a cluster's "
		 "agent does; balancing goes on when that is over",
		 moved, all);
}

static void tell_hand(const struct guest *g)
{
	log_info("%s: its target was set to %" PRIu64 " KiB by hand; it is left alone for %" PRIu64
		 " s",
		 guest_text(g), g->target_kib,
		 (g->facts.by_hand_until_ms - g->facts.by_hand_ms) / 1000);
}

void hands_judge(struct guests *gs, uint64_t now_ms)
{
	struct hands *h = &gs->hands;
	note_last(gs);
	if (!h->last_ms)
		return;
	uint64_t over_ms = h->last_ms + HOLD_SWEEP_MS;
	if (now_ms < over_ms)
		judge_sweep(gs);
	for (unsigned i = 0; i < gs->n; i++) {
		struct guest *g = &gs->guest[i];
		if (!g->by_hand_is_untold)
			continue;
		if (h->is_sweep && is_among(g, h)) {
			g->facts.by_hand_until_ms = over_ms;
		} else if (now_ms >= amount_min(over_ms, g->facts.by_hand_until_ms)) {
			tell_hand(g);
			g->by_hand_is_untold = false;
		}
		if (now_ms >= over_ms)
			g->by_hand_is_untold = false;
	}
}
