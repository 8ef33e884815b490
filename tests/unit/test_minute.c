/* SPDX-License-Identifier: MIT */
/* However often guests change, the log has a line a minute for each, and no more than its limit. */
#include "common/system/log.h"
#include "host/guests/minute.h"
#include "tests/unit/suite.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { START_MS = 5000 };

static char text[1 << 16];
static FILE *file;

static void set_up(void)
{
	file = tmpfile();
	ck_assert_ptr_nonnull(file);
	fflush(stderr);
	dup2(fileno(file), STDERR_FILENO);
	log_init("test", false);
}

static unsigned lines(void)
{
	unsigned n = 0;
	rewind(file);
	size_t len = fread(text, 1, sizeof(text) - 1, file);
	text[len] = '\0';
	for (const char *at = text; (at = strchr(at, '\n')); at++)
		n++;
	return n;
}

START_TEST(a_minute_makes_one_line)
{
	struct minute m = {0};
	struct log_subject subject = {.guest = "a"};
	ck_assert(!minute_is_over(&m, START_MS + MINUTE_MS)); /* nothing has happened */
	for (unsigned i = 0; i < 1000; i++)
		minute_note(&m, 100 + i, 101 + i, i % 2 ? REASON_NEED : REASON_GIVE, i,
			    START_MS + i);
	ck_assert(!minute_is_over(&m, START_MS + MINUTE_MS - 1));
	ck_assert(minute_is_over(&m, START_MS + MINUTE_MS));
	minute_say(&m, &subject, "guest a", 7);
	ck_assert(!minute_is_over(&m, START_MS + 2 * MINUTE_MS));
	ck_assert_uint_eq(lines(), 1);
	ck_assert_str_eq(text, "test: guest a: target 100 -> 1100 KiB in a minute, by 1000 changes "
			       "(need 500, give 500) and 7 alarms\n");
}
END_TEST

START_TEST(what_is_beyond_the_limit_is_left_out_and_counted)
{
	log_limit(10, 50);
	for (int i = 0; i < 1000; i++)
		log_warning("again");
	ck_assert_uint_le(lines(), 10 + 5);
	ck_assert_ptr_null(strstr(text, "left out"));
	usleep(200000); /* room for ten more */
	log_error("new");
	ck_assert_uint_le(lines(), 10 + 5 + 2);
	ck_assert_ptr_nonnull(strstr(text, " messages were left out, since there were too many\n"
					   "test: error: new\n"));
}
END_TEST

START_TEST(debug_lines_are_not_limited)
{
	log_init("test", true);
	log_limit(1, 1);
	for (int i = 0; i < 50; i++)
		log_warning("again");
	ck_assert_uint_eq(lines(), 50);
}
END_TEST

static void add_tests(TCase *tests)
{
	tcase_add_checked_fixture(tests, set_up, NULL);
	tcase_add_test(tests, a_minute_makes_one_line);
	tcase_add_test(tests, what_is_beyond_the_limit_is_left_out_and_counted);
	tcase_add_test(tests, debug_lines_are_not_limited);
}

int main(void)
{
	return suite_run("minute", add_tests);
}
