/* SPDX-License-Identifier: MIT */
/* Sets of pages, at the edges of words and beyond the last page. */
#include "host/precopy/bitmap.h"
#include "tests/unit/suite.h"

#include <string.h>

enum { N_WORDS = 4, N_BITS = N_WORDS * UNITS_WORD_BITS };

static const uint64_t edges[] = {0, 1, 62, 63, 64, 65, 127, 128, 129, 190, 191};

START_TEST(a_page_is_one_bit)
{
	unsigned long bitmap[N_WORDS] = {0};
	uint64_t page = edges[_i];
	bitmap_add(bitmap, page);
	for (uint64_t i = 0; i < N_BITS; i++)
		ck_assert(bitmap_has(bitmap, i) == (i == page));
	ck_assert_uint_eq(bitmap_first(bitmap_word_of(page), bitmap[bitmap_word_of(page)]), page);
	ck_assert_uint_eq(bitmap_find(bitmap, N_BITS, 0, true), page);
	ck_assert_uint_eq(bitmap_find(bitmap, N_BITS, page, true), page);
	ck_assert_uint_eq(bitmap_find(bitmap, N_BITS, page + 1, true), N_BITS);
	ck_assert_uint_eq(bitmap_find(bitmap, N_BITS, page, false), page + 1);
}
END_TEST

/* All bits are set, also those that are no pages. */
START_TEST(what_is_beyond_the_last_page_does_not_count)
{
	unsigned long bitmap[N_WORDS];
	uint64_t n_pages = edges[_i] + 1;
	memset(bitmap, 0xff, sizeof(bitmap));
	ck_assert_uint_eq(bitmap_count(bitmap, n_pages), n_pages);
	ck_assert_uint_eq(bitmap_find(bitmap, n_pages, 0, false), n_pages);
	ck_assert_uint_eq(bitmap_find(bitmap, n_pages, n_pages, true), n_pages);
	for (uint64_t i = 0; i < N_BITS; i++)
		ck_assert(!(bitmap_mask(n_pages, bitmap_word_of(i)) & bitmap_bit_of(i)) ==
			  (i >= n_pages));
	ck_assert_uint_eq(bitmap_words(n_pages) * sizeof(long), bitmap_bytes(n_pages));
	ck_assert_uint_le(n_pages, bitmap_words(n_pages) * UNITS_WORD_BITS);
	ck_assert_uint_gt(n_pages + UNITS_WORD_BITS, bitmap_words(n_pages) * UNITS_WORD_BITS);
}
END_TEST

static void add_tests(TCase *tests)
{
	tcase_add_loop_test(tests, a_page_is_one_bit, 0, N_ROWS(edges));
	tcase_add_loop_test(tests, what_is_beyond_the_last_page_does_not_count, 0, N_ROWS(edges));
}

int main(void)
{
	return suite_run("bitmap", add_tests);
}
