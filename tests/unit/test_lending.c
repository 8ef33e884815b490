/* SPDX-License-Identifier: MIT */
/*
 * Lending, on a played host: what a guest was built with is its own when it needs
 * it, whatever the borrower claims, does or leaves undone, as far as the borrower's
 * balloon gives at all.
 */
#include "common/amount.h"
#include "common/units.h"
#include "host/core/hold.h"
#include "host/core/lending.h"
#include "tests/unit/suite.h"
#include "tests/unit/world.h"

#include <string.h>

#define MIB UINT64_C(1024)

enum { OFFSET_MIB = 56 };

static struct world w;
static unsigned victim, hog;

static const struct policy *cagma(void)
{
	return policy_find("cagma");
}

/* A guest built with 500 MiB is idle, and one built with 200 MiB has borrowed most of that. */
static void lend(void)
{
	world_init(&w, 64 * MIB);
	victim = world_add_built(&w, 500 * MIB, 60 * MIB);
	hog = world_add_built(&w, 200 * MIB, 460 * MIB);
	world_run(&w, cagma(), 40, 250);
	ck_assert_uint_ge(w.view[hog].alm_kib, 500 * MIB);
}

static void need_it_back(void)
{
	w.guest[victim].used_kib = 380 * MIB;
	w.view[victim].is_alarmed = true;
}

/* As world_run(), with the hog held. */
static void run_held(enum guest_hold hold, unsigned steps)
{
	for (unsigned s = 0; s < steps; s++) {
		world_observe(&w, 250);
		w.view[hog].hold = hold;
		w.view[hog].has_report = hold == HOLD_NONE || hold == HOLD_SILENT;
		world_decide(&w, cagma());
		world_move(&w);
	}
}

/* As world_run(), while the hog stands still. */
static void run_frozen(unsigned steps)
{
	for (unsigned s = 0; s < steps; s++) {
		world_observe(&w, 250);
		struct report *r = &w.view[hog].report;
		r->psi_full_us = w.host.now_ms * 950;
		r->allocstall = w.host.now_ms / 2;
		r->swap_free_kib = 0;
		world_decide(&w, cagma());
		ck_assert(s < 8 || w.plan.verdict[hog].is_spared);
		world_move(&w);
	}
}

/* All of its headroom, an eighth of its use, or the part of it that is fair. */
enum { WHOLE_MIB = 40, FAIR_MIB = 8 };

static void assert_victim_has_its_own(unsigned headroom_mib)
{
	ck_assert_uint_ge(w.view[victim].alm_kib, (OFFSET_MIB + 380 + headroom_mib) * MIB);
	ck_assert_uint_eq(w.guest[victim].swapped_kib, 0);
}

/* --- what is guaranteed --- */

/* One that swaps what it was lent borrows headroom; one that has no use for it does not. */
static const struct {
	uint32_t weight;
	unsigned uses_mib, leaves_mib;
} liars[] = {
	{256, 460, FAIR_MIB}, {65535, 460, FAIR_MIB}, {256, 60, WHOLE_MIB}, {65535, 60, WHOLE_MIB}};

/* With equal weights its share of 764 MiB would be 382 MiB. */
START_TEST(a_lie_does_not_keep_what_was_lent)
{
	lend();
	world_run(&w, cagma(), 4 * DEMAND_SWAPS_MS / 1000,
		  250); /* what it swapped at first is old */
	w.guest[hog].lies = true;
	w.guest[hog].used_kib = liars[_i].uses_mib * MIB;
	w.view[hog].weight = liars[_i].weight;
	need_it_back();
	world_run(&w, cagma(), 8, 250);
	assert_victim_has_its_own(liars[_i].leaves_mib);
	ck_assert_uint_ge(w.view[hog].alm_kib, 200 * MIB);
}
END_TEST

/* What nobody needs of its own is lent, and stays lent. */
START_TEST(what_is_guaranteed_and_not_needed_is_lent)
{
	lend();
	uint64_t alm_kib = w.view[hog].alm_kib;
	world_run(&w, cagma(), 400, 250);
	ck_assert_uint_eq(w.view[hog].alm_kib, alm_kib);
}
END_TEST

/* A guest that stands still is spared, but what is guaranteed to others is not its own. */
START_TEST(a_standstill_does_not_keep_what_was_lent)
{
	lend();
	run_frozen(16);
	need_it_back();
	run_frozen(16);
	assert_victim_has_its_own(FAIR_MIB);
	ck_assert_uint_ge(w.view[hog].alm_kib, 200 * MIB);
}
END_TEST

/* Others may be short of what nobody guarantees to them. */
START_TEST(a_guest_that_stands_still_gives_no_more_than_is_guaranteed)
{
	lend();
	w.guest[hog].used_kib = 300 * MIB;
	world_run(&w, cagma(), 240, 250);
	run_frozen(16);
	uint64_t alm_kib = w.view[hog].alm_kib;
	w.guest[victim].built_kib = w.view[victim].alm_kib;
	w.guest[victim].used_kib = 380 * MIB;
	run_frozen(16);
	ck_assert_uint_ge(w.view[hog].alm_kib, alm_kib);
}
END_TEST

/* Guests were built one after the other in memory that others had given. */
START_TEST(more_than_there_is_is_guaranteed_in_proportion)
{
	static const uint64_t built_mib[] = {400, 200, 800};
	world_init(&w, 64 * MIB);
	for (unsigned i = 0; i < N_ROWS(built_mib); i++) {
		world_add_built(&w, built_mib[i] * MIB, 1000 * MIB);
		w.view[i].weight = hold_weight(built_mib[i] * MIB);
		w.view[i].alm_kib = w.view[i].target_kib = built_mib[i] * MIB / 2;
		w.guest[i].lies = true;
		w.view[i].min_kib = 50 * MIB;
	}
	world_run(&w, cagma(), 40, 250);
	for (unsigned i = 0; i < N_ROWS(built_mib); i++) {
		uint64_t share_kib = built_mib[i] * MIB / 2;
		ck_assert_uint_le(amount_distance(w.plan.verdict[i].goal_kib, share_kib), 16 * MIB);
	}
}
END_TEST

/* --- what a guest is guaranteed --- */

static const struct {
	struct hold_bounds bounds;
	uint64_t min_kib, max_kib, alm_kib;
	uint64_t guaranteed_kib, lent_kib;
} levels[] = {
	/* nothing is known of it */
	{{.guaranteed_permyriad = 10000}, 64, 4096, 2048, 64, 0},
	{{.guaranteed_permyriad = 10000, .built_kib = 1024, .own_kib = 1024},
	 64,
	 4096,
	 2048,
	 1024,
	 1024},
	{{.guaranteed_permyriad = 5000, .built_kib = 1024, .own_kib = 1024},
	 64,
	 4096,
	 2048,
	 512,
	 1024},
	{{.guaranteed_permyriad = 0, .built_kib = 1024, .own_kib = 1024}, 64, 4096, 900, 64, 0},
	/* the administrator's word */
	{{.guaranteed_permyriad = 10000,
	  .conf_guaranteed_kib = 2000,
	  .built_kib = 1024,
	  .own_kib = 1024},
	 64,
	 4096,
	 900,
	 2000,
	 0},
	/* within min and max */
	{{.guaranteed_permyriad = 10000, .conf_guaranteed_kib = 8000}, 64, 4096, 0, 4096, 0},
	{{.guaranteed_permyriad = 10000, .built_kib = 32, .own_kib = 32}, 64, 4096, 0, 64, 0},
	/* a target that was set by hand is no loan, and guarantees nothing */
	{{.guaranteed_permyriad = 10000, .built_kib = 1024, .own_kib = 2000},
	 64,
	 4096,
	 2048,
	 1024,
	 48},
	/* a balloon at rest beside its target */
	{{.guaranteed_permyriad = 10000, .built_kib = 1024, .own_kib = 1024, .slack_kib = 24},
	 64,
	 4096,
	 1056,
	 1048,
	 8},
	{{.guaranteed_permyriad = 10000, .built_kib = 1024, .own_kib = 1024, .slack_kib = -24},
	 64,
	 4096,
	 1024,
	 1000,
	 24},
	/* a balloon that never gave what it was asked for makes its guest no larger */
	{{.guaranteed_permyriad = 10000,
	  .built_kib = 200 * MIB,
	  .own_kib = 200 * MIB,
	  .slack_kib = 360 * MIB},
	 96 * MIB,
	 1000 * MIB,
	 560 * MIB,
	 328 * MIB,
	 232 * MIB},
};

START_TEST(what_it_was_built_with_is_guaranteed_unless_said_otherwise)
{
	const struct hold_bounds *b = &levels[_i].bounds;
	ck_assert_uint_eq(hold_guaranteed_kib(b, levels[_i].min_kib, levels[_i].max_kib),
			  levels[_i].guaranteed_kib);
	ck_assert_uint_eq(hold_lent_kib(b, levels[_i].alm_kib), levels[_i].lent_kib);
}
END_TEST

START_TEST(weights_by_what_is_guaranteed_are_within_their_range)
{
	ck_assert_uint_eq(hold_weight(0), 1);
	ck_assert_uint_eq(hold_weight(512 * MIB), 512);
	ck_assert_uint_eq(hold_weight(UINT64_MAX / 2), OPTIONS_MAX_WEIGHT);
}
END_TEST

/* --- a borrower that is not heard of --- */

static const enum guest_hold unheard[] = {HOLD_NO_AGENT, HOLD_BAD_REPORT, HOLD_SILENT, HOLD_OLD,
					  HOLD_BOOTING};

START_TEST(a_guest_that_is_not_heard_of_is_asked_for_what_it_was_lent)
{
	lend();
	run_held(unheard[_i], 4);
	need_it_back();
	run_held(unheard[_i], 12);
	assert_victim_has_its_own(WHOLE_MIB);
	ck_assert_uint_ge(w.view[hog].alm_kib, 200 * MIB);
}
END_TEST

START_TEST(it_is_asked_for_nothing_that_nobody_lacks)
{
	lend();
	uint64_t alm_kib = w.view[hog].alm_kib;
	run_held(unheard[_i], 40);
	ck_assert_uint_ge(w.view[hog].alm_kib + 2 * MIB, alm_kib);
}
END_TEST

/* The policy never gave it this memory. */
START_TEST(it_is_not_asked_for_what_it_was_built_with)
{
	world_init(&w, 64 * MIB);
	victim = world_add_built(&w, 500 * MIB, 900 * MIB);
	hog = world_add_built(&w, 600 * MIB, 100 * MIB);
	run_held(unheard[_i], 40);
	ck_assert_uint_eq(w.view[hog].alm_kib, 600 * MIB);
	/* nor below that where it holds more */
	w.guest[hog].built_kib = 580 * MIB;
	run_held(unheard[_i], 40);
	ck_assert_uint_eq(w.view[hog].alm_kib, 580 * MIB);
}
END_TEST

START_TEST(it_keeps_what_is_not_needed_any_more)
{
	lend();
	w.guest[hog].speed_kib = 10 * MIB;
	run_held(unheard[_i], 4);
	need_it_back();
	run_held(unheard[_i], 6);
	ck_assert(model_is_shrinking(&w.view[hog]));
	w.guest[victim].used_kib = 60 * MIB;
	w.view[victim].is_alarmed = false;
	w.conf.demand_fall_ms = 0;
	run_held(unheard[_i], 4);
	ck_assert_uint_ge(w.view[hog].alm_kib, 400 * MIB);
}
END_TEST

/* Others are asked, and share what is really there. */
START_TEST(one_that_does_not_give_is_not_counted_on)
{
	lend();
	unsigned third = world_add_built(&w, 300 * MIB, 100 * MIB);
	w.guest[hog].speed_kib = 0;
	need_it_back();
	run_held(unheard[_i], 60);
	ck_assert_uint_lt(w.view[third].alm_kib, 250 * MIB);
	ck_assert_uint_ge(w.view[victim].alm_kib, 300 * MIB);
}
END_TEST

/* --- one that is not trusted --- */

/* As world_run(), with what is lent to the hog bounded. */
static void run_bounded(unsigned steps)
{
	static struct lending lending[WORLD_MAX_GUESTS];
	static uint64_t max_kib[WORLD_MAX_GUESTS];
	if (w.host.now_ms <= 1000000) {
		memset(lending, 0, sizeof(lending));
		for (unsigned i = 0; i < w.n; i++)
			max_kib[i] = w.view[i].max_kib;
	}
	for (unsigned s = 0; s < steps; s++) {
		for (unsigned i = 0; i < w.n; i++)
			w.view[i].max_kib = max_kib[i];
		world_observe(&w, 250);
		for (unsigned i = 0; i < w.n; i++)
			lending_observe(&lending[i], &w.view[i]);
		lending_bound(&w.conf, &w.host, w.view, w.n);
		world_decide(&w, cagma());
		world_move(&w);
	}
}

static void meet_an_untrusted_hog(uint64_t free_kib)
{
	world_init(&w, free_kib);
	victim = world_add_built(&w, 512 * MIB, 60 * MIB);
	hog = world_add_built(&w, 200 * MIB, 900 * MIB);
	w.view[hog].is_untrusted = true;
}

/* A sixteenth of its neighbour's guarantee at first. */
START_TEST(an_untrusted_guest_is_lent_little_at_first)
{
	meet_an_untrusted_hog(64 * MIB);
	run_bounded(80);
	ck_assert_uint_ge(w.view[hog].alm_kib, 228 * MIB);
	ck_assert_uint_le(w.view[hog].alm_kib, 232 * MIB);
}
END_TEST

START_TEST(what_is_nobodys_is_lent_to_it)
{
	meet_an_untrusted_hog(264 * MIB);
	run_bounded(80);
	ck_assert_uint_ge(w.view[hog].alm_kib, 420 * MIB);
	ck_assert_uint_le(w.view[hog].alm_kib, 432 * MIB);
}
END_TEST

/* Its neighbour needs its memory now and then, and gets it. */
START_TEST(it_is_lent_more_as_it_shows_that_it_gives_back)
{
	uint64_t before_kib = 0;
	meet_an_untrusted_hog(64 * MIB);
	w.conf.demand_fall_ms = 0;
	for (unsigned round = 0; round < 4; round++) {
		w.guest[victim].used_kib = 60 * MIB;
		run_bounded(80);
		ck_assert_uint_ge(w.view[hog].alm_kib, before_kib);
		before_kib = w.view[hog].alm_kib;
		w.guest[victim].used_kib = 410 * MIB;
		run_bounded(80);
	}
	ck_assert_uint_ge(before_kib, 380 * MIB);
	/* and when it does not give any more, that is over */
	w.guest[victim].used_kib = 60 * MIB;
	run_bounded(80);
	w.guest[hog].speed_kib = 0;
	w.guest[victim].used_kib = 410 * MIB;
	run_bounded(80);
	ck_assert_uint_eq(w.view[hog].proven_kib, 0);
}
END_TEST

/* It lets go of what it was lent and takes it again, in one piece or in many. */
START_TEST(what_it_gives_unasked_proves_nothing)
{
	static const unsigned rests[] = {1, 2, 8};
	meet_an_untrusted_hog(64 * MIB);
	run_bounded(80);
	for (unsigned round = 0; round < 60; round++) {
		uint64_t by_kib = (round % 2 ? 28 : 7) * MIB;
		w.view[hog].alm_kib -= by_kib;
		w.host.free_kib += by_kib;
		run_bounded(rests[_i]);
		ck_assert_uint_eq(w.view[hog].proven_kib, 0);
		ck_assert_uint_le(w.view[hog].alm_kib, 232 * MIB);
	}
}
END_TEST

/* --- who keeps what of whom --- */

START_TEST(a_debt_is_what_is_asked_back_and_not_given)
{
	lend();
	ck_assert_uint_eq(lending_owed_kib(&w.view[hog]), 0);
	w.guest[hog].speed_kib = 0;
	need_it_back();
	world_run(&w, cagma(), 40, 250);
	ck_assert_uint_ge(lending_owed_kib(&w.view[hog]), 200 * MIB);
	ck_assert_uint_ge(lending_missed_kib(&w.view[victim], &w.plan.verdict[victim]), 200 * MIB);
	ck_assert_uint_eq(lending_owed_kib(&w.view[victim]), 0);
	ck_assert_uint_eq(lending_missed_kib(&w.view[hog], &w.plan.verdict[hog]), 0);
	w.guest[hog].speed_kib = UINT64_MAX;
	world_run(&w, cagma(), 80, 250);
	ck_assert_uint_eq(lending_owed_kib(&w.view[hog]), 0);
	assert_victim_has_its_own(FAIR_MIB);
}
END_TEST

/* It has no balloon any more, whatever its target is. */
START_TEST(one_that_has_shut_itself_down_owes_all_that_it_was_lent)
{
	lend();
	ck_assert_uint_eq(lending_owed_kib(&w.view[hog]), 0);
	w.view[hog].hold = HOLD_DYING;
	ck_assert_uint_eq(lending_owed_kib(&w.view[hog]), w.view[hog].lent_kib);
	ck_assert_uint_ge(w.view[hog].lent_kib, 300 * MIB);
	w.view[hog].alm_kib = 100 * MIB; /* it is taken down */
	ck_assert_uint_le(lending_owed_kib(&w.view[hog]), 100 * MIB);
}
END_TEST

static void add_tests(TCase *tests)
{
	tcase_add_test(tests, an_untrusted_guest_is_lent_little_at_first);
	tcase_add_test(tests, what_is_nobodys_is_lent_to_it);
	tcase_add_test(tests, it_is_lent_more_as_it_shows_that_it_gives_back);
	tcase_add_loop_test(tests, what_it_gives_unasked_proves_nothing, 0, 3);
	tcase_add_test(tests, a_debt_is_what_is_asked_back_and_not_given);
	tcase_add_test(tests, one_that_has_shut_itself_down_owes_all_that_it_was_lent);
	tcase_add_loop_test(tests, a_lie_does_not_keep_what_was_lent, 0, N_ROWS(liars));
	tcase_add_test(tests, what_is_guaranteed_and_not_needed_is_lent);
	tcase_add_test(tests, a_standstill_does_not_keep_what_was_lent);
	tcase_add_test(tests, a_guest_that_stands_still_gives_no_more_than_is_guaranteed);
	tcase_add_test(tests, more_than_there_is_is_guaranteed_in_proportion);
	tcase_add_loop_test(tests, what_it_was_built_with_is_guaranteed_unless_said_otherwise, 0,
			    N_ROWS(levels));
	tcase_add_test(tests, weights_by_what_is_guaranteed_are_within_their_range);
	tcase_add_loop_test(tests, a_guest_that_is_not_heard_of_is_asked_for_what_it_was_lent, 0,
			    N_ROWS(unheard));
	tcase_add_loop_test(tests, it_is_asked_for_nothing_that_nobody_lacks, 0, N_ROWS(unheard));
	tcase_add_loop_test(tests, it_is_not_asked_for_what_it_was_built_with, 0, N_ROWS(unheard));
	tcase_add_loop_test(tests, it_keeps_what_is_not_needed_any_more, 0, N_ROWS(unheard));
	tcase_add_loop_test(tests, one_that_does_not_give_is_not_counted_on, 0, N_ROWS(unheard));
}

int main(void)
{
	return suite_run("lending", add_tests);
}
