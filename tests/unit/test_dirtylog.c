/* SPDX-License-Identifier: MIT */
#include "host/precopy/bitmap.h"
#include "host/precopy/dirtylog.h"
#include "tests/unit/fixture.h"
#include "tests/unit/suite.h"

#include <stdlib.h>
#include <string.h>

enum { MAX_PAGES = 1000, MAX_WORDS = 16 };

/* Every line is copied to where a byte read past it is found (SAN=1). */
static const char *take(struct dirtylog *log, const char *line, enum dirtylog_kind *ret_kind)
{
	return dirtylog_line(log, fixture_exact((struct text){line, strlen(line)}), ret_kind);
}

static const char *const bad_heads[] = {
	"",
	"\n",
	"cagma-dirtylog",
	"cagma-dirtylog 1",
	"cagma-dirtylog 1 ",
	"cagma-dirtylog 1 pages",
	"cagma-dirtylog 1 pages=",
	"cagma-dirtylog 1 pages=0",
	"cagma-dirtylog 1 pages=-1",
	"cagma-dirtylog 1 pages=4294967296",
	"cagma-dirtylog 1 pages=18446744073709551617",
	"cagma-dirtylog 1 pages=64 ",
	"cagma-dirtylog 2 pages=64",
	"look at_ms=0 sent_pages=0",
	"5",
};

START_TEST(what_is_no_dirty_log_is_refused)
{
	for (int i = 0; i < N_ROWS(bad_heads); i++) {
		struct dirtylog log = {.n_pages = 0};
		enum dirtylog_kind kind;
		ck_assert_msg(take(&log, bad_heads[i], &kind) != NULL, "row %d", i);
		ck_assert_uint_eq(log.n_pages, 0);
	}
}
END_TEST

static const char *const bad_lines[] = {
	"look",
	"look ",
	"look at_ms=0",
	"look sent_pages=0",
	"look at_ms=99 sent_pages=0",
	"look at_ms=-100 sent_pages=0",
	"look at_ms=100 sent_pages=99999999999999999999",
	"look  at_ms=100 sent_pages=0",
	"Look at_ms=100 sent_pages=0",
	"peek at_ms=100 sent_pages=0",
	"cagma-dirtylog 1 pages=100",
	"100",
	"99+2",
	"0+101",
	"0+0",
	"50 49+2",
	"50 49 0",
	"4294967295+4294967295",
	"4294967296",
	"18446744073709551615+2",
	"1+",
	"+1",
	"1+1+1",
	"-1",
	"1,2",
	"1  2",
	" 1",
	"01",
	"1\t2",
};

START_TEST(a_wrong_line_sets_no_page_outside)
{
	for (int i = 0; i < N_ROWS(bad_lines); i++) {
		struct dirtylog log = {.n_pages = 0};
		enum dirtylog_kind kind;
		ck_assert_ptr_null(take(&log, "cagma-dirtylog 1 pages=100", &kind));
		log.bitmap = calloc(2, sizeof(unsigned long)); /* 28 bits more than pages */
		ck_assert_ptr_null(take(&log, "look at_ms=100 sent_pages=0", &kind));
		ck_assert_msg(take(&log, bad_lines[i], &kind) != NULL, "row %d", i);
		ck_assert_uint_eq(log.bitmap[1] & ~bitmap_mask(100, 1), 0);
		free(log.bitmap);
	}
}
END_TEST

START_TEST(pages_need_a_look_and_nothing_follows_the_final_one)
{
	struct dirtylog log = {.n_pages = 0};
	enum dirtylog_kind kind;
	ck_assert_ptr_null(take(&log, "cagma-dirtylog 1 pages=100", &kind));
	ck_assert_int_eq(kind, DIRTYLOG_HEAD);
	ck_assert_ptr_nonnull(take(&log, "5", &kind));
	ck_assert_ptr_null(take(&log, "final at_ms=7 sent_pages=3", &kind));
	ck_assert_int_eq(kind, DIRTYLOG_LOOK);
	ck_assert_uint_eq(log.at_ms, 7);
	ck_assert_uint_eq(log.sent_pages, 3);
	ck_assert_ptr_null(take(&log, "5", &kind));
	ck_assert_int_eq(kind, DIRTYLOG_PAGES);
	ck_assert_ptr_nonnull(take(&log, "look at_ms=8 sent_pages=0", &kind));
}
END_TEST

START_TEST(the_example_of_the_header)
{
	static const unsigned pages[] = {5, 18, 19, 20, 21, 22, 24, 32};
	unsigned long bitmap[1] = {0}, wanted = 0;
	struct dirtylog log = {.bitmap = bitmap};
	enum dirtylog_kind kind;
	ck_assert_ptr_null(take(&log, "cagma-dirtylog 1 pages=64", &kind));
	ck_assert_ptr_null(take(&log, "look at_ms=2210 sent_pages=64", &kind));
	ck_assert_ptr_null(take(&log, "5 12+3 0+2 1", &kind));
	ck_assert_ptr_null(take(&log, "7", &kind));
	for (int i = 0; i < N_ROWS(pages); i++)
		wanted |= 1UL << pages[i];
	ck_assert_uint_eq(bitmap[0], wanted);
}
END_TEST

static void set_at_random(unsigned long *bitmap, uint64_t n_pages, int permille)
{
	memset(bitmap, 0, MAX_WORDS * sizeof(*bitmap));
	for (uint64_t i = 0; i < MAX_WORDS * UNITS_WORD_BITS; i++)
		if (i >= n_pages || rand() % 1000 < permille) /* all bits beyond the end are set */
			bitmap_add(bitmap, i);
}

static void write_and_read(struct dirtylog *log, const unsigned long *bitmap, bool is_final)
{
	char line[DIRTYLOG_LINE];
	struct dirtylog_place place = {0};
	enum dirtylog_kind kind;
	size_t len = dirtylog_look(is_final, log->at_ms + 1, UINT64_MAX, line);
	ck_assert_uint_eq(len, strlen(line));
	line[len - 1] = '\0';
	ck_assert_ptr_null(take(log, line, &kind));
	while ((len = dirtylog_pages(&place, bitmap, log->n_pages, line))) {
		ck_assert_uint_eq(len, strlen(line));
		ck_assert_int_eq(line[len - 1], '\n');
		line[len - 1] = '\0';
		ck_assert_ptr_null(take(log, line, &kind));
	}
}

START_TEST(what_is_written_is_read)
{
	static const int permille[] = {0, 1, 20, 500, 980, 1000};
	for (int i = 0; i < 600; i++) {
		unsigned long bitmap[MAX_WORDS], read[MAX_WORDS] = {0};
		struct dirtylog log = {.bitmap = read};
		char line[DIRTYLOG_LINE];
		enum dirtylog_kind kind;
		uint64_t n_pages = 1 + (uint64_t)rand() % MAX_PAGES;
		line[dirtylog_head(n_pages, line) - 1] = '\0';
		ck_assert_ptr_null(take(&log, line, &kind));
		ck_assert_uint_eq(log.n_pages, n_pages);
		set_at_random(bitmap, n_pages, permille[i % N_ROWS(permille)]);
		write_and_read(&log, bitmap, false);
		memset(read, 0, sizeof(read));
		write_and_read(&log, bitmap, true);
		for (uint64_t k = 0; k < MAX_WORDS * UNITS_WORD_BITS; k++)
			ck_assert(bitmap_has(read, k) == (k < n_pages && bitmap_has(bitmap, k)));
	}
}
END_TEST

static void add_tests(TCase *tests)
{
	tcase_add_test(tests, what_is_no_dirty_log_is_refused);
	tcase_add_test(tests, a_wrong_line_sets_no_page_outside);
	tcase_add_test(tests, pages_need_a_look_and_nothing_follows_the_final_one);
	tcase_add_test(tests, the_example_of_the_header);
	tcase_add_test(tests, what_is_written_is_read);
}

int main(void)
{
	return suite_run("dirtylog", add_tests);
}
