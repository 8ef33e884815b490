/* SPDX-License-Identifier: MIT */
/*
 * bitmap.h - sets of a guest's pages. Pure.
 *
 * As libxc has them: page n is bit n % UNITS_WORD_BITS of word n / UNITS_WORD_BITS. Bits of the
 * last word that are no pages of the guest may be anything.
 */
#ifndef CAGMA_PRECOPY_BITMAP_H
#define CAGMA_PRECOPY_BITMAP_H

#include "common/units.h"

#include <stdbool.h>
#include <stddef.h>

static inline size_t bitmap_words(uint64_t n_pages)
{
	return (size_t)((n_pages + UNITS_WORD_BITS - 1) / UNITS_WORD_BITS);
}

static inline size_t bitmap_bytes(uint64_t n_pages)
{
	return bitmap_words(n_pages) * sizeof(unsigned long);
}

static inline size_t bitmap_word_of(uint64_t page)
{
	return (size_t)(page / UNITS_WORD_BITS);
}

static inline unsigned long bitmap_bit_of(uint64_t page)
{
	return 1UL << page % UNITS_WORD_BITS;
}

static inline bool bitmap_has(const unsigned long *bitmap, uint64_t page)
{
	return bitmap[bitmap_word_of(page)] & bitmap_bit_of(page);
}

static inline void bitmap_add(unsigned long *bitmap, uint64_t page)
{
	bitmap[bitmap_word_of(page)] |= bitmap_bit_of(page);
}

/* The bits of word `word` that are pages of a guest of n_pages. */
static inline unsigned long bitmap_mask(uint64_t n_pages, size_t word)
{
	uint64_t before = word * UNITS_WORD_BITS;
	if (n_pages >= before + UNITS_WORD_BITS)
		return ~0UL;
	return n_pages > before ? bitmap_bit_of(n_pages) - 1 : 0;
}

/* The page of the lowest bit of `bits`, which are not 0, in word `word`. */
static inline uint64_t bitmap_first(size_t word, unsigned long bits)
{
	return word * UNITS_WORD_BITS + (unsigned)__builtin_ctzl(bits);
}

/* How many bits are set: the compiler's own would be a call of libgcc's wherever the processor is
 * not known to count them. */
static inline unsigned bitmap_count_word(unsigned long bits)
{
	uint64_t n = bits;
	n -= n >> 1 & UINT64_C(0x5555555555555555);
	n = (n & UINT64_C(0x3333333333333333)) + (n >> 2 & UINT64_C(0x3333333333333333));
	n = (n + (n >> 4)) & UINT64_C(0x0f0f0f0f0f0f0f0f);
	return (unsigned)(n * UINT64_C(0x0101010101010101) >> 56);
}

static inline uint64_t bitmap_count(const unsigned long *bitmap, uint64_t n_pages)
{
	uint64_t n = 0;
	for (size_t i = 0; i < bitmap_words(n_pages); i++)
		n += bitmap_count_word(bitmap[i] & bitmap_mask(n_pages, i));
	return n;
}

/* The first page from `page` on that is in the set, or is not; n_pages when there is none. */
static inline uint64_t bitmap_find(const unsigned long *bitmap, uint64_t n_pages, uint64_t page,
				   bool is_in)
{
	while (page < n_pages) {
		unsigned long bits = bitmap[bitmap_word_of(page)];
		bits = (is_in ? bits : ~bits) & ~(bitmap_bit_of(page) - 1);
		if (bits) {
			page = bitmap_first(bitmap_word_of(page), bits);
			return page < n_pages ? page : n_pages;
		}
		page += UNITS_WORD_BITS - page % UNITS_WORD_BITS;
	}
	return n_pages;
}

#endif
