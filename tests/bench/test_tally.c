/* SPDX-License-Identifier: MIT */
/* Residence time is what a timer would have seen: so it is compared with one. */
#include "tests/bench/tally.h"
#include "tests/unit/suite.h"

START_TEST(nothing_is_zero)
{
	struct tally tally = {0};

	ck_assert_uint_eq(tally_residence_us(&tally), 0);
	ck_assert_uint_eq(tally_loop_us(&tally), 0);
}
END_TEST

START_TEST(equal_loops_are_met_half_way)
{
	struct tally tally = {0};

	for (unsigned i = 0; i < 100; i++)
		tally_add(&tally, 5000, 2, 1);
	ck_assert_uint_eq(tally_residence_us(&tally), 2500);
	ck_assert_uint_eq(tally_loop_us(&tally), 5000);
	ck_assert_uint_eq(tally.minor_faults, 200);
	ck_assert_uint_eq(tally.major_faults, 100);
}
END_TEST

START_TEST(a_timer_sees_the_same)
{
	static const uint64_t loops_us[] = {1000, 90000, 7, 30000, 30000, 12000};
	struct tally tally = {0};
	uint64_t seen_us = 0, samples = 0;

	for (unsigned i = 0; i < sizeof(loops_us) / sizeof(loops_us[0]); i++) {
		for (uint64_t t = 0; t < loops_us[i]; t++, samples++)
			seen_us += t;
		if (i % 2 == 0)
			tally_add(&tally, loops_us[i], 0, 0);
		else
			tally_add_unfinished(&tally, loops_us[i]);
	}
	ck_assert_uint_le(tally_residence_us(&tally), seen_us / samples + 1);
	ck_assert_uint_ge(tally_residence_us(&tally) + 1, seen_us / samples);
	ck_assert_uint_eq(tally.loops, 3);
	ck_assert_uint_eq(tally.unfinished, 3);
}
END_TEST

/* A day of one loop, many times over, overflows nothing. */
START_TEST(long_loops_do_not_overflow)
{
	const uint64_t day_us = 86400ull * 1000000;
	struct tally tally = {0};

	for (unsigned i = 0; i < 1000; i++)
		tally_add_unfinished(&tally, day_us);
	ck_assert_uint_eq(tally_loop_us(&tally), day_us);
	ck_assert_uint_ge(tally_residence_us(&tally), day_us / 2 - 1000);
	ck_assert_uint_le(tally_residence_us(&tally), day_us / 2 + 1000);
}
END_TEST

static void add_tests(TCase *tests)
{
	tcase_add_test(tests, nothing_is_zero);
	tcase_add_test(tests, equal_loops_are_met_half_way);
	tcase_add_test(tests, a_timer_sees_the_same);
	tcase_add_test(tests, long_loops_do_not_overflow);
}

int main(void)
{
	return suite_run("tally", add_tests);
}
