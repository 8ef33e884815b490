/* SPDX-License-Identifier: MIT */
#include "guest/core/selfgrow.h"
#include "tests/unit/fixture.h"
#include "tests/unit/suite.h"

#define MIB 1024

/* A guest that holds `current` of what it had at boot, 400 MiB. */
static struct report balloon(uint64_t at_ms, uint64_t current_kib, uint64_t target_kib)
{
	return (struct report){
		.uptime_ms = at_ms,
		.balloon_current_kib = current_kib,
		.balloon_target_kib = target_kib,
		.balloon_low_kib = 400 * MIB - current_kib,
		.balloon_high_kib = 0,
		.present = REPORT_BIT(balloon_current_kib) | REPORT_BIT(balloon_target_kib) |
			   REPORT_BIT(balloon_low_kib) | REPORT_BIT(balloon_high_kib)};
}

/* It has come to rest at its target of 200 MiB, with that credit. */
static struct selfgrow credited(uint64_t credit_kib)
{
	struct selfgrow grow = {0};
	struct report report = balloon(5000, 200 * MIB, 200 * MIB);
	selfgrow_looked(&grow, &report);
	selfgrow_renewed(&grow, credit_kib);
	return grow;
}

/* The target that the guest sets if it lacks so much; the target is set then. */
static uint64_t grows(struct selfgrow *grow, const struct report *now, uint64_t lack_kib)
{
	uint64_t target_kib = selfgrow_target_kib(grow, now, lack_kib);
	if (target_kib)
		selfgrow_set(grow, target_kib, now->uptime_ms);
	return target_kib;
}

/* --- numbers that cannot be --- */

START_TEST(without_a_balloon_nothing_is_set)
{
	struct report whole = balloon(5000, 200 * MIB, 200 * MIB), none = {.uptime_ms = 6000};
	struct selfgrow grow = credited(64 * MIB);
	selfgrow_looked(&grow, &none);
	ck_assert_uint_eq(selfgrow_target_kib(&grow, &none, 10 * MIB), 0);
	for (unsigned field = 0; field < REPORT_FIELDS_; field++) {
		struct report part = whole;
		if (!(part.present & UINT64_C(1) << field))
			continue;
		part.present &= ~(UINT64_C(1) << field);
		selfgrow_looked(&grow, &part);
		ck_assert_uint_eq(selfgrow_target_kib(&grow, &part, 10 * MIB), 0);
	}
	ck_assert_uint_ne(selfgrow_target_kib(&grow, &whole, 10 * MIB), 0);
	ck_assert_uint_eq(selfgrow_back_kib(&grow, 100000), 0);
}
END_TEST

START_TEST(extremes)
{
	static const uint64_t numbers[] = {0, 1, 2047, 200 * MIB, KEYS_MAX_KIB};
	for (int c = 0; c < N_ROWS(numbers); c++)
		for (int t = 0; t < N_ROWS(numbers); t++)
			for (int l = 0; l < N_ROWS(numbers); l++)
				for (int k = 0; k < N_ROWS(numbers); k++) {
					struct report report =
						balloon(5000, numbers[c], numbers[t]);
					report.balloon_low_kib = numbers[l];
					struct selfgrow grow = {0};
					selfgrow_looked(&grow, &report);
					selfgrow_renewed(&grow, numbers[k]);
					uint64_t target_kib =
						grows(&grow, &report, UINT64_C(1) << 52);
					if (!target_kib)
						continue;
					uint64_t most_kib =
						numbers[c] > numbers[t] ? numbers[c] : numbers[t];
					ck_assert_uint_le(target_kib, most_kib + numbers[k]);
					ck_assert_uint_le(target_kib, numbers[c] + numbers[l]);
					ck_assert_uint_gt(target_kib, numbers[t]);
					uint64_t back_kib = selfgrow_back_kib(&grow, UINT64_MAX);
					ck_assert_uint_lt(back_kib, target_kib);
					ck_assert_uint_ge(back_kib, numbers[t] & ~UINT64_C(3));
				}
}
END_TEST

/* --- how far --- */

START_TEST(how_far_it_grows)
{
	static const struct {
		uint64_t credit_kib, lack_kib, current_mib, target_mib;
		uint64_t low_mib;
		uint64_t set_kib;
	} rows[] = {
		{0, 50 * MIB, 200, 200, 200, 0},
		{64 * MIB, 50 * MIB, 200, 200, 200, 250 * MIB},
		{64 * MIB, 100 * MIB, 200, 200, 200, 264 * MIB},
		{64 * MIB, 0, 200, 200, 200, 202 * MIB}, /* a batch at least */
		{64 * MIB, 2 * MIB + 7, 200, 200, 200, 202 * MIB + 4},
		{2 * MIB, 50 * MIB, 200, 200, 200, 202 * MIB},
		{2 * MIB - 1, 50 * MIB, 200, 200, 200, 0},
		/* no more than the balloon has of it */
		{64 * MIB, 50 * MIB, 200, 200, 30, 230 * MIB},
		{64 * MIB, 50 * MIB, 200, 200, 1, 0},
		{64 * MIB, 50 * MIB, 200, 200, 0, 0},
		/* the host is giving already: on top of that, or nothing */
		{64 * MIB, 50 * MIB, 200, 230, 200, 250 * MIB},
		{64 * MIB, 50 * MIB, 200, 250, 200, 0},
		{64 * MIB, 100 * MIB, 200, 230, 200, 294 * MIB},
		/* the host is taking: what the guest still has is where it starts */
		{64 * MIB, 50 * MIB, 200, 100, 200, 250 * MIB},
	};
	for (int i = 0; i < N_ROWS(rows); i++) {
		struct report report =
			balloon(5000, rows[i].current_mib * MIB, rows[i].target_mib * MIB);
		report.balloon_low_kib = rows[i].low_mib * MIB;
		struct selfgrow grow = {0};
		selfgrow_looked(&grow, &report);
		selfgrow_renewed(&grow, rows[i].credit_kib);
		uint64_t set_kib = selfgrow_target_kib(&grow, &report, rows[i].lack_kib);
		ck_assert_msg(set_kib == rows[i].set_kib, "row %d: %llu", i,
			      (unsigned long long)set_kib);
	}
}
END_TEST

START_TEST(used_credit_counts_until_it_is_renewed)
{
	struct selfgrow grow = credited(64 * MIB);
	struct report report = balloon(6000, 200 * MIB, 200 * MIB);
	ck_assert_uint_eq(grows(&grow, &report, 40 * MIB), 240 * MIB);
	report = balloon(6200, 240 * MIB, 240 * MIB);
	selfgrow_looked(&grow, &report);
	ck_assert_uint_eq(grows(&grow, &report, 40 * MIB), 264 * MIB);
	report = balloon(6400, 264 * MIB, 264 * MIB);
	selfgrow_looked(&grow, &report);
	ck_assert_uint_eq(grows(&grow, &report, 40 * MIB), 0);
	/* nor does a target of the host's bring it back */
	report = balloon(6600, 300 * MIB, 300 * MIB);
	selfgrow_looked(&grow, &report);
	ck_assert_uint_eq(grows(&grow, &report, 40 * MIB), 0);
	selfgrow_renewed(&grow, 64 * MIB);
	ck_assert_uint_eq(grows(&grow, &report, 40 * MIB), 340 * MIB);
}
END_TEST

/* The guest asks for more once a part of the last request has come. */
START_TEST(what_does_not_move_is_not_pushed)
{
	struct selfgrow grow = credited(64 * MIB);
	struct report report = balloon(6000, 200 * MIB, 200 * MIB);
	ck_assert_uint_eq(grows(&grow, &report, 20 * MIB), 220 * MIB);
	report = balloon(6200, 200 * MIB, 220 * MIB);
	selfgrow_looked(&grow, &report);
	ck_assert_uint_eq(grows(&grow, &report, 40 * MIB), 0);
	report = balloon(6400, 204 * MIB, 220 * MIB);
	selfgrow_looked(&grow, &report);
	ck_assert_uint_eq(grows(&grow, &report, 40 * MIB), 244 * MIB);
}
END_TEST

/* A credit counts from the memory held when it is written; pages on their way are part of it. */
START_TEST(what_is_on_its_way_is_part_of_a_new_credit)
{
	struct selfgrow grow = credited(64 * MIB);
	struct report report = balloon(6000, 200 * MIB, 200 * MIB);
	ck_assert_uint_eq(grows(&grow, &report, 40 * MIB), 240 * MIB);
	report = balloon(6100, 210 * MIB, 240 * MIB);
	selfgrow_looked(&grow, &report);
	selfgrow_renewed(&grow, 54 * MIB);
	ck_assert_uint_eq(selfgrow_back_kib(&grow, 6100), 0);
	ck_assert_uint_eq(grows(&grow, &report, 100 * MIB), 264 * MIB);
}
END_TEST

/* --- taking back --- */

START_TEST(what_does_not_come_is_taken_back)
{
	struct selfgrow grow = credited(64 * MIB);
	struct report report = balloon(6000, 200 * MIB, 200 * MIB);
	grows(&grow, &report, 60 * MIB);
	ck_assert(selfgrow_is_pending(&grow));
	report = balloon(6500, 208 * MIB, 260 * MIB); /* some came */
	selfgrow_looked(&grow, &report);
	ck_assert_uint_eq(selfgrow_back_kib(&grow, 6500 + SELFGROW_REFUSED_MS - 1), 0);
	ck_assert_uint_eq(selfgrow_back_kib(&grow, 6500 + SELFGROW_REFUSED_MS), 208 * MIB);
	selfgrow_set(&grow, 208 * MIB, 7500);
	ck_assert(!selfgrow_is_pending(&grow));
	/* and is not tried again */
	report = balloon(7600, 208 * MIB, 208 * MIB);
	selfgrow_looked(&grow, &report);
	ck_assert_uint_eq(selfgrow_back_kib(&grow, 100000), 0);
	ck_assert_uint_eq(grows(&grow, &report, 60 * MIB), 0);
	selfgrow_renewed(&grow, 20 * MIB);
	ck_assert_uint_eq(grows(&grow, &report, 60 * MIB), 228 * MIB);
}
END_TEST

START_TEST(what_has_come_is_kept)
{
	struct selfgrow grow = credited(64 * MIB);
	struct report report = balloon(6000, 200 * MIB, 200 * MIB);
	grows(&grow, &report, 60 * MIB);
	report = balloon(6500, 260 * MIB, 260 * MIB);
	selfgrow_looked(&grow, &report);
	ck_assert(!selfgrow_is_pending(&grow));
	ck_assert_uint_eq(selfgrow_back_kib(&grow, 100000), 0);
	selfgrow_renewed(&grow, 0);
	ck_assert_uint_eq(selfgrow_back_kib(&grow, 100000), 0);
}
END_TEST

START_TEST(a_credit_withdrawn_is_no_memory_on_its_way)
{
	static const struct {
		uint64_t credit_mib, back_mib;
	} rows[] = {{0, 210}, {20, 230}, {49, 259}, {50, 0}, {100, 0}};
	for (int i = 0; i < N_ROWS(rows); i++) {
		struct selfgrow grow = credited(64 * MIB);
		struct report report = balloon(6000, 200 * MIB, 200 * MIB);
		grows(&grow, &report, 60 * MIB);
		report = balloon(6100, 210 * MIB, 260 * MIB);
		selfgrow_looked(&grow, &report);
		selfgrow_renewed(&grow, rows[i].credit_mib * MIB);
		uint64_t back_kib = selfgrow_back_kib(&grow, 6100);
		ck_assert_msg(back_kib == rows[i].back_mib * MIB, "row %d: %llu", i,
			      (unsigned long long)back_kib);
	}
}
END_TEST

/* The guest's target is not taken back below the host's, although the balloon is not there yet. */
START_TEST(the_hosts_target_is_not_taken_back)
{
	struct selfgrow grow = {0};
	struct report report = balloon(5000, 200 * MIB, 230 * MIB);
	selfgrow_looked(&grow, &report);
	selfgrow_renewed(&grow, 64 * MIB);
	ck_assert_uint_eq(grows(&grow, &report, 60 * MIB), 260 * MIB);
	report = balloon(5100, 200 * MIB, 260 * MIB);
	selfgrow_looked(&grow, &report);
	ck_assert_uint_eq(selfgrow_back_kib(&grow, 7000), 230 * MIB);
}
END_TEST

/* memory/target was written meanwhile, so the guest's own target is not in force any more. */
START_TEST(the_host_overrides)
{
	struct selfgrow grow = credited(64 * MIB);
	struct report report = balloon(6000, 200 * MIB, 200 * MIB);
	grows(&grow, &report, 60 * MIB);
	report = balloon(6100, 210 * MIB, 210 * MIB);
	selfgrow_looked(&grow, &report);
	ck_assert(!selfgrow_is_pending(&grow));
	ck_assert_uint_eq(selfgrow_back_kib(&grow, 100000), 0);
	report = balloon(6200, 220 * MIB, 300 * MIB);
	selfgrow_looked(&grow, &report);
	ck_assert_uint_eq(selfgrow_back_kib(&grow, 100000), 0);
}
END_TEST

START_TEST(a_target_that_cannot_be_set_is_not_tried_again)
{
	struct selfgrow grow = credited(64 * MIB);
	struct report report = balloon(6000, 200 * MIB, 200 * MIB);
	selfgrow_failed(&grow);
	ck_assert_uint_eq(grows(&grow, &report, 60 * MIB), 0);
	ck_assert(!selfgrow_is_pending(&grow));
	selfgrow_renewed(&grow, 64 * MIB);
	ck_assert_uint_eq(grows(&grow, &report, 60 * MIB), 260 * MIB);
}
END_TEST

static void add_tests(TCase *tests)
{
	tcase_add_test(tests, without_a_balloon_nothing_is_set);
	tcase_add_test(tests, extremes);
	tcase_add_test(tests, how_far_it_grows);
	tcase_add_test(tests, used_credit_counts_until_it_is_renewed);
	tcase_add_test(tests, what_does_not_move_is_not_pushed);
	tcase_add_test(tests, what_is_on_its_way_is_part_of_a_new_credit);
	tcase_add_test(tests, what_does_not_come_is_taken_back);
	tcase_add_test(tests, what_has_come_is_kept);
	tcase_add_test(tests, a_credit_withdrawn_is_no_memory_on_its_way);
	tcase_add_test(tests, the_hosts_target_is_not_taken_back);
	tcase_add_test(tests, the_host_overrides);
	tcase_add_test(tests, a_target_that_cannot_be_set_is_not_tried_again);
}

int main(void)
{
	return suite_run("selfgrow", add_tests);
}
