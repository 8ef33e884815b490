/* SPDX-License-Identifier: MIT */
/* Targets in a log of xenstore: hostile lines first, then each side of the edge of useless. */
#include "tests/xen/targets.h"

#include <check.h>
#include <stdlib.h>

enum { MIB = 1024, FIRST = 7, SECOND = 12 };

static struct targets two_guests(void)
{
	return (struct targets){.guest_count = 2, .domid = {FIRST, SECOND}};
}

static const char *const other_lines[] = {
	"",
	"5",
	"x /local/domain/7/memory/target 1",
	"5 /local/domain/7/memory/target",
	"5 /local/domain/7/memory/target ",
	"5 /local/domain/7/memory/target -1",
	"5 /local/domain/7/memory/target 1 2",
	"5 /local/domain/7/memory/target 99999999999999999999",
	"5 /local/domain/7/memory/target2 1",
	"5 /local/domain//memory/target 1",
	"5 /local/domain/8/memory/target 1",
	"5 /local/domain/7/data/cagma/alarm seq=1",
	"5  /local/domain/7/memory/target 1",
};

START_TEST(other_line_tells_nothing)
{
	struct targets targets = two_guests();
	struct targets_told told;

	ck_assert(!targets_read(&targets, other_lines[_i], &told));
	ck_assert(!targets.has_target[0] && !targets.has_target[1]);
}
END_TEST

START_TEST(first_line_is_what_the_guest_has)
{
	struct targets targets = two_guests();
	struct targets_told told = {0};

	ck_assert(!targets_read(&targets, "5 /local/domain/12/memory/target 204800", &told));
	ck_assert(!targets_read(&targets, "6 /local/domain/7/memory/target 300", &told));
	ck_assert(targets_read(&targets, "9 /local/domain/12/memory/target 102400", &told));
	ck_assert_uint_eq(told.t_ms, 9);
	ck_assert_uint_eq(told.guest, 1);
	ck_assert_uint_eq(told.old_kib, 204800);
	ck_assert_uint_eq(told.new_kib, 102400);
}
END_TEST

/* A guest that holds 100 MiB, and two targets, in MiB but for what is said otherwise. */
static const struct {
	uint64_t old_kib, new_kib;
	bool is_useless;
} cases[] = {
	{100 * MIB, 200 * MIB, false},     /* it has arrived */
	{200 * MIB, 100 * MIB, false},     /* it is to stay where it is */
	{200 * MIB, 300 * MIB, true},      /* it goes on growing */
	{80 * MIB, 50 * MIB, true},        /* it goes on shrinking */
	{108 * MIB - 1, 300 * MIB, false}, /* it is about to arrive */
	{108 * MIB, 300 * MIB, true},      {300 * MIB, 92 * MIB + 1, false},
	{300 * MIB, 92 * MIB, true},
};

START_TEST(target_is_judged)
{
	struct targets targets = two_guests();
	const struct judge_sample sample = {.tot_kib = {0, 100 * MIB}};
	const struct targets_told told = {
		.guest = 1, .old_kib = cases[_i].old_kib, .new_kib = cases[_i].new_kib};

	targets_judge(&targets, &told, &sample);
	ck_assert_uint_eq(targets.judged, 1);
	ck_assert_uint_eq(targets.useless, cases[_i].is_useless);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("targets");
	TCase *tcase = tcase_create("targets");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_add_loop_test(tcase, other_line_tells_nothing, 0,
			    (int)(sizeof(other_lines) / sizeof(other_lines[0])));
	tcase_add_test(tcase, first_line_is_what_the_guest_has);
	tcase_add_loop_test(tcase, target_is_judged, 0, (int)(sizeof(cases) / sizeof(cases[0])));
	suite_add_tcase(suite, tcase);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
