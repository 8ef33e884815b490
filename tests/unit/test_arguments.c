/* SPDX-License-Identifier: MIT */
/* The command line of `cagmactl reserve`. */
#include "common/system/usage.h"
#include "host/ctl/arguments.h"
#include "tests/unit/fixture.h"
#include "tests/unit/suite.h"

#include <string.h>

#define MIB UINT64_C(1024)

/* Reads the words of `line` as they stand behind "cagmactl". */
static int read_line(const char *line, struct reserve *ret_reserve)
{
	static char words[256];
	static char *argv[16];
	int argc = 0;
	strcpy(words, line);
	for (char *word = strtok(words, " "); word; word = strtok(NULL, " "))
		argv[argc++] = word;
	argv[argc] = NULL;
	return arguments_read(argc, argv, ret_reserve);
}

static const struct {
	const char *line;
	uint64_t size_kib, timeout_s, for_s;
	const char *command;
	bool needs_no_daemon;
} right[] = {
	{"reserve 512", 512 * MIB, 60, 300, NULL, false},
	{"reserve 2g --for 600", 2048 * MIB, 60, 600, NULL, false},
	{"reserve --timeout 0 --for 1 4k", 4, 0, 1, NULL, false},
	{"reserve --timeout=31536000 1b", 4, 31536000, 300, NULL, false},
	{"reserve 4k --timeout 90s --for 2h", 4, 90, 7200, NULL, false},
	{"reserve 4k --timeout 15m --for 365d", 4, 900, 31536000, NULL, false},
	{"reserve 512 -- xl create --help", 512 * MIB, 60, 300, "xl", false},
	{"reserve --if-daemon 512 -- sh -- 3", 512 * MIB, 60, 300, "sh", true},
};

START_TEST(what_is_asked_for_is_understood)
{
	struct reserve r;
	ck_assert_int_eq(read_line(right[_i].line, &r), 0);
	ck_assert_uint_eq(r.size_kib, right[_i].size_kib);
	ck_assert_uint_eq(r.timeout_ms, right[_i].timeout_s * 1000);
	ck_assert_uint_eq(r.for_ms, right[_i].for_s * 1000);
	ck_assert(r.needs_no_daemon == right[_i].needs_no_daemon);
	ck_assert(!r.name[0] && !r.has_uuid);
	if (right[_i].command)
		ck_assert_str_eq(r.command[0], right[_i].command);
	else
		ck_assert_ptr_null(r.command);
}
END_TEST

static const struct {
	const char *line, *said;
} wrong[] = {
	{"reserve", "reserve needs a SIZE or --config FILE"},
	{"reserve 0", "\"0\" is no size: it takes a number above 0"},
	{"reserve -1", "there is no option -1"},
	{"reserve 5x", "\"5x\" is no size"},
	{"reserve 99999999999999999999", "is no size"},
	{"reserve 100g extra", "reserve takes one SIZE, and no \"extra\""},
	{"reserve --config x 100g", "either a SIZE or --config, and no \"100g\""},
	{"reserve --config /nonexistent/x.cfg", "/nonexistent/x.cfg: cannot be read"},
	{"reserve --config", "--config needs a value"},
	{"reserve --timeout x 5", "--timeout: \"x\" is no time from 0 s to a year"},
	{"reserve --for 0 5", "--for: \"0\" is no time from 1 s to a year"},
	{"reserve --for 31536001 5", "is no time from 1 s"},
	{"reserve --for 366d 5", "is no time from 1 s"},
	{"reserve --for h 5", "is no time from 1 s"},
	{"reserve --for 2hh 5", "is no time from 1 s"},
	{"reserve --for 2w 5", "(90, 15m, 2h, 3d)"},
	{"reserve --if-daemon 5", "--if-daemon is for a COMMAND"},
	{"reserve --if-daemon=1 5 -- sh", "--if-daemon takes no value"},
	{"reserve 5 --", "there is no command behind --"},
	{"reserve -- sh", "reserve needs a SIZE"},
	{"reserve -x 5", "there is no option -x"},
};

START_TEST(what_is_wrong_is_said_in_one_line)
{
	struct reserve r, before;
	memset(&before, 0x5a, sizeof(before));
	r = before;
	fixture_begin_log("cagmactl");
	ck_assert_int_eq(read_line(wrong[_i].line, &r), EXIT_USAGE);
	const char *said = fixture_end_log();
	ck_assert_msg(strstr(said, wrong[_i].said), "\"%s\" is not in \"%s\"", wrong[_i].said,
		      said);
	ck_assert_int_eq(strncmp(said, "cagmactl: error: ", 17), 0);
	ck_assert_ptr_eq(strchr(said, '\n'), said + strlen(said) - 1);
	ck_assert_mem_eq(&r, &before, sizeof(r));
}
END_TEST

static void add_tests(TCase *tests)
{
	tcase_add_loop_test(tests, what_is_asked_for_is_understood, 0, N_ROWS(right));
	tcase_add_loop_test(tests, what_is_wrong_is_said_in_one_line, 0, N_ROWS(wrong));
}

int main(void)
{
	return suite_run("arguments", add_tests);
}
