/* SPDX-License-Identifier: MIT */
/*
 * The floor, a quarter of the reserve, stays free whatever guests take and
 * whenever: by need, by alarm, by credit, by what libxl lets them have above
 * their targets, and while calls are under way. world_move() asserts it after
 * each guest's move.
 */
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

static uint64_t random_kib(uint64_t below_kib)
{
	return (uint64_t)random() % (below_kib / UNITS_PAGE_KIB) * UNITS_PAGE_KIB;
}

/* How a host is played: how many steps a call takes, whether guests move between a decision and
 * what follows from it, credit, and how long a step is. */
static const struct way {
	unsigned call_steps;
	bool is_raced;
	uint64_t credit_mib, step_ms;
} ways[] = {
	{0, false, 32, 1000}, {0, false, 0, 100}, {0, true, 32, 100}, {1, false, 32, 20},
	{2, true, 32, 50},    {5, true, 64, 20},  {1, true, 0, 50},
};

static void begin(const struct way *way, uint64_t free_kib)
{
	world_init(&w, free_kib);
	w.call_steps = way->call_steps;
	w.is_raced = way->is_raced;
	w.conf.credit_kib = way->credit_mib * MIB;
}

/* It is in alarm all the time, and takes at once whatever Xen lets it. */
static unsigned add_taker(uint64_t alm_kib)
{
	unsigned i = world_add(&w, alm_kib, 50 * MIB);
	w.guest[i].lies = w.view[i].is_alarmed = w.view[i].may_have_credit = true;
	w.guest[i].grabs_kib = UINT64_MAX;
	return i;
}

START_TEST(guests_that_cry_and_take_leave_it)
{
	begin(&ways[_i], 200 * MIB);
	for (unsigned i = 0; i < 3; i++)
		add_taker(300 * MIB);
	unsigned donor = world_add(&w, 900 * MIB, 100 * MIB);
	w.guest[donor].speed_kib = 256; /* gives, but late */
	world_run(&w, cagma(), 600, ways[_i].step_ms);
	ck_assert_uint_ge(w.lowest_kib, 16 * MIB); /* it was there to be kept */
	ck_assert_uint_eq(w.overspent_kib, 0);
}
END_TEST

START_TEST(what_libxl_lets_each_guest_have_above_its_target_is_counted)
{
	begin(&ways[_i], 200 * MIB);
	for (unsigned i = 0; i < 60; i++) {
		world_add(&w, 200 * MIB, 112 * MIB);
		w.view[i].is_alarmed = i % 2;
	}
	world_run(&w, cagma(), 50, ways[_i].step_ms);
	for (unsigned i = 0; i < 60; i++)
		w.guest[i].grabs_kib = i % 3 ? UINT64_MAX : 0;
	world_run(&w, cagma(), 200, ways[_i].step_ms);
	ck_assert_uint_ge(w.lowest_kib, 16 * MIB);
}
END_TEST

/* What others than guests take is not in the contract's hands. Nothing more is lent by then, and
 * donors fill it up again. */
START_TEST(a_host_that_is_below_it_is_balanced_and_comes_back)
{
	begin(&ways[_i], 200 * MIB);
	unsigned taker = add_taker(300 * MIB);
	world_add(&w, 900 * MIB, 100 * MIB);
	w.guest[1].speed_kib = 2 * MIB;
	world_run(&w, cagma(), 20, ways[_i].step_ms);
	w.host.free_kib = 1 * MIB;
	world_run(&w, cagma(), 600, ways[_i].step_ms);
	ck_assert_uint_ge(w.lowest_kib, 16 * MIB);
	ck_assert_uint_ge(w.host.free_kib, 16 * MIB);
	ck_assert_uint_gt(w.view[taker].alm_kib, 320 * MIB);
}
END_TEST

/* One loses its credit and takes it before it is lowered, while two in alarm are lent all there is:
 * a third may not be given that credit yet. */
START_TEST(credit_is_nobody_elses_before_it_is_lowered)
{
	begin(&ways[2], 120 * MIB);
	w.conf.fair_headroom_kib = w.conf.cma_min_kib;
	for (unsigned i = 0; i < 4; i++)
		world_add(&w, 200 * MIB, 112 * MIB);
	w.view[0].may_have_credit = true;
	world_run(&w, cagma(), 3, 1000);
	ck_assert_uint_ge(model_credit_kib(&w.view[0]), 30 * MIB);
	w.view[0].hold = HOLD_PAUSED;
	w.view[1].may_have_credit = true;
	w.guest[0].grabs_kib = w.guest[1].grabs_kib = UINT64_MAX;
	for (unsigned i = 2; i < 4; i++) {
		w.view[i].is_alarmed = true;
		w.guest[i].used_kib = 300 * MIB;
	}
	world_run(&w, cagma(), 1, 1000);
	ck_assert_uint_le(w.host.free_kib, (16 + 4 + 4) * MIB); /* all that may be is lent */
	world_run(&w, cagma(), 20, 1000);
}
END_TEST

static void add_any_guests(void)
{
	unsigned n = 1 + (unsigned)random() % 20;
	for (unsigned i = 0; i < n; i++) {
		world_add(&w, 130 * MIB + random_kib(900 * MIB), random_kib(900 * MIB));
		w.guest[i].speed_kib = random() % 8 ? random_kib(64 * MIB) : 0;
		w.guest[i].lies = random() % 10 == 0;
		w.view[i].may_have_credit = random() % 2;
		w.guest[i].grabs_kib = random() % 3 ? 0 : random_kib(40 * MIB);
	}
}

START_TEST(whatever_happens_it_is_kept)
{
	srandom((unsigned)_i + 1);
	begin(&ways[_i % N_ROWS(ways)], random_kib(400 * MIB));
	w.conf.reserve_kib = random_kib(100 * MIB);
	add_any_guests();
	for (int s = 0; s < 300; s++) {
		unsigned i = (unsigned)random() % w.n;
		w.view[i].is_alarmed = random() % 3 == 0;
		w.guest[i].used_kib = random_kib(1200 * MIB);
		if (random() % 20 == 0)
			w.view[i].hold = w.view[i].hold == HOLD_NONE ? HOLD_PAUSED : HOLD_NONE;
		if (random() % 40 == 0)
			w.host.claimed_kib = random() % 2 ? 0 : random_kib(100 * MIB);
		if (random() % 60 == 0)
			w.host.free_kib -= random_kib(w.host.free_kib + UNITS_PAGE_KIB);
		w.host.xl_is_building = random() % 30 == 0;
		world_run(&w, cagma(), 1, 20 + (uint64_t)random() % 1500);
	}
}
END_TEST

static void add_tests(TCase *tests)
{
	tcase_add_loop_test(tests, guests_that_cry_and_take_leave_it, 0, N_ROWS(ways));
	tcase_add_loop_test(tests, what_libxl_lets_each_guest_have_above_its_target_is_counted, 0,
			    N_ROWS(ways));
	tcase_add_loop_test(tests, a_host_that_is_below_it_is_balanced_and_comes_back, 0,
			    N_ROWS(ways));
	tcase_add_test(tests, credit_is_nobody_elses_before_it_is_lowered);
	tcase_add_loop_test(tests, whatever_happens_it_is_kept, 0, 200);
}

int main(void)
{
	return suite_run("floor", add_tests);
}
