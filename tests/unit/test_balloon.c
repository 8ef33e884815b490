/* SPDX-License-Identifier: MIT */
/* Slack, stuck balloons, and growth by credit. */
#include "tests/unit/balloon_looked_at.h"

START_TEST(slack_is_measured_once_at_rest)
{
	start(201 * MIB, 200 * MIB);
	ck_assert_int_eq(guest.slack_kib, 0);
	look(BALLOON_REST_MS);
	ck_assert_int_eq(guest.slack_kib, (int)MIB);
	guest.target_kib = 150 * MIB;
	for (int i = 0; i < 20; i++)
		look(500);
	ck_assert_int_eq(guest.slack_kib, (int)MIB); /* being stuck is no slack */
}
END_TEST

START_TEST(a_larger_slack_is_believed_only_when_linux_has_given_up)
{
	start(210 * MIB, 200 * MIB);
	look(BALLOON_REST_MS);
	ck_assert_int_eq(guest.slack_kib, 0);
	look(BALLOON_GIVE_UP_MS);
	ck_assert_int_eq(guest.slack_kib, 10 * (int)MIB);
	look(1000);
	ck_assert_int_eq(guest.hold, HOLD_NONE);
	/* and a wrong one is measured anew */
	guest.target_kib = 180 * MIB;
	guest.alm_kib = 180 * MIB;
	look(100);
	look(BALLOON_GIVE_UP_MS);
	ck_assert_int_eq(guest.slack_kib, 0);
}
END_TEST

/* If such a slack were believed, the guest would fall below its min as soon as it can give
 * again. */
START_TEST(what_a_guest_without_memory_cannot_give_is_no_slack)
{
	start(210 * MIB, 200 * MIB);
	guest.has_report = true;
	for (int i = 0; i < 120; i++) {
		guest.report.avail_kib = (i < 60 ? 8 : 100) * MIB;
		look(1000);
		ck_assert_int_eq(guest.slack_kib, 0);
	}
}
END_TEST

/* A slack that seems to change is a balloon that stopped half-way. */
START_TEST(a_known_slack_does_not_become_large)
{
	start(201 * MIB, 200 * MIB);
	look(BALLOON_REST_MS);
	ck_assert_int_eq(guest.slack_kib, (int)MIB);
	guest.target_kib = 190 * MIB;
	for (int i = 0; i < 60; i++)
		look(1000);
	ck_assert_int_eq(guest.slack_kib, (int)MIB);
}
END_TEST

START_TEST(slack_is_in_whole_pages)
{
	start(200 * MIB, 200 * MIB - 7);
	look(BALLOON_REST_MS);
	ck_assert_int_eq(guest.slack_kib, 4);
}
END_TEST

/* Pages that a guest was told to take and does not take are given to others, for a time. */
START_TEST(a_growth_that_is_not_followed_is_given_up)
{
	start(200 * MIB, 200 * MIB);
	guest.max_kib = 1000 * MIB;
	look(BALLOON_REST_MS);
	guest.target_kib = 600 * MIB;
	look(1);
	look(BALLOON_STUCK_MS);
	look(1);
	ck_assert_int_eq(guest.hold, HOLD_NONE);
	ck_assert_uint_eq(guest.max_kib, 200 * MIB);
	guest.target_kib = 200 * MIB;
	guest.max_kib = 1000 * MIB;
	look(1000);
	ck_assert_uint_eq(guest.max_kib, 200 * MIB);
	guest.max_kib = 1000 * MIB;
	look(BALLOON_RETRY_MS);
	ck_assert_uint_eq(guest.max_kib, 1000 * MIB);
}
END_TEST

/* Moves up by so much in each of 100 looks of 100 ms; how often it was said not to take. */
static unsigned looks_that_doubt_its_taking(uint64_t kib)
{
	unsigned n = 0;
	for (int i = 0; i < 100; i++) {
		guest.alm_kib += kib;
		guest.max_kib = 1000 * MIB;
		look(100);
		n += guest.does_not_take;
	}
	return n;
}

START_TEST(whether_it_takes_is_told_by_its_pace)
{
	start(200 * MIB, 200 * MIB);
	look(BALLOON_REST_MS);
	guest.target_kib = 600 * MIB;
	ck_assert_uint_gt(looks_that_doubt_its_taking(4), 40);
	start(200 * MIB, 200 * MIB);
	look(BALLOON_REST_MS);
	guest.target_kib = 600 * MIB;
	ck_assert_uint_eq(looks_that_doubt_its_taking(2 * MIB), 0);
	/* 4 MiB/s come to 160 in 40 s: the rest is taken back, and no more */
	start(200 * MIB, 200 * MIB);
	look(BALLOON_REST_MS);
	guest.target_kib = 600 * MIB;
	ck_assert_uint_gt(looks_that_doubt_its_taking(400), 40);
	ck_assert_uint_ge(guest.max_kib, guest.alm_kib + 130 * MIB);
	ck_assert_uint_le(guest.max_kib, guest.alm_kib + 160 * MIB);
	guest.target_kib = guest.alm_kib;
	look(100);
	ck_assert(!guest.does_not_take);
}
END_TEST

/* Is promised 100 MiB more and left alone; how long it is promised nothing more, once it was found
 * not to take it. */
static uint64_t pause_after_a_promise(void)
{
	uint64_t ms = 0, alm_kib = guest.alm_kib;
	guest.target_kib = alm_kib + 100 * MIB;
	look(1);
	look(BALLOON_STUCK_MS);
	guest.target_kib = alm_kib;
	do {
		ms += 1000;
		guest.max_kib = 1000 * MIB;
		look(1000);
	} while (guest.max_kib == alm_kib);
	return ms;
}

START_TEST(who_takes_again_is_promised_again)
{
	start(200 * MIB, 200 * MIB);
	look(BALLOON_REST_MS);
	uint64_t pause_ms = pause_after_a_promise();
	ck_assert_uint_le(pause_ms, BALLOON_RETRY_MS);
	ck_assert_uint_ge(pause_after_a_promise(), 2 * pause_ms);
	ck_assert_uint_ge(pause_after_a_promise(), 4 * pause_ms);
	guest.target_kib += 10 * MIB;
	look(100);
	guest.alm_kib = guest.target_kib;
	look(100);
	ck_assert_uint_eq(pause_after_a_promise(), pause_ms);
}
END_TEST

/* A guest without agent, that boots, has no balloon driver yet. */
START_TEST(a_guest_that_boots_is_given_its_time_to_take)
{
	start(200 * MIB, 200 * MIB);
	guest.boot_kib = guest.target_kib = 600 * MIB;
	guest.max_kib = 1000 * MIB;
	look(1);
	look(60000);
	ck_assert(!guest.does_not_take);
	ck_assert_uint_eq(guest.max_kib, 1000 * MIB);
}
END_TEST

/* The pauses between tries to shrink it are none for its growth, nor the other way round. */
START_TEST(it_is_stuck_one_way)
{
	start(200 * MIB, 200 * MIB);
	look(BALLOON_REST_MS);
	guest.target_kib = 100 * MIB;
	for (int i = 0; i < 100; i++)
		look(1000);
	ck_assert_int_eq(guest.hold, HOLD_STUCK);
	guest.target_kib = 300 * MIB;
	guest.max_kib = 400 * MIB;
	look(100);
	ck_assert_int_eq(guest.hold, HOLD_NONE);
	look(BALLOON_STUCK_MS - 1);
	ck_assert_uint_eq(guest.max_kib, 400 * MIB);
	look(1);
	ck_assert_uint_eq(guest.max_kib, 200 * MIB);
	guest.target_kib = 200 * MIB;
	guest.max_kib = 400 * MIB;
	look(BALLOON_RETRY_MS);
	ck_assert_uint_eq(guest.max_kib, 400 * MIB);
	ck_assert_int_eq(guest.hold, HOLD_NONE);
}
END_TEST

START_TEST(far_from_its_target_is_no_slack)
{
	start(200 * MIB, 100 * MIB);
	look(BALLOON_REST_MS);
	ck_assert_int_eq(guest.slack_kib, 0);
}
END_TEST

START_TEST(unmoved_is_stuck_and_moving_is_not)
{
	start(200 * MIB, 200 * MIB);
	look(BALLOON_REST_MS);
	guest.target_kib = 100 * MIB;
	look(100);
	look(BALLOON_STUCK_MS - 100);
	ck_assert_int_eq(guest.hold, HOLD_NONE);
	look(100);
	ck_assert_int_eq(guest.hold, HOLD_STUCK);
	guest.alm_kib -= 4;
	look(100);
	ck_assert_int_eq(guest.hold, HOLD_NONE);
}
END_TEST

START_TEST(new_targets_do_not_excuse_one_that_never_moves)
{
	start(200 * MIB, 200 * MIB);
	look(BALLOON_REST_MS);
	for (uint64_t ms = 0; ms < BALLOON_STUCK_MS; ms += 200) {
		ck_assert_int_eq(guest.hold, HOLD_NONE);
		guest.target_kib = (100 + ms % 3) * MIB;
		look(200);
	}
	look(400);
	ck_assert_int_eq(guest.hold, HOLD_STUCK);
}
END_TEST

START_TEST(a_stuck_one_is_tried_after_ever_longer_pauses)
{
	start(200 * MIB, 200 * MIB);
	look(BALLOON_REST_MS);
	guest.target_kib = 100 * MIB;
	look(1);
	uint64_t last_ms = 0, pause_ms = 0;
	for (unsigned tries = 0; tries < 4;) {
		look(100);
		if (guest.hold != HOLD_NONE || !guest.gave_up || balloon.well_ms != now_ms)
			continue;
		uint64_t this_ms = now_ms - last_ms;
		if (tries++)
			ck_assert_uint_gt(this_ms, pause_ms);
		pause_ms = this_ms;
		last_ms = now_ms;
	}
}
END_TEST

START_TEST(a_sleeping_balloon_is_known_to_need_another_target)
{
	start(200 * MIB, 200 * MIB);
	look(BALLOON_REST_MS);
	ck_assert(!guest.gave_up);
	guest.target_kib = 100 * MIB;
	look(1);
	ck_assert(!guest.gave_up);
	look(BALLOON_GIVE_UP_MS);
	ck_assert(guest.gave_up);
	guest.target_kib -= 4;
	look(1);
	ck_assert(!guest.gave_up);
}
END_TEST

/* Linux sleeps for seconds between its tries. */
START_TEST(it_is_woken_when_it_has_something_to_give)
{
	start(200 * MIB, 200 * MIB);
	guest.has_report = true;
	guest.report.avail_kib = 50 * MIB;
	guest.report_ms = now_ms;
	look(BALLOON_REST_MS);
	guest.target_kib = 100 * MIB;
	look(1);
	look(BALLOON_DOZE_MS);
	ck_assert(!guest.gave_up); /* that report was there before it tried */
	guest.report_ms = now_ms;
	guest.report.avail_kib = 1 * MIB;
	look(1);
	ck_assert(!guest.gave_up);
	guest.report.avail_kib = 50 * MIB;
	look(1);
	ck_assert(guest.gave_up);
	guest.target_kib -= 4;
	look(1);
	ck_assert(!guest.gave_up);
}
END_TEST

START_TEST(one_that_is_to_grow_is_woken_too)
{
	start(200 * MIB, 200 * MIB);
	look(BALLOON_REST_MS);
	guest.target_kib = 300 * MIB;
	look(1);
	look(BALLOON_DOZE_MS - 1);
	ck_assert(!guest.gave_up);
	look(1);
	ck_assert(guest.gave_up);
}
END_TEST

START_TEST(other_holds_are_left_alone)
{
	start(200 * MIB, 100 * MIB);
	now_ms += 100000;
	guest.hold = HOLD_PAUSED;
	balloon_observe(&balloon, now_ms, &guest);
	ck_assert_int_eq(guest.hold, HOLD_PAUSED);
}
END_TEST

START_TEST(growth_by_credit_is_neither_slack_nor_stuck)
{
	start(200 * MIB, 200 * MIB);
	look(BALLOON_REST_MS);
	ck_assert(!guest.grew_itself);
	guest.alm_kib = 212 * MIB;
	look(100);
	ck_assert(guest.grew_itself);
	ck_assert_uint_eq(model_heading_kib(&guest), 212 * MIB);
	for (int i = 0; i < 60; i++) {
		look(1000);
		ck_assert_int_eq(guest.hold, HOLD_NONE);
		ck_assert(guest.grew_itself);
		ck_assert_int_eq(guest.slack_kib, 0);
	}
	guest.target_kib = 190 * MIB; /* told to shrink: now it is to follow */
	look(100);
	ck_assert(!guest.grew_itself);
	ck_assert(model_is_shrinking(&guest));
	for (int i = 0; i < 8; i++)
		look(1000);
	ck_assert_int_eq(guest.hold, HOLD_STUCK);
}
END_TEST

/* Nobody is kept from being asked by a page now and then, or by what libxl grants anyway. */
START_TEST(a_guest_is_left_to_take_its_credit_for_a_moment)
{
	start(200 * MIB, 200 * MIB);
	look(BALLOON_REST_MS);
	guest.alm_kib = 201 * MIB;
	look(100);
	ck_assert(guest.grew_itself);
	ck_assert(!guest.is_taking);
	guest.target_kib = 199 * MIB;
	look(100);
	guest.alm_kib = 212 * MIB;
	look(100);
	for (unsigned ms = 0; ms < BALLOON_TAKING_MS; ms += 100) {
		ck_assert(guest.is_taking);
		guest.alm_kib += 4;
		look(100);
	}
	for (int i = 0; i < 30; i++) {
		ck_assert(guest.grew_itself);
		ck_assert(!guest.is_taking);
		guest.alm_kib += 4;
		look(100);
	}
}
END_TEST

/* libxl grants a guest 1 MiB above its target. Who takes and keeps that may give all the rest. */
START_TEST(who_keeps_what_libxl_grants_is_neither_doubted_nor_stuck)
{
	start(200 * MIB, 200 * MIB);
	look(BALLOON_REST_MS);
	guest.target_kib = 255 * MIB;
	guest.alm_kib = 256 * MIB;
	for (unsigned ms = 0; ms < 2 * BALLOON_STUCK_MS; ms += 100) {
		look(100);
		ck_assert(!guest.is_doubted);
		ck_assert_int_eq(guest.hold, HOLD_NONE);
	}
	guest.target_kib = 250 * MIB; /* but it has to */
	for (unsigned ms = 0; ms <= 2 * BALLOON_STUCK_MS; ms += 100)
		look(100);
	ck_assert(guest.is_doubted);
	ck_assert_int_eq(guest.hold, HOLD_STUCK);
}
END_TEST

START_TEST(growth_by_credit_ends_when_it_comes_back)
{
	start(200 * MIB, 200 * MIB);
	guest.alm_kib = 230 * MIB;
	look(100);
	ck_assert(guest.grew_itself);
	guest.alm_kib = 220 * MIB;
	look(100);
	ck_assert(!guest.grew_itself);
	guest.alm_kib = 200 * MIB;
	look(100);
	ck_assert(!guest.grew_itself);
}
END_TEST

START_TEST(a_shrink_under_way_is_no_growth)
{
	start(300 * MIB, 300 * MIB);
	guest.target_kib = 200 * MIB;
	for (int i = 0; i < 50; i++) {
		guest.alm_kib -= 2 * MIB;
		look(100);
		ck_assert(!guest.grew_itself);
	}
}
END_TEST

static void add_tests(TCase *tests)
{
	tcase_add_test(tests, slack_is_measured_once_at_rest);
	tcase_add_test(tests, a_larger_slack_is_believed_only_when_linux_has_given_up);
	tcase_add_test(tests, what_a_guest_without_memory_cannot_give_is_no_slack);
	tcase_add_test(tests, a_known_slack_does_not_become_large);
	tcase_add_test(tests, slack_is_in_whole_pages);
	tcase_add_test(tests, a_growth_that_is_not_followed_is_given_up);
	tcase_add_test(tests, whether_it_takes_is_told_by_its_pace);
	tcase_add_test(tests, who_takes_again_is_promised_again);
	tcase_add_test(tests, a_guest_that_boots_is_given_its_time_to_take);
	tcase_add_test(tests, it_is_stuck_one_way);
	tcase_add_test(tests, far_from_its_target_is_no_slack);
	tcase_add_test(tests, unmoved_is_stuck_and_moving_is_not);
	tcase_add_test(tests, new_targets_do_not_excuse_one_that_never_moves);
	tcase_add_test(tests, a_stuck_one_is_tried_after_ever_longer_pauses);
	tcase_add_test(tests, a_sleeping_balloon_is_known_to_need_another_target);
	tcase_add_test(tests, it_is_woken_when_it_has_something_to_give);
	tcase_add_test(tests, one_that_is_to_grow_is_woken_too);
	tcase_add_test(tests, other_holds_are_left_alone);
	tcase_add_test(tests, growth_by_credit_is_neither_slack_nor_stuck);
	tcase_add_test(tests, a_guest_is_left_to_take_its_credit_for_a_moment);
	tcase_add_test(tests, who_keeps_what_libxl_grants_is_neither_doubted_nor_stuck);
	tcase_add_test(tests, growth_by_credit_ends_when_it_comes_back);
	tcase_add_test(tests, a_shrink_under_way_is_no_growth);
}

int main(void)
{
	return suite_run("balloon", add_tests);
}
