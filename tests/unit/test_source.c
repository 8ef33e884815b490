/* SPDX-License-Identifier: MIT */
/* Numbers that other agents write: reading them, believing them, and what follows from them. */
#include "host/core/source.h"
#include "tests/unit/suite.h"

#include <string.h>

#define MIB  UINT64_C(1024)
#define MOST (600 * MIB)

/* The lines that older versions of meminfo-writer wrote. */
#define LINES(total, free, buffers, cached, swap, swap_free)                                       \
	"MemTotal: " #total " kB\nMemFree: " #free " kB\nBuffers: " #buffers                       \
	" kB\nCached: " #cached " kB\nSwapTotal: " #swap " kB\nSwapFree: " #swap_free " kB\n"

static const struct {
	const char *text;
	size_t len; /* 0: up to its NUL */
	enum source_id source;
	uint64_t kib; /* UINT64_MAX: refused */
} values[] = {
	{"", 0, SOURCE_MEMINFO, UINT64_MAX},
	{"-1", 0, SOURCE_MEMINFO, UINT64_MAX},
	{"+1", 0, SOURCE_MEMINFO, UINT64_MAX},
	{" 1", 0, SOURCE_MEMINFO, UINT64_MAX},
	{"1 ", 0, SOURCE_MEMINFO, UINT64_MAX},
	{"1\n", 0, SOURCE_MEMINFO, UINT64_MAX},
	{"1\0002", 3, SOURCE_MEMINFO, UINT64_MAX},
	{"007", 0, SOURCE_MEMINFO, UINT64_MAX},
	{"0x10", 0, SOURCE_MEMINFO, UINT64_MAX},
	{"1e3", 0, SOURCE_MEMINFO, UINT64_MAX},
	{"1.5", 0, SOURCE_MEMINFO, UINT64_MAX},
	{"102400 kB", 0, SOURCE_MEMINFO, UINT64_MAX},
	{"MemTotal: 100 kB\n", 0, SOURCE_QUBES, UINT64_MAX},
	{"18446744073709551615", 0, SOURCE_MEMINFO, UINT64_MAX},
	{"18446744073709551616", 0, SOURCE_QUBES, UINT64_MAX},
	{"1099511627777", 0, SOURCE_QUBES, UINT64_MAX}, /* 1 PiB, and 1 */
	{"1048576", 0, SOURCE_MEMINFO, UINT64_MAX},     /* 1024 of 600 MiB */
	{"618497", 0, SOURCE_MEMINFO, UINT64_MAX},
	{"618496", 0, SOURCE_MEMINFO, 604 * MIB}, /* pages change hands meanwhile */
	{"0", 0, SOURCE_MEMINFO, 0},
	{"307200", 0, SOURCE_MEMINFO, 300 * MIB},
	{"1048576", 0, SOURCE_QUBES, 1024 * MIB}, /* swapped pages are in use */
	{"0", 0, SOURCE_QUBES, 0},
	{LINES(400000, 100000, 2000, 98000, 1000000, 900000), 0, SOURCE_QUBES, 300000},
	{LINES(400000, 100000, 2000, 98000, 0, 0), 0, SOURCE_QUBES, 200000},
	{LINES(400000, 100000, 2000, 98000, 1000000, 900000), 0, SOURCE_MEMINFO, UINT64_MAX},
	{LINES(400000, 100000, 2000, 298001, 0, 0), 0, SOURCE_QUBES, UINT64_MAX},
	{LINES(400000, 100000, 2000, 98000, 1, 2), 0, SOURCE_QUBES, UINT64_MAX},
	{LINES(-400000, 100000, 2000, 98000, 0, 0), 0, SOURCE_QUBES, UINT64_MAX},
	{LINES(1099511627776, 0, 0, 0, 1, 0), 0, SOURCE_QUBES, UINT64_MAX},
	{"MemTotal: 400000 kB\nMemFree: 1 kB\n", 0, SOURCE_QUBES, UINT64_MAX},
	{LINES(400000, 100000, 2000, 98000, 0, 0) "Cached: 1 kB\n", 0, SOURCE_QUBES, UINT64_MAX},
	{LINES(400000, 100000, 2000, 98000, 0, 0), 100, SOURCE_QUBES, UINT64_MAX}, /* cut short */
};

START_TEST(numbers_are_read_strictly)
{
	size_t len = values[_i].len ? values[_i].len : strlen(values[_i].text);
	struct text text = {values[_i].text, len};
	uint64_t kib = 4711;
	const char *wrong = source_read(values[_i].source, text, MOST, &kib);
	bool is_refused = values[_i].kib == UINT64_MAX;
	ck_assert_msg((wrong != NULL) == is_refused, "row %d: \"%s\"", _i, values[_i].text);
	ck_assert_uint_eq(kib, is_refused ? 4711 : values[_i].kib);
}
END_TEST

START_TEST(a_source_is_found_by_its_whole_word)
{
	for (unsigned id = 0; id < SOURCE_COUNT_; id++) {
		struct text word = {source_words[id], strlen(source_words[id])};
		ck_assert_uint_eq(source_find(word), SOURCE_BIT(id));
		word.len--;
		ck_assert_uint_eq(source_find(word), 0);
	}
	ck_assert_uint_eq(source_find((struct text){"", 0}), 0);
}
END_TEST

/* What is heard of a key, one after the other: "7" a value that is read again, "7!" one that was
 * written, "-" a key that is missing. A capital N stands where that is news. */
static const struct {
	const char *heard, *news;
} stories[] = {
	{"7", "."},         {"7 7", ".."},        {"7 7!", ".."},   /* the event with which every
								       watch begins */
	{"7 7! 7!", "..."}, {"7 8", ".N"},        {"7 8 8", ".N."}, /* read again, not written */
	{"7 8! 8!", ".NN"}, {"- 7", ".N"},        {"- 7! 7!", ".NN"}, {"- 7 - 7", ".N.N"},
	{"7 - 7", "..N"},   {"7 - 8 8!", "..NN"},
};

START_TEST(a_value_is_news_when_somebody_is_seen_to_write)
{
	struct source_news news = {.has_value = false};
	const char *at = stories[_i].heard;
	for (unsigned k = 0; *at; k++) {
		bool was_written = at[0] != '-' && at[1] == '!', is_news = false;
		if (*at == '-')
			source_hear_nothing(&news);
		else
			is_news = source_hear(&news, (uint64_t)(*at - '0'), was_written);
		ck_assert_msg(is_news == (stories[_i].news[k] == 'N'), "\"%s\", place %u",
			      stories[_i].heard, k);
		at += 1 + was_written;
		at += *at == ' ';
	}
}
END_TEST

START_TEST(use_is_what_the_guest_holds_less_what_is_available)
{
	struct source_use use = {.has_use = false};
	source_take(&use, SOURCE_MEMINFO, 100 * MIB, 300 * MIB, 1);
	ck_assert_uint_eq(use.use_kib, 200 * MIB);
	source_take(&use, SOURCE_MEMINFO, 301 * MIB, 300 * MIB, 2);
	ck_assert_uint_eq(use.use_kib, 0);
	source_take(&use, SOURCE_QUBES, 250 * MIB, 300 * MIB, 3);
	ck_assert_uint_eq(use.use_kib, 250 * MIB);
	source_take(&use, SOURCE_QUBES, KEYS_MAX_KIB, 300 * MIB, 4);
	ck_assert_uint_eq(use.use_kib, 300 * MIB);
}
END_TEST

static uint64_t margin_after(struct source_use *use, uint64_t use_kib, uint64_t now_ms)
{
	source_take(use, SOURCE_MEMINFO, 400 * MIB - use_kib, 400 * MIB, now_ms);
	return source_margin_kib(use, SOURCE_MEMINFO) - 1024;
}

START_TEST(the_margin_is_what_was_taken_in_one_interval_if_that_is_more_than_its_share)
{
	struct source_use use = {.has_use = false};
	ck_assert_uint_eq(source_margin_kib(&use, SOURCE_MEMINFO), 0);
	margin_after(&use, 200 * MIB, 60000);
	ck_assert_uint_eq(margin_after(&use, 320 * MIB, 120000), 120 * MIB);
	ck_assert_uint_eq(margin_after(&use, 320 * MIB, 180000), 90 * MIB);
	ck_assert_uint_eq(margin_after(&use, 320 * MIB, 240000), 80 * MIB); /* a quarter */
	ck_assert_uint_eq(source_margin_kib(&use, SOURCE_CAGMA), 0);
	use = (struct source_use){.has_use = true, .use_kib = 200 * MIB};
	ck_assert_uint_eq(source_margin_kib(&use, SOURCE_QUBES), 20 * MIB + 30000);
}
END_TEST

/* A quarter of 200 MiB for each minute, one at least and two at most. */
START_TEST(the_share_grows_with_the_time_between_two_numbers)
{
	struct source_use use = {.has_use = false};
	ck_assert_uint_eq(margin_after(&use, 200 * MIB, 60000), 100 * MIB);
	ck_assert_uint_eq(margin_after(&use, 200 * MIB, 360000), 100 * MIB);
	ck_assert_uint_eq(margin_after(&use, 200 * MIB, 450000), 75 * MIB);
	ck_assert_uint_eq(margin_after(&use, 200 * MIB, 455000), 50 * MIB);
	for (unsigned k = 1; k <= 20; k++)
		margin_after(&use, 200 * MIB, 455000 + k * 120000);
	ck_assert_uint_eq(margin_after(&use, 200 * MIB, 455000 + 21 * 120000), 100 * MIB);
}
END_TEST

static const struct {
	enum source_id source;
	uint64_t news_ms, shrunk_ms, now_ms;
	bool awaits;
} waits[] = {
	{SOURCE_MEMINFO, 5000, 0, 9000, false},
	{SOURCE_MEMINFO, 5000, 5001, 5001, true},
	{SOURCE_MEMINFO, 5000, 5000, 5001, true}, /* the number may be older than it seems */
	{SOURCE_MEMINFO, 5000, 5001, UINT64_MAX, true},
	{SOURCE_MEMINFO, 5000, 4999, 9000, false},
	{SOURCE_QUBES, 5000, 5001, 6000, true},
	{SOURCE_QUBES, 5000, 5001, 6001, false}, /* it would have told by now */
	{SOURCE_QUBES, 5000, 4999, 5000, false},
	{SOURCE_CAGMA, 5000, 5001, 5001, false},
};

START_TEST(what_a_shrink_has_done_is_known_by_the_next_number)
{
	ck_assert_msg(source_awaits_news(waits[_i].source, waits[_i].news_ms, waits[_i].shrunk_ms,
					 waits[_i].now_ms) == waits[_i].awaits,
		      "row %d", _i);
}
END_TEST

static void add_tests(TCase *tests)
{
	tcase_add_loop_test(tests, numbers_are_read_strictly, 0, N_ROWS(values));
	tcase_add_test(tests, a_source_is_found_by_its_whole_word);
	tcase_add_loop_test(tests, a_value_is_news_when_somebody_is_seen_to_write, 0,
			    N_ROWS(stories));
	tcase_add_test(tests, use_is_what_the_guest_holds_less_what_is_available);
	tcase_add_test(tests,
		       the_margin_is_what_was_taken_in_one_interval_if_that_is_more_than_its_share);
	tcase_add_test(tests, the_share_grows_with_the_time_between_two_numbers);
	tcase_add_loop_test(tests, what_a_shrink_has_done_is_known_by_the_next_number, 0,
			    N_ROWS(waits));
}

int main(void)
{
	return suite_run("source", add_tests);
}
