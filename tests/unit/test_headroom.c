/* SPDX-License-Identifier: MIT */
/* Lending of headroom, on a played host: who borrows it, and what its owner keeps. */
#include "host/core/lending.h"
#include "tests/unit/suite.h"
#include "tests/unit/world.h"

#define MIB UINT64_C(1024)

/* The victim's headroom: an eighth of its use, and the part of it that is fair. */
enum { OFFSET_MIB = 56, VICTIM_USES_MIB = 380, WHOLE_MIB = 40, FAIR_MIB = 8 };

static struct world w;
static unsigned victim, hog;

static const struct policy *cagma(void)
{
	return policy_find("cagma");
}

/* A guest built with 500 MiB was idle, and one built with 200 MiB has borrowed most of that, which
 * it claims to use from now on. The first one needs its own. */
static void lend_to_liar(void)
{
	world_init(&w, 64 * MIB);
	victim = world_add_built(&w, 500 * MIB, 60 * MIB);
	hog = world_add_built(&w, 200 * MIB, 460 * MIB);
	world_run(&w, cagma(), 40, 250);
	w.guest[hog].lies = true;
	w.guest[victim].used_kib = VICTIM_USES_MIB * MIB;
	w.view[victim].is_alarmed = true;
}

static void assert_victim_has_its_own(unsigned headroom_mib)
{
	ck_assert_uint_ge(w.view[victim].alm_kib,
			  (OFFSET_MIB + VICTIM_USES_MIB + headroom_mib) * MIB);
	ck_assert_uint_eq(w.guest[victim].swapped_kib, 0);
}

/* Whether the hog borrows headroom while it claims to use all that it has, and to swap. */
static bool pretender_borrows(unsigned steps)
{
	for (unsigned s = 0; s < steps; s++) {
		world_observe(&w, 250);
		w.view[hog].report.pswpout += (s + 1) * 1000;
		world_decide(&w, cagma());
		world_move(&w);
	}
	return w.view[victim].alm_kib < (OFFSET_MIB + VICTIM_USES_MIB + WHOLE_MIB) * MIB;
}

/* That is the longest that one is believed which was content before. */
START_TEST(a_lie_is_believed_for_ten_minutes)
{
	lend_to_liar();
	ck_assert(pretender_borrows(4 * 590));
	assert_victim_has_its_own(FAIR_MIB);
	ck_assert(!pretender_borrows(4 * 30));
	assert_victim_has_its_own(WHOLE_MIB);
}
END_TEST

START_TEST(one_that_is_not_trusted_is_not_believed)
{
	lend_to_liar();
	w.view[hog].is_untrusted = true;
	ck_assert(!pretender_borrows(40));
	assert_victim_has_its_own(WHOLE_MIB);
}
END_TEST

/* What nobody uses is headroom first, and what somebody uses goes before it. */
START_TEST(headroom_of_ones_own_is_lent_to_who_uses_it)
{
	world_init(&w, 64 * MIB);
	victim = world_add_built(&w, 4000 * MIB, 3000 * MIB);
	hog = world_add_built(&w, 200 * MIB, 60 * MIB);
	world_run(&w, cagma(), 40, 250);
	w.guest[hog].used_kib = 1000 * MIB;
	w.view[hog].is_alarmed = true;
	world_run(&w, cagma(), 40, 250);
	ck_assert_uint_eq(w.guest[hog].swapped_kib, 0);
	ck_assert_uint_ge(w.view[hog].alm_kib, (OFFSET_MIB + 1000) * MIB);
	ck_assert_uint_ge(w.view[victim].alm_kib, (OFFSET_MIB + 3000 + FAIR_MIB) * MIB);
}
END_TEST

/* Of two guests that are alike but for that, the one that was never content borrows no headroom,
 * and has all that it would have if the other borrowed none. */
START_TEST(who_is_not_credible_loses_nothing_by_that)
{
	uint64_t goal_kib[2][3];
	world_init(&w, 64 * MIB);
	unsigned idle = world_add_built(&w, 2000 * MIB, 1500 * MIB);
	unsigned a = world_add_built(&w, 300 * MIB, 2000 * MIB),
		 b = world_add_built(&w, 300 * MIB, 2000 * MIB);
	w.guest[a].lies = w.guest[b].lies = true;
	world_run(&w, cagma(), 40, 250);
	for (unsigned lends = 0; lends < 2; lends++) {
		w.memory.demand[a].content_ms = lends ? w.host.now_ms : 0;
		world_decide(&w, cagma());
		for (unsigned i = 0; i < 3; i++)
			goal_kib[lends][i] = w.plan.verdict[i].goal_kib;
	}
	ck_assert_uint_eq(goal_kib[1][b], goal_kib[0][b]);
	ck_assert_uint_gt(goal_kib[1][a], goal_kib[0][a]);
	ck_assert_uint_ge(goal_kib[1][idle], (OFFSET_MIB + 1500 + FAIR_MIB) * MIB);
}
END_TEST

/* An idle guest with much headroom of its own, beside two that swap. */
static struct verdict verdict_of_idle(bool can_swap)
{
	world_init(&w, 64 * MIB);
	unsigned idle = world_add_built(&w, 2000 * MIB, 1500 * MIB);
	for (unsigned i = 0; i < 2; i++)
		w.guest[world_add_built(&w, 300 * MIB, 2000 * MIB)].lies = true;
	world_run(&w, cagma(), 40, 250);
	if (!can_swap)
		w.view[idle].report.swap_total_kib = w.view[idle].report.swap_free_kib = 0;
	w.memory.demand[1].content_ms = w.host.now_ms;
	world_decide(&w, cagma());
	return w.plan.verdict[idle];
}

/* Nothing is between its headroom and its killer. */
START_TEST(one_that_cannot_swap_lends_no_headroom)
{
	ck_assert_uint_gt(verdict_of_idle(true).lends_kib, 0);
	ck_assert_uint_eq(verdict_of_idle(false).lends_kib, 0);
}
END_TEST

/* It holds what its use and its capped headroom come to, and nobody owes it more. */
START_TEST(headroom_that_is_lent_on_is_not_missed)
{
	struct verdict v = verdict_of_idle(true);
	struct guest_view *idle = &w.view[0];
	idle->alm_kib = idle->target_kib = v.goal_kib;
	ck_assert_uint_eq(lending_missed_kib(idle, &v), 0);
	v.lends_kib = 0;
	ck_assert_uint_gt(lending_missed_kib(idle, &v), 0);
}
END_TEST

static void add_tests(TCase *tests)
{
	tcase_add_test(tests, a_lie_is_believed_for_ten_minutes);
	tcase_add_test(tests, one_that_is_not_trusted_is_not_believed);
	tcase_add_test(tests, headroom_of_ones_own_is_lent_to_who_uses_it);
	tcase_add_test(tests, who_is_not_credible_loses_nothing_by_that);
	tcase_add_test(tests, one_that_cannot_swap_lends_no_headroom);
	tcase_add_test(tests, headroom_that_is_lent_on_is_not_missed);
}

int main(void)
{
	return suite_run("headroom", add_tests);
}
