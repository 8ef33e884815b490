/* SPDX-License-Identifier: MIT */
#include "host/engines/hvmemory.h"

#include "common/amount.h"
#include "common/units.h"

/* A guest's need is rounded up, what a node has is rounded down. */
static uint64_t guest_mib(const struct hvmemory_figure *f)
{
	return (f->needs_kib + UNITS_KIB_PER_MIB - 1) / UNITS_KIB_PER_MIB;
}

static uint64_t node_mib(const struct hvmemory_figure *f)
{
	return f->needs_kib / UNITS_KIB_PER_MIB;
}

/* True if `mib` is to be told in the place of what was. */
static bool is_news(const struct hvmemory_figure *f, uint64_t mib, uint64_t least_mib)
{
	return f->is_known && (!f->was_told || amount_distance(mib, f->told_mib) >= least_mib);
}

static uint64_t step_mib(const struct hvmemory_figure *f)
{
	return amount_max(HVMEMORY_STEP_MIB, f->told_mib / HVMEMORY_STEP_SHARE);
}

/* It falls, or is told for the first time. */
static bool falls(const struct hvmemory_figure *f)
{
	return is_news(f, guest_mib(f), step_mib(f)) &&
	       (!f->was_told || guest_mib(f) < f->told_mib);
}

static bool rises(const struct hvmemory_figure *f, bool is_short)
{
	uint64_t by_mib = is_short ? HVMEMORY_SHORT_STEP_MIB : step_mib(f);
	return f->was_told && guest_mib(f) > f->told_mib && is_news(f, guest_mib(f), by_mib);
}

unsigned hvmemory_decide(const struct hvmemory_figure *node, bool is_short,
			 const struct hvmemory_figure *guest, unsigned n,
			 struct hvmemory_change *ret_change)
{
	bool node_changes = is_news(node, node_mib(node), HVMEMORY_STEP_MIB);
	uint64_t sum_mib = 0, has_mib = node_changes ? node_mib(node) : node->told_mib;
	unsigned n_changes = 0;
	for (unsigned i = 0; i < n; i++) {
		bool is_now = falls(&guest[i]);
		sum_mib += is_now ? guest_mib(&guest[i]) : guest[i].told_mib;
		if (is_now)
			ret_change[n_changes++] =
				(struct hvmemory_change){(int)i, guest_mib(&guest[i])};
	}
	if (node_changes)
		ret_change[n_changes++] = (struct hvmemory_change){HVMEMORY_OF_NODE, has_mib};
	for (unsigned i = 0; i < n; i++) {
		uint64_t by_mib = amount_less(guest_mib(&guest[i]), guest[i].told_mib);
		if (!rises(&guest[i], is_short) || (sum_mib + by_mib > has_mib && !is_short))
			continue;
		sum_mib += by_mib;
		ret_change[n_changes++] = (struct hvmemory_change){(int)i, guest_mib(&guest[i])};
	}
	return n_changes;
}
