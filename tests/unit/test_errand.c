/* SPDX-License-Identifier: MIT */
/* A program that is run beside this one ends in time, with all that it has started. */
#include "common/system/clock.h"
#include "common/system/errand.h"
#include "tests/unit/suite.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { LONG_MS = 20000, SHORT_MS = 200 };

static int start(struct errand *e, const char *script, uint32_t timeout_ms)
{
	char sh[] = "/bin/sh", c[] = "-c", text[512], name[] = "name with; words $(false)",
	     number[] = "7";
	char *argv[] = {sh, c, text, name, number, NULL};
	snprintf(text, sizeof(text), "%s", script);
	return errand_start(e, argv, timeout_ms, clock_monotonic_ms());
}

static int end_of(struct errand *e)
{
	uint64_t give_up_ms = clock_monotonic_ms() + LONG_MS;
	int status;
	while (!errand_has_ended(e, clock_monotonic_ms(), &status)) {
		ck_assert_uint_lt(clock_monotonic_ms(), give_up_ms);
		usleep(1000);
	}
	return status;
}

/* Its words come as they are; it has no input, and no variable but PATH. */
static const struct {
	const char *script;
	int code;
} scripts[] = {
	{"exit 0", 0},
	{"exit 3", 3},
	{"[ \"$0\" = 'name with; words $(false)' ] && [ \"$1\" = 7 ]", 0},
	{"! read -r line", 0},
	{"[ \"$(env | grep -cv -e ^PATH= -e ^PWD= -e ^OLDPWD= -e ^SHLVL= -e ^_=)\" = 0 ]", 0},
};

START_TEST(it_is_run_as_it_is)
{
	struct errand e = {0};
	setenv("LD_PRELOAD_OF_CALLER", "x", 1);
	ck_assert_int_eq(start(&e, scripts[_i].script, LONG_MS), 0);
	ck_assert(errand_runs(&e));
	int status = end_of(&e);
	ck_assert_msg(WIFEXITED(status) && WEXITSTATUS(status) == scripts[_i].code, "%s: %x",
		      scripts[_i].script, (unsigned)status);
	ck_assert(!errand_runs(&e));
	ck_assert(!e.is_late);
}
END_TEST

START_TEST(what_cannot_be_run_has_status_127)
{
	struct errand e = {0};
	char path[] = "/nowhere/to/be/found";
	char *argv[] = {path, NULL};
	ck_assert_int_eq(errand_start(&e, argv, LONG_MS, clock_monotonic_ms()), 0);
	ck_assert_int_eq(WEXITSTATUS(end_of(&e)), 127);
}
END_TEST

START_TEST(only_one_runs_at_a_time)
{
	struct errand e = {0};
	ck_assert_int_eq(start(&e, "sleep 100", LONG_MS), 0);
	ck_assert_int_eq(start(&e, "exit 0", LONG_MS), -EBUSY);
	errand_drop(&e);
	ck_assert(!errand_runs(&e));
	errand_drop(&e);
	ck_assert_int_eq(start(&e, "exit 0", LONG_MS), 0);
	end_of(&e);
}
END_TEST

static bool is_alive(pid_t pid)
{
	char path[64], state = 'X';
	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	FILE *file = fopen(path, "re");
	int n = file ? fscanf(file, "%*d %*s %c", &state) : 0;
	if (file)
		fclose(file);
	return n == 1 && state != 'Z';
}

/* The child that it has started, which it writes to the pipe. */
static void assert_all_ends(const char *then, uint32_t timeout_ms, bool is_late)
{
	struct errand e = {0};
	char whole[256];
	int ends[2], child = 0;
	ck_assert_int_eq(pipe(ends), 0);
	snprintf(whole, sizeof(whole), "sleep 100 >/dev/null & echo $! >&%d; %s", ends[1], then);
	ck_assert_int_eq(start(&e, whole, timeout_ms), 0);
	close(ends[1]);
	FILE *from = fdopen(ends[0], "r");
	ck_assert_int_eq(fscanf(from, "%d", &child), 1);
	fclose(from);
	end_of(&e);
	ck_assert(e.is_late == is_late);
	for (int i = 0; i < 1000 && is_alive(child); i++)
		usleep(1000);
	ck_assert(!is_alive(child));
}

START_TEST(a_late_one_is_killed_with_all_that_it_started)
{
	assert_all_ends("wait", SHORT_MS, true);
}
END_TEST

START_TEST(what_it_leaves_behind_is_killed)
{
	assert_all_ends("exit 0", LONG_MS, false);
}
END_TEST

static void add_tests(TCase *tests)
{
	tcase_add_loop_test(tests, it_is_run_as_it_is, 0, N_ROWS(scripts));
	tcase_add_test(tests, what_cannot_be_run_has_status_127);
	tcase_add_test(tests, only_one_runs_at_a_time);
	tcase_add_test(tests, a_late_one_is_killed_with_all_that_it_started);
	tcase_add_test(tests, what_it_leaves_behind_is_killed);
}

int main(void)
{
	return suite_run("errand", add_tests);
}
