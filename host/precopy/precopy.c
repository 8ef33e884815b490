/* SPDX-License-Identifier: MIT */
#include "host/precopy/precopy.h"

#include "common/amount.h"

#include <errno.h>
#include <limits.h>
#include <string.h>

enum {
	WORD_BITS = sizeof(unsigned long) * CHAR_BIT,
	PASS_SLICES = 64,    /* the first pass has no more rounds */
	TAIL_SLICES = 10,    /* the shortest rounds are by so much shorter */
	WORTH_SHARE = 16,    /* another round is to save this fraction of what is left */
	SAVED_SHARE = 3,     /* at the end so many are sent again, at most, to save one page */
	RESEND_FACTOR = 2,   /* no more is sent again than twice what the first pass saw modified */
	PATIENCE_MS = 500,   /* how long a burst is waited out, at least; … */
	PATIENCE_SHARE = 16, /* … or this fraction of the time so far */
	MOST_PATIENCE_MS = 10000,
	SUSPEND_MS = 40,  /* seen in an emulated Xen, from the last page until it stands still */
	MOST_IDLE = 1000, /* rounds not worth it, one after the other, whatever the clock says */
	LONG_MS = 4000,   /* what came back of late says nothing of longer than this */
	LOOK_SLICES = 2,  /* how long is looked closely, at most; … */
	LOOK_SHARE = 8,   /* … and this fraction of the time so far */
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
			.suspend_ms = SUSPEND_MS,
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

/* --- bitmaps ----------------------------------------------------------------------------- */

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

/* --- memory ------------------------------------------------------------------------------ */

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

/* --- what comes in ----------------------------------------------------------------------- */

static void note_modified(struct precopy *p, size_t word, unsigned long dirty)
{
	if (p->hot) {
		p->hot[word] = dirty & p->last[word];
		p->last[word] = dirty;
	}
	if (!p->touched)
		return;
	p->touched[word] |= dirty;
	for (; dirty; dirty &= dirty - 1)
		interval_modified(&p->model,
				  &p->page[word * WORD_BITS + (unsigned)__builtin_ctzl(dirty)]);
}

/* What is modified, and how many pages of it were sent before. */
static uint64_t take_in(struct precopy *p, const unsigned long *bitmap, uint64_t now_ms,
			struct precopy_round *r)
{
	uint64_t back = 0;
	if (p->touched && p->n_rounds)
		interval_model_round(&p->model, now_ms, p->page, p->n_pages);
	else if (p->touched)
		interval_model_init(&p->model, now_ms);
	for (size_t i = 0; i < p->n_words; i++) {
		unsigned long dirty = bitmap[i] & mask_of(p, i);
		r->dirty_pages += bits_of(dirty);
		back += bits_of(dirty & ~p->held[i]);
		p->held[i] |= dirty;
		if (p->n_rounds)
			note_modified(p, i, dirty);
	}
	return back;
}

static void measure(struct precopy *p, uint64_t now_ms, uint64_t sent_pages, uint64_t back_pages)
{
	if (p->n_rounds)
		pace_add(&p->pace, sent_pages, back_pages, now_ms - p->round_ms);
	else
		p->start_ms = now_ms;
	p->total_sent_pages = sent_pages > UINT64_MAX - p->total_sent_pages
				      ? UINT64_MAX
				      : p->total_sent_pages + sent_pages;
}

/* --- what is worth sending --------------------------------------------------------------- */

/* Pages held, and those of them worth sending: whose next modification is foreseen later than at
 * `too_soon`. */
struct choice {
	uint64_t held_pages, wanted_pages;
	uint64_t lasting_pages; /* of the wanted ones: not modified before the guest is suspended */
	uint8_t too_soon;
	uint64_t count[INTERVAL_CODES]; /* ar: of held pages, by what is foreseen */
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

static void count_held(const struct precopy *p, struct choice *c)
{
	for (size_t i = 0; i < p->n_words; i++) {
		unsigned long held = p->held[i], touched = p->touched ? held & p->touched[i] : 0;
		c->held_pages += bits_of(held);
		c->wanted_pages += p->touched ? 0 : bits_of(wanted(p, i, 0));
		c->count[INTERVAL_NEVER] += bits_of(held & ~touched);
		for (; touched; touched &= touched - 1)
			c->count[foreseen(p, i, touched)]++;
	}
}

/*
 * A page is worth sending when it is not modified again before all that is worth
 * sending has been sent: the least time t with
 *
 *	time to send all pages foreseen later than t <= t
 */
static void set_threshold(const struct precopy *p, struct choice *c,
			  uint64_t (*time_ms)(const struct pace *pace, uint64_t pages))
{
	c->wanted_pages = c->count[INTERVAL_NEVER];
	for (c->too_soon = INTERVAL_NEVER - 1; c->too_soon; c->too_soon--) {
		uint64_t more = c->wanted_pages + c->count[c->too_soon];
		if (time_ms(&p->pace, more) >= interval_ms(c->too_soon))
			break;
		c->wanted_pages = more;
	}
	c->lasting_pages = c->wanted_pages;
	for (unsigned i = c->too_soon + 1; i < INTERVAL_NEVER; i++)
		if (amount_less(interval_ms((uint8_t)i), p->conf.suspend_ms) <
		    time_ms(&p->pace, c->wanted_pages))
			c->lasting_pages -= c->count[i];
}

/* --- what goes out ----------------------------------------------------------------------- */

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
	uint64_t least = p->pass == 1 ? p->n_pages / PASS_SLICES : 1;
	uint64_t most = pace_pages(&p->pace, conf->slice_ms);
	uint64_t pages = amount_min(most, amount_max(c->wanted_pages / 2, most / TAIL_SLICES));
	pages = amount_min(pages, p->slice_pages * 2);
	return p->slice_pages =
		       amount_max(amount_max(pages, 1), amount_max(least, conf->slice_pages));
}

/* What is foreseen latest goes first: what waits may be modified meanwhile, and is then sent once
 * instead of twice. */
static uint8_t first_of(const struct choice *c, uint64_t most)
{
	uint64_t n = c->count[INTERVAL_NEVER];
	uint8_t too_soon = INTERVAL_NEVER - 1;
	while (n < most && too_soon > c->too_soon)
		n += c->count[too_soon--];
	return too_soon;
}

static void begin_pass(struct precopy *p)
{
	for (size_t i = 0; p->pass == 1 && p->touched && i < p->n_words; i++)
		p->touched_pages += bits_of(p->touched[i]);
	p->next_word = 0;
	p->pass += p->pass < UINT_MAX;
}

/* Moves pages from held to bitmap, from next_word on. */
static uint64_t send_from_there(struct precopy *p, unsigned long *bitmap, uint8_t too_soon,
				uint64_t most)
{
	uint64_t n = 0;
	for (; p->next_word < p->n_words && n < most; p->next_word++) {
		unsigned long out = wanted(p, p->next_word, too_soon);
		bitmap[p->next_word] |= out;
		p->held[p->next_word] &= ~out;
		n += bits_of(out);
	}
	return n;
}

static uint64_t send(struct precopy *p, unsigned long *bitmap, const struct choice *c)
{
	uint64_t most = slice_of(p, c);
	uint8_t too_soon = p->touched ? first_of(c, most) : 0;
	if (p->next_word == p->n_words)
		begin_pass(p);
	uint64_t n = send_from_there(p, bitmap, too_soon, most);
	if (!n && c->wanted_pages) {
		begin_pass(p);
		n = send_from_there(p, bitmap, too_soon, most);
	}
	if (p->pass > 1) {
		p->again_pages += n;
		p->since_best_pages += n;
	}
	return n;
}

/* --- how to go on ------------------------------------------------------------------------ */

/* All that is left could be sent in less time than a round took. */
static bool is_within_a_slice(const struct precopy *p, const struct choice *c)
{
	return pace_sending_ms(&p->pace, c->held_pages) <
	       amount_less(p->conf.slice_ms, p->conf.suspend_ms);
}

/* Near the end it is no success to leave a little less in shorter and shorter rounds: pages that
 * are modified all the time would be sent for ever. */
static void keep_best(struct precopy *p, const struct choice *c)
{
	uint64_t saved = amount_less(p->best_pages, c->held_pages);
	bool has_paid = !is_within_a_slice(p, c) || saved >= p->since_best_pages / SAVED_SHARE;
	if (p->pass < 2 || (saved > c->held_pages / WORTH_SHARE && has_paid)) {
		p->best_pages = p->peak_pages = c->held_pages;
		p->since_best_pages = 0;
	}
	p->peak_pages = amount_max(p->peak_pages, c->held_pages);
}

static bool has_sent_enough_again(const struct precopy *p)
{
	return p->again_pages / RESEND_FACTOR >= p->touched_pages;
}

/* What would be left if all that is worth sending was sent. What comes back is known of a short
 * time only: of a long one it says nothing yet. */
static uint64_t left_after(const struct precopy *p, const struct choice *c)
{
	uint64_t left = c->held_pages - c->lasting_pages;
	bool is_long = pace_sending_ms(&p->pace, c->wanted_pages) > LONG_MS &&
		       p->since_best_pages <= p->peak_pages / 4;
	return is_long ? left : left + pace_back_pages(&p->pace, c->wanted_pages);
}

/* It saves something by what is foreseen; and what was foreseen did come, of late. */
static bool is_worth_it(const struct precopy *p, const struct choice *c)
{
	if (p->pass < 2)
		return true;
	uint64_t least = amount_max(p->conf.enough_pages, c->held_pages / WORTH_SHARE);
	return !has_sent_enough_again(p) &&
	       p->since_best_pages <= (is_within_a_slice(p, c) ? 1 : 2) * p->peak_pages &&
	       amount_less(c->held_pages, left_after(p, c)) >= least;
}

/* Fills *ret; whether another round is worth it. */
static bool choose(struct precopy *p, struct choice *ret)
{
	*ret = (struct choice){.too_soon = 0};
	count_held(p, ret);
	keep_best(p, ret);
	if (!p->touched)
		return true;
	set_threshold(p, ret, pace_finishing_ms);
	if (is_worth_it(p, ret))
		return true;
	/* what came back of late may have been a burst */
	set_threshold(p, ret, pace_sending_ms);
	return is_worth_it(p, ret);
}

/* Much less was left before: this is a burst, which may end. */
static bool is_in_burst(const struct precopy *p, const struct choice *c, uint64_t now_ms)
{
	uint64_t patience_ms = amount_max(PATIENCE_MS, (now_ms - p->start_ms) / PATIENCE_SHARE);
	patience_ms = amount_min(patience_ms, MOST_PATIENCE_MS);
	return c->held_pages > 2 * p->best_pages + p->conf.enough_pages &&
	       p->waited_ms < patience_ms;
}

/* What is left is modified in every round, but could be sent in less time than a round took: if it
 * is seldom enough, shorter rounds will show it. */
static bool is_worth_a_closer_look(const struct precopy *p, const struct choice *c, uint64_t now_ms)
{
	return is_within_a_slice(p, c) &&
	       p->waited_ms <= amount_min(LOOK_SLICES * p->conf.slice_ms,
					  (now_ms - p->start_ms) / LOOK_SHARE) &&
	       c->lasting_pages <= c->held_pages / 4 &&
	       c->held_pages <= 2 * p->best_pages + p->conf.enough_pages;
}

/* Whether this round is the last one. */
static bool is_last(const struct precopy *p, const struct choice *c, bool is_worth, uint64_t now_ms)
{
	bool had_all_passes = p->pass >= p->conf.max_passes && p->next_word == p->n_words;
	bool has_sent_all =
		p->conf.max_factor && p->total_sent_pages / p->n_pages >= p->conf.max_factor;
	if (had_all_passes || p->pass > p->conf.max_passes || has_sent_all)
		return true;
	if (!p->touched)
		return p->n_rounds && c->wanted_pages < p->conf.enough_pages;
	return p->pass > 1 && !is_worth &&
	       (has_sent_enough_again(p) || p->n_idle >= MOST_IDLE ||
		c->held_pages < p->conf.enough_pages ||
		!(is_in_burst(p, c, now_ms) || is_worth_a_closer_look(p, c, now_ms)));
}

/* Of the pages that are not held, those foreseen to be modified within so long. */
static uint64_t due_pages(const struct precopy *p, uint64_t ms)
{
	uint64_t n = 0;
	for (size_t i = 0; p->touched && i < p->n_words; i++)
		for (unsigned long rest = p->touched[i] & ~p->held[i]; rest; rest &= rest - 1)
			n += interval_ms(foreseen(p, i, rest)) <= ms;
	return n;
}

static void predict(const struct precopy *p, const struct choice *c, struct precopy_round *r)
{
	bool is_over = r->next == PRECOPY_SUSPEND;
	uint64_t last_ms = pace_sending_ms(&p->pace, r->send_pages);
	uint64_t due = !is_over ? 0
		       : p->touched
			       ? due_pages(p, amount_min(last_ms, UINT32_MAX) + p->conf.suspend_ms)
			       : pace_back_pages(&p->pace, r->send_pages);
	r->suspended_pages = is_over ? r->held_pages + due : left_after(p, c);
	r->downtime_ms = pace_sending_ms(&p->pace, r->suspended_pages);
	r->left_ms = is_over ? last_ms : pace_finishing_ms(&p->pace, c->wanted_pages);
	if (is_over && p->conf.max_downtime_ms && r->downtime_ms > p->conf.max_downtime_ms)
		r->next = PRECOPY_ABORT;
}

void precopy_round(struct precopy *p, unsigned long *bitmap, uint64_t now_ms, uint64_t sent_pages,
		   struct precopy_round *ret_round)
{
	struct precopy_round r = {.next = PRECOPY_CONTINUE};
	now_ms = p->n_rounds ? amount_max(now_ms, p->round_ms) : now_ms;
	measure(p, now_ms, sent_pages, take_in(p, bitmap, now_ms, &r));
	memset(bitmap, 0, p->n_words * sizeof(*bitmap));
	struct choice c;
	bool is_worth = choose(p, &c);
	if (p->n_idle)
		p->waited_ms += now_ms - p->round_ms;
	p->n_idle = is_worth ? 0 : p->n_idle + 1;
	bool is_over = is_last(p, &c, is_worth, now_ms);
	/* the last pages that stay sent are sent before the guest is suspended */
	if (is_worth || (is_over && left_after(p, &c) + c.wanted_pages / 2 < c.held_pages))
		r.send_pages = send(p, bitmap, &c);
	r.held_pages = c.held_pages - r.send_pages;
	r.pass = p->pass;
	if (is_over || is_last(p, &c, is_worth, now_ms))
		r.next = PRECOPY_SUSPEND;
	else if (!r.send_pages)
		r.wait_ms = amount_max(p->conf.slice_ms / TAIL_SLICES, 1);
	predict(p, &c, &r);
	p->n_rounds++;
	p->round_ms = now_ms;
	*ret_round = r;
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
