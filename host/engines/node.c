/* SPDX-License-Identifier: MIT */
#include "host/engines/node.h"

#include "common/amount.h"
#include "host/show/lasting.h"

#include <string.h>

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

bool node_want_counts(const struct told_guest *g)
{
	for (unsigned hold = 0; hold < HOLD_COUNT_; hold++)
		if (lasting_leaves_out((enum guest_hold)hold) &&
		    strcmp(g->state, model_hold_words[hold]) == 0)
			return false;
	return true;
}

bool node_awaits_want(const struct told_guest *g)
{
	return node_want_counts(g) && !TOLD_HAS(g, TOLD_GUEST_BIT(lasting_kib));
}

bool node_is_settling(const struct node *n)
{
	for (unsigned i = 0; i < n->n; i++)
		if (node_awaits_want(&n->guest[i]))
			return true;
	return false;
}

/* libxl names a guest so while it comes, and while what it left is taken down. The engine counts
 * the guest already. */
static bool is_on_its_way(const struct told_guest *g)
{
	static const char *const ends[] = {"--incoming", "--migratedaway"};
	size_t len = strlen(g->name);
	for (unsigned i = 0; i < sizeof(ends) / sizeof(ends[0]); i++)
		if (len > strlen(ends[i]) && strcmp(g->name + len - strlen(ends[i]), ends[i]) == 0)
			return true;
	return false;
}

static bool is_one_of(const struct told_guest *g, const struct told_guest *const *own,
		      unsigned n_own)
{
	for (unsigned i = 0; i < n_own; i++)
		if (own[i] == g)
			return true;
	return false;
}

bool node_others_need_kib(const struct node *n, const struct told_guest *const *own, unsigned n_own,
			  uint64_t *ret_kib)
{
	uint64_t kib = 0;
	for (unsigned i = 0; i < n->n; i++) {
		const struct told_guest *g = &n->guest[i];
		if (is_one_of(g, own, n_own) || is_on_its_way(g))
			continue;
		if (node_awaits_want(g))
			return false;
		kib += node_needs_kib(g);
	}
	*ret_kib = kib;
	return true;
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
