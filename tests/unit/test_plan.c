/* SPDX-License-Identifier: MIT */
#include "tests/unit/suite.h"
#include "common/amount.h"
#include "host/core/plan.h"

#include <stdlib.h>
#include <string.h>

#define MIB UINT64_C(1024)

enum { A, B, PAUSED, GROWING, ALARMED, CREDITED, ABOVE, N_GUESTS };

/*
 * Of 105 MiB free, libxl lets five guests take 1 MiB each, and GROWING may
 * still take the 10 that it was told to; so 90 are open. The reserve is 40, of
 * which 10 are its floor and CREDITED may take 20: 50 can be spent, 60 on
 * ALARMED. B stands 1 MiB above its target, as HVM guests do, and ABOVE has
 * used its credit up: neither can take anything.
 */
#define FREE_KIB (105 * MIB)
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
		     .may_have_credit = true,
		     .is_alarmed = true},
	[CREDITED] = {.alm_kib = 200 * MIB,
		      .target_kib = 200 * MIB,
		      .cap_kib = 221 * MIB, /* libxl's 1 MiB is no credit */
		      .min_kib = 100 * MIB,
		      .max_kib = 300 * MIB,
		      .weight = 1,
		      .may_have_credit = true,
		      .is_credited = true},
	[ABOVE] = {.alm_kib = 200 * MIB,
		   .target_kib = 180 * MIB,
		   .cap_kib = 200 * MIB,
		   .min_kib = 100 * MIB,
		   .max_kib = 300 * MIB,
		   .weight = 1,
		   .is_credited = true,
		   .grew_itself = true},
};

/* What is needed is not known, unless a test says so. */
static struct verdict verdict[N_GUESTS];

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
	/* the reserve is for guests in alarm, its floor and what others may take for nobody */
	{{{ALARMED, 260 * MIB, 0}}, 1, false, PLAN_SAFE, 1},
	{{{ALARMED, 260 * MIB + 4, 0}}, 1, false, PLAN_OVERSPENT, 1},
	{{{ALARMED, 260 * MIB, 0}, {A, 204 * MIB, 0}}, 2, false, PLAN_OVERSPENT, 1},
	/* told to keep what it holds, it may take 1 MiB above that */
	{{{ABOVE, 200 * MIB, 0}, {ALARMED, 259 * MIB, 0}}, 2, false, PLAN_SAFE, 2},
	{{{ABOVE, 200 * MIB, 0}, {ALARMED, 259 * MIB + 4, 0}}, 2, false, PLAN_OVERSPENT, 2},
	{{{CREDITED, 270 * MIB, 0}}, 1, false, PLAN_SAFE, 1}, /* 20 of its 70 are its own */
	{{{CREDITED, 270 * MIB + 4, 0}}, 1, false, PLAN_OVERSPENT, 1},
};

/* A holds 200 MiB; another's agent said that 120 are in use, and 25 more may be. */
START_TEST(what_may_be_in_use_is_no_surplus)
{
	static const struct {
		enum source_id source;
		struct action action;
		enum plan_breach breach;
	} tries[] = {
		{SOURCE_MEMINFO, {A, 145 * MIB, REASON_GIVE}, PLAN_SAFE},
		{SOURCE_MEMINFO, {A, 145 * MIB - 4, REASON_GIVE}, PLAN_BELOW_USE},
		{SOURCE_MEMINFO, {A, 110 * MIB, REASON_SHARE}, PLAN_SAFE}, /* its level */
		{SOURCE_CAGMA, {A, 110 * MIB, REASON_GIVE}, PLAN_SAFE},
	};
	struct guest_view view[N_GUESTS];
	struct snapshot snap = {
		.host = {.free_kib = FREE_KIB}, .n_guests = N_GUESTS, .guest = view};
	for (int i = 0; i < N_ROWS(tries); i++) {
		struct action action = tries[i].action;
		uint64_t credit[N_GUESTS] = {0};
		struct verdict verdicts[N_GUESTS] = {{0}};
		struct plan plan = {.n_actions = 1,
				    .action = &action,
				    .verdict = verdicts,
				    .credit_kib = credit};
		unsigned at;
		memcpy(view, guests, sizeof(view));
		view[A].source = tries[i].source;
		view[A].margin_kib = 25 * MIB;
		view[A].has_report = true;
		view[A].report = (struct report){.total_kib = 200 * MIB, .avail_kib = 80 * MIB};
		ck_assert_msg(plan_violation(&conf, &snap, &plan, &at) == tries[i].breach, "row %d",
			      i);
	}
}
END_TEST

/* Credit given beside one growth of A. */
static const struct credit_row {
	uint64_t credit_kib[N_GUESTS];
	uint64_t a_target_kib;
	enum plan_breach breach;
} credit_rows[] = {
	{{0}, 250 * MIB, PLAN_SAFE},
	/* all that is open but the floor */
	{{[CREDITED] = 80 * MIB}, 200 * MIB, PLAN_SAFE},
	{{[CREDITED] = 80 * MIB + 4}, 200 * MIB, PLAN_CREDIT_OVERSPENT},
	{{[CREDITED] = 40 * MIB}, 240 * MIB, PLAN_SAFE},
	{{[CREDITED] = 40 * MIB + 4}, 240 * MIB, PLAN_CREDIT_OVERSPENT},
	{{[CREDITED] = PLAN_CREDIT_AS_IT_IS}, 250 * MIB, PLAN_SAFE},
	{{[CREDITED] = PLAN_CREDIT_AS_IT_IS, [ALARMED] = 60 * MIB}, 200 * MIB, PLAN_SAFE},
	{{[CREDITED] = PLAN_CREDIT_AS_IT_IS, [ALARMED] = 60 * MIB + 4},
	 200 * MIB,
	 PLAN_CREDIT_OVERSPENT},
	/* what CREDITED loses by the plan it may take before */
	{{[ALARMED] = 60 * MIB}, 200 * MIB, PLAN_SAFE},
	{{[ALARMED] = 60 * MIB + 4}, 200 * MIB, PLAN_CREDIT_OVERSPENT},
	{{[A] = 4}, 200 * MIB, PLAN_CREDIT_NOT_OURS},
	{{[PAUSED] = 4}, 200 * MIB, PLAN_CREDIT_NOT_OURS},
};

/* A plan of one action and one guest's credit on a host whose free memory, if guests take all they
 * may, falls to the floor, or is below it already. */
static const struct floor_row {
	struct action action;
	uint64_t credit_kib; /* of CREDITED */
	enum plan_breach breach;
} floor_rows[] = {
	{{A, 200 * MIB, 0}, PLAN_CREDIT_AS_IT_IS, PLAN_SAFE},
	{{A, 150 * MIB, 0}, PLAN_CREDIT_AS_IT_IS, PLAN_SAFE},
	{{A, 150 * MIB, 0}, 0, PLAN_SAFE},
	{{A, 200 * MIB + 4, 0}, PLAN_CREDIT_AS_IT_IS, PLAN_OVERSPENT},
	{{ALARMED, 200 * MIB + 4, 0}, PLAN_CREDIT_AS_IT_IS, PLAN_OVERSPENT},
	{{CREDITED, 220 * MIB, 0}, PLAN_CREDIT_AS_IT_IS, PLAN_SAFE},
	{{CREDITED, 220 * MIB + 4, 0}, PLAN_CREDIT_AS_IT_IS, PLAN_OVERSPENT},
	{{ABOVE, 200 * MIB, 0}, PLAN_CREDIT_AS_IT_IS, PLAN_OVERSPENT},
	{{ABOVE, 199 * MIB, 0}, PLAN_CREDIT_AS_IT_IS, PLAN_SAFE},
	{{A, 150 * MIB, 0}, 20 * MIB + 4, PLAN_CREDIT_OVERSPENT},
};

static struct snapshot snapshot(bool xl_is_building)
{
	return (struct snapshot){
		.host = {.free_kib = FREE_KIB, .xl_is_building = xl_is_building},
		.n_guests = N_GUESTS,
		.guest = guests,
	};
}

START_TEST(each_breach_is_found_and_cut)
{
	struct row row = rows[_i];
	struct snapshot snap = snapshot(row.xl_is_building);
	uint64_t credit_kib[N_GUESTS] = {[CREDITED] = PLAN_CREDIT_AS_IT_IS};
	struct plan plan = {.n_actions = row.n,
			    .action = row.action,
			    .verdict = verdict,
			    .credit_kib = credit_kib};
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
	struct plan plan = {.n_actions = 1,
			    .action = &action,
			    .verdict = verdict,
			    .credit_kib = row.credit_kib};
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

/* Free memory that others than guests have taken is no reason to refuse a plan that gives. */
START_TEST(the_floor_is_lent_to_nobody)
{
	static const uint64_t missing_kib[] = {0, 4, 30 * MIB, FREE_KIB};
	for (unsigned i = 0; i < N_ROWS(missing_kib); i++) {
		struct floor_row row = floor_rows[_i];
		uint64_t credit_kib[N_GUESTS] = {[CREDITED] = row.credit_kib};
		struct plan plan = {.n_actions = 1,
				    .action = &row.action,
				    .verdict = verdict,
				    .credit_kib = credit_kib};
		struct snapshot snap = snapshot(false);
		unsigned at;
		snap.host.free_kib = amount_less(FREE_KIB - 60 * MIB, missing_kib[i]);
		ck_assert_int_eq(plan_violation(&conf, &snap, &plan, &at), row.breach);
		plan_cut(&conf, &snap, &plan);
		ck_assert_int_eq(plan_violation(&conf, &snap, &plan, &at), PLAN_SAFE);
	}
}
END_TEST

/* Credit that is there is not given anew where the memory for it is gone. */
START_TEST(no_credit_is_left_to_who_could_take_the_floor_by_it)
{
	uint64_t credit_kib[N_GUESTS] = {[CREDITED] = 20 * MIB};
	struct plan plan = {.verdict = verdict, .credit_kib = credit_kib};
	struct snapshot snap = snapshot(false);
	unsigned at;
	snap.host.free_kib = FREE_KIB - 60 * MIB;
	ck_assert_int_eq(plan_violation(&conf, &snap, &plan, &at), PLAN_SAFE);
	snap.host.free_kib -= 4;
	ck_assert_int_eq(plan_violation(&conf, &snap, &plan, &at), PLAN_CREDIT_OVERSPENT);
	ck_assert_uint_eq(plan_cut(&conf, &snap, &plan), 1);
	ck_assert_int_eq(plan_violation(&conf, &snap, &plan, &at), PLAN_SAFE);
}
END_TEST

/* Two guests have 20 MiB of credit each, where 25 can be spent: one's may be lowered to 4, or both
 * be withdrawn, but no credit is given as long as the other's stays with too much. */
START_TEST(credit_that_stays_counts)
{
	static const struct {
		uint64_t first_kib, second_kib;
		enum plan_breach breach;
	} pairs[] = {
		{PLAN_CREDIT_AS_IT_IS, 4 * MIB, PLAN_SAFE},
		{PLAN_CREDIT_AS_IT_IS, 10 * MIB, PLAN_CREDIT_OVERSPENT},
		{10 * MIB, PLAN_CREDIT_AS_IT_IS, PLAN_CREDIT_OVERSPENT},
		{PLAN_CREDIT_AS_IT_IS, 0, PLAN_SAFE},
	};
	struct guest_view two[] = {guests[CREDITED], guests[CREDITED]};
	two[1].domid = 1;
	for (unsigned i = 0; i < N_ROWS(pairs); i++) {
		uint64_t credit_kib[] = {pairs[i].first_kib, pairs[i].second_kib};
		struct plan plan = {.verdict = verdict, .credit_kib = credit_kib};
		struct snapshot snap = {.host.free_kib = model_floor_kib(&conf) +
							 27 * MIB, /* libxl's 2 with it */
					.n_guests = 2,
					.guest = two};
		unsigned at;
		ck_assert_msg(plan_violation(&conf, &snap, &plan, &at) == pairs[i].breach, "row %u",
			      i);
	}
}
END_TEST

/* What each hold allows: s to shrink, g to grow, r to take a promise back, k to keep what is held
 * in the middle of a shrink. */
static const char *const allowed[HOLD_COUNT_] = {
	[HOLD_NONE] = "sgrk",     [HOLD_BUILDING] = "",     [HOLD_PAUSED] = "",
	[HOLD_DYING] = "r",       [HOLD_MIGRATING] = "",    [HOLD_PASSTHROUGH] = "",
	[HOLD_FOREIGN] = "",      [HOLD_BY_HAND] = "",      [HOLD_NO_AGENT] = "rk",
	[HOLD_BAD_REPORT] = "rk", [HOLD_SILENT] = "rk",     [HOLD_CALL_FAILED] = "",
	[HOLD_STUCK] = "grk",     [HOLD_UNARRIVED] = "srk", [HOLD_UNMEASURED] = "gk",
	[HOLD_ASKED] = "k",       [HOLD_UNPROVEN] = "grk",  [HOLD_OLD] = "grk",
	[HOLD_BOOTING] = "grk",
};

/* A guest that holds 200 MiB of at most 300, and is promised 50 more or to give 50. */
static const struct told {
	uint64_t from_mib, to_kib, min_mib;
	char what;
} tolds[] = {
	{150, 200 * MIB, 100, 'k'},
	{150, 199 * MIB, 100, 'k'},
	{150, 200 * MIB + 4, 100, 'g'},
	{150, 149 * MIB, 100, 's'},
	{200, 200 * MIB - 4, 100, 's'},
	{200, 250 * MIB, 100, 'g'},
	{250, 200 * MIB, 100, 'r'},
	{250, 200 * MIB, 300, 'r'}, /* holding less than its min */
	{250, 200 * MIB - 4, 100, 's'},
	{250, 220 * MIB, 100, 's'}, /* a part of a promise is no promise that is not taken */
	{250, 260 * MIB, 100, 'g'},
};

START_TEST(a_guest_is_told_what_its_hold_allows)
{
	struct guest_view guest = {.hold = (enum guest_hold)_i,
				   .alm_kib = 200 * MIB,
				   .max_kib = 300 * MIB,
				   .weight = 1};
	struct snapshot snap = {.host = {.free_kib = 500 * MIB}, .n_guests = 1, .guest = &guest};
	for (unsigned i = 0; i < N_ROWS(tolds); i++) {
		uint64_t credit_kib = 0;
		struct action action = {0, tolds[i].to_kib, 0};
		struct plan plan = {.n_actions = 1,
				    .action = &action,
				    .verdict = verdict,
				    .credit_kib = &credit_kib};
		bool may_be = strchr(allowed[_i], tolds[i].what);
		unsigned at;
		guest.target_kib = tolds[i].from_mib * MIB;
		guest.min_kib = tolds[i].min_mib * MIB;
		enum plan_breach breach = plan_violation(&conf, &snap, &plan, &at);
		ck_assert_msg(breach == (may_be ? PLAN_SAFE : PLAN_NOT_OURS), "%s, row %u: %s",
			      model_hold_word(guest.hold), i, plan_breach_text(breach));
	}
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
				    .verdict = verdict,
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

START_TEST(a_host_without_memory_leaves_nothing_to_spend)
{
	struct snapshot snap = snapshot(false);
	snap.host.claimed_kib = 60 * MIB;
	ck_assert_uint_eq(model_spendable_kib(&conf, &snap, false), 0);
	snap.host.free_kib = 0;
	ck_assert_uint_eq(model_spendable_kib(&conf, &snap, false), 0);
}
END_TEST

/* Each kind of memory that is kept is nobody's to spend, be he in alarm or not. */
START_TEST(what_is_kept_is_not_spent)
{
	struct snapshot snap = snapshot(false);
	uint64_t *const kept_kib[] = {&snap.host.claimed_kib, &snap.host.rebooting_kib,
				      &snap.host.reserved_kib, &snap.host.others_kib,
				      &snap.host.xl_kib};
	for (int i = 0; i < N_ROWS(kept_kib); i++) {
		*kept_kib[i] = 30 * MIB;
		ck_assert_msg(model_spendable_kib(&conf, &snap, false) == 20 * MIB, "kind %d", i);
		ck_assert_msg(model_spendable_kib(&conf, &snap, true) == 30 * MIB, "kind %d", i);
		*kept_kib[i] = 0;
	}
}
END_TEST

/* --- what is guaranteed --- */

enum { VICTIM, HOG, UNHEARD, N_NEIGHBOURS };

/* Of 1100 MiB, the victim was built with 500 and the hog with 200, and a third guest with 200 of
 * 300 is not heard of. The victim uses 300 and 32 more are to be available; nothing is reserved. */
static const struct guest_view neighbours[N_NEIGHBOURS] = {
	[VICTIM] = {.alm_kib = 340 * MIB,
		    .target_kib = 340 * MIB,
		    .min_kib = 100 * MIB,
		    .max_kib = 1000 * MIB,
		    .guaranteed_kib = 500 * MIB,
		    .weight = 1,
		    .has_report = true,
		    .report = {.total_kib = 340 * MIB, .avail_kib = 40 * MIB}},
	[HOG] = {.alm_kib = 400 * MIB,
		 .target_kib = 400 * MIB,
		 .min_kib = 100 * MIB,
		 .max_kib = 1000 * MIB,
		 .guaranteed_kib = 200 * MIB,
		 .lent_kib = 200 * MIB,
		 .weight = 1,
		 .has_report = true,
		 .report = {.total_kib = 400 * MIB}},
	[UNHEARD] = {.hold = HOLD_NO_AGENT,
		     .alm_kib = 300 * MIB,
		     .target_kib = 300 * MIB,
		     .min_kib = 100 * MIB,
		     .max_kib = 1000 * MIB,
		     .guaranteed_kib = 200 * MIB,
		     .lent_kib = 100 * MIB,
		     .weight = 1},
};

static const struct guarantee_row {
	struct action action[2];
	unsigned n;
	uint64_t avail_kib; /* of the victim */
	bool hog_is_doubted;
	enum plan_breach breach;
} guarantee_rows[] = {
	{{{VICTIM, 320 * MIB, 0}}, 1, 40 * MIB, false, PLAN_TAKES_OWN},
	{{{VICTIM, 320 * MIB, 0}, {HOG, 500 * MIB, 0}}, 2, 40 * MIB, false, PLAN_TAKES_OWN},
	{{{VICTIM, 334 * MIB, 0}}, 1, 40 * MIB, false, PLAN_SAFE},
	{{{VICTIM, 240 * MIB, 0}}, 1, 140 * MIB, false, PLAN_SAFE},
	/* what all need of their own does not fit: the hog holds on to what it was lent */
	{{{VICTIM, 320 * MIB, 0}}, 1, 40 * MIB, true, PLAN_SAFE},
	{{{HOG, 205 * MIB, 0}}, 1, 40 * MIB, false, PLAN_SAFE},
	{{{HOG, 180 * MIB, 0}}, 1, 40 * MIB, false, PLAN_TAKES_OWN},
	{{{UNHEARD, 200 * MIB, 0}}, 1, 40 * MIB, false, PLAN_SAFE},
	{{{UNHEARD, 200 * MIB - 4, 0}}, 1, 40 * MIB, false, PLAN_NOT_LENT},
	{{{UNHEARD, 304 * MIB, 0}}, 1, 40 * MIB, false, PLAN_NOT_OURS},
	{{{HOG, 430 * MIB, 0}}, 1, 32 * MIB, false, PLAN_SAFE},
	{{{VICTIM, 360 * MIB, 0}, {HOG, 430 * MIB, 0}}, 2, 20 * MIB, false, PLAN_SAFE},
};

START_TEST(what_is_guaranteed_is_neither_taken_nor_lent)
{
	static const struct policy_conf with_cma = {
		.cma_min_kib = 32 * MIB, .fair_headroom_kib = 32 * MIB, .step_kib = 2 * MIB};
	struct guarantee_row row = guarantee_rows[_i];
	struct guest_view view[N_NEIGHBOURS];
	struct verdict verdicts[N_NEIGHBOURS] = {{0}};
	uint64_t credit_kib[N_NEIGHBOURS] = {0};
	memcpy(view, neighbours, sizeof(view));
	view[VICTIM].report.avail_kib = row.avail_kib;
	view[HOG].is_doubted = row.hog_is_doubted;
	verdicts[VICTIM].use_kib = 500 * MIB;
	struct snapshot snap = {
		.host = {.now_ms = 1, .total_kib = 1100 * MIB, .free_kib = 60 * MIB},
		.n_guests = N_NEIGHBOURS,
		.guest = view};
	struct plan plan = {.n_actions = row.n,
			    .action = row.action,
			    .verdict = verdicts,
			    .credit_kib = credit_kib};
	unsigned at;
	ck_assert_int_eq(plan_violation(&with_cma, &snap, &plan, &at), row.breach);
	unsigned cuts = plan_cut(&with_cma, &snap, &plan);
	ck_assert_int_eq(plan_violation(&with_cma, &snap, &plan, &at), PLAN_SAFE);
	ck_assert(cuts > 0 || row.breach == PLAN_SAFE);
}
END_TEST

static void add_tests(TCase *tests)
{
	tcase_add_loop_test(tests, what_is_guaranteed_is_neither_taken_nor_lent, 0,
			    N_ROWS(guarantee_rows));
	tcase_add_loop_test(tests, each_breach_is_found_and_cut, 0, N_ROWS(rows));
	tcase_add_loop_test(tests, credit_beyond_what_is_there_is_found_and_withdrawn, 0,
			    N_ROWS(credit_rows));
	tcase_add_loop_test(tests, the_floor_is_lent_to_nobody, 0, N_ROWS(floor_rows));
	tcase_add_test(tests, credit_that_stays_counts);
	tcase_add_test(tests, what_may_be_in_use_is_no_surplus);
	tcase_add_test(tests, no_credit_is_left_to_who_could_take_the_floor_by_it);
	tcase_add_loop_test(tests, a_guest_is_told_what_its_hold_allows, 0, HOLD_COUNT_);
	tcase_add_test(tests, any_plan_is_safe_after_cutting);
	tcase_add_test(tests, a_host_without_memory_leaves_nothing_to_spend);
	tcase_add_test(tests, what_is_kept_is_not_spent);
}

int main(void)
{
	return suite_run("plan", add_tests);
}
