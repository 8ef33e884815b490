/* SPDX-License-Identifier: MIT */
/* When a guest is told that more or less is for it, and how often: telling.h. */
#include "host/policy/telling.h"

#include "host/core/plan.h"
#include "tests/unit/suite.h"
#include "tests/unit/world.h"

enum { MIB = 1024, NOW_MS = 100000, NEVER_MS = NOW_MS + 60000 };

static char room[PLAN_BYTES(1)] __attribute__((aligned(8)));

/* With a base CMA of 32 MiB and steps of 2 MiB; eight of them are no small change. */
static const struct {
	const char *what;
	uint64_t call_us, told_ms, avail_mib, by_mib;
	bool is_alarmed;
	bool may;
	uint64_t wake_ms; /* of the plan */
} rows[] = {
	{"told long ago", 150000, NOW_MS - 450, 40, 4, true, true, NEVER_MS},
	{"told lately", 150000, NOW_MS - 449, 40, 4, true, false, NOW_MS + 1},
	{"told just now", 150000, NOW_MS, 40, 4, true, false, NOW_MS + 450},
	{"it has less than its base CMA", 150000, NOW_MS - 100, 31, 4, true, true, NEVER_MS},
	{"a large growth", 150000, NOW_MS, 40, 16, true, true, NEVER_MS},
	{"never told anything", 150000, 0, 40, 4, true, true, NEVER_MS},
	{"nothing is missing", 150000, NOW_MS, 40, 0, true, false, NEVER_MS},
	{"calls are quick", 5000, NOW_MS - 300, 40, 4, true, true, NEVER_MS},
	{"calls are quick, and it was told lately", 5000, NOW_MS - 299, 40, 4, true, false,
	 NOW_MS + 1},
	{"the same with less than its base CMA", 5000, NOW_MS - 100, 31, 4, true, true, NEVER_MS},
	{"the same, and it was told just now", 5000, NOW_MS - 99, 31, 4, true, false, NOW_MS + 1},
	{"not in alarm", 150000, NOW_MS - 300, 40, 4, false, true, NEVER_MS},
	{"not in alarm, and told lately", 150000, NOW_MS - 299, 40, 4, false, false, NEVER_MS},
	{"not in alarm, a large growth", 150000, NOW_MS, 40, 16, false, true, NEVER_MS},
};

START_TEST(small_growths_wait_and_the_plan_is_made_again_when_they_need_not)
{
	struct policy_conf conf = options_default();
	struct guest_view guest = {.is_alarmed = rows[_i].is_alarmed,
				   .report.avail_kib = rows[_i].avail_mib * MIB};
	struct snapshot snap = {.host = {.now_ms = NOW_MS, .call_us = rows[_i].call_us},
				.n_guests = 1,
				.guest = &guest};
	struct demand demand = {.told_ms = rows[_i].told_ms};
	struct plan plan;
	ck_assert(plan_init(&plan, room, 1));
	plan.wake_ms = NEVER_MS;
	plan.verdict[0] = (struct verdict){.base_kib = 32 * MIB};
	bool may = telling_may_more(&conf, &snap, &demand, 0, rows[_i].by_mib * MIB, &plan);
	ck_assert_msg(may == rows[_i].may, "%s", rows[_i].what);
	ck_assert_uint_eq(plan.wake_ms, rows[_i].wake_ms);
}
END_TEST

static const struct {
	const char *what;
	uint64_t grew_ms; /* when it was told to grow */
	uint64_t by_mib;  /* what it is to give */
	unsigned n_alarmed;
	bool is_alarmed;
	bool may;
} less_rows[] = {
	{"calm, soon after a growth", NOW_MS - 1000, 10, 0, false, false},
	{"calm, long after a growth", NOW_MS - 20000, 10, 0, false, true},
	{"calm, by much", NOW_MS - 1000, 16, 0, false, true},
	{"another is in alarm", NOW_MS - 1000, 10, 1, false, true},
	{"it alone is in alarm", NOW_MS - 1000, 10, 1, true, false},
	{"it and another are in alarm", NOW_MS - 1000, 10, 2, true, true},
	{"it alone is, long after a growth", NOW_MS - 20000, 10, 1, true, true},
};

/* What is wanted back of a guest soon after a growth may be needed at its next report. */
START_TEST(a_little_is_not_wanted_back_soon_but_for_others_in_alarm)
{
	struct policy_conf conf = options_default();
	uint64_t kib = 300 * MIB;
	struct guest_view guest = {.is_alarmed = less_rows[_i].is_alarmed,
				   .hold = HOLD_NONE,
				   .alm_kib = kib,
				   .target_kib = kib,
				   .max_kib = 2 * kib};
	struct snapshot snap = {.host = {.now_ms = NOW_MS}, .n_guests = 1, .guest = &guest};
	struct demand demand = {.told_ms = NOW_MS - 1000, .told_to_grow_ms = less_rows[_i].grew_ms};
	struct plan plan;
	ck_assert(plan_init(&plan, room, 1));
	plan.verdict[0] = (struct verdict){.goal_kib = kib - less_rows[_i].by_mib * MIB};
	bool may = telling_may_less(&conf, &snap, &demand, 0, less_rows[_i].n_alarmed, &plan);
	ck_assert_msg(may == less_rows[_i].may, "%s", less_rows[_i].what);
}
END_TEST

/* Two guests that need much and little by turns, as fast as they are looked at, and hold together
 * what one of them needs. */
START_TEST(what_a_guest_is_told_in_a_second_is_bounded)
{
	enum { LOOK_MS = 10, LOOKS = 1000, PER_S = 1000 / LOOK_MS };
	static struct world w;
	static unsigned was_told[2][LOOKS];
	unsigned told = 0, in_a_second[2] = {0};
	world_init(&w, 0);
	for (unsigned g = 0; g < 2; g++) {
		world_add(&w, 700 * MIB, 100 * MIB);
		w.guest[g].speed_kib = UINT64_MAX;
	}
	for (unsigned i = 0; i < LOOKS; i++) {
		for (unsigned g = 0; g < 2; g++) {
			w.guest[g].used_kib = (i % 2 == g ? 1000 : 100) * MIB;
			w.view[g].is_alarmed = i % 2 == g;
		}
		world_observe(&w, LOOK_MS);
		world_decide(&w, policy_find("cagma"));
		for (unsigned k = 0; k < w.plan.n_actions; k++)
			was_told[w.plan.action[k].guest][i]++;
		for (unsigned g = 0; g < 2; g++) {
			told += was_told[g][i];
			in_a_second[g] += was_told[g][i];
			in_a_second[g] -= i >= PER_S ? was_told[g][i - PER_S] : 0;
			ck_assert_uint_le(in_a_second[g], TELLING_MOST_PER_S);
		}
		world_move(&w);
	}
	ck_assert_uint_ge(told, LOOKS * LOOK_MS / TELLING_EACH_MS);
}
END_TEST

/* It takes no memory and no call from others in the same pass. */
START_TEST(a_growth_waits_before_memory_is_put_by_for_it)
{
	struct policy_conf conf = options_default();
	struct guest_view guest = {.is_alarmed = true};
	struct snapshot snap = {.host.now_ms = NOW_MS, .n_guests = 1, .guest = &guest};
	struct demand demand = {.told_until_ms = NOW_MS + TELLING_AHEAD_MS};
	struct plan plan;
	ck_assert(plan_init(&plan, room, 1));
	plan.wake_ms = NEVER_MS;
	ck_assert(telling_may_more(&conf, &snap, &demand, 0, 100 * MIB, &plan));
	demand.told_until_ms++;
	ck_assert(!telling_may_more(&conf, &snap, &demand, 0, 100 * MIB, &plan));
	ck_assert_uint_eq(plan.wake_ms, NOW_MS + 1);
}
END_TEST

/* A shrink under way that is not needed any more is called back, which no growth and no shrink is.
 */
START_TEST(a_call_back_is_bounded_too)
{
	static struct world w;
	world_init(&w, 0);
	world_add(&w, 700 * MIB, 100 * MIB);
	world_run(&w, policy_find("cagma"), 20, 250);
	w.view[0].target_kib -= 300 * MIB;
	w.guest[0].used_kib = 500 * MIB;
	world_observe(&w, 250);
	world_decide(&w, policy_find("cagma"));
	ck_assert_uint_eq(w.plan.n_actions, 1);
	ck_assert_int_eq(w.plan.action[0].reason, REASON_CANCEL);
	w.memory.demand[0].told_until_ms = w.host.now_ms + 2 * TELLING_AHEAD_MS;
	world_decide(&w, policy_find("cagma"));
	ck_assert_uint_eq(w.plan.n_actions, 0);
}
END_TEST

/* The pass that may tell it is asked for. */
START_TEST(what_is_left_out_is_told_when_it_may_be)
{
	struct snapshot snap = {.host.now_ms = NOW_MS};
	struct demand demand = {.told_until_ms = NOW_MS + TELLING_AHEAD_MS};
	struct plan plan;
	ck_assert(plan_init(&plan, room, 1));
	plan.wake_ms = NEVER_MS;
	plan.n_actions = 1;
	plan.action[0] = (struct action){.target_kib = 100 * MIB};
	telling_bound(&snap, &demand, &plan);
	ck_assert_uint_eq(plan.n_actions, 1);
	telling_note(&snap, &plan, &demand);
	telling_bound(&snap, &demand, &plan);
	ck_assert_uint_eq(plan.n_actions, 0);
	ck_assert_uint_eq(plan.wake_ms, NOW_MS + TELLING_EACH_MS);
}
END_TEST

/* Whoever is left out since all workers are busy is counted: that is why the daemon runs another
 * pass as soon as one is free. */
START_TEST(who_cannot_be_told_now_waits)
{
	static struct world w;
	const struct policy *cagma = policy_find("cagma");
	const bool is_alarmed = _i;
	world_init(&w, 500 * MIB);
	for (unsigned i = 0; i < 3; i++)
		world_add(&w, 300 * MIB, 290 * MIB);
	world_observe(&w, 1000);
	for (unsigned i = 0; i < 3; i++)
		w.view[i].is_alarmed = is_alarmed;
	w.host.workers = 2;
	w.host.busy_workers = 2;
	world_decide(&w, cagma);
	ck_assert_uint_eq(w.plan.n_actions, 0);
	ck_assert_uint_eq(w.plan.n_waiting, 3);
	w.host.busy_workers = 0;
	world_decide(&w, cagma);
	ck_assert_uint_eq(w.plan.n_actions, 2);
	ck_assert_uint_eq(w.plan.n_waiting, 1);
}
END_TEST

static void add_tests(TCase *tests)
{
	tcase_add_test(tests, what_a_guest_is_told_in_a_second_is_bounded);
	tcase_add_test(tests, a_call_back_is_bounded_too);
	tcase_add_test(tests, a_growth_waits_before_memory_is_put_by_for_it);
	tcase_add_test(tests, what_is_left_out_is_told_when_it_may_be);
	tcase_add_loop_test(tests, small_growths_wait_and_the_plan_is_made_again_when_they_need_not,
			    0, N_ROWS(rows));
	tcase_add_loop_test(tests, who_cannot_be_told_now_waits, 0, 2);
	tcase_add_loop_test(tests, a_little_is_not_wanted_back_soon_but_for_others_in_alarm, 0,
			    sizeof(less_rows) / sizeof(less_rows[0]));
}

int main(void)
{
	return suite_run("telling", add_tests);
}
