/* SPDX-License-Identifier: MIT */
/* What hangs around cagmad, and what the service manager hears of cagmad. */
#include <fcntl.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/toolstack/ctl.h"

static void hang_store(bool hangs)
{
	ck_assert_int_eq(lab_signal_store(stage_lab(), hangs ? SIGSTOP : SIGCONT), 0);
}

static void assert_ends(void)
{
	int status = lab_end(stage_cagmad(), SIGTERM, SOON_MS);
	ck_assert_msg(WIFEXITED(status) && WEXITSTATUS(status) == 0, "status %x", (unsigned)status);
}

START_TEST(a_xenstored_that_hangs_is_said_once_and_found_again)
{
	stage_open(1664);
	struct lab_guest *a = stage_boot("a", 200, "0:60", true);
	stage_start(stage_config, NULL);
	ck_assert(stage_key_is(a, "cagma/state", "managed"));
	hang_store(true);
	ck_assert(stage_wait_said("xenstored is not answering"));
	sleep(5); /* more tries, which hang too */
	ck_assert_uint_eq(stage_said("xenstored is not answering"), 1);
	hang_store(false);
	ck_assert(stage_wait_said("xenstored answers again"));
	lab_guest_set_demand(a, "0:200");
	ck_assert(stage_wait_at_least(a, 260 * MIB));
}
END_TEST

/* A live update of xenstored is that to its clients: their connections stay, and nothing is
 * answered meanwhile. */
START_TEST(a_pause_of_xenstored_is_waited_for)
{
	enum { PAUSE_MS = 1000 }; /* much less than any deadline: the machine may be busy */
	stage_open(1664);
	struct lab_guest *a = stage_boot("a", 200, "0:60", true);
	stage_start(stage_config, NULL);
	ck_assert(stage_key_is(a, "cagma/state", "managed"));
	for (int i = 0; i < 2; i++) {
		hang_store(true);
		lab_guest_set_demand(a, i ? "0:400" : "0:200");
		usleep(PAUSE_MS * 1000);
		hang_store(false);
		ck_assert(stage_wait_at_least(a, (i ? 460 : 260) * MIB));
	}
	ck_assert_uint_eq(stage_said("xenstored is not answering"), 0);
	ck_assert_uint_eq(stage_said("not set"), 0);
	assert_ends();
	ck_assert_uint_eq(stage_said("xenstored lost 0 times"), 1);
}
END_TEST

/* There is room for a few connections that xenstored has not taken yet, and others have it all. */
START_TEST(a_xenstored_whose_queue_is_full_is_waited_for)
{
	enum { MOST = 256, PAUSE_MS = 300 };
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd[MOST], n = 0;
	snprintf(address.sun_path, sizeof(address.sun_path), "%s", xs_daemon_socket());
	stage_open(1664);
	stage_boot("a", 200, "0:60", true);
	stage_start(stage_config, NULL);
	ck_assert(lab_wait_key(stage_lab(), TOOLKEYS_ROOT "/daemon", NULL, SOON_MS));
	hang_store(true);
	do
		fd[n] = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	while (connect(fd[n], (struct sockaddr *)&address, sizeof(address)) == 0 && ++n < MOST);
	ck_assert_int_lt(n, MOST);
	pid_t waker = fork();
	if (waker == 0) {
		usleep(PAUSE_MS * 1000);
		lab_signal_store(stage_lab(), SIGCONT);
		_exit(0);
	}
	ck_assert_int_eq(CTL_CODE("reserve", "100"), 0);
	ck_assert_int_eq(waitpid(waker, NULL, 0), waker);
	while (n >= 0)
		close(fd[n--]);
}
END_TEST

/* SIGTERM comes in the middle of a call, and then between two tries to connect. */
START_TEST(a_xenstored_that_hangs_does_not_keep_cagmad_from_ending)
{
	stage_open(1664);
	struct lab_guest *a = stage_boot("a", 200, "0:60", true);
	stage_start(stage_config, NULL);
	ck_assert(stage_key_is(a, "cagma/state", "managed"));
	hang_store(true);
	if (_i == 1)
		ck_assert(stage_wait_said("xenstored is not answering"));
	assert_ends();
	hang_store(false);
}
END_TEST

START_TEST(cagmactl_ends_beside_a_xenstored_that_hangs)
{
	stage_open(1664);
	hang_store(true);
	ck_assert_int_eq(CTL_CODE("reserve", "100"), 1);
	ck_assert_uint_eq(CTL_SAID("Connection timed out"), 1);
	hang_store(false);
}
END_TEST

/* --- xl's lock --- */

#define XL_LOCK "/var/lock/xl"

/* A process of this user holds the lock, as `xl create` does while it builds a guest, until it is
 * killed. */
static pid_t hold_lock(uid_t uid)
{
	int ready[2];
	char byte;
	ck_assert_int_eq(pipe(ready), 0);
	unlink(XL_LOCK);
	int fd = open(XL_LOCK, O_RDWR | O_CREAT | O_CLOEXEC, uid ? 0666 : 0600);
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(fchmod(fd, uid ? 0666 : 0600), 0);
	pid_t pid = fork();
	if (pid == 0) {
		struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (setuid(uid) < 0 || fcntl(fd, F_SETLK, &lock) < 0)
			_exit(1);
		byte = 1;
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

static void release_lock(pid_t pid)
{
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	unlink(XL_LOCK);
}

START_TEST(a_lock_that_is_not_roots_stops_nobody)
{
	enum { NOBODY = 65534 };
	stage_open(1664);
	struct lab_guest *a = stage_boot("a", 200, "0:60", true);
	pid_t holder = hold_lock(NOBODY);
	stage_start(stage_config, NULL);
	ck_assert(stage_wait_said("/var/lock/xl is not heeded"));
	lab_guest_set_demand(a, "0:200");
	ck_assert(stage_wait_at_least(a, 260 * MIB));
	release_lock(holder);
}
END_TEST

/* In the place of the lock's file, which is in everybody's directory. */
static void put_directory(void)
{
	ck_assert_int_eq(mkdir(XL_LOCK, 0777), 0);
}

static void put_socket(void)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX, .sun_path = XL_LOCK};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	ck_assert_int_eq(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	close(fd);
}

static void put_fifo(void)
{
	ck_assert_int_eq(mkfifo(XL_LOCK, 0666), 0);
}

static void put_link(void)
{
	ck_assert_int_eq(symlink("/nowhere", XL_LOCK), 0);
}

/* Its owner is told when somebody opens the file, who waits until he has let go. */
static void put_leased(void)
{
	int fd = open(XL_LOCK, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
	signal(SIGIO, SIG_IGN);
	ck_assert_int_eq(fcntl(fd, F_SETLEASE, F_WRLCK), 0);
}

static void (*const put_in_place[])(void) = {put_directory, put_socket, put_fifo, put_link,
					     put_leased};

START_TEST(what_is_no_lock_of_xl_stops_nobody)
{
	stage_open(1664);
	struct lab_guest *a = stage_boot("a", 200, "0:60", true);
	unlink(XL_LOCK);
	put_in_place[_i]();
	stage_start(stage_config, NULL);
	ck_assert(stage_wait_said("/var/lock/xl is not heeded"));
	lab_guest_set_demand(a, "0:400"); /* more than the reserve lends */
	ck_assert(stage_wait_at_least(a, 460 * MIB));
}
END_TEST

/* The guest in alarm has what the reserve may lend, and what a neighbour gives; what was free when
 * xl took its lock is left to xl. */
START_TEST(while_xl_builds_what_was_free_is_left_to_it)
{
	enum { FREE_MIB = 1000 };
	stage_open(FREE_MIB + 200 + 600);
	struct lab_guest *a = stage_boot("a", 200, "0:60", true);
	struct lab_guest *b = stage_boot("b", 600, "0:60", true);
	stage_start(stage_config, NULL);
	ck_assert(stage_key_is(a, "cagma/state", "managed"));
	ck_assert(stage_key_is(b, "cagma/state", "managed"));
	pid_t holder = hold_lock(0);
	usleep(500000); /* two periods */
	uint64_t before_kib = lab_guest_alm_kib(a);
	lab_guest_set_demand(a, "0:500");
	ck_assert(stage_wait_at_least(a, before_kib + 16 * MIB));
	ck_assert(stage_wait_said("xl (process "));
	ck_assert_uint_ge(lab_free_kib(stage_lab()), FREE_MIB * MIB);
	release_lock(holder);
	ck_assert(stage_wait_said("xl has released its lock"));
	lab_guest_set_demand(b, "0:800");
	ck_assert(stage_wait_at_least(b, 840 * MIB));
}
END_TEST

/* --- the service manager --- */

#define SOCKET "/tmp/cagma-notify"

static int open_manager(void)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX, .sun_path = SOCKET};
	struct timeval patience = {.tv_sec = SOON_MS / 1000};
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	unlink(SOCKET);
	ck_assert_int_eq(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	setenv("NOTIFY_SOCKET", SOCKET, 1);
	setenv("WATCHDOG_USEC", "400000", 1);
	return fd;
}

static void assert_hears(int fd, const char *what)
{
	char text[64];
	ssize_t len = recv(fd, text, sizeof(text) - 1, 0);
	ck_assert_int_gt(len, 0);
	text[len] = '\0';
	ck_assert_str_eq(text, what);
}

START_TEST(the_service_manager_hears_of_cagmad)
{
	stage_open(1664);
	int fd = open_manager();
	stage_start(stage_config, NULL);
	assert_hears(fd, "READY=1");
	for (int i = 0; i < 3; i++)
		assert_hears(fd, "WATCHDOG=1");
	/* cagmad hangs: nothing more is heard of it */
	kill(stage_cagmad(), SIGSTOP);
	struct timeval short_ms = {.tv_usec = 900000};
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &short_ms, sizeof(short_ms));
	char text[64];
	while (recv(fd, text, sizeof(text), MSG_DONTWAIT) > 0)
		;
	ck_assert_int_lt((int)recv(fd, text, sizeof(text), 0), 0);
	kill(stage_cagmad(), SIGCONT);
	assert_hears(fd, "WATCHDOG=1");
	kill(stage_cagmad(), SIGTERM);
	bool says_end = false;
	for (ssize_t len; !says_end && (len = recv(fd, text, sizeof(text), 0)) > 0;)
		says_end = len == 10 && memcmp(text, "STOPPING=1", 10) == 0;
	ck_assert(says_end);
	close(fd);
	unlink(SOCKET);
}
END_TEST

static void add_tests(TCase *tests)
{
	tcase_add_checked_fixture(tests, NULL, stage_close);
	tcase_add_test(tests, a_xenstored_that_hangs_is_said_once_and_found_again);
	tcase_add_test(tests, a_pause_of_xenstored_is_waited_for);
	tcase_add_test(tests, a_xenstored_whose_queue_is_full_is_waited_for);
	tcase_add_loop_test(tests, a_xenstored_that_hangs_does_not_keep_cagmad_from_ending, 0, 2);
	tcase_add_test(tests, cagmactl_ends_beside_a_xenstored_that_hangs);
	tcase_add_test(tests, a_lock_that_is_not_roots_stops_nobody);
	tcase_add_loop_test(tests, what_is_no_lock_of_xl_stops_nobody, 0, N_ROWS(put_in_place));
	tcase_add_test(tests, while_xl_builds_what_was_free_is_left_to_it);
	tcase_add_test(tests, the_service_manager_hears_of_cagmad);
}

int main(void)
{
	return suite_run("hangs", add_tests);
}
