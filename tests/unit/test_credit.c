/* SPDX-License-Identifier: MIT */
/* Alarms and credit: the memory they may spend; and no guest gets more than its share by them. */
#include "common/amount.h"
#include "common/units.h"
#include "host/core/credit.h"
#include "host/core/hold.h"
#include "tests/unit/suite.h"
#include "tests/unit/world.h"

#include <stdlib.h>

#define MIB UINT64_C(1024)

static struct world w;

static const struct policy *cagma(void)
{
	return policy_find("cagma");
}

/* Two guests have just what they want. 100 MiB are free, of which 64 are the reserve. Both have the
 * credit as shipped, 32 MiB. */
static void start(void)
{
	world_init(&w, 100 * MIB);
	for (int i = 0; i < 2; i++)
		w.view[world_add(&w, 200 * MIB, 112 * MIB)].may_have_credit = true;
}

static uint64_t given_kib(void)
{
	uint64_t sum = 0;
	for (unsigned i = 0; i < w.n; i++)
		sum += model_credit_kib(&w.view[i]);
	return sum;
}

/* --- alarms --- */

START_TEST(an_alarm_is_answered_out_of_the_reserve)
{
	world_init(&w, 64 * MIB);
	unsigned a = world_add(&w, 300 * MIB, 240 * MIB);
	unsigned b = world_add(&w, 300 * MIB, 240 * MIB);
	w.view[b].is_alarmed = true;
	world_run(&w, cagma(), 1, 100);
	ck_assert_uint_gt(w.view[b].target_kib, 310 * MIB);
	ck_assert_uint_eq(w.view[a].target_kib, 300 * MIB);
	ck_assert_uint_lt(w.host.free_kib, 64 * MIB);
}
END_TEST

START_TEST(the_first_in_alarm_leaves_something_of_the_reserve_for_the_next)
{
	world_init(&w, 64 * MIB);
	unsigned first = world_add(&w, 300 * MIB, 260 * MIB);
	unsigned next = world_add(&w, 300 * MIB, 260 * MIB);
	world_add(&w, 600 * MIB, 80 * MIB);
	w.guest[next + 1].speed_kib = 1 * MIB; /* gives, but too late */
	world_run(&w, cagma(), 1, 100);
	w.view[first].is_alarmed = true;
	w.view[first].fill_kib_s = 400 * MIB;
	world_run(&w, cagma(), 1, 100);
	ck_assert_uint_ge(w.view[first].target_kib, 330 * MIB);
	w.guest[next].used_kib = 290 * MIB;
	w.view[next].is_alarmed = true;
	world_run(&w, cagma(), 1, 100);
	ck_assert_uint_ge(w.view[next].target_kib, 307 * MIB);
}
END_TEST

START_TEST(the_reserve_is_refilled_after_an_alarm)
{
	world_init(&w, 64 * MIB);
	unsigned a = world_add(&w, 300 * MIB, 240 * MIB);
	unsigned b = world_add(&w, 600 * MIB, 80 * MIB);
	w.guest[b].speed_kib = 4 * MIB;
	w.view[a].is_alarmed = true;
	world_run(&w, cagma(), 1, 100);
	ck_assert_uint_lt(w.host.free_kib, 64 * MIB);
	w.view[a].is_alarmed = false;
	world_run(&w, cagma(), 30, 1000);
	ck_assert_uint_ge(w.host.free_kib + w.conf.step_kib, 64 * MIB);
}
END_TEST

START_TEST(guests_that_cry_all_the_time_get_no_more_than_their_share)
{
	world_init(&w, 64 * MIB);
	unsigned honest = world_add(&w, 600 * MIB, 500 * MIB);
	for (int i = 0; i < 3; i++) {
		unsigned liar = world_add(&w, 600 * MIB, 50 * MIB);
		w.guest[liar].lies = w.view[liar].is_alarmed = w.view[liar].may_have_credit = true;
		w.guest[liar].grabs_kib = 1024 * MIB;
	}
	w.conf.credit_kib = 64 * MIB;
	for (int s = 0; s < 300; s++) {
		world_run(&w, cagma(), 1, 1000);
		ck_assert_uint_eq(w.overspent_kib, 0);
	}
	/* what it uses and its headroom, which is less than it would get if all others asked for
	 * everything: a quarter of 2400 MiB */
	ck_assert_uint_ge(w.view[honest].alm_kib, 556 * MIB + w.conf.fair_headroom_kib);
}
END_TEST

/* --- credit --- */

/* A daemon that is killed leaves max_pages as it is, and the next one knows credit by that alone.
 */
START_TEST(no_credit_is_given_that_would_not_be_known_later)
{
	static const uint64_t videoram_kib[] = {0, 8 * MIB};
	bool has_given = false;
	for (uint64_t free_mib = 18; free_mib < 110; free_mib++) {
		start();
		w.host.free_kib = free_mib * MIB;
		w.view[0].videoram_kib = w.view[1].videoram_kib = videoram_kib[_i];
		world_run(&w, cagma(), 2, 250);
		for (unsigned i = 0; i < w.n; i++) {
			const struct guest_view *v = &w.view[i];
			uint64_t credit_kib = model_credit_kib(v);
			ck_assert(!credit_kib ||
				  hold_cap_is_raised(v->cap_kib, v->target_kib, v->videoram_kib));
			has_given |= credit_kib > 0;
		}
	}
	ck_assert(has_given);
}
END_TEST

/* The floor is 16 MiB, and libxl lets each guest take 1 MiB. Each has as many whole steps as there
 * are in its half. */
START_TEST(credit_is_a_third_of_what_can_be_lent_and_at_most_as_configured)
{
	start();
	world_run(&w, cagma(), 1, 1000);
	uint64_t half_kib = (100 - 16 - 2) * MIB / 3 / 2;
	uint64_t whole_kib = half_kib / w.conf.step_kib * w.conf.step_kib;
	ck_assert_uint_eq(model_credit_kib(&w.view[0]), whole_kib);
	ck_assert_uint_eq(model_credit_kib(&w.view[1]), whole_kib);
	start();
	w.host.free_kib = 1000 * MIB;
	world_run(&w, cagma(), 1, 1000);
	ck_assert_uint_eq(model_credit_kib(&w.view[0]), 32 * MIB);
}
END_TEST

START_TEST(nobody_gets_credit_who_may_not_have_it_or_needs_none)
{
	start();
	w.host.free_kib = 200 * MIB;
	w.view[0].may_have_credit = false;
	world_run(&w, cagma(), 1, 1000);
	ck_assert_uint_eq(model_credit_kib(&w.view[0]), 0);
	ck_assert_uint_eq(model_credit_kib(&w.view[1]), 32 * MIB);
	start();
	w.guest[0].used_kib = 60 * MIB; /* its surplus of 52 MiB is its credit */
	world_run(&w, cagma(), 60, 1000);
	ck_assert_uint_eq(model_credit_kib(&w.view[0]), 0);
	start();
	w.view[0].max_kib = 200 * MIB;
	w.conf.credit_kib = 0;
	world_run(&w, cagma(), 1, 1000);
	ck_assert_uint_eq(given_kib(), 0);
}
END_TEST

START_TEST(no_credit_goes_beyond_max)
{
	start();
	w.view[0].max_kib = 210 * MIB;
	w.view[1].max_kib = 200 * MIB;
	world_run(&w, cagma(), 1, 1000);
	ck_assert_uint_eq(model_credit_kib(&w.view[0]), 10 * MIB);
	ck_assert_uint_eq(model_credit_kib(&w.view[1]), 0);
}
END_TEST

START_TEST(credit_goes_when_the_memory_is_claimed)
{
	start();
	world_run(&w, cagma(), 1, 1000);
	ck_assert_uint_gt(given_kib(), 0);
	w.host.claimed_kib = 100 * MIB;
	world_run(&w, cagma(), 1, 1000);
	ck_assert_uint_eq(given_kib(), 0);
	w.host.claimed_kib = 0;
	w.host.reserved_kib = 90 * MIB;
	world_run(&w, cagma(), 1, 1000);
	ck_assert_uint_le(given_kib(), (w.host.free_kib - 90 * MIB) / 3);
}
END_TEST

START_TEST(what_was_taken_by_credit_is_adopted_when_it_is_needed)
{
	start();
	world_run(&w, cagma(), 1, 1000);
	w.guest[0].grabs_kib = 12 * MIB;
	world_move(&w);
	ck_assert_uint_eq(w.view[0].alm_kib, 212 * MIB);
	w.guest[0].grabs_kib = 0;
	w.guest[0].used_kib = 120 * MIB;
	world_run(&w, cagma(), 10, 1000);
	ck_assert_uint_ge(w.view[0].target_kib, 212 * MIB - w.conf.step_kib);
	ck_assert(!w.view[0].grew_itself);
}
END_TEST

/* Its neighbour wants the memory that it takes, so it has to give as soon as it rests. */
START_TEST(no_target_is_written_below_what_was_taken_before_it_rests)
{
	start();
	w.conf.fair_headroom_kib = w.conf.cma_min_kib; /* it gives nothing before it takes */
	world_run(&w, cagma(), 1, 1000);
	w.guest[0].grabs_kib = 4 * MIB;
	w.guest[1].used_kib = 400 * MIB;
	for (int s = 0; s < 5; s++) {
		world_observe(&w, 100);
		world_decide(&w, cagma());
		for (unsigned k = 0; k < w.plan.n_actions; k++)
			if (w.plan.action[k].guest == 0)
				ck_assert_uint_ge(w.plan.action[k].target_kib, w.view[0].alm_kib);
		world_move(&w);
	}
	ck_assert_uint_gt(w.view[0].alm_kib, 215 * MIB);
	w.guest[0].grabs_kib = 0;
	world_run(&w, cagma(), 10, 1000);
	/* what it wants is what its target was all the time */
	ck_assert_uint_eq(w.view[0].alm_kib, 200 * MIB);
}
END_TEST

START_TEST(used_credit_comes_back_slowly)
{
	start();
	w.host.free_kib = 2000 * MIB;
	world_run(&w, cagma(), 1, 1000);
	w.guest[0].grabs_kib = UINT64_MAX;
	uint64_t before_kib = w.view[0].alm_kib;
	for (int s = 0; s < 100; s++)
		world_run(&w, cagma(), 1, 100);
	/* 10 s: what it had at first, and what came back meanwhile */
	ck_assert_uint_ge(w.view[0].alm_kib, before_kib + 32 * MIB);
	ck_assert_uint_le(w.view[0].alm_kib, before_kib + 2 * 32 * MIB + 4 * MIB);
}
END_TEST

/* A guest that uses all that it takes has no surplus by which its credit would be smaller. */
START_TEST(what_was_used_counts_until_it_is_refilled)
{
	struct policy_conf conf = options_default();
	struct guest_view g = {.alm_kib = 200 * MIB, .target_kib = 200 * MIB};
	struct credit c = {0};
	credit_observe(&c, &conf, 1000, &g);
	ck_assert_uint_eq(c.used_kib, 0);
	g.alm_kib += conf.credit_kib;
	g.grew_itself = true;
	credit_observe(&c, &conf, 1100, &g);
	ck_assert_uint_le(c.used_kib, conf.credit_kib);
	ck_assert_uint_ge(c.used_kib, conf.credit_kib - conf.credit_kib / 50);
	credit_observe(&c, &conf, 1100 + CREDIT_REFILL_MS / 2, &g);
	ck_assert_uint_ge(c.used_kib, conf.credit_kib / 2 - conf.credit_kib / 50);
	credit_observe(&c, &conf, 1100 + 2 * CREDIT_REFILL_MS, &g);
	ck_assert_uint_eq(c.used_kib, 0);
}
END_TEST

START_TEST(credit_is_no_way_into_the_reserve_without_an_alarm)
{
	start();
	w.view[1].may_have_credit = false;
	w.host.free_kib = 64 * MIB;
	world_run(&w, cagma(), 1, 1000);
	ck_assert_uint_gt(model_credit_kib(&w.view[0]), 0);
	w.guest[0].used_kib = 400 * MIB;
	world_run(&w, cagma(), 10, 1000);
	ck_assert_uint_ge(w.host.free_kib, 64 * MIB);
}
END_TEST

/* However much and often it grabs, memory that others need goes to them. */
START_TEST(a_guest_that_grabs_all_it_can_is_brought_back_when_others_need_it)
{
	start();
	w.guest[0].grabs_kib = UINT64_MAX;
	world_run(&w, cagma(), 100, 1000);
	ck_assert_uint_gt(w.view[0].alm_kib, 220 * MIB);
	w.guest[1].used_kib = 400 * MIB;
	world_run(&w, cagma(), 200, 1000);
	ck_assert_uint_eq(w.overspent_kib, 0);
	/* 500 MiB in all for two of one weight, one of which wants 200 + 32 at the most */
	ck_assert_uint_le(w.view[0].alm_kib, (200 + 2 * 32 + 4) * MIB);
}
END_TEST

/* It takes what libxl grants above its target, bit by bit, each time that it is told less: that
 * does not put off what it is to give next. The other's use rises by 40 MiB each 200 ms. */
START_TEST(a_guest_that_grabs_after_each_shrink_is_asked_as_soon_as_any_other)
{
	uint64_t held_kib[2];
	for (int grabs = 0; grabs < 2; grabs++) {
		start();
		w.view[0].may_have_credit = false;
		w.view[1].weight = 100 * w.view[0].weight;
		w.guest[0].lies = true;
		w.guest[0].grabs_kib = grabs ? MIB / 4 : 0;
		world_run(&w, cagma(), 100, 1000);
		w.view[1].is_alarmed = true;
		for (uint64_t used_mib = 112; used_mib < 300; used_mib += 40) {
			w.guest[1].used_kib = used_mib * MIB;
			world_run(&w, cagma(), 4, 50);
		}
		held_kib[grabs] = w.view[1].alm_kib;
	}
	ck_assert_uint_gt(held_kib[0], 220 * MIB);
	ck_assert_uint_ge(held_kib[1] + 2 * MIB, held_kib[0]);
}
END_TEST

/* A guest holds and was told 400 MiB, with 8 of credit where it is credited. */
static const struct {
	const char *what;
	uint64_t credit_mib; /* UINT64_MAX: as it is */
	bool is_credited;
	enum credit_change change;
	uint64_t cap_mib; /* unless it stays */
} caps[] = {
	{"as it is", UINT64_MAX, true, CREDIT_STAYS, 0},
	{"none, and none before", 0, false, CREDIT_STAYS, 0},
	{"taken back", 0, true, CREDIT_LOWERS, 401},
	{"less than before", 4, true, CREDIT_LOWERS, 405},
	{"the same", 8, true, CREDIT_STAYS, 0},
	{"a little more, not worth a hypercall", 9, true, CREDIT_STAYS, 0},
	{"a step more", 10, true, CREDIT_RAISES, 411},
	{"given", 8, false, CREDIT_RAISES, 409},
};

START_TEST(max_pages_follows_from_a_plans_credit)
{
	struct guest_view guest = {.alm_kib = 400 * MIB,
				   .target_kib = 400 * MIB,
				   .is_credited = caps[_i].is_credited,
				   .cap_kib = (caps[_i].is_credited ? 409 : 401) * MIB};
	uint64_t credit_kib = caps[_i].credit_mib == UINT64_MAX ? PLAN_CREDIT_AS_IT_IS
								: caps[_i].credit_mib * MIB;
	uint64_t cap_kib = 0;
	ck_assert_msg(credit_cap_kib(&guest, credit_kib, 2 * MIB, &cap_kib) == caps[_i].change,
		      "%s", caps[_i].what);
	if (caps[_i].change != CREDIT_STAYS)
		ck_assert_uint_eq(cap_kib, caps[_i].cap_mib * MIB);
}
END_TEST

/* The pages that a guest was told to take, and has not yet, are below its max_pages too. */
START_TEST(credit_is_above_what_a_guest_was_told_to_take)
{
	struct guest_view guest = {
		.alm_kib = 300 * MIB, .target_kib = 400 * MIB, .cap_kib = 401 * MIB};
	uint64_t cap_kib = 0;
	ck_assert(credit_cap_kib(&guest, 8 * MIB, 2 * MIB, &cap_kib) == CREDIT_RAISES);
	ck_assert_uint_eq(cap_kib, 409 * MIB);
}
END_TEST

/* Both want twice what there is, for as long as it lasts, and take what Xen lets them. They are not
 * told in each pass what they know. */
START_TEST(a_shortage_that_lasts_is_not_told_again_and_again)
{
	unsigned n_told = 0;
	start();
	w.host.free_kib = 70 * MIB;
	for (unsigned i = 0; i < w.n; i++) {
		w.guest[i].used_kib = 400 * MIB;
		w.guest[i].grabs_kib = _i % 2 ? 4 * MIB : 0;
		w.view[i].is_alarmed = _i / 2;
	}
	world_run(&w, cagma(), 100, 200);
	for (unsigned s = 0; s < 100; s++) {
		world_run(&w, cagma(), 1, 200);
		n_told += w.plan.n_actions;
	}
	ck_assert_msg(n_told <= 2 * 20, "told %u targets in 20 s", n_told);
}
END_TEST

static void add_tests(TCase *tests)
{
	tcase_add_test(tests, an_alarm_is_answered_out_of_the_reserve);
	tcase_add_test(tests, the_first_in_alarm_leaves_something_of_the_reserve_for_the_next);
	tcase_add_test(tests, the_reserve_is_refilled_after_an_alarm);
	tcase_add_test(tests, guests_that_cry_all_the_time_get_no_more_than_their_share);
	tcase_add_loop_test(tests, no_credit_is_given_that_would_not_be_known_later, 0, 2);
	tcase_add_test(tests, credit_is_a_third_of_what_can_be_lent_and_at_most_as_configured);
	tcase_add_test(tests, nobody_gets_credit_who_may_not_have_it_or_needs_none);
	tcase_add_test(tests, no_credit_goes_beyond_max);
	tcase_add_test(tests, credit_goes_when_the_memory_is_claimed);
	tcase_add_test(tests, what_was_taken_by_credit_is_adopted_when_it_is_needed);
	tcase_add_test(tests, no_target_is_written_below_what_was_taken_before_it_rests);
	tcase_add_test(tests, used_credit_comes_back_slowly);
	tcase_add_test(tests, what_was_used_counts_until_it_is_refilled);
	tcase_add_test(tests, credit_is_no_way_into_the_reserve_without_an_alarm);
	tcase_add_test(tests, a_guest_that_grabs_all_it_can_is_brought_back_when_others_need_it);
	tcase_add_test(tests, a_guest_that_grabs_after_each_shrink_is_asked_as_soon_as_any_other);
	tcase_add_loop_test(tests, max_pages_follows_from_a_plans_credit, 0, N_ROWS(caps));
	tcase_add_test(tests, credit_is_above_what_a_guest_was_told_to_take);
	tcase_add_loop_test(tests, a_shortage_that_lasts_is_not_told_again_and_again, 0, 4);
}

int main(void)
{
	return suite_run("credit", add_tests);
}
