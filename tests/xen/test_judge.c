/* SPDX-License-Identifier: MIT */
/* The judge of the Xen lab: hostile records first, then each violation just at and just past its
 * edge. */
#include "tests/xen/judge.h"

#include <check.h>
#include <stdlib.h>

#define MIB ((uint64_t)1024)

static const struct judge_bounds bounds[2] = {
	{.min_kib = 160 * MIB, .max_kib = 600 * MIB},
	{.min_kib = 120 * MIB, .max_kib = 400 * MIB},
};

static const char *const bad_records[] = {
	"",
	"1",
	"1 2 3 4 5 6 7",
	"1 2 3 4 5 6 7 8 9",
	"1 2 3 4 5 6 7 8 ",
	" 1 2 3 4 5 6 7 8",
	"1  2 3 4 5 6 7 8",
	"1 2 3 4 -5 6 7 8",
	"1 2 3 4 +5 6 7 8",
	"1 2 3 4 5 6 7 x",
	"1 2 3 4 5 6 7 8x",
	"1 2 3 4 5 6 7 0x8",
	"1 2 3 4 5 6 7 18446744073709551616",
	"1\t2 3 4 5 6 7 8",
};

START_TEST(record_is_refused)
{
	struct judge_sample sample = {.t_ms = 77};

	ck_assert(!judge_parse(bad_records[_i], 2, &sample));
	ck_assert_uint_eq(sample.t_ms, 77);
}
END_TEST

START_TEST(record_is_read)
{
	struct judge_sample sample;

	ck_assert(judge_parse("1 2 3 4 5 6 7 18446744073709551615", 2, &sample));
	ck_assert_uint_eq(sample.t_ms, 1);
	ck_assert_uint_eq(sample.free_before_kib, 2);
	ck_assert_uint_eq(sample.free_after_kib, 3);
	ck_assert_uint_eq(sample.outstanding_kib, 4);
	ck_assert_uint_eq(sample.tot_kib[0], 5);
	ck_assert_uint_eq(sample.max_kib[0], 6);
	ck_assert_uint_eq(sample.tot_kib[1], 7);
	ck_assert_uint_eq(sample.max_kib[1], UINT64_MAX);
	ck_assert(judge_parse("1 2 3 4", 0, &sample));
}
END_TEST

/* The reserve is 40 MiB, and guest a is within its bounds if nothing else is said. */
static const struct {
	struct judge_sample sample;
	unsigned reserve, bounds, promised;
} cases[] = {
	{{.free_before_kib = 40 * MIB, .free_after_kib = 40 * MIB}, 0, 0, 0},
	{{.free_before_kib = 39 * MIB, .free_after_kib = 39 * MIB}, 0, 0, 0},
	{{.free_before_kib = 39 * MIB - 4, .free_after_kib = 60 * MIB}, 1, 0, 0},
	{{.free_before_kib = 60 * MIB, .free_after_kib = 39 * MIB - 4}, 1, 0, 0},
	{{.free_before_kib = 50 * MIB, .free_after_kib = 50 * MIB, .outstanding_kib = 12 * MIB},
	 1,
	 0,
	 0},
	{{.free_before_kib = 50 * MIB, .free_after_kib = 50 * MIB, .outstanding_kib = 60 * MIB},
	 1,
	 0,
	 0},
	{{50, 50 * MIB, 50 * MIB, 0, {160 * MIB - 4}, {161 * MIB}}, 0, 1, 0},
	{{50, 50 * MIB, 50 * MIB, 0, {601 * MIB}, {601 * MIB}}, 0, 0, 0},
	{{50, 50 * MIB, 50 * MIB, 0, {601 * MIB + 4}, {601 * MIB}}, 0, 1, 0},
	{{50, 40 * MIB, 50 * MIB, 0, {200 * MIB}, {251 * MIB}}, 0, 0, 0},
	{{50, 40 * MIB, 50 * MIB, 0, {200 * MIB}, {251 * MIB + 4}}, 0, 0, 1},
	{{50, 50 * MIB, 40 * MIB, 0, {200 * MIB}, {251 * MIB + 4}}, 0, 0, 1},
	{{50, 50 * MIB, 50 * MIB, 0, {200 * MIB}, {UINT64_MAX}}, 0, 0, 1},
	{{50, 30 * MIB, 30 * MIB, 0, {100 * MIB}, {300 * MIB}}, 1, 1, 1},
};

START_TEST(violation_is_counted)
{
	struct judge_sample sample = cases[_i].sample;
	struct judge judge;

	sample.tot_kib[1] = 200 * MIB;
	sample.max_kib[1] = 201 * MIB;
	if (sample.max_kib[0] == 0) {
		sample.tot_kib[0] = 200 * MIB;
		sample.max_kib[0] = 201 * MIB;
	}
	judge_init(&judge, 40 * MIB, 40 * MIB, bounds, 2);
	judge_add(&judge, &sample);
	ck_assert_uint_eq(judge.reserve_violations, cases[_i].reserve);
	ck_assert_uint_eq(judge.bounds_violations, cases[_i].bounds);
	ck_assert_uint_eq(judge.promised_violations, cases[_i].promised);
	ck_assert_uint_eq(judge_violations(&judge),
			  cases[_i].reserve + cases[_i].bounds + cases[_i].promised);
}
END_TEST

/* A guest that shrinks has max_pages below the memory it holds, which promises nobody anything. */
START_TEST(shrinking_guest_does_not_hide_a_promise)
{
	struct judge_sample sample = {
		.free_before_kib = 50 * MIB,
		.free_after_kib = 50 * MIB,
		.tot_kib = {200 * MIB, 390 * MIB},
		.max_kib = {261 * MIB, 200 * MIB},
	};
	struct judge judge;

	judge_init(&judge, 40 * MIB, 40 * MIB, bounds, 2);
	judge_add(&judge, &sample);
	ck_assert_uint_eq(judge.promised_violations, 1);
}
END_TEST

START_TEST(run_is_summed_up)
{
	static const uint64_t t_ms[] = {1000, 1010, 1050, 1060};
	static const uint64_t tot_kib[] = {200 * MIB, 400 * MIB, 170 * MIB, 180 * MIB};
	struct judge judge;

	judge_init(&judge, 40 * MIB, 40 * MIB, bounds, 2);
	for (unsigned i = 0; i < 4; i++) {
		struct judge_sample sample = {
			.t_ms = t_ms[i],
			.free_before_kib = (i < 3 ? 45 - i * 5 : 50) * MIB,
			.free_after_kib = 60 * MIB,
			.outstanding_kib = i == 3 ? 2 * MIB : 0,
			.tot_kib = {tot_kib[i], 200 * MIB},
			.max_kib = {tot_kib[i] + MIB, 201 * MIB},
		};
		judge_add(&judge, &sample);
	}
	ck_assert_uint_eq(judge.samples, 4);
	ck_assert_uint_eq(judge.longest_gap_ms, 40);
	ck_assert_uint_eq(judge.lowest_free_kib, 35 * MIB);
	ck_assert_uint_eq(judge.last_free_kib, 48 * MIB);
	ck_assert_uint_eq(judge.samples_below_floor, 1);
	ck_assert_uint_eq(judge.reserve_violations, 1);
	ck_assert_uint_eq(judge.first_violation_ms, 1050);
	ck_assert_uint_eq(judge.guests[0].first_kib, 200 * MIB);
	ck_assert_uint_eq(judge.guests[0].last_kib, 180 * MIB);
	ck_assert_uint_eq(judge.guests[0].lowest_kib, 170 * MIB);
	ck_assert_uint_eq(judge.guests[0].highest_kib, 400 * MIB);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("judge");
	TCase *tcase = tcase_create("judge");
	SRunner *runner;
	int failed;

	tcase_add_loop_test(tcase, record_is_refused, 0,
			    (int)(sizeof(bad_records) / sizeof(bad_records[0])));
	tcase_add_test(tcase, record_is_read);
	tcase_add_loop_test(tcase, violation_is_counted, 0,
			    (int)(sizeof(cases) / sizeof(cases[0])));
	tcase_add_test(tcase, shrinking_guest_does_not_hide_a_promise);
	tcase_add_test(tcase, run_is_summed_up);
	suite_add_tcase(suite, tcase);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
