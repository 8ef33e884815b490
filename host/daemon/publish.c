/* SPDX-License-Identifier: MIT */
#include "host/daemon/publish.h"

#include "common/amount.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

/* Values to be written for one guest, all at once. */
struct batch {
	unsigned n;
	struct store_value value[KEY_COUNT_];
};

static void add_amount(struct batch *b, enum key_id key, uint64_t now, uint64_t *written,
		       uint64_t step)
{
	struct store_value *v = &b->value[b->n];
	if (amount_distance(now, *written) < step)
		return;
	*v = (struct store_value){.key = key};
	snprintf(v->text, sizeof(v->text), "%" PRIu64, now);
	*written = now;
	b->n++;
}

static void add_word(struct batch *b, enum key_id key, const char *word, const char **written)
{
	struct store_value *v = &b->value[b->n];
	if (!word || word == *written)
		return;
	*v = (struct store_value){.key = key};
	snprintf(v->text, sizeof(v->text), "%s", word);
	*written = word;
	b->n++;
}

static void add_amounts(struct batch *b, struct published *p, const struct guest *g,
			const struct guest_view *v, const struct verdict *verdict,
			uint64_t period_ms)
{
	add_amount(b, KEY_PERIOD, period_ms, &p->period_ms, 1);
	add_amount(b, KEY_ALM, v->alm_kib, &p->alm_kib, PUBLISH_STEP_KIB);
	add_amount(b, KEY_TARGET, guest_target_kib(g), &p->target_kib, 1);
	if (!v->has_report) /* without a report, the guest's own numbers are not known */
		return;
	add_amount(b, KEY_AVM, v->report.avail_kib, &p->avm_kib, PUBLISH_STEP_KIB);
	add_amount(b, KEY_CMA, verdict->cma_kib, &p->cma_kib, PUBLISH_STEP_KIB);
}

static void add_words(struct batch *b, struct published *p, const struct guest *g,
		      const struct guest_view *v)
{
	add_word(b, KEY_STATE, model_hold_word(v->hold), &p->state);
	add_word(b, KEY_SOURCE, v->has_report ? source_words[v->source] : "none", &p->source);
	if (g->has_reason)
		add_word(b, KEY_REASON, model_reason_word(g->reason), &p->reason);
	/* libxl is about to change the credit while a call is under way; a credit that falls is
	 * told at once */
	uint64_t credit_kib = guest_credit_kib(g, v);
	if (!g->call_is_under_way)
		add_amount(b, KEY_CREDIT, credit_kib, &p->credit_kib,
			   credit_kib < p->credit_kib ? 1 : PUBLISH_CREDIT_STEP_KIB);
}

/* Collects the guest's news. Amounts are among them only if `amounts`, or if there is other
 * news. */
static void collect(const struct guest *g, const struct guest_view *v,
		    const struct verdict *verdict, bool amounts, uint64_t period_ms,
		    uint64_t now_ms, struct published *p, struct batch *b)
{
	/* libxl wipes the keys of a guest that it builds, and keys written while it tears a guest
	 * down would outlive the guest. In between the guest has memory/. */
	if (g->facts.is_dying || !g->facts.has_memory)
		return;
	add_words(b, p, g, v);
	if ((amounts || b->n) && now_ms >= p->when_ms + period_ms) {
		p->when_ms = now_ms;
		add_amounts(b, p, g, v, verdict, period_ms);
	}
}

/* Returns 0; -EINTR if the write gave way to events; or -EBADF. */
static int publish_one(struct guest *g, const struct guest_view *v, const struct verdict *verdict,
		       const struct io *io, bool amounts, uint64_t period_ms, uint64_t now_ms,
		       bool gives_way, bool *ret_any)
{
	struct published p = g->published;
	struct batch batch;
	batch.n = 0; /* the rest is not cleared, since most guests have no news */
	collect(g, v, verdict, amounts, period_ms, now_ms, &p, &batch);
	int r = batch.n ? io->write(io->world, g->domid, batch.value, batch.n, gives_way) : 0;
	if (r == 0)
		g->published = p;
	*ret_any = batch.n > 0;
	return r == -EBADF || r == -EINTR ? r : 0;
}

int publish_next(struct guests *gs, const struct verdict *verdict, const struct io *io,
		 bool amounts, uint64_t period_ms, uint64_t now_ms, struct publish_round *round)
{
	bool any = false;
	int r = 0;
	while (round->left && r == 0 && !any) {
		unsigned i = round->at < gs->n ? round->at : 0;
		r = publish_one(&gs->guest[i], &gs->view[i], &verdict[i], io, amounts, period_ms,
				now_ms, round->n_yields < PUBLISH_MAX_YIELDS, &any);
		round->n_yields = r == -EINTR ? round->n_yields + 1 : 0;
		if (r == -EINTR)
			return 0;
		round->at = i + 1;
		round->left--;
	}
	return r;
}
