/* SPDX-License-Identifier: MIT */
/* A pause ends by time, by pressure, and by programs that touch much memory. On the real kernel. */
#include "guest/doze.h"
#include "guest/faults.h"
#include "tests/unit/suite.h"

#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define MIB  ((size_t)1024 * 1024)
#define PAGE 4096

static unsigned now_ms(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (unsigned)(now.tv_sec * 1000 + now.tv_nsec / 1000000);
}

static enum doze_end doze_for(unsigned pause_ms, unsigned *ret_lasted_ms)
{
	unsigned began_ms = now_ms();
	enum doze_end end = doze((struct cadence_pause){pause_ms, 10});
	*ret_lasted_ms = now_ms() - began_ms;
	return end;
}

/* Starts a process that touches so much at once, in pages as `advice` has them, after
 * `delay_ms`. */
static pid_t touch_as(int advice, size_t mib, unsigned delay_ms)
{
	pid_t pid = fork();
	if (pid)
		return pid;
	usleep(delay_ms * 1000);
	char *at =
		mmap(NULL, mib * MIB, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	madvise(at, mib * MIB, advice);
	memset(at, 1, mib * MIB);
	_exit(0);
}

static pid_t touch(size_t mib, unsigned delay_ms)
{
	return touch_as(MADV_NOHUGEPAGE, mib, delay_ms);
}

/* If this process may not count faults, everything else works as without them. */
static bool can_count(void)
{
	int r = faults_start();
	ck_assert_msg(r == 0 || r == -EPERM || r == -EACCES || r == -ENOSYS, "%s", strerror(-r));
	return r == 0;
}

/* The same with probes in the kernel, which tests/xen/check-kernel.sh has where this is run. */
static bool can_probe(void)
{
	if (!can_count())
		return false;
	int r = faults_probe();
	if (access("/sys/bus/event_source/devices/kprobe", F_OK) < 0)
		ck_assert_int_eq(r, -ENOENT);
	return r == 0;
}

START_TEST(a_pause_ends_when_much_is_touched)
{
	unsigned lasted_ms;
	ck_assert_int_eq(doze_init(), 0);
	bool counts = can_count();
	faults_watch(64 * 1024);
	pid_t pid = touch(256, 200);
	enum doze_end end = doze_for(20000, &lasted_ms);
	ck_assert_int_eq(waitpid(pid, NULL, 0), pid);
	/* others run on this machine, too: it may have ended before */
	ck_assert_int_eq(end, counts ? DOZE_FAULTS : DOZE_TIME);
	if (counts)
		ck_assert_uint_lt(lasted_ms, 15000);
}
END_TEST

static bool are_huge_pages_given(void)
{
	char mode[64] = "";
	FILE *file = fopen("/sys/kernel/mm/transparent_hugepage/enabled", "r");
	if (!file)
		return false;
	bool is_read = fgets(mode, sizeof(mode), file);
	fclose(file);
	return is_read && strstr(mode, "[always]");
}

/* A huge page is one fault; tests/xen/check-kernel.sh runs this where they can be counted. */
START_TEST(huge_pages_count_as_what_they_are)
{
	unsigned lasted_ms;
	ck_assert_int_eq(doze_init(), 0);
	bool counts = can_probe();
	ck_assert(faults_misses_huge_pages() == (are_huge_pages_given() && !counts));
	faults_watch(64 * 1024);
	pid_t pid = touch_as(MADV_HUGEPAGE, 256, 200);
	enum doze_end end = doze_for(counts ? 20000 : 500, &lasted_ms);
	ck_assert_int_eq(waitpid(pid, NULL, 0), pid);
	if (counts)
		ck_assert_int_eq(end, DOZE_FAULTS);
}
END_TEST

static const struct {
	bool probes;
	int flags, advice;
} ways[] = {
	{true, MAP_POPULATE, MADV_NORMAL},
	{true, 0, MADV_POPULATE_WRITE},
	{false, MAP_POPULATE, MADV_NORMAL},
	{false, 0, MADV_POPULATE_WRITE},
};

/* Memory taken in one call is no fault; tests/xen/check-kernel.sh has what it takes, too. */
START_TEST(populating_counts_where_it_is_probed)
{
	unsigned lasted_ms;
	ck_assert_int_eq(doze_init(), 0);
	bool counts = ways[_i].probes && can_probe();
	if (!ways[_i].probes)
		can_count();
	faults_watch(UINT64_C(1) << 20); /* 32 calls, and more than others touch meanwhile */
	pid_t pid = fork();
	if (pid == 0) {
		usleep(200 * 1000);
		for (int n = 0; n < 100; n++) {
			void *at = mmap(NULL, 16 * PAGE, PROT_READ | PROT_WRITE,
					MAP_PRIVATE | MAP_ANONYMOUS | ways[_i].flags, -1, 0);
			if (at == MAP_FAILED || madvise(at, 16 * PAGE, ways[_i].advice) < 0)
				_exit(1);
		}
		_exit(0);
	}
	enum doze_end end = doze_for(counts ? 20000 : 500, &lasted_ms);
	int status;
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_int_eq(status, 0);
	ck_assert_int_eq(end, counts ? DOZE_FAULTS : DOZE_TIME);
}
END_TEST

/* The signal comes when the call has just begun, and there is nothing to see yet. */
START_TEST(a_call_that_populates_is_given_time)
{
	struct sigevent tell = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = DOZE_POPULATE_SIGNAL};
	struct itimerspec when = {.it_value = {.tv_nsec = 200 * 1000000L}};
	unsigned lasted_ms;
	timer_t timer;
	ck_assert_int_eq(doze_init(), 0);
	ck_assert_int_eq(timer_create(CLOCK_MONOTONIC, &tell, &timer), 0);
	ck_assert_int_eq(timer_settime(timer, 0, &when, NULL), 0);
	ck_assert_int_eq(doze_for(20000, &lasted_ms), DOZE_FAULTS);
	ck_assert_uint_ge(lasted_ms, 200 + ROUND_BURST_MS - 5);
	ck_assert_uint_lt(lasted_ms, 15000);
}
END_TEST

START_TEST(not_when_little_is)
{
	unsigned lasted_ms;
	ck_assert_int_eq(doze_init(), 0);
	can_count();
	faults_watch(UINT64_C(1) << 32); /* more than others touch meanwhile */
	pid_t pid = touch(64, 0);
	ck_assert_int_eq(doze_for(500, &lasted_ms), DOZE_TIME);
	ck_assert_uint_ge(lasted_ms, 500);
	ck_assert_int_eq(waitpid(pid, NULL, 0), pid);
}
END_TEST

/* A counter that is set anew has not counted yet. */
START_TEST(what_is_watched_for_may_change)
{
	unsigned lasted_ms;
	ck_assert_int_eq(doze_init(), 0);
	can_count();
	for (unsigned i = 20; i < 26; i++) {
		faults_watch(UINT64_C(1) << (i % 2 ? i + 8 : i));
		pid_t pid = touch(1, 0);
		ck_assert_int_eq(doze_for(100, &lasted_ms), DOZE_TIME);
		ck_assert_int_eq(waitpid(pid, NULL, 0), pid);
	}
}
END_TEST

static long sleeps(void)
{
	struct rusage usage;
	getrusage(RUSAGE_THREAD, &usage);
	return usage.ru_nvcsw;
}

/* However fast programs touch memory, there are no more than 20 pauses a second, and none of them
 * is a row of short ones: one up to the first fault, one after it. */
START_TEST(faults_do_not_set_the_pace)
{
	unsigned lasted_ms, began_ms = now_ms(), n = 0;
	ck_assert_int_eq(doze_init(), 0);
	bool counts = can_count();
	faults_watch(0);
	pid_t pid = touch(512, 0);
	do {
		long slept = sleeps();
		n++;
		doze_for(200, &lasted_ms);
		ck_assert_int_le(sleeps() - slept, 2);
		ck_assert_uint_ge(lasted_ms, CADENCE_TOUCH_GAP_MS - 5);
	} while (waitpid(pid, NULL, WNOHANG) == 0);
	ck_assert_uint_le(n, (now_ms() - began_ms) / (counts ? CADENCE_TOUCH_GAP_MS - 5 : 200) + 1);
}
END_TEST

START_TEST(pressure_ends_a_pause_at_once_and_is_not_lost)
{
	unsigned lasted_ms;
	ck_assert_int_eq(doze_init(), 0);
	doze_wake();
	ck_assert_int_eq(doze_for(20000, &lasted_ms), DOZE_WOKEN);
	ck_assert_uint_lt(lasted_ms, 10000);
	ck_assert_int_eq(doze_for(20, &lasted_ms), DOZE_TIME);
}
END_TEST

static int slack_ms_after(unsigned slack_ms)
{
	doze((struct cadence_pause){1, slack_ms});
	return prctl(PR_GET_TIMERSLACK, 0UL, 0UL, 0UL, 0UL) / 1000000;
}

/* A system call for less would cost more than it saves. */
START_TEST(slack_is_set_anew_for_more_than_an_eighth)
{
	ck_assert_int_eq(doze_init(), 0);
	ck_assert_int_eq(slack_ms_after(80), 80);
	ck_assert_int_eq(slack_ms_after(90), 80);
	ck_assert_int_eq(slack_ms_after(70), 80);
	ck_assert_int_eq(slack_ms_after(91), 91);
	ck_assert_int_eq(slack_ms_after(0), 0);
}
END_TEST

static void add_tests(TCase *tests)
{
	tcase_set_timeout(tests, 60);
	tcase_add_test(tests, a_pause_ends_when_much_is_touched);
	tcase_add_test(tests, huge_pages_count_as_what_they_are);
	tcase_add_loop_test(tests, populating_counts_where_it_is_probed, 0, N_ROWS(ways));
	tcase_add_test(tests, a_call_that_populates_is_given_time);
	tcase_add_test(tests, not_when_little_is);
	tcase_add_test(tests, what_is_watched_for_may_change);
	tcase_add_test(tests, faults_do_not_set_the_pace);
	tcase_add_test(tests, pressure_ends_a_pause_at_once_and_is_not_lost);
	tcase_add_test(tests, slack_is_set_anew_for_more_than_an_eighth);
}

int main(void)
{
	return suite_run("doze", add_tests);
}
