/* SPDX-License-Identifier: MIT */
/* One table of options: what the command line sets, what is refused, and what the help says. */
#include "common/system/choice.h"
#include "common/system/log.h"
#include "common/system/usage.h"
#include "tests/unit/fixture.h"
#include "tests/unit/suite.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct asked {
	const char *file;
	bool is_dry;
	int number;
};

static int take_number(void *options, char *value)
{
	((struct asked *)options)->number = atoi(value);
	return atoi(value) < 10 ? -1
				: usage_wrong("--number takes less than 10, and not %s", value);
}

static const struct choice choice[] = {
	{"file", 'f', "FILE", "read FILE", NULL, offsetof(struct asked, file)},
	{"dry-run", 'n', NULL, "change nothing,\nand say so", NULL, offsetof(struct asked, is_dry)},
	{"number", 0, "N", "so many", take_number, 0},
};

static const struct {
	char *argv[5];
	bool takes_words;
	int code; /* -1: the program goes on */
	struct asked asked;
	const char *said;
} lines[] = {
	{{NULL}, false, -1, {NULL, false, 0}, NULL},
	{{"-f", "x", "-n"}, false, -1, {"x", true, 0}, NULL},
	{{"--file=x", "--number=3"}, false, -1, {"x", false, 3}, NULL},
	{{"-nfx"}, false, -1, {"x", true, 0}, NULL},
	{{"--num", "4"}, false, -1, {NULL, false, 4}, NULL},
	{{"word", "-n"}, true, -1, {NULL, true, 0}, NULL},
	{{"-n", "--", "-f"}, true, -1, {NULL, true, 0}, NULL},
	{{"word"}, false, 2, {NULL, false, 0}, "test takes options only, and no argument: word"},
	{{"--number=12", "-n"},
	 true,
	 2,
	 {NULL, false, 12},
	 "--number takes less than 10, and not 12"},
	{{"-f"}, false, 2, {NULL, false, 0}, "-f needs a value"},
	{{"--dry-run=1"}, false, 2, {NULL, false, 0}, "--dry-run takes no value"},
	{{"-x", "-n"}, false, 2, {NULL, false, 0}, "there is no option -x"},
	{{"--help=3"}, false, 2, {NULL, false, 0}, "--help takes no value"},
};

START_TEST(the_command_line_is_read_by_the_table)
{
	char name[] = "test", *argv[7] = {name}, said[160] = "";
	struct choices choices = {"", "", choice, N_ROWS(choice), lines[_i].takes_words};
	struct asked asked = {0};
	int argc = 1;
	for (int i = 0; lines[_i].argv[i]; i++)
		argv[argc++] = lines[_i].argv[i];
	optind = 0;
	fixture_begin_log("test");
	ck_assert_int_eq(choice_read(&choices, argc, argv, &asked), lines[_i].code);
	if (lines[_i].said)
		snprintf(said, sizeof(said), "test: error: %s; see test --help\n", lines[_i].said);
	ck_assert_str_eq(fixture_end_log(), said);
	ck_assert_pstr_eq(asked.file, lines[_i].asked.file);
	ck_assert_int_eq(asked.is_dry, lines[_i].asked.is_dry);
	ck_assert_int_eq(asked.number, lines[_i].asked.number);
}
END_TEST

static const char help[] = "Usage: test\n\n"
			   "  -f, --file FILE  read FILE\n"
			   "  -n, --dry-run    change nothing,\n"
			   "                   and say so\n"
			   "      --number N   so many\n"
			   "  -h, --help       show this, exit\n"
			   "  -V, --version    show the version, exit\n"
			   "\nSee test(8).\n";

START_TEST(the_help_is_made_from_the_table)
{
	static char *const words[] = {"help", "-h", "--help"};
	static const struct choices choices = {"Usage: test\n\n", "\nSee test(8).\n", choice,
					       N_ROWS(choice), false};
	char name[] = "test", *argv[] = {name, words[_i], NULL}, *text = NULL;
	struct asked asked = {0};
	size_t size = 0;
	FILE *own = stdout;
	stdout = open_memstream(&text, &size);
	optind = 0;
	log_init("test", false);
	int code = choice_read(&choices, 2, argv, &asked);
	fclose(stdout);
	stdout = own;
	ck_assert_int_eq(code, 0);
	ck_assert_str_eq(text, help);
	free(text);
}
END_TEST

static void add_tests(TCase *tests)
{
	tcase_add_loop_test(tests, the_command_line_is_read_by_the_table, 0, N_ROWS(lines));
	tcase_add_loop_test(tests, the_help_is_made_from_the_table, 0, 3);
}

int main(void)
{
	return suite_run("choice", add_tests);
}
