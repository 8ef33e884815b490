/* SPDX-License-Identifier: MIT */
/* Goals that are moved so that fewer targets are told: rounding.h. */
#include "host/policy/rounding.h"
#include "tests/unit/suite.h"
#include "tests/unit/world.h"

#define MIB UINT64_C(1024)

static struct world w;

static const struct policy *cagma(void)
{
	return policy_find("cagma");
}

/* A host on which nothing but the reserve is free: a guest in alarm that lacks `lacks_kib`, and a
 * donor with such a surplus above its want. */
struct scene {
	unsigned short_of, donor;
	uint64_t rounding_kib;
};

static struct scene scene(uint64_t lacks_kib, uint64_t surplus_kib)
{
	world_init(&w, 64 * MIB);
	struct scene s = {.rounding_kib = ROUNDING_STEPS * w.conf.step_kib};
	s.short_of = world_add(&w, 200 * MIB, 200 * MIB - 32 * MIB);
	s.donor = world_add(&w, 500 * MIB, 100 * MIB);
	world_observe(&w, 1000);
	world_decide(&w, cagma());
	uint64_t want_kib = w.plan.verdict[s.donor].want_kib;
	world_init(&w, 64 * MIB);
	s.short_of = world_add(&w, 200 * MIB, 200 * MIB - 32 * MIB + lacks_kib);
	s.donor = world_add(&w, want_kib + surplus_kib, 100 * MIB);
	world_observe(&w, 1000);
	w.view[s.short_of].is_alarmed = true;
	return s;
}

static uint64_t told_kib(unsigned guest)
{
	for (unsigned i = 0; i < w.plan.n_actions; i++)
		if (w.plan.action[i].guest == guest)
			return w.plan.action[i].target_kib;
	return w.view[guest].target_kib;
}

START_TEST(who_grows_in_alarm_gets_more_than_it_asks_for)
{
	struct scene s = scene(4 * MIB, 200 * MIB);
	world_decide(&w, cagma());
	uint64_t want_kib = w.plan.verdict[s.short_of].want_kib;
	ck_assert_uint_ge(w.plan.verdict[s.short_of].goal_kib, want_kib + s.rounding_kib - MIB);
	uint64_t got_kib = w.plan.verdict[s.short_of].goal_kib - 200 * MIB;
	uint64_t gave_kib = w.view[s.donor].alm_kib - told_kib(s.donor);
	ck_assert_uint_ge(gave_kib + MIB, got_kib);
}
END_TEST

START_TEST(nobody_gives_of_what_it_wants_for_that)
{
	struct scene s = scene(4 * MIB, 8 * MIB);
	world_decide(&w, cagma());
	const struct verdict *v = &w.plan.verdict[s.donor];
	ck_assert_uint_lt(told_kib(s.donor), w.view[s.donor].alm_kib);
	ck_assert_uint_ge(told_kib(s.donor), v->want_kib);
}
END_TEST

START_TEST(who_is_calm_gets_what_it_wants)
{
	struct scene s = scene(4 * MIB, 200 * MIB);
	w.view[s.short_of].is_alarmed = false;
	world_decide(&w, cagma());
	const struct verdict *v = &w.plan.verdict[s.short_of];
	ck_assert_uint_le(v->goal_kib, v->want_kib);
}
END_TEST

/* Free memory beyond the reserve goes first. */
START_TEST(what_is_free_is_given_before_anybody_is_asked)
{
	struct scene s = scene(4 * MIB, 200 * MIB);
	w.host.free_kib += 300 * MIB;
	world_decide(&w, cagma());
	ck_assert_uint_eq(told_kib(s.donor), w.view[s.donor].target_kib);
	ck_assert_uint_ge(told_kib(s.short_of),
			  w.plan.verdict[s.short_of].want_kib + s.rounding_kib - MIB);
}
END_TEST

/* While its balloon is on the way the guest is told nothing else, and the donor neither; unless it
 * does not take what it was promised. */
START_TEST(what_is_on_its_way_is_not_taken_back)
{
	const bool does_not_take = _i;
	struct scene s = scene(4 * MIB, 200 * MIB);
	world_decide(&w, cagma());
	uint64_t told[2] = {w.plan.verdict[s.short_of].goal_kib, told_kib(s.donor)};
	w.view[s.short_of].target_kib = told[0];
	w.view[s.donor].target_kib = told[1];
	w.view[s.short_of].does_not_take = does_not_take;
	w.host.now_ms += 1000; /* late enough for another target */
	world_decide(&w, cagma());
	ck_assert_uint_gt(told[0], w.plan.verdict[s.short_of].want_kib + MIB);
	if (does_not_take) {
		ck_assert_uint_lt(w.plan.verdict[s.short_of].goal_kib + 8 * MIB, told[0]);
		return;
	}
	ck_assert_uint_eq(told_kib(s.short_of), told[0]);
	ck_assert_uint_eq(told_kib(s.donor), told[1]);
}
END_TEST

START_TEST(a_max_holds)
{
	struct scene s = scene(4 * MIB, 200 * MIB);
	w.view[s.short_of].max_kib = 206 * MIB;
	world_decide(&w, cagma());
	ck_assert_uint_le(w.plan.verdict[s.short_of].goal_kib, 206 * MIB);
}
END_TEST

/* A ramp is followed in a few targets. */
START_TEST(a_ramp_needs_few_targets)
{
	enum { RAMP_MIB = 200, STEPS = 100 };
	struct scene s = scene(4 * MIB, 400 * MIB);
	unsigned n_told = 0;
	for (unsigned i = 0; i < STEPS; i++) {
		w.guest[s.short_of].used_kib += RAMP_MIB * MIB / STEPS;
		world_observe(&w, 100);
		w.view[s.short_of].is_alarmed = true;
		world_decide(&w, cagma());
		n_told += w.plan.n_actions;
		world_move(&w);
	}
	ck_assert_uint_ge(w.view[s.short_of].alm_kib, w.guest[s.short_of].used_kib + 16 * MIB);
	ck_assert_uint_le(n_told, 2 * RAMP_MIB / 16 + 10);
}
END_TEST

static void add_tests(TCase *tests)
{
	tcase_add_test(tests, who_grows_in_alarm_gets_more_than_it_asks_for);
	tcase_add_test(tests, nobody_gives_of_what_it_wants_for_that);
	tcase_add_test(tests, who_is_calm_gets_what_it_wants);
	tcase_add_test(tests, what_is_free_is_given_before_anybody_is_asked);
	tcase_add_loop_test(tests, what_is_on_its_way_is_not_taken_back, 0, 2);
	tcase_add_test(tests, a_max_holds);
	tcase_add_test(tests, a_ramp_needs_few_targets);
}

int main(void)
{
	return suite_run("rounding", add_tests);
}
