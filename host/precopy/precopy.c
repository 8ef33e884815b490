/* SPDX-License-Identifier: MIT */
#include "host/precopy/precopy.h"

#include "common/amount.h"
#include "host/precopy/bitmap.h"

#include <errno.h>
#include <limits.h>
#include <string.h>

enum {
	PASS_SLICES = 64, /* the first pass has no more rounds than this */
	TAIL_SLICES = 10, /* the shortest rounds are this many times shorter */
	XEN_PASSES = 5,   /* SPP_MAX_ITERATIONS of Xen 4.17 */
	XEN_ENOUGH = 50,  /* its SPP_TARGET_DIRTY_COUNT */
	MOST_PASSES = 1000,
	SUSPEND_MS = 40, /* seen in an emulated Xen, from the last page until it stands still */
};

static const struct precopy_algorithm algorithms[] = {
	{
		"stock",
		"as Xen 4.17: nothing is held back",
		&foresight_none,
		{.max_passes = XEN_PASSES, .enough_pages = XEN_ENOUGH},
	},
	{
		"hold",
		"a page modified in two rounds running is held back",
		&foresight_twice,
		{.max_passes = XEN_PASSES, .enough_pages = XEN_ENOUGH},
	},
	{
		"ar",
		"a page predicted to be modified again soon is held back",
		&foresight_intervals,
		{.max_passes = MOST_PASSES,
		 .enough_pages = XEN_ENOUGH,
		 .slice_ms = 200,
		 .slice_pages = 64,
		 .suspend_ms = SUSPEND_MS},
	},
};

enum { N_ALGORITHMS = sizeof(algorithms) / sizeof(algorithms[0]) };

const struct precopy_algorithm *precopy_algorithm(unsigned i)
{
	return i < N_ALGORITHMS ? &algorithms[i] : NULL;
}

const struct precopy_algorithm *precopy_find(const char *name)
{
	for (unsigned i = 0; i < N_ALGORITHMS; i++)
		if (strcmp(name, algorithms[i].name) == 0)
			return &algorithms[i];
	return NULL;
}

struct precopy_conf precopy_conf_of(const struct precopy_algorithm *algorithm)
{
	struct precopy_conf conf = algorithm->conf;
	conf.algorithm = algorithm;
	return conf;
}

/* --- memory ------------------------------------------------------------------------------- */

size_t precopy_bytes(const struct precopy_conf *conf, uint64_t n_pages)
{
	if (!n_pages || n_pages > UINT64_C(1) << PRECOPY_MAX_PAGES_LOG2)
		return 0;
	return foresight_bytes(conf->algorithm->foresight, n_pages);
}

int precopy_init(struct precopy *p, const struct precopy_conf *conf, uint64_t n_pages, void *memory,
		 size_t memory_bytes)
{
	size_t bytes = precopy_bytes(conf, n_pages);
	if (!bytes || memory_bytes < bytes || (uintptr_t)memory % PRECOPY_ALIGN)
		return -EINVAL;
	*p = (struct precopy){.conf = *conf, .pass = 1, .whole_pages = n_pages};
	foresight_init(&p->foresight, conf->algorithm->foresight, n_pages, memory);
	return 0;
}

void precopy_leave_out(struct precopy *p, const unsigned long *holes)
{
	struct foresight *f = &p->foresight;
	for (size_t i = 0; i < f->n_words; i++)
		f->held[i] &= ~holes[i];
	p->whole_pages = bitmap_count(f->held, f->n_pages);
}

/* --- what comes in ------------------------------------------------------------------------ */

/* Takes in what was modified, and how fast pages were sent of which some come back. How many pages
 * were modified. */
static uint64_t take_in(struct precopy *p, const unsigned long *bitmap, uint64_t now_ms,
			uint64_t sent_pages)
{
	struct foresight *f = &p->foresight;
	uint64_t dirty_pages = 0, back_pages = 0;
	f->kind->begin(f, now_ms, !p->n_rounds);
	for (size_t i = 0; i < f->n_words; i++) {
		unsigned long dirty = bitmap[i] & bitmap_mask(f->n_pages, i);
		dirty_pages += bitmap_count_word(dirty);
		back_pages += bitmap_count_word(dirty & ~f->held[i]);
		f->held[i] |= dirty;
		if (p->n_rounds)
			f->kind->modified(f, i, dirty);
	}
	if (p->n_rounds)
		pace_add(&p->pace, sent_pages, back_pages, now_ms - p->round_ms);
	p->past.touched_pages = foresight_touched_pages(f);
	return dirty_pages;
}

static struct outcome_view view_of(const struct precopy *p, const struct choice *c, uint64_t now_ms,
				   uint64_t dirty_pages)
{
	return (struct outcome_view){
		.conf = &p->conf,
		.pace = &p->pace,
		.past = &p->past,
		.choice = c,
		.has_times = p->foresight.kind->has_times,
		.is_first_round = !p->n_rounds,
		.is_pass_over = p->next_word == p->foresight.n_words,
		.pass = p->pass,
		.dirty_pages = dirty_pages,
		.round_ms = now_ms - p->round_ms,
		.age_ms = now_ms - p->start_ms,
	};
}

/* Finds what is worth sending; true if sending it is worth it. */
static bool choose(struct precopy *p, const struct outcome_view *view, struct choice *c)
{
	choice_count(&p->foresight, c);
	outcome_note(&p->past, view);
	if (!view->has_times)
		return true;
	choice_set_threshold(c, &p->pace, p->conf.suspend_ms, pace_finishing_ms);
	if (outcome_is_worth(view))
		return true;
	/* what came back of late may have been a burst */
	choice_set_threshold(c, &p->pace, p->conf.suspend_ms, pace_sending_ms);
	return outcome_is_worth(view);
}

/* --- what goes out ------------------------------------------------------------------------ */

/*
 * How many pages the round may send. Towards the end of a pass rounds are shorter,
 * each half of what is left. They at most double: the first pages may have gone
 * into buffers, at no true rate.
 */
static uint64_t slice_of(struct precopy *p, const struct choice *c)
{
	const struct precopy_conf *conf = &p->conf;
	if (!conf->slice_ms || (conf->is_first_whole && !p->n_rounds))
		return UINT64_MAX;
	uint64_t least = p->pass == 1 ? p->whole_pages / PASS_SLICES : 1;
	uint64_t most = pace_pages(&p->pace, conf->slice_ms);
	uint64_t pages = amount_min(most, amount_max(c->wanted_pages / 2, most / TAIL_SLICES));
	pages = amount_min(pages, p->slice_pages * 2);
	return p->slice_pages =
		       amount_max(amount_max(pages, 1), amount_max(least, conf->slice_pages));
}

static void begin_pass(struct precopy *p)
{
	p->next_word = 0;
	p->pass += p->pass < UINT_MAX;
}

/* Moves pages from held to bitmap, from next_word on. */
static uint64_t send_from_there(struct precopy *p, unsigned long *bitmap, uint8_t too_soon,
				uint64_t most)
{
	struct foresight *f = &p->foresight;
	uint64_t n = 0;
	for (; p->next_word < f->n_words && n < most; p->next_word++) {
		unsigned long out = f->kind->wanted(f, p->next_word, too_soon);
		bitmap[p->next_word] |= out;
		f->held[p->next_word] &= ~out;
		n += bitmap_count_word(out);
	}
	return n;
}

static uint64_t send(struct precopy *p, unsigned long *bitmap, const struct choice *c)
{
	uint64_t most = slice_of(p, c);
	uint8_t too_soon = choice_first(c, most);
	if (p->next_word == p->foresight.n_words)
		begin_pass(p);
	uint64_t n = send_from_there(p, bitmap, too_soon, most);
	if (!n && c->wanted_pages) {
		begin_pass(p);
		n = send_from_there(p, bitmap, too_soon, most);
	}
	if (p->pass > 1) {
		p->past.again_pages += n;
		p->past.since_best_pages += n;
	}
	return n;
}

/* --- how to go on ------------------------------------------------------------------------- */

/* Of the pages that are not held, those that will be modified before the guest stands still. */
static uint64_t due_pages(const struct precopy *p, uint64_t send_pages)
{
	const struct foresight *f = &p->foresight;
	uint64_t ms = amount_min(pace_sending_ms(&p->pace, send_pages), UINT32_MAX), n = 0;
	if (!f->kind->has_times)
		return pace_back_pages(&p->pace, send_pages);
	for (size_t i = 0; i < f->n_words; i++)
		n += f->kind->due_pages(f, i, ms + p->conf.suspend_ms);
	return n;
}

static void foresee_end(const struct precopy *p, const struct outcome_view *view, bool is_over,
			struct precopy_round *r)
{
	r->suspended_pages =
		is_over ? r->held_pages + due_pages(p, r->send_pages) : outcome_left_pages(view);
	r->downtime_ms = pace_sending_ms(&p->pace, r->suspended_pages);
	r->left_ms = is_over ? pace_sending_ms(&p->pace, r->send_pages)
			     : pace_finishing_ms(&p->pace, view->choice->wanted_pages);
}

/* The last pages that stay sent are sent before the guest is suspended. */
static bool is_sent_before(const struct outcome_view *view)
{
	const struct choice *c = view->choice;
	return outcome_left_pages(view) + c->wanted_pages / 2 < c->held_pages;
}

static const struct outcome_rule *bound_or(const struct outcome_view *view,
					   const struct outcome_rule *rule)
{
	const struct outcome_rule *bound = outcome_bound(view);
	return bound ? bound : rule;
}

void precopy_round(struct precopy *p, unsigned long *bitmap, uint64_t now_ms, uint64_t sent_pages,
		   struct precopy_round *ret_round)
{
	struct precopy_round r = {.pass = 0};
	struct choice c;
	if (!p->n_rounds)
		p->start_ms = p->round_ms = now_ms;
	now_ms = amount_max(now_ms, p->round_ms);
	r.dirty_pages = take_in(p, bitmap, now_ms, sent_pages);
	memset(bitmap, 0, p->foresight.n_words * sizeof(*bitmap));
	struct outcome_view view = view_of(p, &c, now_ms, r.dirty_pages);
	bool is_worth = choose(p, &view, &c);
	p->past.has_waited = !is_worth;
	const struct outcome_rule *rule = outcome_of(&view);
	if (is_worth || (rule->next == PRECOPY_SUSPEND && is_sent_before(&view)))
		r.send_pages = send(p, bitmap, &c);
	r.held_pages = c.held_pages - r.send_pages;
	r.pass = p->pass;
	view = view_of(p, &c, now_ms, r.dirty_pages);
	rule = bound_or(&view, rule); /* the last pass may have ended by what is sent */
	foresee_end(p, &view, rule->next == PRECOPY_SUSPEND, &r);
	if (rule->next == PRECOPY_SUSPEND && r.downtime_ms != UINT64_MAX) {
		view.downtime_ms = r.downtime_ms;
		rule = bound_or(&view, rule);
	}
	r.reason = rule->word;
	r.next = rule->next == PRECOPY_SEND && !r.send_pages ? PRECOPY_WAIT : rule->next;
	if (r.next == PRECOPY_WAIT)
		r.wait_ms = amount_max(p->conf.slice_ms / TAIL_SLICES, 1);
	p->n_rounds++;
	p->round_ms = now_ms;
	*ret_round = r;
}

uint64_t precopy_final(struct precopy *p, unsigned long *bitmap)
{
	struct foresight *f = &p->foresight;
	uint64_t n = 0;
	for (size_t i = 0; i < f->n_words; i++) {
		unsigned long dirty = bitmap[i] & bitmap_mask(f->n_pages, i);
		n += bitmap_count_word(f->held[i] & ~dirty);
		bitmap[i] = dirty | f->held[i];
		f->held[i] = 0;
	}
	return n;
}
