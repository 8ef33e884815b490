/* SPDX-License-Identifier: MIT */
/* How fast a balloon is, how soon it begins, and when it is doubted. */
#include "tests/unit/balloon_looked_at.h"

static void move_at(uint64_t kib_s, int way, uint64_t ms)
{
	for (uint64_t end_ms = now_ms + ms; now_ms < end_ms;) {
		uint64_t step_kib = kib_s / 10 / 4 * 4;
		guest.alm_kib = way > 0 ? guest.alm_kib + step_kib : guest.alm_kib - step_kib;
		look(100);
	}
}

START_TEST(its_speed_is_measured_both_ways)
{
	start(200 * MIB, 200 * MIB);
	look(BALLOON_REST_MS);
	ck_assert_uint_eq(guest.speed_kib_s, 0);
	guest.target_kib = 400 * MIB;
	look(900); /* it takes its time to begin */
	move_at(20 * MIB, 1, 1000);
	ck_assert_uint_ge(guest.speed_kib_s, 19 * MIB);
	ck_assert_uint_le(guest.speed_kib_s, 21 * MIB);
	guest.target_kib = 100 * MIB;
	move_at(20 * MIB, -1, 5000);
	ck_assert_uint_ge(guest.speed_kib_s, 19 * MIB);
	ck_assert_uint_le(guest.speed_kib_s, 21 * MIB);
}
END_TEST

START_TEST(a_pause_is_no_speed_and_neither_is_having_nothing_to_give)
{
	start(200 * MIB, 200 * MIB);
	look(BALLOON_REST_MS);
	guest.target_kib = 100 * MIB;
	for (int i = 0; i < 10; i++) {
		guest.alm_kib -= 2 * MIB;
		look(BALLOON_PAUSE_MS + 100);
		look(BALLOON_PAUSE_MS + 100);
	}
	ck_assert_uint_eq(guest.speed_kib_s, 0);
	guest.has_report = true;
	guest.report.avail_kib = 4 * MIB;
	move_at(10 * MIB, -1, 2000);
	ck_assert_uint_eq(guest.speed_kib_s, 0);
}
END_TEST

/* Told more while it grows, it does not begin anew. */
START_TEST(latency_is_taken_from_rest)
{
	start(200 * MIB, 200 * MIB);
	look(BALLOON_REST_MS);
	for (int i = 1; i <= 10; i++) {
		guest.target_kib = (200 + 20 * (uint64_t)i) * MIB;
		look(100);
		guest.alm_kib += 4 * MIB;
	}
	ck_assert_uint_eq(guest.latency_ms, (3 * BALLOON_LATENCY_MS + 100) / 4);
}
END_TEST

/* Tells the guest to grow by 10 MiB, and looks every `every_ms` until it has, after `took_ms`. */
static void grow_in(uint64_t took_ms, uint64_t every_ms)
{
	guest.target_kib += 10 * MIB;
	look(every_ms);
	for (uint64_t ms = every_ms; ms < took_ms; ms += every_ms)
		look(every_ms);
	guest.alm_kib = guest.target_kib;
	look(every_ms);
}

START_TEST(its_latency_is_measured_when_looks_tell)
{
	start(200 * MIB, 200 * MIB);
	ck_assert_uint_eq(guest.latency_ms, BALLOON_LATENCY_MS);
	for (int i = 0; i < 20; i++)
		grow_in(100, 20);
	look(20);
	ck_assert_uint_ge(guest.latency_ms, 90);
	ck_assert_uint_le(guest.latency_ms, 130);
	for (int i = 0; i < 20; i++)
		grow_in(1000, 1000); /* it may have been there long before */
	look(20);
	ck_assert_uint_le(guest.latency_ms, 130);
	for (int i = 0; i < 20; i++)
		grow_in(60000, 200);
	look(20);
	ck_assert_uint_le(guest.latency_ms, BALLOON_MAX_LATENCY_MS);
}
END_TEST

/* Tells the guest to give 10 MiB, which it does after `took_ms`, and looks every `every_ms`. The
 * time at which it was first doubted; 0 if never. */
static uint64_t give_in(uint64_t took_ms, uint64_t every_ms)
{
	uint64_t doubted_ms = 0;
	guest.target_kib -= 10 * MIB;
	look(every_ms);
	for (uint64_t ms = every_ms; ms < took_ms; ms += every_ms) {
		look(every_ms);
		if (guest.is_doubted && !doubted_ms)
			doubted_ms = ms;
	}
	guest.alm_kib = guest.target_kib;
	look(every_ms);
	ck_assert(!guest.is_doubted);
	return doubted_ms;
}

START_TEST(who_does_not_begin_to_give_is_doubted_long_before_it_is_stuck)
{
	start(200 * MIB, 200 * MIB);
	look(BALLOON_REST_MS);
	ck_assert(!guest.is_doubted);
	guest.target_kib = 100 * MIB;
	look(20);
	for (int ms = 0; ms < BALLOON_DOUBT_MS; ms += 20) {
		look(20);
		ck_assert(!guest.is_doubted || ms + 20 >= BALLOON_DOUBT_MS);
	}
	ck_assert(guest.is_doubted);
	ck_assert_int_eq(guest.hold, HOLD_NONE);
	guest.alm_kib -= 4; /* a page is no sign that the rest will come */
	look(20);
	ck_assert(guest.is_doubted);
	guest.alm_kib -= BALLOON_FIRST_KIB;
	look(20);
	ck_assert(!guest.is_doubted);
}
END_TEST

START_TEST(a_trickle_does_not_keep_a_guest_from_being_doubted)
{
	static const uint64_t kib[] = {4,
				       16}; /* 100 and 400 KiB in all: a balloon's batch is more */
	start(200 * MIB, 200 * MIB);
	look(BALLOON_REST_MS);
	guest.target_kib = 100 * MIB;
	for (int ms = 0; ms <= BALLOON_DOUBT_MS; ms += 20) {
		look(20);
		guest.alm_kib -= kib[_i];
	}
	look(20);
	ck_assert(guest.is_doubted);
}
END_TEST

/* Neither a call back nor a new try ends the doubt, since neither shows that the balloon can
 * move. */
START_TEST(doubt_lasts_until_it_moves)
{
	start(200 * MIB, 200 * MIB);
	look(BALLOON_REST_MS);
	guest.target_kib = 100 * MIB;
	unsigned tries = 0;
	for (uint64_t ms = 0; ms < 6 * BALLOON_RETRY_MS; ms += 100) {
		look(100);
		ck_assert(guest.is_doubted || ms <= BALLOON_DOUBT_MS);
		if (guest.hold == HOLD_NONE && guest.gave_up && balloon.well_ms == now_ms)
			tries++;
	}
	ck_assert_uint_ge(tries, 2);
	guest.target_kib = 200 * MIB;
	look(100);
	ck_assert(guest.is_doubted);
	guest.target_kib = 190 * MIB;
	look(100);
	ck_assert(guest.is_doubted);
	struct balloon doubted = balloon;
	guest.alm_kib = 190 * MIB;
	look(100);
	ck_assert(!guest.is_doubted);
	/* or the other way */
	balloon = doubted;
	guest.target_kib = 250 * MIB;
	guest.alm_kib = 200 * MIB;
	look(100);
	ck_assert(guest.is_doubted);
	guest.alm_kib = 250 * MIB;
	look(100);
	ck_assert(!guest.is_doubted);
}
END_TEST

START_TEST(a_slow_balloon_that_moves_is_not_doubted)
{
	start(800 * MIB, 800 * MIB);
	look(BALLOON_REST_MS);
	guest.target_kib = 600 * MIB;
	look(20);
	while (guest.alm_kib > guest.target_kib) {
		guest.alm_kib -= 400; /* 20 MiB/s, looked at every 20 ms */
		look(20);
		ck_assert(!guest.is_doubted);
	}
}
END_TEST

/* A balloon that was doubted once is given the time it needs from then on, and less when it is
 * faster again. */
START_TEST(who_begins_late_is_given_time)
{
	start(2000 * MIB, 2000 * MIB);
	look(BALLOON_REST_MS);
	ck_assert_uint_gt(give_in(1000, 20), 0);
	for (int i = 0; i < 5; i++)
		ck_assert_uint_eq(give_in(1000, 20), 0);
	for (int i = 0; i < 20; i++)
		ck_assert_uint_eq(give_in(40, 20), 0);
	ck_assert_uint_le(give_in(1000, 20), 600);
	/* nor is it doubted again and again because nobody looked when it began */
	start(2000 * MIB, 2000 * MIB);
	look(BALLOON_REST_MS);
	ck_assert_uint_gt(give_in(2000, 500), 0);
	for (int i = 0; i < 5; i++)
		ck_assert_uint_eq(give_in(2000, 500), 0);
	/* but a late look is no proof that it was slow */
	start(2000 * MIB, 2000 * MIB);
	look(BALLOON_REST_MS);
	for (int i = 0; i < 5; i++)
		give_in(40, 3000);
	ck_assert_uint_eq(give_in(1000, 20), BALLOON_DOUBT_MS);
}
END_TEST

static void add_tests(TCase *tests)
{
	tcase_add_test(tests, its_speed_is_measured_both_ways);
	tcase_add_test(tests, a_pause_is_no_speed_and_neither_is_having_nothing_to_give);
	tcase_add_test(tests, latency_is_taken_from_rest);
	tcase_add_test(tests, its_latency_is_measured_when_looks_tell);
	tcase_add_test(tests, who_does_not_begin_to_give_is_doubted_long_before_it_is_stuck);
	tcase_add_loop_test(tests, a_trickle_does_not_keep_a_guest_from_being_doubted, 0, 2);
	tcase_add_test(tests, doubt_lasts_until_it_moves);
	tcase_add_test(tests, a_slow_balloon_that_moves_is_not_doubted);
	tcase_add_test(tests, who_begins_late_is_given_time);
}

int main(void)
{
	return suite_run("balloon-pace", add_tests);
}
