/* SPDX-License-Identifier: MIT */
/* When a guest is told that more is for it: telling.h. */
#include "host/policy/telling.h"

#include "host/core/plan.h"
#include "tests/unit/suite.h"

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

static void add_tests(TCase *tests)
{
	tcase_add_loop_test(tests, small_growths_wait_and_the_plan_is_made_again_when_they_need_not,
			    0, N_ROWS(rows));
}

int main(void)
{
	return suite_run("telling", add_tests);
}
