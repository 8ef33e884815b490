/* SPDX-License-Identifier: MIT */
#include "tests/unit/suite.h"
#include "common/system/file.h"
#include "host/xen/savehelper.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static const struct {
	const char *arguments;
	unsigned len;
	int64_t domid;
} rows[] = {
	{"", 0, -1},
	{"\0\0\0\0\0\0", 6, -1},
	{"/usr/lib/xen-4.17/bin/libxl-save-helper\0--save-domain\08\09\0", 60, -1},
	{"h\0--save-domain\08\09\0"
	 "5\0"
	 "0\0"
	 "15\0"
	 "2\0",
	 28, 5},
	{"h\0--save-domain\08\09\0"
	 "5",
	 21, 5}, /* cut off */
	{"h\0--save-domain\08\09\0-5\0", 23, -1},
	{"h\0--save-domain\08\09\0"
	 "4294967296\0",
	 31, -1},
	{"h\0--save-domain\08\09\0five\0", 25, -1},
	{"h\0--restore-domain\08\09\0"
	 "5\0",
	 25, -1},
	{"h", 1, -1},
};

START_TEST(the_domid_is_read_from_the_helpers_arguments)
{
	ck_assert_int_eq(savehelper_domid(rows[_i].arguments, rows[_i].len), rows[_i].domid);
}
END_TEST

/* Starts a process that has a helper's arguments, until it is killed. */
static pid_t pretend(uid_t uid, const char *domid)
{
	char path[32], arguments[64];
	pid_t pid = fork();
	if (pid == 0) {
		if (setuid(uid) == 0)
			execl("/proc/self/exe", "h", "--save-domain", "8", "9", domid, NULL);
		_exit(1);
	}
	snprintf(path, sizeof(path), "/proc/%d/cmdline", (int)pid);
	for (unsigned tries = 1000; tries; tries--) {
		ssize_t len = file_read_at(AT_FDCWD, path, arguments, sizeof(arguments));
		if (len > 0 && savehelper_domid(arguments, (unsigned)len) >= 0)
			return pid;
		usleep(10000);
	}
	ck_abort_msg("the process has not become another one");
}

START_TEST(only_roots_process_is_told_to_end)
{
	const uid_t nobody = 65534;
	const uint32_t domid = 4123456789;
	if (geteuid() != 0)
		return;
	pid_t liar = pretend(nobody, "4123456789");
	ck_assert_int_eq(savehelper_helper(domid, getpid()), 0);
	pid_t helper = pretend(0, "4123456789");
	ck_assert_int_eq(savehelper_helper(domid, getpid()), helper);
	kill(liar, SIGKILL);
	kill(helper, SIGKILL);
	waitpid(liar, NULL, 0);
	waitpid(helper, NULL, 0);
}
END_TEST

/* Another migration on the host may be of a guest with the same number, such as one of a lab. */
START_TEST(anothers_helper_is_not_ours)
{
	const uint32_t domid = 4123456788;
	if (geteuid() != 0)
		return;
	pid_t anothers = pretend(0, "4123456788");
	pid_t ours = pretend(0, "4123456788");
	ck_assert_int_eq(savehelper_helper(domid, ours), ours);
	ck_assert_int_eq(savehelper_helper(domid, anothers), anothers);
	kill(ours, SIGKILL);
	waitpid(ours, NULL, 0);
	ck_assert_int_eq(savehelper_helper(domid, ours), 0);
	ck_assert_int_eq(savehelper_helper(domid, getpid()), anothers);
	kill(anothers, SIGKILL);
	waitpid(anothers, NULL, 0);
}
END_TEST

static void add_tests(TCase *tests)
{
	tcase_add_test(tests, only_roots_process_is_told_to_end);
	tcase_add_test(tests, anothers_helper_is_not_ours);
	tcase_add_loop_test(tests, the_domid_is_read_from_the_helpers_arguments, 0, N_ROWS(rows));
}

int main(int argc, char **argv)
{
	if (argc > 1 && strcmp(argv[1], "--save-domain") == 0)
		return (int)sleep(60);
	return suite_run("migration", add_tests);
}
