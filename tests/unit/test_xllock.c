/* SPDX-License-Identifier: MIT */
/* Who holds xl's lock, and whose process that is. */
#include "host/xen/process.h"
#include "host/xen/xllock.h"
#include "tests/unit/suite.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { ROOT = 0, SOMEBODY = 65534 };

static const struct {
	const char *status;
	bool is_roots;
} owners[] = {
	{"", false},
	{"Uid:\t0\t0\t0\t0\n", false}, /* the name comes first */
	{"Name:\tpasswd\n", false},
	{"Name:\tpasswd\nUid:\n", false},
	{"Name:\tpasswd\nUid:\t0\n", false},
	{"Name:\tpasswd\nUid:\tx\tx\tx\tx\n", false},
	{"Name:\tpasswd\nUid:\t1000\t1000\t1000\t1000\n", false},
	{"Name:\tpasswd\nUid:\t1000\t0\t0\t0\n", false}, /* a set-uid program */
	{"Name:\tpasswd\nUid:\t0\t1000\t0\t1000\n", false},
	{"Name:\tpasswd\\nUid:\t0\t0\t0\t0\nUid:\t1000\t1000\t1000\t1000\n", false},
	{"Name:\tpasswd\nUmask:\t0022\nUid:\t0\t0\t0\t0\nGid:\t0\t0\t0\t0\n", true},
};

START_TEST(only_roots_status_is_believed)
{
	ck_assert_int_eq(process_status_is_roots(owners[_i].status), owners[_i].is_roots);
}
END_TEST

/* Starts a process of these users that holds the lock of `path` until it is killed. */
static pid_t hold(const char *path, uid_t real, uid_t effective)
{
	int ready[2];
	char byte = 1;
	ck_assert_int_eq(pipe(ready), 0);
	int fd = open(path, O_RDWR | O_CLOEXEC);
	ck_assert_int_ge(fd, 0);
	pid_t pid = fork();
	if (pid == 0) {
		struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
		if (setresuid(real, effective, effective) < 0 || fcntl(fd, F_SETLK, &lock) < 0)
			_exit(1);
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (write(ready[1], &byte, 1) != 1)
			_exit(1);
		for (;;)
			pause();
	}
	close(fd);
	ck_assert_int_eq(read(ready[0], &byte, 1), 1);
	close(ready[0]);
	close(ready[1]);
	return pid;
}

static const struct {
	uid_t real, effective;
	enum xllock_holder holder;
} holders[] = {
	{ROOT, ROOT, XLLOCK_ROOT},
	{SOMEBODY, SOMEBODY, XLLOCK_STRANGER},
	{SOMEBODY, ROOT, XLLOCK_STRANGER}, /* who locks the file, and executes a set-uid program */
	{ROOT, SOMEBODY, XLLOCK_STRANGER},
};

START_TEST(the_lock_counts_only_if_both_users_of_its_holder_are_root)
{
	char path[] = "/tmp/cagma-xllock-XXXXXX";
	if (geteuid() != 0)
		return;
	int fd = mkstemp(path);
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(fchmod(fd, 0666), 0);
	close(fd);
	ck_assert_int_eq(xllock_look(path).holder, XLLOCK_NOBODY);
	pid_t pid = hold(path, holders[_i].real, holders[_i].effective);
	struct xllock lock = xllock_look(path);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	unlink(path);
	ck_assert_int_eq(lock.pid, pid);
	ck_assert_int_eq(lock.holder, holders[_i].holder);
}
END_TEST

START_TEST(a_process_that_is_gone_is_nobodys)
{
	pid_t pid = fork();
	if (pid == 0)
		_exit(0);
	waitpid(pid, NULL, 0);
	ck_assert_int_eq(process_is_roots(pid), -ENOENT);
}
END_TEST

static void add_tests(TCase *tests)
{
	tcase_add_loop_test(tests, only_roots_status_is_believed, 0, N_ROWS(owners));
	tcase_add_loop_test(tests, the_lock_counts_only_if_both_users_of_its_holder_are_root, 0,
			    N_ROWS(holders));
	tcase_add_test(tests, a_process_that_is_gone_is_nobodys);
}

int main(void)
{
	return suite_run("xllock", add_tests);
}
