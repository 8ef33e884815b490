/* SPDX-License-Identifier: MIT */
#include "host/precopy.h"

#include "common/amount.h"

#include <errno.h>
#include <limits.h>
#include <string.h>
#include <stdio.h>
#include <stdlib.h>

enum {
	WORD_BITS = sizeof(unsigned long) * CHAR_BIT,
	RECENT_MS = 4000, /* rates are of about so long */
	PASS_SLICES = 64, /* a pass has no more slices, about */
	TAIL_SLICES = 10,
	RESEND_FACTOR = 2,
	PATIENCE_MS = 500, PATIENCE_SHARE = 16,
	AR_ORDER = 2,
	WORTH_SHARE = 16, /* another pass must save this fraction of what is left */
};

static const char *const names[] = {
	[PRECOPY_STOCK] = "stock",
	[PRECOPY_CLASSIC] = "classic",
	[PRECOPY_HOLD] = "hold",
	[PRECOPY_AR] = "ar",
};

static const struct precopy_conf defaults[] = {
	[PRECOPY_STOCK] = {.algo = PRECOPY_STOCK, .max_passes = 5, .enough_pages = 50},
	[PRECOPY_CLASSIC] = {.algo = PRECOPY_CLASSIC,
			     .max_passes = 29,
			     .max_factor = 3,
			     .enough_pages = 50},
	[PRECOPY_HOLD] = {.algo = PRECOPY_HOLD, .max_passes = 5, .enough_pages = 50},
	[PRECOPY_AR] = {.algo = PRECOPY_AR,
			.max_passes = 1000,
			.enough_pages = 50,
			.slice_ms = 200,
			.slice_pages = 64},
};

const char *precopy_name(enum precopy_algo algo)
{
	return (unsigned)algo < PRECOPY_ALGOS_ ? names[algo] : NULL;
}

bool precopy_find(const char *name, enum precopy_algo *ret_algo)
{
	for (unsigned i = 0; i < PRECOPY_ALGOS_; i++)
		if (strcmp(name, names[i]) == 0) {
			*ret_algo = (enum precopy_algo)i;
			return true;
		}
	return false;
}

struct precopy_conf precopy_conf_of(enum precopy_algo algo)
{
	return defaults[algo];
}

/* --- bitmaps ------------------------------------------------------------------------------- */

/* The bits of the word that are pages. */
static unsigned long mask_of(const struct precopy *p, size_t word)
{
	unsigned rest = (unsigned)(p->n_pages % WORD_BITS);
	return word + 1 == p->n_words && rest ? (1UL << rest) - 1 : ~0UL;
}

/* How many bits are set. Without the compiler's own, which is a call of libgcc's where the
 * processor is not known to count them. */
static unsigned bits_of(unsigned long word)
{
	uint64_t n = word;
	n -= n >> 1 & UINT64_C(0x5555555555555555);
	n = (n & UINT64_C(0x3333333333333333)) + (n >> 2 & UINT64_C(0x3333333333333333));
	n = (n + (n >> 4)) & UINT64_C(0x0f0f0f0f0f0f0f0f);
	return (unsigned)(n * UINT64_C(0x0101010101010101) >> 56);
}

/* --- memory ------------------------------------------------------------------------------- */

static size_t words_of(uint64_t n_pages)
{
	return (size_t)((n_pages + WORD_BITS - 1) / WORD_BITS);
}

size_t precopy_bytes(const struct precopy_conf *conf, uint64_t n_pages)
{
	static const unsigned bitmaps[] = {
		[PRECOPY_STOCK] = 1, [PRECOPY_CLASSIC] = 1, [PRECOPY_HOLD] = 3, [PRECOPY_AR] = 2};
	if (!n_pages || n_pages > UINT64_C(1) << PRECOPY_MAX_PAGES_LOG2 ||
	    (unsigned)conf->algo >= PRECOPY_ALGOS_)
		return 0;
	size_t bytes = bitmaps[conf->algo] * words_of(n_pages) * sizeof(unsigned long);
	return conf->algo == PRECOPY_AR ? bytes + n_pages * sizeof(struct interval_page) : bytes;
}

int precopy_init(struct precopy *p, const struct precopy_conf *conf, uint64_t n_pages, void *memory,
		 size_t memory_bytes)
{
	size_t bytes = precopy_bytes(conf, n_pages), n_words = words_of(n_pages);
	if (!bytes || memory_bytes < bytes || (uintptr_t)memory % PRECOPY_ALIGN)
		return -EINVAL;
	memset(memory, 0, bytes);
	*p = (struct precopy){.conf = *conf, .n_pages = n_pages, .n_words = n_words, .pass = 1};
	p->held = memory;
	for (size_t i = 0; i < n_words; i++)
		p->held[i] = mask_of(p, i); /* never sent */
	if (conf->algo == PRECOPY_HOLD) {
		p->last = p->held + n_words;
		p->hot = p->last + n_words;
	}
	if (conf->algo == PRECOPY_AR) {
		p->touched = p->held + n_words;
		p->page = (struct interval_page *)(void *)(p->touched + n_words);
	}
	return 0;
}

/* --- rates ---------------------------------------------------------------------------------- */

/* Of an amount that came in dt_ms: what is kept is of about RECENT_MS. */
static void add_recent(uint64_t *amount, uint64_t *ms, uint64_t more, uint64_t dt_ms)
{
	if (more > UINT32_MAX || dt_ms > UINT32_MAX)
		return; /* no count, no clock */
	*amount += more;
	*ms += dt_ms;
	while (*ms > RECENT_MS) {
		*amount /= 2;
		*ms /= 2;
	}
}

/* UINT64_MAX: no rate is known. */
static uint64_t sending_ms(const struct precopy *p, uint64_t pages)
{
	if (!p->rate_pages || !p->rate_ms)
		return UINT64_MAX;
	return pages > UINT64_MAX / p->rate_ms ? UINT64_MAX : pages * p->rate_ms / p->rate_pages;
}

static void measure(struct precopy *p, uint64_t now_ms, uint64_t sent_pages)
{
	if (!p->n_rounds)
		p->start_ms = now_ms;
	else
		add_recent(&p->rate_pages, &p->rate_ms, sent_pages,
			   amount_less(now_ms, p->round_ms));
	p->total_sent_pages = sent_pages > UINT64_MAX - p->total_sent_pages
				      ? UINT64_MAX
				      : p->total_sent_pages + sent_pages;
}

/* --- what comes in ---------------------------------------------------------------------------- */

static void note_modified(struct precopy *p, size_t word, unsigned long dirty)
{
	p->touched[word] |= dirty;
	for (; dirty; dirty &= dirty - 1)
		interval_modified(&p->model,
				  &p->page[word * WORD_BITS + (unsigned)__builtin_ctzl(dirty)]);
}

static void take_in(struct precopy *p, const unsigned long *bitmap, uint64_t now_ms,
		    struct precopy_round *r)
{
	uint64_t returned = 0;
	if (p->conf.algo == PRECOPY_AR && !p->n_rounds)
		interval_model_init(&p->model, AR_ORDER, now_ms);
	if (p->conf.algo == PRECOPY_AR)
		interval_model_round(&p->model, now_ms, p->page, p->n_pages);
	for (size_t i = 0; i < p->n_words; i++) {
		unsigned long dirty = bitmap[i] & mask_of(p, i);
		r->dirty_pages += bits_of(dirty);
		returned += bits_of(dirty & ~p->held[i]);
		p->held[i] |= dirty;
		if (!p->n_rounds)
			continue;
		if (p->hot) {
			p->hot[i] = dirty & p->last[i];
			p->last[i] = dirty;
		}
		if (p->touched && dirty)
			note_modified(p, i, dirty);
	}
	if (p->n_rounds)
		add_recent(&p->returned_pages, &p->returned_ms, returned,
			   amount_less(now_ms, p->round_ms));
}

/* --- what goes out ---------------------------------------------------------------------------- */

/* What is worth sending, if the next modification is foreseen later than at `too_soon`. */
struct choice {
	uint64_t count[INTERVAL_CODES];
	uint8_t too_soon;
	uint64_t held_pages, wanted_pages;
};

static uint8_t foreseen(const struct precopy *p, size_t word, unsigned long bit)
{
	return interval_foreseen(&p->model,
				 &p->page[word * WORD_BITS + (unsigned)__builtin_ctzl(bit)]);
}

/* Those held in the word that are worth sending. */
static unsigned long wanted(const struct precopy *p, size_t word, uint8_t too_soon)
{
	unsigned long out = p->held[word];
	if (p->hot)
		return out & ~p->hot[word];
	if (!p->touched)
		return out;
	for (unsigned long rest = out & p->touched[word]; rest; rest &= rest - 1)
		if (foreseen(p, word, rest) <= too_soon)
			out &= ~(rest & -rest);
	return out;
}

/* … and what is sent and modified meanwhile, sent again. */
static uint64_t finishing_ms(const struct precopy *p, uint64_t pages)
{
	uint64_t ms = sending_ms(p, pages);
	uint64_t rate = p->rate_ms ? p->rate_pages * 1000 / p->rate_ms : 0;
	uint64_t back = p->returned_ms ? p->returned_pages * 1000 / p->returned_ms : 0;
	uint64_t net = amount_max(amount_less(rate, back), rate / 8);
	return ms < UINT32_MAX && net ? ms * rate / net : ms;
}

/*
 * A page is worth sending when it is not modified again before all that is worth
 * sending is sent: the least time t with
 *
 *	time to send all pages foreseen later than t <= t
 */
static struct choice choose_ar(const struct precopy *p)
{
	struct choice c = {.too_soon = INTERVAL_NEVER};
	uint64_t *count = c.count;
	for (size_t i = 0; i < p->n_words; i++) {
		unsigned long held = p->held[i], touched = held & p->touched[i];
		c.held_pages += bits_of(held);
		count[INTERVAL_NEVER] += bits_of(held & ~touched);
		for (; touched; touched &= touched - 1)
			count[foreseen(p, i, touched)]++;
	}
	c.wanted_pages = count[INTERVAL_NEVER];
	for (c.too_soon = INTERVAL_NEVER - 1; c.too_soon; c.too_soon--) {
		uint64_t more = c.wanted_pages + count[c.too_soon];
		if (finishing_ms(p, more) >= interval_ms(c.too_soon))
			break;
		c.wanted_pages = more;
	}
	return c;
}

static struct choice choose(const struct precopy *p)
{
	struct choice c = {.too_soon = 0};
	if (p->conf.algo == PRECOPY_AR)
		return choose_ar(p);
	for (size_t i = 0; i < p->n_words; i++) {
		c.held_pages += bits_of(p->held[i]);
		c.wanted_pages += bits_of(wanted(p, i, 0));
	}
	return c;
}

/*
 * How many pages the round may send. Towards the end of a pass rounds are shorter:
 * half of what is left each. It at most doubles: the first pages may have gone
 * into buffers, at no true rate.
 */
static uint64_t slice_of(struct precopy *p, const struct choice *c)
{
	const struct precopy_conf *conf = &p->conf;
	if (!conf->slice_ms || (conf->is_first_whole && !p->n_rounds))
		return UINT64_MAX;
	uint64_t least = p->pass == 1 ? p->n_pages / PASS_SLICES : 1;
	uint64_t most = p->rate_ms ? p->rate_pages * conf->slice_ms / p->rate_ms : 0;
	uint64_t pages = amount_min(most, amount_max(c->wanted_pages / 2, most / TAIL_SLICES));
	pages = amount_min(pages, p->slice_pages * 2);
	return p->slice_pages = amount_max(pages, amount_max(least, conf->slice_pages));
}

/* Moves pages from held to bitmap, from next_word on. */
static void send_from(struct precopy *p, unsigned long *bitmap, uint8_t too_soon, uint64_t most,
		      struct precopy_round *r)
{
	size_t i = (size_t)p->next_word;
	for (; i < p->n_words && r->send_pages < most; i++) {
		unsigned long out = wanted(p, i, too_soon);
		bitmap[i] |= out;
		p->held[i] &= ~out;
		r->send_pages += bits_of(out);
	}
	p->next_word = i;
}

static void begin_pass(struct precopy *p)
{
	if (p->pass == 1 && p->touched)
		for (size_t i = 0; i < p->n_words; i++)
			p->first_pages += bits_of(p->touched[i]);
	p->next_word = 0;
	p->pass += p->pass < UINT_MAX;
}

static void send(struct precopy *p, unsigned long *bitmap, struct choice *c,
		 struct precopy_round *r)
{
	uint64_t most = slice_of(p, c);
	if (p->touched && most < c->wanted_pages) {
		uint64_t n = c->count[INTERVAL_NEVER];
		uint8_t at = INTERVAL_NEVER - 1;
		while (n < most && at > c->too_soon)
			n += c->count[at--];
		c->too_soon = at;
	}
	if (p->next_word == p->n_words)
		begin_pass(p);
	send_from(p, bitmap, c->too_soon, most, r);
	if (!r->send_pages && c->wanted_pages) {
		begin_pass(p);
		send_from(p, bitmap, c->too_soon, most, r);
	}
	r->held_pages = c->held_pages - r->send_pages;
	if (p->pass > 1)
		p->again_pages += r->send_pages;
}

/* --- how to go on ------------------------------------------------------------------------------
 */

/* What would be left if all that is worth sending was sent: what is not, and what comes back. */
static uint64_t left_after(const struct precopy *p, const struct choice *c)
{
	uint64_t ms = sending_ms(p, c->wanted_pages);
	uint64_t back =
		p->returned_ms && ms < UINT32_MAX ? p->returned_pages * ms / p->returned_ms : 0;
	return c->held_pages - c->wanted_pages + back;
}

static bool is_worth_sending(const struct precopy *p, const struct choice *c)
{
	uint64_t least = amount_max(p->conf.enough_pages, c->held_pages / WORTH_SHARE);
	if (p->conf.algo != PRECOPY_AR || p->pass < 2)
		return true;
	return p->again_pages / RESEND_FACTOR < p->first_pages &&
	       amount_less(c->held_pages, left_after(p, c)) >= least;
}

static bool has_budget(const struct precopy *p)
{
	return p->again_pages / RESEND_FACTOR < p->first_pages;
}

static bool is_patience_over(struct precopy *p, const struct choice *c, uint64_t now_ms)
{
	uint64_t waited_ms = now_ms - p->worth_ms;
	uint64_t patience_ms = amount_max(PATIENCE_MS, (p->worth_ms - p->start_ms) / PATIENCE_SHARE);
	if (!has_budget(p)) return true;
	if (c->held_pages > 2 * p->best_pages + p->conf.enough_pages)
		return waited_ms >= patience_ms;
	int fine = getenv("FINE") ? atoi(getenv("FINE")) : 2;
	return sending_ms(p, c->held_pages) >= p->conf.slice_ms || c->held_pages < p->conf.enough_pages || waited_ms > (unsigned)fine * p->conf.slice_ms;
}

static bool is_end(struct precopy *p, const struct choice *c, bool is_worth, uint64_t now_ms)
{
	bool is_last = p->pass >= p->conf.max_passes && p->next_word == p->n_words;
	if (!p->n_rounds)
		return p->conf.max_passes <= 1;
	if (is_last || p->pass > p->conf.max_passes ||
	    (p->conf.max_factor && p->total_sent_pages / p->n_pages >= p->conf.max_factor))
		return true;
	if (p->conf.algo != PRECOPY_AR)
		return c->wanted_pages < p->conf.enough_pages;
	return p->pass > 1 && !is_worth && is_patience_over(p, c, now_ms);
}

void precopy_round(struct precopy *p, unsigned long *bitmap, uint64_t now_ms, uint64_t sent_pages,
		   struct precopy_round *ret_round)
{
	struct precopy_round r = {.next = PRECOPY_CONTINUE};
	now_ms = amount_max(now_ms, p->round_ms);
	measure(p, now_ms, sent_pages);
	take_in(p, bitmap, now_ms, &r);
	struct choice c = choose(p);
	memset(bitmap, 0, p->n_words * sizeof(*bitmap));
	bool is_worth = is_worth_sending(p, &c);
	if (is_worth) {
		p->worth_ms = now_ms;
	}
	if (p->pass < 2) p->best_pages = UINT64_MAX;
	p->best_pages = amount_min(p->best_pages, c.held_pages);
	bool is_over = is_end(p, &c, is_worth, now_ms);
	r.held_pages = c.held_pages;
	if (is_worth || (is_over && left_after(p, &c) + c.wanted_pages / 2 < c.held_pages))
		send(p, bitmap, &c, &r);
	if (is_over || is_end(p, &c, is_worth, now_ms))
		r.next = PRECOPY_SUSPEND;
	if (p->touched && !r.send_pages)
		r.wait_ms = p->conf.slice_ms / TAIL_SLICES;
	r.pass = p->pass;
	r.suspended_pages = r.held_pages;
	r.downtime_ms = sending_ms(p, r.suspended_pages);
	r.left_ms = sending_ms(p, c.wanted_pages);
	if (r.next == PRECOPY_SUSPEND && p->conf.max_downtime_ms &&
	    r.downtime_ms > p->conf.max_downtime_ms)
		r.next = PRECOPY_ABORT;
	p->n_rounds++;
	p->round_ms = now_ms;
	*ret_round = r;
	if (getenv("DBG")) fprintf(stderr, "%u t=%lu dirty=%lu pass=%u held=%lu wanted=%lu soon=%lums send=%lu left_after=%lu ret=%lu/%lums a=%ld %ld c=%ld n=%ld next=%d worth=%d\n", (unsigned)p->n_rounds, now_ms, r.dirty_pages, p->pass, c.held_pages, c.wanted_pages, interval_ms(c.too_soon), r.send_pages, left_after(p,&c), p->returned_pages, p->returned_ms, p->model.a[0],p->model.a[1],p->model.c, p->model.n, r.next, is_worth);
}

uint64_t precopy_peek(struct precopy *p, unsigned long *bitmap, uint64_t first_page,
		      const unsigned long *peeked)
{
	uint64_t n = 0;
	if (p->conf.algo != PRECOPY_CLASSIC || first_page >= p->n_pages)
		return 0;
	for (size_t i = (size_t)(first_page / WORD_BITS); i < p->n_words; i++) {
		unsigned long out = bitmap[i] & peeked[i] & mask_of(p, i);
		if (i == first_page / WORD_BITS)
			out &= ~0UL << (first_page % WORD_BITS);
		bitmap[i] &= ~out;
		p->held[i] |= out;
		n += bits_of(out);
	}
	return n;
}

uint64_t precopy_final(struct precopy *p, unsigned long *bitmap)
{
	uint64_t n = 0;
	for (size_t i = 0; i < p->n_words; i++) {
		unsigned long dirty = bitmap[i] & mask_of(p, i);
		n += bits_of(p->held[i] & ~dirty);
		bitmap[i] = dirty | p->held[i];
		p->held[i] = 0;
	}
	return n;
}
