/* SPDX-License-Identifier: MIT */
#include "common/system/trouble.h"
#include "tests/unit/fixture.h"
#include "tests/unit/suite.h"

#include <errno.h>

/* The course of events (x is trouble, . is none), and what is told at each: b(egin), e(nd). */
static const struct {
	const char *happens, *told;
	uint64_t count;
} runs[] = {
	{"", "", 0},         {"...", "   ", 0},     {"x", "b", 1},           {"xxxx", "b   ", 4},
	{"xx..", "b e ", 2}, {".x.x.", " bebe", 2}, {"xxx.xx", "b  eb ", 5},
};

START_TEST(trouble_is_told_when_it_begins_and_when_it_ends)
{
	struct trouble t = {0};
	uint64_t run = 0;
	for (unsigned i = 0; i < strlen(runs[_i].happens); i++) {
		bool is_met = runs[_i].happens[i] == 'x';
		bool is_first = is_met && trouble_met(&t);
		uint64_t over = is_met ? 0 : trouble_over(&t);
		char told = is_first ? 'b' : ' ';
		ck_assert_int_eq(over ? 'e' : told, runs[_i].told[i]);
		ck_assert_uint_eq(over, is_met ? 0 : run);
		run = is_met ? run + 1 : 0;
		ck_assert_int_eq(t.is_on, is_met);
		ck_assert_uint_eq(t.run, run);
	}
	ck_assert_uint_eq(t.count, runs[_i].count);
}
END_TEST

START_TEST(the_log_has_a_line_for_the_beginning_and_one_for_the_end)
{
	struct trouble t = {0};
	fixture_begin_log("test");
	trouble_end(&t, "it works");
	trouble_begin(&t, "it does not work", -ENOENT);
	trouble_begin(&t, "it does not work", -EACCES);
	trouble_end(&t, "it works");
	trouble_end(&t, "it works");
	ck_assert_str_eq(fixture_end_log(),
			 "test: error: it does not work: No such file or directory\n"
			 "test: it works\n");
}
END_TEST

static void add_tests(TCase *tests)
{
	tcase_add_loop_test(tests, trouble_is_told_when_it_begins_and_when_it_ends, 0,
			    N_ROWS(runs));
	tcase_add_test(tests, the_log_has_a_line_for_the_beginning_and_one_for_the_end);
}

int main(void)
{
	return suite_run("trouble", add_tests);
}
