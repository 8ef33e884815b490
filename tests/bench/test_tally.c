/* SPDX-License-Identifier: MIT */
/* Residence time is the mean of a timer's samples, so it is compared with a timer. */
#include "tests/bench/tally.h"
#include "tests/unit/suite.h"

START_TEST(nothing_is_zero)
{
	struct tally tally = {0};

	ck_assert_uint_eq(tally_residence_us(&tally), 0);
	ck_assert_uint_eq(tally_median_us(&tally), 0);
	ck_assert_uint_eq(tally_loop_us(&tally), 0);
}
END_TEST

START_TEST(equal_loops_are_met_half_way)
{
	struct tally tally = {0};

	for (unsigned i = 0; i < 100; i++)
		tally_add(&tally, 5000, 2, 1);
	ck_assert_uint_eq(tally_residence_us(&tally), 2500);
	ck_assert_uint_eq(tally_median_us(&tally), 2500);
	ck_assert_uint_eq(tally_loop_us(&tally), 5000);
	ck_assert_uint_eq(tally.minor_faults, 200);
	ck_assert_uint_eq(tally.major_faults, 100);
}
END_TEST

static const struct {
	uint64_t loops_us[8];
} seen[] = {
	{{1000, 90000, 7, 30000, 30000, 12000}},
	{{90000, 1, 1, 1}},
	{{1, 2, 3, 4, 5, 6, 7, 8}},
	{{20000, 20001, 20002, 35000, 50000}},
	{{3}},
};

/* The number of samples below a time, if a timer samples each microsecond. */
static uint64_t samples_below(const uint64_t *loops_us, unsigned loops, uint64_t us)
{
	uint64_t samples = 0;

	for (unsigned i = 0; i < loops; i++)
		samples += loops_us[i] < us ? loops_us[i] : us;
	return samples;
}

START_TEST(a_timer_sees_the_same)
{
	const uint64_t *loops_us = seen[_i].loops_us;
	uint64_t seen_us = 0, samples = 0, median_us;
	struct tally tally = {0};
	unsigned loops = 0;

	for (; loops < N_ROWS(seen[_i].loops_us) && loops_us[loops] > 0; loops++) {
		for (uint64_t t = 0; t < loops_us[loops]; t++, samples++)
			seen_us += t;
		if (loops % 2 == 0)
			tally_add(&tally, loops_us[loops], 0, 0);
		else
			tally_add_unfinished(&tally, loops_us[loops]);
	}
	ck_assert_uint_le(tally_residence_us(&tally), seen_us / samples + 1);
	ck_assert_uint_ge(tally_residence_us(&tally) + 1, seen_us / samples);
	ck_assert_uint_eq(tally.loops, (loops + 1) / 2);
	ck_assert_uint_eq(tally.unfinished, loops / 2);

	median_us = tally_median_us(&tally);
	ck_assert_uint_le(samples_below(loops_us, loops, median_us - median_us / 16), samples / 2);
	ck_assert_uint_ge(samples_below(loops_us, loops, median_us + median_us / 16 + 1),
			  samples / 2);
}
END_TEST

/* Many loops of a day each overflow nothing. */
START_TEST(long_loops_do_not_overflow)
{
	const uint64_t day_us = 86400ull * 1000000;
	struct tally tally = {0};

	for (unsigned i = 0; i < 1000; i++)
		tally_add_unfinished(&tally, day_us);
	ck_assert_uint_eq(tally_loop_us(&tally), day_us);
	ck_assert_uint_ge(tally_residence_us(&tally), day_us / 2 - 1000);
	ck_assert_uint_le(tally_residence_us(&tally), day_us / 2 + 1000);
	ck_assert_uint_eq(tally_median_us(&tally), day_us / 2);
	tally_add_unfinished(&tally, UINT64_MAX);
}
END_TEST

static void add_tests(TCase *tests)
{
	tcase_add_test(tests, nothing_is_zero);
	tcase_add_test(tests, equal_loops_are_met_half_way);
	tcase_add_loop_test(tests, a_timer_sees_the_same, 0, N_ROWS(seen));
	tcase_add_test(tests, long_loops_do_not_overflow);
}

int main(void)
{
	return suite_run("tally", add_tests);
}
