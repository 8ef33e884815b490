/* SPDX-License-Identifier: MIT */
/* Work in a child process: whatever becomes of the child, the caller gets its messages, and a
 * result only if there is one. */
#include "common/system/apart.h"
#include "tests/unit/suite.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static bool succeed(void *arg, FILE *messages, void *ret_result)
{
	fputs("fine\n", messages);
	*(int *)ret_result = 2 * *(const int *)arg;
	return true;
}

static bool refuse(void *arg, FILE *messages, void *ret_result)
{
	(void)arg;
	fputs("no\n", messages);
	*(int *)ret_result = 1;
	return false;
}

static bool abort_with_a_word(void *arg, FILE *messages, void *ret_result)
{
	(void)arg;
	(void)ret_result;
	fputs("before\n", messages);
	fflush(messages);
	abort();
}

static bool exit_by_itself(void *arg, FILE *messages, void *ret_result)
{
	(void)arg;
	(void)messages;
	(void)ret_result;
	_exit(2);
}

static bool hang(void *arg, FILE *messages, void *ret_result)
{
	(void)arg;
	(void)messages;
	(void)ret_result;
	pause();
	return false;
}

static bool talk_for_ever(void *arg, FILE *messages, void *ret_result)
{
	(void)arg;
	(void)ret_result;
	for (int i = 0; i < 2 * APART_MAX_MESSAGES / 8; i++)
		fputs("endless\n", messages);
	return false;
}

static const struct {
	apart_work_fn *work;
	enum apart_outcome outcome;
	const char *said, *why; /* why NULL: nothing is said of the process */
	int result;
} rows[] = {
	{succeed, APART_DONE, "fine\n", NULL, 42},
	{refuse, APART_REFUSED, "no\n", NULL, 7},
	{abort_with_a_word, APART_BROKEN, "before\n", "was killed by signal 6", 7},
	{exit_by_itself, APART_BROKEN, "", "ended by itself with status 2", 7},
	{hang, APART_BROKEN, "", "was not ready within 200 ms and was killed", 7},
	{talk_for_ever, APART_REFUSED, "endless\n", NULL, 7},
};

START_TEST(what_becomes_of_the_work)
{
	static char said[APART_MAX_MESSAGES];
	char why[APART_MAX_WHY];
	struct apart apart;
	int arg = 21, result = 7;
	uint32_t timeout_ms = rows[_i].work == hang ? 200 : 20000;
	FILE *messages = fmemopen(said, sizeof(said), "w");
	ck_assert_int_eq(apart_begin(&apart, rows[_i].work, &arg, sizeof(int), timeout_ms), 0);
	pid_t pid = apart.pid;
	ck_assert_int_eq((int)apart_end(&apart, messages, &result, why), (int)rows[_i].outcome);
	fclose(messages);
	ck_assert_msg(strncmp(said, rows[_i].said, strlen(rows[_i].said)) == 0, "%.80s", said);
	ck_assert_int_eq(result, rows[_i].result);
	if (rows[_i].why)
		ck_assert_msg(strstr(why, rows[_i].why), "%s", why);
	ck_assert_int_lt(kill(pid, 0), 0); /* nothing is left of it */
}
END_TEST

START_TEST(work_that_is_dropped_is_killed)
{
	struct apart apart;
	int fd = dup(0);
	close(fd);
	ck_assert_int_eq(apart_begin(&apart, hang, NULL, sizeof(int), 60000), 0);
	pid_t pid = apart.pid;
	ck_assert(!apart_is_over(&apart));
	apart_drop(&apart);
	ck_assert_int_lt(kill(pid, 0), 0);
	int again = dup(0);
	ck_assert_int_eq(again, fd); /* no descriptor is left open */
	close(again);
}
END_TEST

static void add_tests(TCase *tests)
{
	tcase_add_loop_test(tests, what_becomes_of_the_work, 0, N_ROWS(rows));
	tcase_add_test(tests, work_that_is_dropped_is_killed);
}

int main(void)
{
	return suite_run("apart", add_tests);
}
