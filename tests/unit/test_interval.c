/* SPDX-License-Identifier: MIT */
/* When a page is modified next, and how fast pages are sent. */
#include "host/precopy/interval.h"
#include "host/precopy/pace.h"
#include "tests/unit/suite.h"

#include <stdbool.h>
#include <stdlib.h>

enum { N_PAGES = 200, ROUND_MS = 100 };

static struct interval_model m;
static struct interval_page pages[N_PAGES];
static uint64_t now_ms;

static void start(uint64_t at_ms)
{
	now_ms = at_ms;
	interval_model_init(&m, at_ms);
	for (unsigned i = 0; i < N_PAGES; i++)
		pages[i] = (struct interval_page){0};
}

static void advance(uint64_t ms)
{
	now_ms += ms;
	interval_model_round(&m, now_ms, pages, N_PAGES);
}

static uint64_t foreseen_ms(const struct interval_page *page)
{
	return interval_ms(interval_foreseen(&m, page).due);
}

/* --- hostile input --- */

START_TEST(a_clock_that_jumps_or_goes_back_foresees_something)
{
	static const uint64_t clock[] = {0, UINT64_MAX, 0, 1, UINT64_MAX / 2, 5, UINT64_MAX - 1};
	for (int first = 0; first < N_ROWS(clock); first++) {
		start(clock[first]);
		for (int i = 0; i < 3 * N_ROWS(clock); i++) {
			now_ms = clock[(first + i) % N_ROWS(clock)];
			advance((uint64_t)i);
			interval_modified(&m, &pages[i]);
			interval_modified(&m, &pages[i % 3]);
			for (unsigned k = 0; k < N_PAGES; k++)
				ck_assert(interval_foreseen(&m, &pages[k]).due >= 1);
		}
	}
}
END_TEST

/* Each interval is twice the last one. */
static void learn_doubling(uint64_t n_pages)
{
	struct interval_page *page = calloc(n_pages, sizeof(*page));
	ck_assert_ptr_nonnull(page);
	start(0);
	for (unsigned round = 1; round <= 6; round++) {
		now_ms += UINT64_C(1) << (24 + round);
		interval_model_round(&m, now_ms, page, n_pages);
		for (uint64_t i = 0; i < n_pages; i++)
			interval_modified(&m, &page[i]);
	}
	interval_model_round(&m, now_ms, page, n_pages);
	free(page);
}

START_TEST(a_huge_guest_is_learnt_from_as_a_small_one)
{
	learn_doubling(1000);
	struct interval_model small = m;
	learn_doubling(20000000);
	ck_assert_int_eq(m.a[0], small.a[0]);
	ck_assert_int_eq(m.a[1], small.a[1]);
	ck_assert_int_eq(m.c, small.c);
	/* with each round what was summed up before counts half */
	ck_assert_int_lt(m.n, 20000000);
}
END_TEST

START_TEST(any_bytes_of_a_page_foresee_something)
{
	start(0);
	for (unsigned i = 0; i < 100; i++) {
		advance(ROUND_MS);
		for (unsigned k = 0; k < N_PAGES; k++)
			interval_modified(&m, &pages[k]);
	}
	for (unsigned a = 0; a < 256; a++)
		for (unsigned b = 0; b < 256; b++) {
			struct interval_page page = {1, {(uint8_t)a, (uint8_t)b}};
			ck_assert(interval_foreseen(&m, &page).due >= 1);
			interval_modified(&m, &page);
		}
}
END_TEST

START_TEST(amounts_that_overflow_are_no_pace)
{
	static const uint64_t odd[] = {0, 1, UINT32_MAX, UINT64_MAX / 2, UINT64_MAX};
	for (int a = 0; a < N_ROWS(odd); a++)
		for (int b = 0; b < N_ROWS(odd); b++)
			for (int c = 0; c < N_ROWS(odd); c++) {
				struct pace pace = {0};
				pace_add(&pace, odd[a], odd[b], odd[c]);
				pace_add(&pace, odd[c], odd[a], odd[b]);
				ck_assert_uint_le(pace.ms, 4000);
				for (int i = 0; i < N_ROWS(odd); i++) {
					uint64_t ms = pace_sending_ms(&pace, odd[i]);
					ck_assert_uint_ge(pace_finishing_ms(&pace, odd[i]), ms);
					ck_assert_uint_le(pace_back_pages(&pace, odd[i]), odd[i]);
				}
			}
	struct pace pace = {0};
	pace_add(&pace, 1000, 10, 100);
	ck_assert_uint_eq(pace_pages(&pace, UINT64_MAX), UINT64_MAX);
	ck_assert_uint_eq(pace_sending_ms(&pace, UINT64_MAX), UINT64_MAX);
}
END_TEST

/* --- logarithms, pace --- */

START_TEST(codes_are_monotone_and_close)
{
	for (unsigned code = 1; code + 1 < INTERVAL_NEVER; code++)
		ck_assert_uint_le(interval_ms((uint8_t)code), interval_ms((uint8_t)(code + 1)));
	for (uint64_t ms = 1; ms < UINT32_MAX / 2; ms += 1 + ms / 7) {
		uint64_t back_ms = interval_ms(interval_code(ms));
		ck_assert_uint_le(back_ms, ms);
		ck_assert_uint_ge(back_ms + back_ms / 8, ms - ms / 8);
	}
	for (unsigned octave = 0; octave < 31; octave++)
		ck_assert_uint_eq(interval_ms(interval_code(1ULL << octave)), 1ULL << octave);
	ck_assert_uint_eq(interval_code(0), 1);
	ck_assert_uint_eq(interval_ms(0), 0);
	ck_assert_uint_lt(interval_code(UINT64_MAX), INTERVAL_NEVER);
	ck_assert_uint_eq(interval_ms(INTERVAL_NEVER), UINT64_MAX);
}
END_TEST

START_TEST(a_pace_is_of_late)
{
	struct pace pace = {0};
	ck_assert_uint_eq(pace_sending_ms(&pace, 1), UINT64_MAX);
	pace_add(&pace, 1000, 500, 1000);
	ck_assert_uint_eq(pace_sending_ms(&pace, 300), 300);
	ck_assert_uint_eq(pace_finishing_ms(&pace, 300), 600);
	ck_assert_uint_eq(pace_back_pages(&pace, 300), 150);
	ck_assert_uint_eq(pace_pages(&pace, 200), 200);
	for (int i = 0; i < 40; i++)
		pace_add(&pace, 100, 0, 1000);
	ck_assert_uint_ge(pace_sending_ms(&pace, 100), 900);
	ck_assert_uint_eq(pace_back_pages(&pace, 300), 0);
	for (int i = 0; i < 40; i++)
		pace_add(&pace, 100, 1000, 1000); /* more comes back than is sent */
	ck_assert_uint_eq(pace_finishing_ms(&pace, 100) / pace_sending_ms(&pace, 100), 7);
}
END_TEST

/* A guest that modifies many pages at once, or that is waited for, does not change the pace. */
START_TEST(a_pace_is_of_what_is_sent)
{
	struct pace pace = {0};
	pace_add(&pace, 1000, 100, 1000);
	pace_add(&pace, 0, 5000, 3000);
	ck_assert_uint_eq(pace_sending_ms(&pace, 1000), 1000);
	ck_assert_uint_eq(pace_back_pages(&pace, 1000), 100);
	pace_add(&pace, 1000, 50000, 1000);
	ck_assert_uint_eq(pace_back_pages(&pace, 1000), 550);
}
END_TEST

/* --- the model --- */

START_TEST(a_page_never_modified_is_never_foreseen)
{
	start(1000);
	advance(ROUND_MS);
	ck_assert_uint_eq(interval_foreseen(&m, &pages[0]).due, INTERVAL_NEVER);
}
END_TEST

/* Page k is modified every k rounds. */
static void modify_each_in_its_time(unsigned round)
{
	for (unsigned k = 1; k <= 20; k++)
		if (round % k == 0)
			interval_modified(&m, &pages[k]);
}

START_TEST(a_regular_page_is_foreseen)
{
	start(0);
	for (unsigned round = 1; round <= 200; round++) {
		advance(ROUND_MS);
		modify_each_in_its_time(round);
	}
	ck_assert_uint_eq(interval_foreseen(&m, &pages[1]).due, 1); /* in every round: at once */
	for (unsigned k = 4; k <= 20; k += 4) {
		uint64_t left_ms = (k - 200 % k) * ROUND_MS;
		ck_assert_uint_ge(foreseen_ms(&pages[k]) + ROUND_MS + k * 20, left_ms);
		ck_assert_uint_le(foreseen_ms(&pages[k]), left_ms + ROUND_MS + k * 20);
	}
}
END_TEST

START_TEST(a_page_that_is_overdue_is_cold)
{
	start(0);
	for (unsigned round = 1; round <= 100; round++) {
		advance(ROUND_MS);
		modify_each_in_its_time(round);
	}
	for (unsigned round = 0; round < 30; round++)
		advance(ROUND_MS);
	ck_assert_uint_gt(foreseen_ms(&pages[1]), 5000);
	ck_assert_uint_gt(foreseen_ms(&pages[4]), 5000);
}
END_TEST

/* Each page has three short intervals and a long one, again and again, at its own time: two
 * intervals tell more than one alone. */
START_TEST(two_intervals_tell_a_burst_from_its_end)
{
	static const unsigned at[] = {0, 2, 4, 24};
	start(0);
	unsigned short_ms = 0, long_ms = 0;
	for (unsigned round = 1; round <= 4000; round++) {
		advance(ROUND_MS);
		for (unsigned k = 0; k < N_PAGES; k++) {
			unsigned phase = (round + k * 7) % 24;
			if (phase != at[0] && phase != at[1] && phase != at[2])
				continue;
			interval_modified(&m, &pages[k]);
			if (k == 0 && round > 3900 && phase == at[0])
				short_ms = (unsigned)foreseen_ms(&pages[k]);
			if (k == 0 && round > 3900 && phase == at[2])
				long_ms = (unsigned)foreseen_ms(&pages[k]);
		}
	}
	ck_assert_uint_lt(short_ms, 500);
	ck_assert_uint_gt(long_ms, 1000);
}
END_TEST

/* All pages are modified every 7 s, and half of them once more in between: what these teach within
 * 20 s is that short intervals follow long ones. */
START_TEST(pages_are_not_foreseen_by_those_with_shorter_intervals)
{
	start(0);
	for (unsigned round = 1; round <= 194; round++) {
		advance(ROUND_MS);
		for (unsigned k = 0; k < N_PAGES; k++) {
			unsigned once_more = 60 + k * (round < 124 ? 7 : 11) % 60;
			bool is_other = k >= N_PAGES / 2;
			if (round % 69 == 55 || (is_other && (round + 14) % 69 + 55 == once_more))
				interval_modified(&m, &pages[k]);
		}
	}
	ck_assert_uint_ge(foreseen_ms(&pages[0]), 5000);
	ck_assert_uint_le(foreseen_ms(&pages[0]), 8000);
}
END_TEST

START_TEST(the_time_between_modifications_does_not_pass)
{
	start(0);
	for (unsigned round = 1; round <= 100; round++) {
		advance(ROUND_MS);
		modify_each_in_its_time(round);
	}
	for (unsigned k = 2; k <= 20; k += 2) {
		uint64_t between_ms = interval_ms(interval_foreseen(&m, &pages[k]).between);
		ck_assert_uint_ge(between_ms, foreseen_ms(&pages[k]));
		ck_assert_uint_ge(between_ms * 5 / 4, k * ROUND_MS);
		ck_assert_uint_le(between_ms, k * ROUND_MS * 5 / 4);
	}
	ck_assert_uint_eq(interval_foreseen(&m, &pages[0]).between, INTERVAL_NEVER);
	for (unsigned round = 1; round <= 60; round++)
		advance(1000);
	for (unsigned k = 1; k <= 20; k++) /* all are overdue */
		ck_assert_uint_ge(interval_ms(interval_foreseen(&m, &pages[k]).between), 60000);
}
END_TEST

START_TEST(stamps_do_not_overflow)
{
	start(0);
	for (unsigned round = 1; round <= 3000; round++) {
		advance(60000);
		if (round % 10 == 0)
			interval_modified(&m, &pages[0]);
		if (round == 3)
			interval_modified(&m, &pages[1]);
	}
	ck_assert_uint_ge(foreseen_ms(&pages[0]), 400000);
	ck_assert_uint_le(foreseen_ms(&pages[0]), 800000);
	ck_assert_uint_ge(foreseen_ms(&pages[1]), 600000000);
}
END_TEST

static void add_tests(TCase *tests)
{
	tcase_add_test(tests, a_clock_that_jumps_or_goes_back_foresees_something);
	tcase_add_test(tests, a_huge_guest_is_learnt_from_as_a_small_one);
	tcase_add_test(tests, any_bytes_of_a_page_foresee_something);
	tcase_add_test(tests, amounts_that_overflow_are_no_pace);
	tcase_add_test(tests, codes_are_monotone_and_close);
	tcase_add_test(tests, a_pace_is_of_late);
	tcase_add_test(tests, a_pace_is_of_what_is_sent);
	tcase_add_test(tests, a_page_never_modified_is_never_foreseen);
	tcase_add_test(tests, a_regular_page_is_foreseen);
	tcase_add_test(tests, a_page_that_is_overdue_is_cold);
	tcase_add_test(tests, two_intervals_tell_a_burst_from_its_end);
	tcase_add_test(tests, pages_are_not_foreseen_by_those_with_shorter_intervals);
	tcase_add_test(tests, the_time_between_modifications_does_not_pass);
	tcase_add_test(tests, stamps_do_not_overflow);
}

int main(void)
{
	return suite_run("interval", add_tests);
}
