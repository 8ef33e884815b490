/* SPDX-License-Identifier: MIT */
#include "host/precopy.h"

#include "common/amount.h"

#include <errno.h>
#include <limits.h>
#include <string.h>

enum { WORD_BITS = sizeof(unsigned long) * CHAR_BIT, RATE_MS = 1024 * 1000 };

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
	[PRECOPY_AR] = {.algo = PRECOPY_AR, .max_passes = 5, .enough_pages = 50},
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

/* --- memory ------------------------------------------------------------------------------- */

static size_t words_of(uint64_t n_pages)
{
	return (size_t)((n_pages + WORD_BITS - 1) / WORD_BITS);
}

size_t precopy_bytes(const struct precopy_conf *conf, uint64_t n_pages)
{
	if (!n_pages || n_pages > UINT64_C(1) << PRECOPY_MAX_PAGES_LOG2 ||
	    (unsigned)conf->algo >= PRECOPY_ALGOS_)
		return 0;
	return 2 * words_of(n_pages) * sizeof(unsigned long);
}

int precopy_init(struct precopy *p, const struct precopy_conf *conf, uint64_t n_pages, void *memory,
		 size_t memory_bytes)
{
	size_t bytes = precopy_bytes(conf, n_pages);
	if (!bytes || memory_bytes < bytes || (uintptr_t)memory % PRECOPY_ALIGN)
		return -EINVAL;
	memset(memory, 0, bytes);
	*p = (struct precopy){.conf = *conf, .n_pages = n_pages, .n_words = words_of(n_pages)};
	p->held = memory;
	p->last = p->held + p->n_words;
	return 0;
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

/* --- a round -------------------------------------------------------------------------------- */

static void measure(struct precopy *p, uint64_t now_ms, uint64_t sent_pages)
{
	uint64_t dt_ms = amount_less(now_ms, p->round_ms);
	if (!p->n_rounds)
		p->start_ms = now_ms;
	else if (dt_ms && sent_pages && sent_pages < UINT64_MAX / RATE_MS)
		p->rate = sent_pages * RATE_MS / dt_ms;
	p->round_ms = amount_max(p->round_ms, now_ms);
	p->sent_pages =
		sent_pages > UINT64_MAX - p->sent_pages ? UINT64_MAX : p->sent_pages + sent_pages;
}

static void choose(struct precopy *p, unsigned long *bitmap, struct precopy_round *r)
{
	for (size_t i = 0; i < p->n_words; i++) {
		unsigned long dirty = bitmap[i] & mask_of(p, i), all = dirty | p->held[i];
		unsigned long hold =
			p->conf.algo == PRECOPY_HOLD && p->n_rounds > 1 ? dirty & p->last[i] : 0;
		r->dirty_pages += bits_of(dirty);
		r->send_pages += bits_of(all & ~hold);
		r->held_pages += bits_of(hold);
		p->last[i] = dirty;
		p->held[i] = hold;
		bitmap[i] = all & ~hold;
	}
}

static uint64_t time_ms(const struct precopy *p, uint64_t pages)
{
	return p->rate && pages < UINT64_MAX / RATE_MS ? pages * RATE_MS / p->rate : UINT64_MAX;
}

void precopy_round(struct precopy *p, unsigned long *bitmap, uint64_t now_ms, uint64_t sent_pages,
		   struct precopy_round *ret_round)
{
	struct precopy_round r = {.next = PRECOPY_CONTINUE};
	measure(p, now_ms, sent_pages);
	choose(p, bitmap, &r);
	p->n_rounds++;
	r.pass = (unsigned)amount_min(p->n_rounds, UINT_MAX);
	r.suspended_pages = r.held_pages;
	r.downtime_ms = time_ms(p, r.suspended_pages);
	r.left_ms = time_ms(p, r.send_pages);
	bool is_over = p->conf.max_factor && p->sent_pages / p->n_pages >= p->conf.max_factor;
	if (r.pass >= p->conf.max_passes || is_over ||
	    (p->n_rounds > 1 && r.send_pages < p->conf.enough_pages))
		r.next = PRECOPY_SUSPEND;
	if (r.next == PRECOPY_SUSPEND && p->conf.max_downtime_ms &&
	    r.downtime_ms > p->conf.max_downtime_ms)
		r.next = PRECOPY_ABORT;
	p->n_held = r.held_pages;
	p->send_pages = r.send_pages;
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
	p->n_held += n;
	p->send_pages = amount_less(p->send_pages, n);
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
	p->n_held = 0;
	return n;
}
