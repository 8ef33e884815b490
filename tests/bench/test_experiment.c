/* SPDX-License-Identifier: MIT */
/* Descriptions of experiments: wrong lines, incomplete descriptions, and a right one. */
#include "tests/bench/experiment.h"
#include "tests/unit/suite.h"

#include <string.h>

static bool add(struct experiment *experiment, const char *line, struct text *ret_wrong)
{
	return experiment_add(experiment, (struct text){.at = line, .len = strlen(line)},
			      ret_wrong);
}

static const struct {
	const char *line;
	const char *wrong;
} bad[] = {
	{"guests", "guests"},
	{" guest a", " guest a"},
	{"guest", ""},
	{"guest d", ""},
	{"guest aa", ""},
	{"guest a memory_mib=x", "memory_mib=x"},
	{"guest a memory_mib=-1", "memory_mib=-1"},
	{"guest a memory_mib=99999999999", "memory_mib=99999999999"},
	{"guest a data=2", "data=2"},
	{"guest a data", "data"},
	{"guest a name=b", "name=b"},
	{"work a memory", ""},
	{"disk bytes_s", "bytes_s"},
	{"disk bytes_s=", "bytes_s="},
	{"host free=1", "free=1"},
	{"policy", ""},
	{"policy Static", "Static"},
	{"policy $(reboot)", "$(reboot)"},
	{"policy a-name-that-is-much-too-long", "a-name-that-is-much-too-long"},
	{"policy cagma agent=other", "agent=other"},
	{"policy cagma credit_mib=all", "credit_mib=all"},
	{"runs", ""},
	{"runs many", "many"},
	{"runs 3 4", "3 4"},
};

START_TEST(bad_lines_are_refused)
{
	struct experiment experiment = {0};
	struct text wrong = {.at = "", .len = 0};

	ck_assert(!add(&experiment, bad[_i].line, &wrong));
	if (bad[_i].wrong[0] != '\0')
		ck_assert(text_is(wrong, bad[_i].wrong));
}
END_TEST

static const char *const good[] = {
	"# a comment",
	"",
	"guest a memory_mib=256 ample_mib=400 min_mib=128 max_mib=750",
	"guest b memory_mib=256 ample_mib=400 min_mib=128 max_mib=750",
	"guest c memory_mib=256 ample_mib=300 min_mib=128 max_mib=750 data=1",
	"work a phase_ms=1000 memory tasks=1,2,3",
	"work b phase_ms=100 memory",
	"work c disk file=/dev/xvdb",
	"disk bytes_s=8388608 requests_s=300",
	"host reserve_mib=64",
	"policy static",
	"policy qmemman agent=peer",
	"policy cagma credit_mib=32",
	"runs 3",
};

/* Reads all good lines but those that begin with these words. */
static void read_good(struct experiment *experiment, const char *without)
{
	struct text wrong;

	for (int i = 0; i < N_ROWS(good); i++)
		if (strncmp(good[i], without, strlen(without)) != 0 || without[0] == '\0')
			ck_assert_msg(add(experiment, good[i], &wrong), "%s", good[i]);
}

START_TEST(a_whole_one_is_read)
{
	struct experiment experiment = {0};

	read_good(&experiment, "");
	ck_assert_ptr_null(experiment_fault(&experiment));
	ck_assert_uint_eq(experiment.policy_count, 3);
	ck_assert_str_eq(experiment.policies[1], "qmemman");
	ck_assert_uint_eq(experiment.guests[2].data, 1);
	ck_assert_uint_eq(experiment.guests[0].work.phases, 3);
	ck_assert_uint_eq(experiment_work_ms(&experiment), 60000);
}
END_TEST

static const char *const needed[] = {"work b", "disk", "host", "policy", "runs"};

START_TEST(nothing_may_lack)
{
	struct experiment experiment = {0};

	read_good(&experiment, needed[_i]);
	ck_assert_ptr_nonnull(experiment_fault(&experiment));
}
END_TEST

/* Statements that are made twice, and a guest too many. */
static const char *const repeated[] = {
	"guest a memory_mib=1",
	"work a memory",
	"policy cagma",
};

START_TEST(nothing_is_said_twice)
{
	struct experiment experiment = {0};
	struct text wrong;

	read_good(&experiment, "");
	ck_assert(!add(&experiment, repeated[_i], &wrong));
	ck_assert_ptr_null(experiment_fault(&experiment));
}
END_TEST

START_TEST(amounts_are_ordered)
{
	struct experiment experiment = {0};

	read_good(&experiment, "");
	experiment.guests[1].min_mib = 257;
	ck_assert_ptr_nonnull(experiment_fault(&experiment));
	experiment.guests[1].min_mib = 256;
	ck_assert_ptr_null(experiment_fault(&experiment));
	experiment.guests[1].ample_mib = 751;
	ck_assert_ptr_nonnull(experiment_fault(&experiment));
}
END_TEST

static void add_tests(TCase *tests)
{
	tcase_add_loop_test(tests, bad_lines_are_refused, 0, N_ROWS(bad));
	tcase_add_test(tests, a_whole_one_is_read);
	tcase_add_loop_test(tests, nothing_may_lack, 0, N_ROWS(needed));
	tcase_add_loop_test(tests, nothing_is_said_twice, 0, N_ROWS(repeated));
	tcase_add_test(tests, amounts_are_ordered);
}

int main(void)
{
	return suite_run("experiment", add_tests);
}
