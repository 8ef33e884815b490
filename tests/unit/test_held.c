/* SPDX-License-Identifier: MIT */
/*
 * Guests that are set aside, on a played host: one that cannot give still grows,
 * a promise that is not taken goes back to all, and whoever is set aside in the
 * middle of a shrink keeps the memory that it holds.
 */
#include "common/amount.h"
#include "common/units.h"
#include "tests/unit/suite.h"
#include "tests/unit/world.h"

#include <stdlib.h>

#define MIB UINT64_C(1024)

static struct world w;

static const struct policy *cagma(void)
{
	return policy_find("cagma");
}

static void run_until_stuck(unsigned i)
{
	for (unsigned s = 0; s < 400 && w.view[i].hold != HOLD_STUCK; s++)
		world_run(&w, cagma(), 1, 250);
	ck_assert_int_eq(w.view[i].hold, HOLD_STUCK);
}

/* --- inability to give is no inability to take --- */

static const unsigned seconds_before[] = {6, 40, 130, 250, 600};

/* A guest is short, is to give to one of more weight, and has nothing to give. Then memory comes
 * free. */
START_TEST(memory_that_comes_free_reaches_a_guest_that_could_not_give)
{
	world_init(&w, 64 * MIB);
	unsigned a = world_add(&w, 400 * MIB, 500 * MIB);
	world_add(&w, 400 * MIB, 800 * MIB);
	w.view[1].weight = 1024;
	w.guest[a].least_kib = 400 * MIB;
	world_run(&w, cagma(), seconds_before[_i] * 4, 250);
	run_until_stuck(a);
	ck_assert_uint_lt(w.view[a].target_kib, 390 * MIB);
	w.host.free_kib += 900 * MIB;
	w.view[a].is_alarmed = true;
	world_run(&w, cagma(), 1, 500);
	ck_assert_uint_ge(w.view[a].alm_kib, 480 * MIB);
	world_run(&w, cagma(), 10, 500);
	ck_assert_int_eq(w.view[a].hold, HOLD_NONE);
	ck_assert_uint_eq(w.guest[a].swapped_kib, 0);
}
END_TEST

/* A guest of which 330 MiB are locked was squeezed as far as that goes. Then it needs more, and
 * memory is free. */
START_TEST(a_guest_that_stands_on_locked_pages_grows)
{
	world_init(&w, 64 * MIB);
	unsigned a = world_add(&w, 500 * MIB, 60 * MIB);
	unsigned b = world_add(&w, 400 * MIB, 900 * MIB);
	w.guest[a].least_kib = 330 * MIB;
	world_run(&w, cagma(), seconds_before[_i] * 4, 250);
	run_until_stuck(a);
	ck_assert_uint_eq(w.view[a].alm_kib, 330 * MIB);
	w.host.free_kib += 300 * MIB;
	w.guest[b].used_kib = 100 * MIB;
	w.guest[a].used_kib = 330 * MIB;
	w.view[a].is_alarmed = true;
	world_run(&w, cagma(), 1, 500);
	ck_assert_uint_ge(w.view[a].alm_kib, 380 * MIB);
}
END_TEST

/* The pauses between tries to shrink it say nothing of its growth, which begins late. */
START_TEST(it_has_its_time_to_begin_to_grow)
{
	world_init(&w, 64 * MIB);
	unsigned a = world_add(&w, 400 * MIB, 500 * MIB);
	world_add(&w, 400 * MIB, 800 * MIB);
	w.view[1].weight = 1024;
	w.guest[a].least_kib = w.guest[a].most_kib = 400 * MIB;
	world_run(&w, cagma(), 2000, 250);
	run_until_stuck(a);
	w.host.free_kib += 600 * MIB;
	world_run(&w, cagma(), 12, 250);
	ck_assert_uint_gt(w.view[a].target_kib, 430 * MIB);
	w.guest[a].most_kib = 0;
	world_run(&w, cagma(), 1, 250);
	ck_assert_uint_gt(w.view[a].alm_kib, 430 * MIB);
}
END_TEST

/* It is no donor: nobody waits for it, and its memory is not counted as if it could be given. */
START_TEST(a_guest_that_cannot_give_is_asked_for_nothing)
{
	world_init(&w, 64 * MIB);
	unsigned a = world_add(&w, 900 * MIB, 60 * MIB);
	unsigned b = world_add(&w, 400 * MIB, 300 * MIB);
	unsigned c = world_add(&w, 700 * MIB, 60 * MIB);
	w.guest[a].speed_kib = 0;
	w.guest[b].used_kib = 500 * MIB;
	run_until_stuck(a);
	for (unsigned s = 0; s < 30; s++) {
		uint64_t target_kib = w.view[a].target_kib;
		world_run(&w, cagma(), 1, 250);
		if (w.view[a].hold == HOLD_STUCK)
			ck_assert_uint_eq(w.view[a].target_kib, target_kib);
	}
	ck_assert_uint_ge(w.view[b].alm_kib + w.conf.step_kib, w.plan.verdict[b].want_kib);
	ck_assert_uint_lt(w.view[c].alm_kib, 600 * MIB);
}
END_TEST

/* --- a promise that is not taken --- */

/* A hog cries and claims to swap until it was promised much, and stays where it is. Its victim is
 * short. */
static unsigned promise(unsigned *ret_victim)
{
	world_init(&w, 500 * MIB);
	unsigned hog = world_add(&w, 200 * MIB, 480 * MIB);
	*ret_victim = world_add(&w, 200 * MIB, 100 * MIB);
	w.view[hog].is_alarmed = true;
	w.guest[hog].most_kib = 200 * MIB;
	for (unsigned s = 0; s < 100 && model_pending_kib(&w.view[hog]) < 300 * MIB; s++)
		world_run(&w, cagma(), 1, 20);
	ck_assert_uint_ge(model_pending_kib(&w.view[hog]), 300 * MIB);
	w.guest[*ret_victim].used_kib = 400 * MIB;
	return hog;
}

static void set_hold(unsigned i, enum guest_hold hold)
{
	w.view[i].hold = hold;
	w.view[i].is_alarmed &= hold == HOLD_NONE;
}

/* As world_run(), with a guest held. */
static void run_held(unsigned i, enum guest_hold hold, unsigned steps, uint64_t ms)
{
	for (unsigned s = 0; s < steps; s++) {
		set_hold(i, hold);
		world_run(&w, cagma(), 1, ms);
	}
}

static const enum guest_hold returning[] = {HOLD_NONE, HOLD_NO_AGENT, HOLD_BAD_REPORT, HOLD_SILENT,
					    HOLD_OLD,  HOLD_BOOTING,  HOLD_UNPROVEN,   HOLD_DYING};

START_TEST(a_promise_that_is_not_taken_goes_back_to_all)
{
	unsigned victim, hog = promise(&victim);
	run_held(hog, returning[_i], 40, 250);
	ck_assert_uint_le(model_pending_kib(&w.view[hog]), MODEL_NEAR_KIB);
	ck_assert_uint_eq(w.view[hog].alm_kib, 200 * MIB);
	ck_assert_uint_ge(w.view[victim].alm_kib, (56 + 400) * MIB);
	ck_assert_uint_eq(w.guest[victim].swapped_kib, 0);
}
END_TEST

/* A page now and then, or as much as two batches of a balloon in 10 s, is no taking of 300 MiB. */
START_TEST(a_trickle_keeps_no_promise)
{
	static const uint64_t rates_kib[] = {4, 16, 128};
	unsigned victim, hog = promise(&victim);
	enum guest_hold hold = returning[_i / (int)N_ROWS(rates_kib)];
	uint64_t rate_kib = rates_kib[_i % (int)N_ROWS(rates_kib)];
	for (unsigned s = 0; s < 48; s++) {
		w.guest[hog].most_kib = w.view[hog].alm_kib + rate_kib;
		run_held(hog, hold, 1, 250);
	}
	ck_assert_uint_le(model_pending_kib(&w.view[hog]), 24 * MIB);
	ck_assert_uint_ge(w.view[victim].alm_kib, (56 + 400) * MIB);
}
END_TEST

/* One that reports, cries and takes nothing, or a page a second, is promised memory again, but ever
 * more seldom. */
START_TEST(it_is_promised_again_ever_more_seldom)
{
	unsigned victim, hog = promise(&victim);
	unsigned promised = 0, steps = 20 * 60 * 4;
	for (unsigned s = 0; s < steps; s++) {
		w.guest[hog].most_kib += _i && s % 4 == 0 ? UNITS_PAGE_KIB : 0;
		world_run(&w, cagma(), 1, 250);
		promised += model_pending_kib(&w.view[hog]) > MODEL_NEAR_KIB;
	}
	ck_assert_uint_gt(promised, 0);
	ck_assert_uint_le(promised, steps / 15);
	/* and when it takes what it is promised, it is as others */
	w.guest[hog].most_kib = 0;
	world_run(&w, cagma(), 400 * 4, 250);
	ck_assert_uint_gt(w.view[hog].alm_kib, 230 * MIB);
}
END_TEST

/* Less than its min is its own wish, if it does not take more. */
START_TEST(not_even_a_min_is_kept_for_who_does_not_take_it)
{
	unsigned victim, hog = promise(&victim);
	w.view[hog].min_kib = 450 * MIB;
	run_held(hog, returning[_i], 40, 250);
	ck_assert_uint_le(model_pending_kib(&w.view[hog]), MODEL_NEAR_KIB);
	ck_assert_uint_ge(w.view[victim].alm_kib, (56 + 400) * MIB);
}
END_TEST

/* A slow balloon takes, if slowly; nothing is taken back from it that it will have before long. */
START_TEST(a_slow_balloon_keeps_its_promise)
{
	world_init(&w, 1000 * MIB);
	unsigned a = world_add(&w, 300 * MIB, 350 * MIB);
	w.guest[a].speed_kib = 512; /* 2 MiB a second */
	for (unsigned s = 0; s < 60 * 4; s++) {
		uint64_t before_kib = w.view[a].alm_kib;
		world_run(&w, cagma(), 1, 250);
		ck_assert_uint_ge(w.view[a].alm_kib, before_kib + 512);
	}
}
END_TEST

static const enum guest_hold untouched[] = {HOLD_BUILDING, HOLD_PAUSED,      HOLD_MIGRATING,
					    HOLD_FOREIGN,  HOLD_PASSTHROUGH, HOLD_CALL_FAILED,
					    HOLD_BY_HAND};

START_TEST(who_is_left_alone_is_left_alone)
{
	unsigned victim, hog = promise(&victim);
	uint64_t target_kib = w.view[hog].target_kib;
	for (unsigned s = 0; s < 60; s++) {
		run_held(hog, untouched[_i], 1, 250);
		ck_assert_uint_eq(w.view[hog].target_kib, target_kib);
	}
}
END_TEST

/* --- set aside in the middle of a shrink --- */

/* A guest is on its way from 600 MiB to what it uses, and held when it is somewhere between. */
static uint64_t shrink_and_hold(enum guest_hold hold)
{
	world_init(&w, 64 * MIB);
	world_add(&w, 600 * MIB, 100 * MIB);
	world_add(&w, 300 * MIB, 100 * MIB);
	w.guest[0].speed_kib = 5 * MIB;
	w.guest[1].used_kib = 700 * MIB;
	while (w.view[0].alm_kib > 500 * MIB)
		world_run(&w, cagma(), 1, 100);
	ck_assert_uint_lt(w.view[0].target_kib, 450 * MIB);
	uint64_t alm_kib = w.view[0].alm_kib;
	run_held(0, hold, 50, 100);
	return alm_kib;
}

static const enum guest_hold stopped[] = {HOLD_NO_AGENT, HOLD_BAD_REPORT, HOLD_SILENT, HOLD_ASKED};

START_TEST(a_guest_held_in_the_middle_of_a_shrink_keeps_what_it_holds)
{
	uint64_t alm_kib = shrink_and_hold(stopped[_i]);
	/* libxl's slack may not be there at that moment */
	ck_assert_uint_ge(w.view[0].alm_kib + 2 * MIB, alm_kib);
	ck_assert_uint_le(w.view[0].target_kib, alm_kib);
	ck_assert_uint_eq(w.view[0].alm_kib, w.view[0].target_kib);
}
END_TEST

START_TEST(a_shrink_of_a_guest_that_is_left_alone_goes_on)
{
	shrink_and_hold(untouched[_i]);
	ck_assert_uint_lt(w.view[0].alm_kib, 450 * MIB);
}
END_TEST

/* An administrator has told it to, while it had no agent. */
START_TEST(a_shrink_that_is_not_ours_is_not_stopped)
{
	world_init(&w, 64 * MIB);
	world_add(&w, 600 * MIB, 100 * MIB);
	w.guest[0].speed_kib = 5 * MIB;
	run_held(0, HOLD_NO_AGENT, 10, 100);
	w.view[0].target_kib = 300 * MIB;
	w.view[0].cap_kib = 301 * MIB;
	run_held(0, HOLD_NO_AGENT, 100, 100);
	ck_assert_uint_eq(w.view[0].alm_kib, 300 * MIB);
}
END_TEST

static void add_tests(TCase *tests)
{
	enum { N_RETURNING = N_ROWS(returning) };
	tcase_add_loop_test(tests, memory_that_comes_free_reaches_a_guest_that_could_not_give, 0,
			    N_ROWS(seconds_before));
	tcase_add_loop_test(tests, a_guest_that_stands_on_locked_pages_grows, 0,
			    N_ROWS(seconds_before));
	tcase_add_test(tests, it_has_its_time_to_begin_to_grow);
	tcase_add_test(tests, a_guest_that_cannot_give_is_asked_for_nothing);
	tcase_add_loop_test(tests, a_promise_that_is_not_taken_goes_back_to_all, 0, N_RETURNING);
	tcase_add_loop_test(tests, a_trickle_keeps_no_promise, 0, 3 * N_RETURNING);
	tcase_add_loop_test(tests, it_is_promised_again_ever_more_seldom, 0, 2);
	tcase_add_loop_test(tests, not_even_a_min_is_kept_for_who_does_not_take_it, 0, N_RETURNING);
	tcase_add_test(tests, a_slow_balloon_keeps_its_promise);
	tcase_add_loop_test(tests, who_is_left_alone_is_left_alone, 0, N_ROWS(untouched));
	tcase_add_loop_test(tests, a_guest_held_in_the_middle_of_a_shrink_keeps_what_it_holds, 0,
			    N_ROWS(stopped));
	tcase_add_loop_test(tests, a_shrink_of_a_guest_that_is_left_alone_goes_on, 0,
			    N_ROWS(untouched));
	tcase_add_test(tests, a_shrink_that_is_not_ours_is_not_stopped);
}

int main(void)
{
	return suite_run("held", add_tests);
}
