/* SPDX-License-Identifier: MIT */
#include "host/publish.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

struct amount {
	enum key_id key;
	uint64_t now;
	uint64_t *written;
	uint64_t step;
};

static bool has_moved(const struct amount *a)
{
	uint64_t moved = a->now > *a->written ? a->now - *a->written : *a->written - a->now;
	return moved >= a->step;
}

static int write_amount(struct store *store, unsigned domid, const struct amount *a)
{
	char text[24];
	if (!has_moved(a))
		return 0;
	snprintf(text, sizeof(text), "%" PRIu64, a->now);
	int r = store_write(store, domid, a->key, text);
	if (r == 0)
		*a->written = a->now;
	return r;
}

static int write_word(struct store *store, unsigned domid, enum key_id key, const char *word,
		      const char **written)
{
	if (!word || word == *written)
		return 0;
	int r = store_write(store, domid, key, word);
	if (r == 0)
		*written = word;
	return r;
}

static int write_amounts(struct store *store, struct published *p, const struct guest_view *v,
			 const struct verdict *verdict, uint64_t period_ms)
{
	const struct amount amounts[] = {
		{KEY_PERIOD, period_ms, &p->period_ms, 1},
		{KEY_ALM, v->alm_kib, &p->alm_kib, PUBLISH_STEP_KIB},
		{KEY_TARGET, v->target_kib, &p->target_kib, 1},
		{KEY_AVM, v->report.avail_kib, &p->avm_kib, PUBLISH_STEP_KIB},
		{KEY_CMA, verdict->cma_kib, &p->cma_kib, PUBLISH_STEP_KIB},
	};
	/* without a report, the guest's own numbers are not known */
	unsigned n = sizeof(amounts) / sizeof(amounts[0]) - (v->has_report ? 0 : 2);
	int r = 0;
	for (unsigned i = 0; i < n && r != -EBADF; i++)
		r = write_amount(store, v->domid, &amounts[i]);
	return r;
}

static int publish_one(struct guest *g, const struct guest_view *v, const struct verdict *verdict,
		       struct store *store, uint64_t period_ms, uint64_t now_ms)
{
	struct published *p = &g->published;
	int r = write_word(store, v->domid, KEY_STATE, model_hold_word(v->hold), &p->state);
	if (r != -EBADF && g->has_reason)
		r = write_word(store, v->domid, KEY_REASON, model_reason_word(g->reason), &p->reason);
	if (r == -EBADF || now_ms < p->when_ms + period_ms)
		return r;
	p->when_ms = now_ms;
	return write_amounts(store, p, v, verdict, period_ms);
}

int publish_guests(struct guests *gs, const struct verdict *verdict, struct store *store,
		   uint64_t period_ms, uint64_t now_ms)
{
	for (unsigned i = 0; i < gs->n; i++) {
		/* keys of a guest whose xenstore directory is being removed would outlive it */
		if (gs->guest[i].is_dying)
			continue;
		int r = publish_one(&gs->guest[i], &gs->view[i], &verdict[i], store, period_ms, now_ms);
		if (r == -EBADF)
			return r;
	}
	return 0;
}
