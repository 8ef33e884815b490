/* SPDX-License-Identifier: MIT */
#include "tests/unit/suite.h"
#include "host/core/plan.h"

#include <stdlib.h>

#define MIB UINT64_C(1024)

enum { A, B, PAUSED, GROWING, ALARMED, CREDITED, N_GUESTS };

/* 100 MiB are free, 40 of them the reserve, of which GROWING may still take 10 and CREDITED 20. So
 * 50 MiB can be spent, or 70 for ALARMED. */
static const struct policy_conf conf = {.reserve_kib = 40 * MIB};
static const struct guest_view guests[N_GUESTS] = {
	[A] = {.alm_kib = 200 * MIB,
	       .target_kib = 200 * MIB,
	       .min_kib = 100 * MIB,
	       .max_kib = 300 * MIB,
	       .weight = 1},
	[B] = {.alm_kib = 201 * MIB,
	       .target_kib = 200 * MIB,
	       .slack_kib = MIB,
	       .min_kib = 100 * MIB,
	       .max_kib = 300 * MIB,
	       .weight = 1},
	[PAUSED] = {.hold = HOLD_PAUSED,
		    .alm_kib = 200 * MIB,
		    .target_kib = 200 * MIB,
		    .min_kib = 100 * MIB,
		    .max_kib = 300 * MIB,
		    .weight = 1},
	[GROWING] = {.alm_kib = 200 * MIB,
		     .target_kib = 210 * MIB,
		     .min_kib = 100 * MIB,
		     .max_kib = 300 * MIB,
		     .weight = 1},
	[ALARMED] = {.alm_kib = 200 * MIB,
		     .target_kib = 200 * MIB,
		     .min_kib = 100 * MIB,
		     .max_kib = 300 * MIB,
		     .weight = 1,
		     .is_alarmed = true},
	[CREDITED] = {.alm_kib = 200 * MIB,
		      .target_kib = 200 * MIB,
		      .cap_kib = 221 * MIB, /* libxl's 1 MiB is no credit */
		      .min_kib = 100 * MIB,
		      .max_kib = 300 * MIB,
		      .weight = 1,
		      .may_have_credit = true,
		      .is_credited = true},
};

static const struct row {
	struct action action[3];
	unsigned n;
	bool xl_is_building;
	enum plan_breach breach;
	unsigned kept; /* actions left after cutting */
} rows[] = {
	{.n = 0, .breach = PLAN_SAFE},
	{{{A, 150 * MIB, 0}, {B, 240 * MIB, 0}}, 2, false, PLAN_SAFE, 2},
	{{{A, 250 * MIB, 0}}, 1, false, PLAN_SAFE, 1}, /* to the last page that is there */
	{{{PAUSED, 150 * MIB, 0}}, 1, false, PLAN_NOT_OURS, 0},
	{{{N_GUESTS, 150 * MIB, 0}}, 1, false, PLAN_NOT_OURS, 0},
	{{{A, 150 * MIB, 0}, {A, 160 * MIB, 0}}, 2, false, PLAN_TWICE, 1},
	{{{A, 150 * MIB + 1, 0}}, 1, false, PLAN_NOT_PAGES, 0},
	{{{A, 100 * MIB - 4, 0}}, 1, false, PLAN_BELOW_MIN, 0},
	{{{B, 99 * MIB, 0}}, 1, false, PLAN_SAFE, 1}, /* the slack counts */
	{{{B, 99 * MIB - 4, 0}}, 1, false, PLAN_BELOW_MIN, 0},
	{{{B, 300 * MIB, 0}}, 1, false, PLAN_ABOVE_MAX, 0},
	{{{A, 250 * MIB + 4, 0}}, 1, false, PLAN_OVERSPENT, 1},
	/* what a donor has still to give is not there yet */
	{{{A, 100 * MIB, 0}, {B, 280 * MIB, 0}}, 2, false, PLAN_OVERSPENT, 2},
	{{{A, 230 * MIB, 0}, {B, 230 * MIB, 0}}, 2, false, PLAN_OVERSPENT, 2},
	{{{GROWING, 260 * MIB, 0}}, 1, false, PLAN_SAFE, 1}, /* 10 of its 60 are its own */
	{{{A, 210 * MIB, 0}}, 1, true, PLAN_XL_BUILDS, 0},
	{{{A, 190 * MIB, 0}}, 1, true, PLAN_SAFE, 1},
	{{{A, 210 * MIB, 0}, {B, 150 * MIB, 0}}, 2, false, PLAN_ORDER, 2},
	/* the reserve is for guests in alarm, what others may take by credit for nobody */
	{{{ALARMED, 270 * MIB, 0}}, 1, false, PLAN_SAFE, 1},
	{{{ALARMED, 270 * MIB + 4, 0}}, 1, false, PLAN_OVERSPENT, 1},
	{{{ALARMED, 270 * MIB, 0}, {A, 204 * MIB, 0}}, 2, false, PLAN_OVERSPENT, 1},
	{{{CREDITED, 270 * MIB, 0}}, 1, false, PLAN_SAFE, 1}, /* 20 of its 70 are its own */
	{{{CREDITED, 270 * MIB + 4, 0}}, 1, false, PLAN_OVERSPENT, 1},
};

/* Credit given beside one growth of A. */
static const struct credit_row {
	uint64_t credit_kib[N_GUESTS];
	uint64_t a_target_kib;
	enum plan_breach breach;
} credit_rows[] = {
	{{0}, 250 * MIB, PLAN_SAFE},
	{{[CREDITED] = 90 * MIB}, 200 * MIB, PLAN_SAFE}, /* all but the 10 that GROWING may take */
	{{[CREDITED] = 90 * MIB + 4}, 200 * MIB, PLAN_CREDIT_OVERSPENT},
	{{[CREDITED] = 50 * MIB}, 240 * MIB, PLAN_SAFE},
	{{[CREDITED] = 50 * MIB + 4}, 240 * MIB, PLAN_CREDIT_OVERSPENT},
	{{[CREDITED] = PLAN_CREDIT_AS_IT_IS}, 250 * MIB, PLAN_SAFE},
	{{[A] = 4}, 200 * MIB, PLAN_CREDIT_NOT_OURS},
	{{[PAUSED] = 4}, 200 * MIB, PLAN_CREDIT_NOT_OURS},
};

static struct snapshot snapshot(bool xl_is_building)
{
	return (struct snapshot){
		.host = {.free_kib = 100 * MIB, .xl_is_building = xl_is_building},
		.n_guests = N_GUESTS,
		.guest = guests,
	};
}

START_TEST(each_breach_is_found_and_cut)
{
	struct row row = rows[_i];
	struct snapshot snap = snapshot(row.xl_is_building);
	uint64_t credit_kib[N_GUESTS] = {[CREDITED] = PLAN_CREDIT_AS_IT_IS};
	struct plan plan = {.n_actions = row.n, .action = row.action, .credit_kib = credit_kib};
	unsigned at;
	ck_assert_int_eq(plan_violation(&conf, &snap, &plan, &at), row.breach);
	unsigned cuts = plan_cut(&conf, &snap, &plan);
	ck_assert_int_eq(plan_violation(&conf, &snap, &plan, &at), PLAN_SAFE);
	if (row.breach == PLAN_SAFE || row.breach == PLAN_ORDER)
		ck_assert_uint_eq(cuts, 0);
	else
		ck_assert_uint_eq(cuts, 1);
	if (row.n)
		ck_assert_uint_eq(plan.n_actions, row.kept);
}
END_TEST

START_TEST(credit_beyond_what_is_there_is_found_and_withdrawn)
{
	struct credit_row row = credit_rows[_i];
	struct action action = {A, row.a_target_kib, 0};
	struct plan plan = {.n_actions = 1, .action = &action, .credit_kib = row.credit_kib};
	struct snapshot snap = snapshot(false);
	unsigned at;
	ck_assert_int_eq(plan_violation(&conf, &snap, &plan, &at), row.breach);
	unsigned cuts = plan_cut(&conf, &snap, &plan);
	ck_assert_int_eq(plan_violation(&conf, &snap, &plan, &at), PLAN_SAFE);
	ck_assert_uint_eq(cuts, row.breach == PLAN_SAFE ? 0 : 1);
	ck_assert_uint_eq(plan.n_actions, 1);
	ck_assert_uint_eq(action.target_kib, row.a_target_kib);
}
END_TEST

START_TEST(any_plan_is_safe_after_cutting)
{
	srandom(7);
	for (int round = 0; round < 20000; round++) {
		struct action action[8];
		uint64_t credit_kib[N_GUESTS];
		struct plan plan = {.n_actions = (unsigned)random() % 9,
				    .action = action,
				    .credit_kib = credit_kib};
		struct snapshot snap = snapshot(random() % 5 == 0);
		unsigned at;
		for (unsigned i = 0; i < N_GUESTS; i++)
			credit_kib[i] = random() % 2   ? 0
					: random() % 3 ? (uint64_t)random() % (60 * MIB) / 4 * 4
						       : PLAN_CREDIT_AS_IT_IS;
		for (unsigned i = 0; i < plan.n_actions; i++)
			action[i] = (struct action){
				.guest = (unsigned)random() % (N_GUESTS + 1),
				.target_kib = (uint64_t)random() % (400 * MIB) /
					      (random() % 9 ? 4 : 1) * 4,
			};
		plan_cut(&conf, &snap, &plan);
		ck_assert_int_eq(plan_violation(&conf, &snap, &plan, &at), PLAN_SAFE);
	}
}
END_TEST

START_TEST(claims_and_a_host_without_memory_leave_nothing_to_spend)
{
	struct snapshot snap = snapshot(false);
	snap.host.claimed_kib = 60 * MIB;
	ck_assert_uint_eq(model_spendable_kib(&snap, conf.reserve_kib), 0);
	snap.host.free_kib = 0;
	ck_assert_uint_eq(model_spendable_kib(&snap, conf.reserve_kib), 0);
}
END_TEST

static void add_tests(TCase *tests)
{
	tcase_add_loop_test(tests, each_breach_is_found_and_cut, 0, N_ROWS(rows));
	tcase_add_loop_test(tests, credit_beyond_what_is_there_is_found_and_withdrawn, 0,
			    N_ROWS(credit_rows));
	tcase_add_test(tests, any_plan_is_safe_after_cutting);
	tcase_add_test(tests, claims_and_a_host_without_memory_leave_nothing_to_spend);
}

int main(void)
{
	return suite_run("plan", add_tests);
}
