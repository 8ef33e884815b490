/* SPDX-License-Identifier: MIT */
/*
 * A target that would change nothing yet is put off: it is for a guest that is still far from the
 * target that it has and from the new one, by the speed of its balloon.
 */
#include "common/amount.h"
#include "tests/unit/suite.h"
#include "tests/unit/world.h"

#include <stdlib.h>
#include <string.h>

#define MIB UINT64_C(1024)

enum { STEP_MS = 100, MOST_MS = 5000 };

static struct world w;

static const struct policy *cagma(void)
{
	return policy_find("cagma");
}

/* --- how long a guest is far --- */

/* In MiB, and MiB a second. */
static const struct {
	uint64_t alm, heading, reach, speed;
	uint64_t far_ms;
} distances[] = {
	{200, 300, 400, 0, 0},             /* its speed is not known */
	{200, 300, 400, 50, 92000 / 50},   /* 8 MiB of it count as near */
	{200, 300, 240, 50, 32000 / 50},   /* the new target is nearer */
	{200, 100, 50, 50, 92000 / 50},    /* the same downwards */
	{200, 208, 400, 50, 0},            /* it is about to arrive */
	{200, 300, 208, 50, 0},            /* it is about to go too far */
	{200, 300, 400, 400, 40000 / 400}, /* a fast one: 60 MiB are near */
	{200, 300, 400, 1000, 0},          /* it arrives within 150 ms */
	{200, 300, 100, 50, 0},            /* it is to turn round */
	{200, 100, 300, 50, 0},            /* likewise upwards */
	{200, 300, 200, 50, 0},            /* it is to stop */
	{200, 200, 400, 50, 0},            /* it has arrived */
};

static struct guest_view far_guest(int i)
{
	return (struct guest_view){.alm_kib = distances[i].alm * MIB,
				   .target_kib = distances[i].heading * MIB,
				   .speed_kib_s = distances[i].speed * MIB,
				   .is_moving = true};
}

START_TEST(it_is_far_until_it_is_near_one_of_two_targets)
{
	struct guest_view g = far_guest(_i);
	uint64_t far_ms = balloon_far_ms(&g, distances[_i].reach * MIB);
	if (distances[_i].far_ms) {
		ck_assert_uint_ge(far_ms, distances[_i].far_ms);
		ck_assert_uint_le(far_ms, distances[_i].far_ms + 1);
	} else {
		ck_assert_uint_le(far_ms, 1);
	}
}
END_TEST

/* A new target wakes a balloon that pauses after it has failed. */
START_TEST(who_does_not_move_is_not_on_its_way)
{
	struct balloon balloon = {0};
	struct guest_view g = far_guest(1);
	balloon_observe(&balloon, 1000, &g);
	ck_assert(g.is_moving); /* nobody knows better at the first look */
	g.alm_kib += MIB;
	balloon_observe(&balloon, 9000, &g);
	ck_assert(g.is_moving);
	balloon_observe(&balloon, 9000 + BALLOON_PAUSE_MS - 1, &g);
	ck_assert(g.is_moving);
	balloon_observe(&balloon, 9000 + BALLOON_PAUSE_MS, &g);
	ck_assert(!g.is_moving);
	g.speed_kib_s = 50 * MIB;
	ck_assert_uint_eq(balloon_far_ms(&g, 400 * MIB), 0);
	g.target_kib += MIB;
	balloon_observe(&balloon, 9500, &g);
	ck_assert(g.is_moving);
}
END_TEST

START_TEST(amounts_at_the_end_of_the_range_are_taken)
{
	struct guest_view g = {.alm_kib = KEYS_MAX_KIB, .speed_kib_s = 1, .is_moving = true};
	ck_assert_uint_gt(balloon_far_ms(&g, 4), MOST_MS);
	g.speed_kib_s = KEYS_MAX_KIB;
	ck_assert_uint_le(balloon_far_ms(&g, 4), 1000);
}
END_TEST

/* --- what the policy does with it --- */

/* Decides, and asserts on the whole plan that a guest far from both of its targets is told nothing,
 * but for the reasons that there are. The number of actions. */
static unsigned decide_and_judge(void)
{
	struct demand before[WORLD_MAX_GUESTS];
	memcpy(before, w.memory.demand, w.n * sizeof(before[0]));
	world_decide(&w, cagma());
	unsigned n_alarmed = 0;
	for (unsigned i = 0; i < w.n; i++)
		n_alarmed += w.view[i].is_alarmed && model_grows(&w.view[i]);
	for (unsigned k = 0; k < w.plan.n_actions; k++) {
		const struct action *a = &w.plan.action[k];
		const struct guest_view *g = &w.view[a->guest];
		uint64_t reach_kib = model_reach_kib(g, a->target_kib);
		bool is_taken_back = model_pending_kib(g) && reach_kib < model_heading_kib(g);
		bool is_for_others = is_taken_back && n_alarmed > g->is_alarmed;
		bool has_waited = w.host.now_ms >= before[a->guest].told_ms + MOST_MS;
		if (a->reason == REASON_RETURN || a->reason == REASON_STOP || is_for_others ||
		    has_waited)
			continue;
		ck_assert_msg(!balloon_far_ms(g, reach_kib),
			      "guest %u holds %lu KiB, is told %lu, and has %lu", a->guest,
			      (unsigned long)g->alm_kib, (unsigned long)a->target_kib,
			      (unsigned long)g->target_kib);
	}
	return w.plan.n_actions;
}

/* So many targets in so many steps. */
static unsigned targets_in(unsigned steps)
{
	unsigned targets = 0;
	for (unsigned s = 0; s < steps; s++) {
		world_observe(&w, STEP_MS);
		targets += decide_and_judge();
		world_move(&w);
	}
	return targets;
}

/* One whose use rises by 40 MiB a second while its balloon takes 10 MiB a second. */
START_TEST(a_ramp_that_is_steeper_than_its_balloon_is_told_seldom)
{
	world_init(&w, 1000 * MIB);
	unsigned a = world_add(&w, 300 * MIB, 200 * MIB);
	unsigned targets = 0;
	w.guest[a].speed_kib = MIB;
	for (int s = 0; s < 100; s++) {
		w.guest[a].used_kib += 4 * MIB;
		targets += targets_in(1);
	}
	targets += targets_in(600);
	ck_assert_uint_le(targets, 30);
	ck_assert_uint_ge(w.view[a].alm_kib, (56 + 600 + 32) * MIB);
}
END_TEST

/* It never stands at a target while it lacks memory. */
START_TEST(it_is_told_in_time)
{
	world_init(&w, 2000 * MIB);
	unsigned a = world_add(&w, 300 * MIB, 200 * MIB);
	w.guest[a].speed_kib = 2 * MIB;
	world_run(&w, cagma(), 30, STEP_MS);
	w.guest[a].used_kib = 500 * MIB;
	targets_in(1);
	for (int s = 0; s < 300 && w.guest[a].used_kib < 1200 * MIB; s++) {
		uint64_t before_kib = w.view[a].alm_kib;
		w.guest[a].used_kib += 3 * MIB;
		targets_in(1);
		ck_assert_uint_gt(w.view[a].alm_kib, before_kib);
	}
}
END_TEST

START_TEST(the_plan_is_made_again_when_it_is_near)
{
	world_init(&w, 2000 * MIB);
	unsigned a = world_add(&w, 300 * MIB, 200 * MIB);
	w.guest[a].speed_kib = 4 * MIB;
	w.guest[a].used_kib = 500 * MIB;
	targets_in(14);
	ck_assert_uint_ne(w.view[a].speed_kib_s, 0);
	uint64_t away_kib = w.view[a].target_kib - w.view[a].alm_kib;
	ck_assert_uint_gt(away_kib, 20 * MIB);
	w.conf.period_ms = 60000;
	w.guest[a].used_kib = 900 * MIB;
	ck_assert_uint_eq(targets_in(1), 0);
	ck_assert_uint_le(w.plan.wake_ms, w.host.now_ms + away_kib * 1000 / (40 * MIB));
	ck_assert_uint_gt(w.plan.wake_ms, w.host.now_ms);
}
END_TEST

/* A balloon of 40 KiB a second is far from everything for hours. */
START_TEST(a_crawling_balloon_is_told_after_a_while)
{
	world_init(&w, 64 * MIB);
	unsigned donor = world_add(&w, 600 * MIB, 100 * MIB);
	unsigned needy = world_add(&w, 300 * MIB, 280 * MIB);
	w.guest[donor].speed_kib = 4;
	targets_in(30);
	uint64_t target_kib = w.view[donor].target_kib;
	ck_assert_uint_ne(w.view[donor].speed_kib_s, 0);
	w.guest[needy].used_kib = 400 * MIB;
	w.memory.demand[donor].told_ms = w.host.now_ms;
	targets_in(MOST_MS / STEP_MS - 1);
	ck_assert_uint_eq(w.view[donor].target_kib, target_kib);
	targets_in(2);
	ck_assert_uint_lt(w.view[donor].target_kib, target_kib - 50 * MIB);
}
END_TEST

/* What a slow guest was promised is taken back at once if another one is in alarm. */
START_TEST(a_promise_is_taken_back_for_anothers_alarm)
{
	world_init(&w, 300 * MIB);
	unsigned slow = world_add(&w, 300 * MIB, 280 * MIB);
	unsigned other = world_add(&w, 300 * MIB, 200 * MIB);
	w.conf.demand_fall_ms = 100;
	w.guest[slow].speed_kib = MIB;
	w.guest[slow].used_kib = 420 * MIB;
	targets_in(30);
	uint64_t target_kib = w.view[slow].target_kib;
	w.guest[slow].used_kib = 360 * MIB;
	w.memory.demand[slow].told_to_grow_ms = 0;
	w.memory.demand[slow].told_ms = w.host.now_ms;
	targets_in(10);
	ck_assert_uint_eq(w.view[slow].target_kib, target_kib);
	w.guest[other].used_kib = 240 * MIB;
	w.view[other].is_alarmed = true;
	targets_in(2);
	ck_assert_uint_lt(w.view[slow].target_kib, target_kib);
	ck_assert_uint_gt(w.view[slow].target_kib, w.view[slow].alm_kib + 8 * MIB);
}
END_TEST

START_TEST(random_hosts_are_told_nothing_useless)
{
	srandom((unsigned)_i + 1);
	world_init(&w, (uint64_t)(random() % 400) * MIB);
	unsigned n = 1 + (unsigned)random() % 8;
	for (unsigned i = 0; i < n; i++) {
		world_add(&w, (uint64_t)(130 + random() % 900) * MIB,
			  (uint64_t)(random() % 900) * MIB);
		w.guest[i].speed_kib = (uint64_t)random() % (8 * MIB) / 4 * 4;
	}
	for (int s = 0; s < 300; s++) {
		unsigned i = (unsigned)random() % n;
		w.view[i].is_alarmed = random() % 3 == 0;
		w.guest[i].used_kib = (uint64_t)(random() % 1200) * MIB;
		targets_in(1 + (unsigned)random() % 8);
		ck_assert_uint_eq(w.overspent_kib, 0);
	}
}
END_TEST

static void add_tests(TCase *tests)
{
	tcase_add_loop_test(tests, it_is_far_until_it_is_near_one_of_two_targets, 0,
			    N_ROWS(distances));
	tcase_add_test(tests, who_does_not_move_is_not_on_its_way);
	tcase_add_test(tests, amounts_at_the_end_of_the_range_are_taken);
	tcase_add_test(tests, a_ramp_that_is_steeper_than_its_balloon_is_told_seldom);
	tcase_add_test(tests, it_is_told_in_time);
	tcase_add_test(tests, the_plan_is_made_again_when_it_is_near);
	tcase_add_test(tests, a_crawling_balloon_is_told_after_a_while);
	tcase_add_test(tests, a_promise_is_taken_back_for_anothers_alarm);
	tcase_add_loop_test(tests, random_hosts_are_told_nothing_useless, 0, 20);
}

int main(void)
{
	return suite_run("put-off", add_tests);
}
