/* SPDX-License-Identifier: MIT */
/* Which of a plan's targets are set first when calls are short: urgency.h. */
#include "host/core/urgency.h"

#include "host/core/plan.h"
#include "tests/unit/suite.h"

enum { GUESTS = 4, MIB = 1024, NOW_MS = 5000 };

static struct guest_view guest[GUESTS];
static char room[PLAN_BYTES(GUESTS)] __attribute__((aligned(8)));

static struct snapshot snapshot(unsigned workers, unsigned busy_workers)
{
	for (unsigned i = 0; i < GUESTS; i++)
		guest[i] = (struct guest_view){.domid = i + 1,
					       .alm_kib = 100 * MIB,
					       .target_kib = 100 * MIB,
					       .max_kib = 200 * MIB};
	return (struct snapshot){
		.host = {.now_ms = NOW_MS, .workers = workers, .busy_workers = busy_workers},
		.n_guests = GUESTS,
		.guest = guest};
}

/* What guest i is told: so much more or less than its target, and why. */
static const struct wish {
	int64_t by_kib;
	enum plan_reason reason;
	bool is_alarmed, is_being_told;
} small = {4 * MIB, REASON_NEED, 0, 0}, large = {-40 * MIB, REASON_GIVE, 0, 0},
  alarmed = {2 * MIB, REASON_NEED, 1, 0}, alarmed_more = {8 * MIB, REASON_NEED, 1, 0},
  alarmed_shrinks = {-2 * MIB, REASON_SHARE, 1, 0}, stopped = {4 * MIB, REASON_STOP, 0, 0},
  called_back = {6 * MIB, REASON_CANCEL, 0, 0}, told = {50 * MIB, REASON_NEED, 1, 1};

static const struct choice {
	const struct wish *wish[GUESTS];
	unsigned workers, busy_workers;
	unsigned left, waiting;
	unsigned kept[GUESTS]; /* guests, shrinks in front, by urgency only where they are cut */
} choices[] = {
	/* without a limit, and below it, the plan stays as it is but for guests being told */
	{{&small, &large, &alarmed, &stopped}, 0, 0, 4, 0, {0, 1, 2, 3}},
	{{&small, &large, &alarmed, &stopped}, 4, 0, 4, 0, {0, 1, 2, 3}},
	{{&small, &told, &alarmed, &stopped}, 4, 1, 3, 1, {0, 2, 3}},
	{{&small, &told, &alarmed, &stopped}, 0, 0, 3, 1, {0, 2, 3}},
	/* a growth in alarm, however small, before all, and the larger before the smaller */
	{{&small, &large, &alarmed, &stopped}, 1, 0, 1, 3, {2}},
	{{&alarmed, &large, &alarmed_more, &stopped}, 1, 0, 1, 3, {2}},
	/* then what stops a shrink, then the largest */
	{{&small, &large, &alarmed, &stopped}, 2, 0, 2, 2, {2, 3}},
	{{&small, &large, &called_back, &stopped}, 2, 0, 2, 2, {2, 3}},
	{{&small, &large, &called_back, &stopped}, 1, 0, 1, 3, {2}},
	/* what is left has its shrinks in front */
	{{&small, &large, &alarmed, &stopped}, 3, 0, 3, 1, {1, 2, 3}},
	/* an alarm makes no shrink urgent */
	{{&small, &large, &alarmed_shrinks, &small}, 1, 0, 1, 3, {1}},
	/* alike guests: the first, so that the choice does not depend on anything else */
	{{&small, &small, &small, &small}, 2, 0, 2, 2, {0, 1}},
	/* no worker is idle */
	{{&small, &large, &alarmed, &stopped}, 2, 2, 0, 4, {0}},
	{{&small, &large, &alarmed, &stopped}, 2, 3, 0, 4, {0}},
};

START_TEST(the_most_urgent_targets_are_left)
{
	const struct choice *c = &choices[_i];
	struct snapshot snap = snapshot(c->workers, c->busy_workers);
	struct plan plan;
	ck_assert(plan_init(&plan, room, GUESTS));
	for (unsigned i = 0; i < GUESTS; i++) {
		const struct wish *w = c->wish[i];
		guest[i].is_alarmed = w->is_alarmed;
		guest[i].is_being_told = w->is_being_told;
		plan.action[plan.n_actions++] = (struct action){
			i, (uint64_t)((int64_t)guest[i].target_kib + w->by_kib), w->reason};
	}
	urgency_choose(&snap, &plan);
	ck_assert_uint_eq(plan.n_actions, c->left);
	ck_assert_uint_eq(plan.n_waiting, c->waiting);
	for (unsigned i = 0; i < c->left; i++) {
		unsigned found = 0;
		for (unsigned k = 0; k < c->left; k++)
			found += plan.action[k].guest == c->kept[i];
		ck_assert_msg(found == 1, "guest %u is not told", c->kept[i]);
	}
	bool grows = false;
	for (unsigned i = 0; c->waiting && i < plan.n_actions; i++) {
		const struct action *a = &plan.action[i];
		bool shrinks = a->target_kib < guest[a->guest].target_kib;
		ck_assert(!(shrinks && grows));
		grows |= !shrinks;
	}
}
END_TEST

static const struct gap {
	unsigned guests, workers;
	uint64_t call_us, gap_ms;
} gaps[] = {
	{4, 4, 5000, 100},     {400, 4, 5000, 625}, {400, 0, 5000, 100}, {400, 4, 0, 100},
	{1000, 32, 1000, 100}, {2, 4, 65000, 100},  {40, 4, 65000, 812}, {1, 1, 200000, 250},
};

START_TEST(small_changes_leave_workers_idle)
{
	struct snapshot snap = snapshot(gaps[_i].workers, 0);
	snap.n_guests = gaps[_i].guests;
	snap.host.call_us = gaps[_i].call_us;
	ck_assert_uint_eq(urgency_gap_ms(&snap), gaps[_i].gap_ms);
	uint64_t calm_ms = gaps[_i].gap_ms < 300 ? 300 : gaps[_i].gap_ms;
	ck_assert_uint_eq(urgency_calm_gap_ms(&snap), calm_ms);
}
END_TEST

static const struct alarm_gap {
	uint64_t call_us, avail_mib, gap_ms;
} alarm_gaps[] = {
	{5000, 40, 300},   {5000, 32, 300},   {5000, 31, 100},
	{150000, 40, 450}, {150000, 32, 450}, {150000, 31, 100},
};

START_TEST(small_growths_in_alarm_are_gathered_while_the_critical_amount_is_there)
{
	struct snapshot snap = snapshot(4, 0);
	snap.host.call_us = alarm_gaps[_i].call_us;
	guest[0].report.avail_kib = alarm_gaps[_i].avail_mib * MIB;
	struct verdict verdict = {.base_kib = 32 * MIB, .cma_kib = 60 * MIB};
	ck_assert_uint_eq(urgency_alarm_gap_ms(&snap, &guest[0], &verdict), alarm_gaps[_i].gap_ms);
}
END_TEST

static void add_tests(TCase *tests)
{
	tcase_add_loop_test(tests, the_most_urgent_targets_are_left, 0, N_ROWS(choices));
	tcase_add_loop_test(tests, small_changes_leave_workers_idle, 0, N_ROWS(gaps));
	tcase_add_loop_test(tests,
			    small_growths_in_alarm_are_gathered_while_the_critical_amount_is_there,
			    0, N_ROWS(alarm_gaps));
}

int main(void)
{
	return suite_run("urgency", add_tests);
}
