/* SPDX-License-Identifier: MIT */
#include "common/system/log.h"
#include "common/system/usage.h"
#include "tests/unit/fixture.h"
#include "tests/unit/suite.h"

#include <getopt.h>
#include <stdio.h>

static const char shorts[] = ":nc:";
static const struct option longs[] = {
	{"record", required_argument, NULL, 256},
	{"dry-run", no_argument, NULL, 'n'},
	{"config", required_argument, NULL, 'c'},
	{"dread", no_argument, NULL, 257},
	{0},
};

/* Words, and the message about the first one that is wrong; NULL if all are right. */
static const struct {
	char *argv[4];
	const char *said;
} lines[] = {
	{{"-n", "-c", "x"}, NULL},
	{{"--record=x", "--dry-run"}, NULL},
	{{"-q"}, "there is no option -q"},
	{{"--dry-run", "-nq"}, "there is no option -q"},
	{{"--dry-run", "-qn"}, "there is no option -q"},
	{{"--dry-run", "-:"}, "there is no option -:"},
	{{"word", "-q"}, "there is no option -q"},
	{{"--quick"}, "there is no option --quick"},
	{{"word", "--quick=3", "-n"}, "there is no option --quick"},
	{{"--dr"}, "there is no option --dr"}, /* which of the two? */
	{{"-n", "-c"}, "-c needs a value"},
	{{"--record"}, "--record needs a value"},
	{{"-n", "--config"}, "--config needs a value"},
	{{"--dry-run=3"}, "--dry-run takes no value"},
	{{"--dread=3"}, "--dread takes no value"},
};

START_TEST(a_wrong_option_is_named)
{
	char name[] = "/a/path/to/it", *argv[6] = {name}, said[128] = "";
	int argc = 1, c;
	for (int i = 0; lines[_i].argv[i]; i++)
		argv[argc++] = lines[_i].argv[i];
	optind = 0;
	fixture_begin_log("test");
	while ((c = getopt_long(argc, argv, shorts, longs, NULL)) != -1)
		if (c == '?' || c == ':') {
			ck_assert_int_eq(usage_wrong_option(c, argv, shorts), EXIT_USAGE);
			break;
		}
	if (lines[_i].said)
		snprintf(said, sizeof(said), "test: error: %s; see test --help\n", lines[_i].said);
	ck_assert_str_eq(fixture_end_log(), said);
}
END_TEST

START_TEST(a_streams_lines_are_messages)
{
	char longest[600];
	fixture_begin_log("test");
	FILE *stream = log_open_stream(LOG_LEVEL_WARNING);
	fputs("one\n\ntw", stream);
	fputs("o\nthree", stream);
	log_close_stream(stream);
	ck_assert_str_eq(fixture_end_log(), "test: warning: one\ntest: warning: two\n"
					    "test: warning: three\n");
	memset(longest, 'x', sizeof(longest));
	fixture_begin_log("test");
	stream = log_open_stream(LOG_LEVEL_INFO);
	fwrite(longest, 1, sizeof(longest), stream);
	fputs("\nnext\n", stream);
	log_close_stream(stream);
	const char *said = fixture_end_log();
	ck_assert_ptr_nonnull(strstr(said, "xxx\ntest: next\n"));
	ck_assert_uint_gt(strlen(said), 500);
}
END_TEST

static void add_tests(TCase *tests)
{
	tcase_add_loop_test(tests, a_wrong_option_is_named, 0, N_ROWS(lines));
	tcase_add_test(tests, a_streams_lines_are_messages);
}

int main(void)
{
	return suite_run("usage", add_tests);
}
