/* SPDX-License-Identifier: MIT */
/* States of hosts that are written down, and the decisions on them. */
#include "tests/unit/decided.h"
#include "tests/unit/suite.h"

#include <stdio.h>
#include <string.h>

static const char *const refused[] = {
	"guest domid=1 alm_kib=4096",
	"host free_kib=1",
	"host total_kib=1",
	"host total_kib=10 free_kib=11",
	"host total_kib=10 free_kib=1 free_kib=1",
	"host total_kib=10 free_kib=1 colour=3",
	"host total_kib=10 free_kib=-1",
	"host total_kib=10 free_kib= 1",
	"host total_kib=18446744073709551616 free_kib=1",
	"host total_kib=68719476737 free_kib=1",
	"host  total_kib=10 free_kib=1",
	"host",
	"hosts total_kib=10 free_kib=1",
	" ",
	"\x80",
	"host total_kib=10 free_kib=1\nhost total_kib=10 free_kib=1",
	"host total_kib=10 free_kib=1\nguest domid=1",
	"host total_kib=10 free_kib=1\nguest alm_kib=1",
	"host total_kib=10 free_kib=1\nguest domid=4294967296 alm_kib=1",
	"host total_kib=10 free_kib=1\nguest domid=1 alm_kib=1 weight=0",
	"host total_kib=10 free_kib=1\nguest domid=1 alm_kib=1 weight=65536",
	"host total_kib=10 free_kib=1\nguest domid=1 alm_kib=1 min_kib=2",
	"host total_kib=10 free_kib=1\nguest domid=1 alm_kib=1 max_kib=1 min_kib=2",
	"host total_kib=10 free_kib=1\nguest domid=2 alm_kib=1\nguest domid=2 alm_kib=1",
	"host total_kib=10 free_kib=1\nguest domid=2 alm_kib=1\nguest domid=1 alm_kib=1",
};

START_TEST(what_is_not_a_state_is_refused)
{
	ck_assert_ptr_nonnull(decided("static", refused[_i], false).wrong);
}
END_TEST

START_TEST(one_guest_more_than_there_is_room_for_is_refused)
{
	char text[1024] = "host total_kib=10 free_kib=1";
	for (unsigned i = 1; i <= DECIDED_MAX_GUESTS; i++)
		sprintf(text + strlen(text), "\nguest domid=%u alm_kib=4", i);
	ck_assert_ptr_null(decided("static", text, false).wrong);
	strcat(text, "\nguest domid=99 alm_kib=4");
	ck_assert_ptr_nonnull(decided("static", text, false).wrong);
}
END_TEST

START_TEST(states_end_with_empty_lines_and_with_the_text)
{
	struct decided d = decided("static",
				   "# two\n\n\n"
				   "host total_kib=1000 free_kib=1\n"
				   "guest domid=1 alm_kib=8\n"
				   "# of the second guest\n"
				   "guest domid=7 alm_kib=12 target_kib=16\n\n"
				   "host total_kib=1000 free_kib=1\n"
				   "guest domid=3 alm_kib=400",
				   false);
	ck_assert_ptr_null(d.wrong);
	ck_assert_uint_eq(d.n_states, 2);
	ck_assert_uint_eq(d.n, 1);
	ck_assert_uint_eq(d.wanted_kib[0], 400);
}
END_TEST

static const char shrinking_twice[] =
	"host now_ms=1000 total_kib=10000000 free_kib=100000\n"
	"guest domid=1 alm_kib=1000000 total_kib=1000000 free_kib=600000\n\n"
	"host now_ms=9000 total_kib=10000000 free_kib=100000\n"
	"guest domid=1 alm_kib=1000000 total_kib=1000000 free_kib=600000\n";

START_TEST(a_state_stands_alone)
{
	struct decided d = decided("mom", shrinking_twice, false);
	ck_assert_uint_eq(d.n_actions, 2);
	ck_assert_uint_eq(d.wanted_kib[0], 950000);
}
END_TEST

/* MoM decides every 10 s. Its decision is not in force yet, so it is asked for again. */
START_TEST(in_a_series_the_policy_remembers)
{
	char text[1024];
	struct decided d = decided("mom", shrinking_twice, true);
	ck_assert_uint_eq(d.n_actions, 2);
	ck_assert_uint_eq(d.wanted_kib[0], 950000);
	strcpy(text, shrinking_twice);
	memcpy(strstr(text, "\n\nhost") + 2 + strlen("host now_ms="), "0900", 4);
	ck_assert_ptr_nonnull(decided("mom", text, true).wrong); /* a number has no leading zero */
	memcpy(strstr(text, "\n\nhost") + 2 + strlen("host now_ms="), "0999", 4);
	ck_assert_ptr_nonnull(decided("mom", text, true).wrong);
	ck_assert_ptr_nonnull(decided("mom",
				      "host now_ms=10 total_kib=10 free_kib=1\n\n"
				      "host now_ms=9 total_kib=10 free_kib=1\n",
				      true)
				      .wrong);
}
END_TEST

START_TEST(what_the_contract_cuts_is_shown_and_counted)
{
	struct decided d =
		decided("coordinator-program",
			"host total_kib=10000000 free_kib=264800\n"
			"guest domid=1 alm_kib=400000 max_kib=800000 total_kib=400000\n"
			"guest domid=2 alm_kib=400000 max_kib=420000 total_kib=400000\n"
			"guest domid=3 alm_kib=2000000 min_kib=2000000 total_kib=2000000 "
			"free_kib=1900000\n",
			false);
	ck_assert_uint_eq(d.wanted_kib[0], 460000);
	ck_assert_uint_eq(d.allowed_kib[0], 460000);
	ck_assert_uint_eq(d.wanted_kib[1], 460000);
	ck_assert_uint_eq(d.allowed_kib[1], 400000);
	ck_assert_uint_lt(d.wanted_kib[2], 2000000);
	ck_assert_uint_eq(d.allowed_kib[2], 2000000);
	ck_assert_uint_eq(d.n_actions, 3);
	ck_assert_uint_eq(d.n_cuts, 2);
}
END_TEST

static void add_tests(TCase *tests)
{
	tcase_add_loop_test(tests, what_is_not_a_state_is_refused, 0, N_ROWS(refused));
	tcase_add_test(tests, one_guest_more_than_there_is_room_for_is_refused);
	tcase_add_test(tests, states_end_with_empty_lines_and_with_the_text);
	tcase_add_test(tests, a_state_stands_alone);
	tcase_add_test(tests, in_a_series_the_policy_remembers);
	tcase_add_test(tests, what_the_contract_cuts_is_shown_and_counted);
}

int main(void)
{
	return suite_run("decide", add_tests);
}
