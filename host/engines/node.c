/* SPDX-License-Identifier: MIT */
#include "host/engines/node.h"

#include "common/amount.h"

bool node_is_known(const struct node *n)
{
	uint64_t bits = TOLD_HOST_BIT(available_kib) | TOLD_HOST_BIT(capacity_kib) |
			TOLD_HOST_BIT(short_kib) | TOLD_HOST_BIT(short_ms);
	return (n->host->present & bits) == bits;
}

const struct told_guest *node_guest(const struct node *n, struct text name)
{
	const struct told_guest *found = NULL;
	for (unsigned i = 0; i < n->n; i++) {
		if (!text_is(name, n->guest[i].name) || name.len == 0)
			continue;
		if (found)
			return NULL;
		found = &n->guest[i];
	}
	return found;
}

uint64_t node_needs_kib(const struct told_guest *g)
{
	return TOLD_HAS(g, TOLD_GUEST_BIT(lasting_kib)) ? g->lasting_kib : g->alm_kib;
}

uint64_t node_all_need_kib(const struct node *n)
{
	uint64_t kib = 0;
	for (unsigned i = 0; i < n->n; i++)
		kib += node_needs_kib(&n->guest[i]);
	return kib;
}

uint64_t node_free_kib(const struct node *n)
{
	return amount_min(n->host->available_kib,
			  amount_less(n->host->capacity_kib, node_all_need_kib(n)));
}

bool node_is_short(const struct node *n)
{
	return n->host->short_ms >= NODE_SHORT_MS;
}
