/* SPDX-License-Identifier: MIT */
/* Descriptions of experiments: wrong lines, incomplete descriptions, and a right one. */
#include "tests/bench/experiment.h"
#include "tests/unit/suite.h"

#include <string.h>

static const char *add(struct experiment *experiment, const char *line)
{
	return experiment_add(experiment, (struct text){.at = line, .len = strlen(line)});
}

/* NULL, or what is wrong with the first line of them that is wrong. */
static const char *add_all(struct experiment *experiment, const char *lines)
{
	struct text rest = {.at = lines, .len = strlen(lines)}, line;
	const char *wrong = NULL;

	while (!wrong && text_cut(&rest, '\n', &line))
		wrong = experiment_add(experiment, line);
	return wrong;
}

static const struct {
	const char *lines;
	const char *wrong;
} bad[] = {
	{"guest a", "stands before any [section]"},
	{"[guests]", "begins a section [guests]"},
	{"[guest]", "no right name"},
	{"[guest d]", "begins guest d"},
	{"[guest aa]", "begins guest aa"},
	{"[guest a]\nmemory = x", "memory is a number"},
	{"[guest a]\nmemory = -1", "memory is a number"},
	{"[guest a]\nmemory = 99999999999", "memory is a number"},
	{"[guest a]\nmemory = 99.5", "whole MiB"},
	{"[guest a]\ndata = 2", "data is one of: no yes"},
	{"[guest a]\ndata", "is not name = value"},
	{"[guest a]\nname = b", "has no name"},
	{"[guest a]\nwork = memories", "this is wrong: memories"},
	{"[guest a]\nwork = disk", "without a file="},
	{"[guest a]\nstart = 5", "which an experiment cannot play"},
	{"[guest a]\ncount = 2", "which an experiment cannot play"},
	{"work = memory", "stands before any [section]"},
	{"[host]\ndisk =", "disk is a number"},
	{"[host]\nfree = 1", "[host] has no free"},
	{"[policy ]", "no right name"},
	{"[policy Static]", "a name is of a-z"},
	{"[policy $(reboot)]", "a name is of a-z"},
	{"[policy a-name-that-is-much-too-long]", "no right name"},
	{"[policy cagma]\nagent = other", "agent is one of: cagma largest peer none"},
	{"[policy cagma]\ncredit = all", "credit is a whole number"},
	{"[cagmad]\nperiod_ms = 500", "which an experiment cannot play"},
	{"[experiment]\nruns =", "runs is a whole number"},
	{"[experiment]\nruns = many", "runs is a whole number"},
	{"[experiment]\nruns = 3 4", "runs is a whole number"},
};

START_TEST(bad_lines_are_refused)
{
	struct experiment experiment;
	const char *wrong;

	experiment_begin(&experiment);
	wrong = add_all(&experiment, bad[_i].lines);
	ck_assert_ptr_nonnull(wrong);
	ck_assert_msg(strstr(wrong, bad[_i].wrong) != NULL, "\"%s\" does not say \"%s\"", wrong,
		      bad[_i].wrong);
}
END_TEST

#define AMOUNTS "memory = 256\nample = 400\nmin = 128\nmax = 750\n"

/* The sections of a description that is right. */
static const char *const good[] = {
	"# a comment\n\n[host]\nmemory = 900\ndisk_requests = 300\ndisk = 8192\n",
	"[experiment]\nreserve = 64\nruns = 3\n",
	"[guest a]\n" AMOUNTS "demand = 0:60\nwork = phase_ms=1000 memory tasks=1,2,3\n",
	"[guest b]\n" AMOUNTS "work = phase_ms=100 memory\n",
	"[guest c]\n" AMOUNTS "data = yes\nwork = disk file=/dev/xvdb\n",
	"[policy static]\n[policy qmemman]\nagent = peer\n",
	"[policy cagma]\ncredit = 32\n",
};

/* Reads all good lines but those that begin with these words; NULL: all. */
static void read_good(struct experiment *experiment, const char *without)
{
	experiment_begin(experiment);
	for (int i = 0; i < N_ROWS(good); i++) {
		struct text rest = {.at = good[i], .len = strlen(good[i])}, line;

		while (text_cut(&rest, '\n', &line)) {
			const char *wrong = NULL;

			if (!without || strncmp(line.at, without, strlen(without)) != 0)
				wrong = experiment_add(experiment, line);
			ck_assert_msg(!wrong, "%.*s: %s", (int)line.len, line.at, wrong);
		}
	}
}

START_TEST(a_whole_one_is_read)
{
	struct experiment experiment;

	read_good(&experiment, NULL);
	ck_assert_ptr_null(experiment_fault(&experiment));
	ck_assert_uint_eq(experiment.policy_count, 3);
	ck_assert_str_eq(experiment.policies[1].name, "qmemman");
	ck_assert(text_is(grammar_value(GRAMMAR_AGENT, experiment.policies[1].agent), "peer"));
	ck_assert(text_is(grammar_value(GRAMMAR_AGENT, experiment.policies[0].agent), "cagma"));
	ck_assert_uint_eq(experiment.policies[2].credit_mib, 32);
	ck_assert_uint_eq(experiment.guests[2].data, 1);
	ck_assert_uint_eq(experiment.guests[0].memory_mib, 256);
	ck_assert_uint_eq(experiment.guests[0].work.phases, 3);
	ck_assert_str_eq(experiment.guests[1].work_words, "phase_ms=100 memory");
	ck_assert_uint_eq(experiment.bytes_s, 8388608);
	ck_assert_uint_eq(experiment.requests_s, 300);
	ck_assert_uint_eq(experiment.reserve_mib, 64);
	ck_assert_uint_eq(experiment.free_mib, 0);
	ck_assert_uint_eq(experiment_work_ms(&experiment), 60000);
}
END_TEST

static const char *const needed[] = {"work = phase_ms=100",
				     "disk =",
				     "disk_requests",
				     "reserve",
				     "[policy",
				     "runs",
				     "min",
				     "ample"};

START_TEST(nothing_may_lack)
{
	struct experiment experiment;

	if (strcmp(needed[_i], "[policy") == 0) {
		experiment_begin(&experiment);
		for (int i = 0; i < 5; i++)
			ck_assert_ptr_null(add_all(&experiment, good[i]));
	} else {
		read_good(&experiment, needed[_i]);
	}
	ck_assert_ptr_nonnull(experiment_fault(&experiment));
}
END_TEST

static const char *const repeated[] = {
	"[guest a]",
	"[policy cagma]",
};

START_TEST(nothing_is_said_twice)
{
	struct experiment experiment;

	read_good(&experiment, NULL);
	ck_assert_ptr_nonnull(add(&experiment, repeated[_i]));
	ck_assert_ptr_null(experiment_fault(&experiment));
}
END_TEST

START_TEST(work_is_not_said_twice)
{
	struct experiment experiment;

	experiment_begin(&experiment);
	ck_assert_ptr_null(add_all(&experiment, "[guest a]\nwork = memory"));
	ck_assert_ptr_nonnull(add(&experiment, "work = memory"));
}
END_TEST

START_TEST(amounts_are_ordered)
{
	struct experiment experiment;

	read_good(&experiment, NULL);
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
	tcase_add_test(tests, work_is_not_said_twice);
	tcase_add_test(tests, amounts_are_ordered);
}

int main(void)
{
	return suite_run("experiment", add_tests);
}
