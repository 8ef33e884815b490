/* SPDX-License-Identifier: MIT */
#include "host/exposition/trend.h"

#include "common/amount.h"
#include "common/units.h"

#include <string.h>

static const struct trend_slot nothing = {TREND_UNKNOWN, TREND_UNKNOWN, TREND_UNKNOWN,
					  TREND_UNKNOWN};

void trend_begin(struct trend *t, uint64_t now_ms)
{
	t->step = now_ms / TREND_STEP_MS + 1; /* 0 is no step */
	t->next = 0;
}

uint64_t trend_first(const struct trend *t)
{
	return t->step < TREND_SLOTS ? 1 : t->step - TREND_SLOTS + 1;
}

/* The index of the guest's place; `otherwise` if it has none. */
static unsigned find(const struct trend *t, uint64_t domid, unsigned otherwise)
{
	for (unsigned i = 0; i < t->n; i++) {
		unsigned at = (t->next + i) % t->n;
		if (t->guest[at].step && t->guest[at].domid == domid)
			return at;
	}
	return otherwise;
}

const struct trend_guest *trend_find(const struct trend *t, uint64_t domid)
{
	unsigned at = find(t, domid, t->n);
	return at < t->n ? &t->guest[at] : NULL;
}

/* The place that is free, or was noted least lately; NULL if all were noted in this step. */
static struct trend_guest *place_of_next(struct trend *t)
{
	struct trend_guest *oldest = NULL;
	for (unsigned i = 0; i < t->n; i++)
		if (!oldest || t->guest[i].step < oldest->step)
			oldest = &t->guest[i];
	return oldest && oldest->step < t->step ? oldest : NULL;
}

static uint32_t mib_of(const struct told_guest *g, uint64_t bits, uint64_t kib)
{
	return (g->present & bits) == bits ? (uint32_t)(kib / UNITS_KIB_PER_MIB) : TREND_UNKNOWN;
}

static struct trend_slot slot_of(const struct told_guest *g)
{
	uint64_t alm = TOLD_GUEST_BIT(alm_kib), avail = TOLD_GUEST_BIT(avail_kib);
	return (struct trend_slot){
		.held_mib = mib_of(g, alm, g->alm_kib),
		.used_mib = mib_of(g, alm | avail, amount_less(g->alm_kib, g->avail_kib)),
		.cma_mib = mib_of(g, TOLD_GUEST_BIT(cma_kib), g->cma_kib),
		.want_mib = mib_of(g, TOLD_GUEST_BIT(want_kib), g->want_kib)};
}

/* Fills the slots between the guest's last note and this step. */
static void fill_gap(const struct trend *t, struct trend_guest *g)
{
	struct trend_slot before = g->slot[g->step % TREND_SLOTS];
	bool is_short = t->step <= g->step + 1 + TREND_BRIDGE;
	for (uint64_t k = amount_max(g->step + 1, trend_first(t)); k < t->step; k++)
		g->slot[k % TREND_SLOTS] = is_short ? before : nothing;
}

static void take_place(const struct trend *t, struct trend_guest *g, uint64_t domid)
{
	*g = (struct trend_guest){.domid = domid, .step = t->step};
	for (unsigned i = 0; i < TREND_SLOTS; i++)
		g->slot[i] = nothing;
}

void trend_note(struct trend *t, const struct told_guest *told)
{
	unsigned at = find(t, told->domid, t->n);
	struct trend_guest *g = at < t->n ? &t->guest[at] : place_of_next(t);
	if (!g)
		return;
	if (at == t->n)
		take_place(t, g, told->domid);
	fill_gap(t, g);
	g->step = t->step;
	g->slot[t->step % TREND_SLOTS] = slot_of(told);
	t->next = (unsigned)(g - t->guest) + 1;
}

struct trend_slot trend_slot(const struct trend_guest *g, uint64_t step)
{
	bool is_there = step <= g->step && step + TREND_SLOTS > g->step;
	return is_there ? g->slot[step % TREND_SLOTS] : nothing;
}
