/* SPDX-License-Identifier: MIT */
/* cagmad is killed, stopped, or out of descriptors at moments of all kinds: no memory is promised
 * twice, none is lost, and the next cagmad, or the same one, serves guests as before. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/toolstack/stage.h"

static struct lab_guest *a, *b;

static void open_pair(void)
{
	stage_open(200 + 600);
	a = stage_boot("a", 200, "0:60", true);
	b = stage_boot("b", 600, "0:60", true);
	stage_start(stage_config, NULL);
	ck_assert(stage_key_is(a, "cagma/state", "managed"));
	ck_assert(stage_key_is(b, "cagma/state", "managed"));
}

static void assert_serves(void)
{
	lab_guest_set_demand(a, "0:260");
	ck_assert(stage_wait_at_least(a, 320 * MIB));
}

/* Steps of a pass and of a call, each with a kill in the middle of it: a hypercall or the guest's
 * lock is made to hang, so that cagmad or its worker stands there when the signal comes. */
static const struct {
	const char *what;
	enum fakexen_op op;
	bool is_lock; /* libxl's lock of the guest hangs, and not a hypercall */
} steps[] = {
	{"reading the domains", FAKEXEN_OP_GETINFOLIST, false},
	{"setting a cap", FAKEXEN_OP_SETMAXMEM, false},
	{"calling libxl", FAKEXEN_OP_GETINFOLIST, true},
};

START_TEST(a_kill_at_a_step_loses_nothing)
{
	struct fakexen_fault hangs = {.hang_ms = 2000, .times = 1};
	open_pair();
	if (steps[_i].is_lock)
		ck_assert_int_eq(lab_guest_hold_libxl_lock(a, true), 0);
	else if (steps[_i].op == FAKEXEN_OP_GETINFOLIST)
		ck_assert_int_eq(lab_fault(stage_lab(), NULL, steps[_i].op, hangs), 0);
	else
		ck_assert_int_eq(lab_fault(stage_lab(), a, steps[_i].op, hangs), 0);
	lab_guest_set_demand(a, "0:260");
	usleep(400000); /* it stands in the step by now */
	lab_end(stage_cagmad(), SIGKILL, SOON_MS);
	if (steps[_i].is_lock)
		ck_assert_int_eq(lab_guest_hold_libxl_lock(a, false), 0);
	stage_start(stage_config, NULL);
	assert_serves();
	ck_assert_uint_lt(lab_guest_alm_kib(b), 560 * MIB);
	ck_assert_uint_ge(lab_free_kib(stage_lab()), 16 * MIB); /* the floor of the reserve */
}
END_TEST

static bool has_begun(void *said_before)
{
	return stage_said(" runs") > *(const unsigned *)said_before;
}

START_TEST(kills_at_any_moment_lose_nothing)
{
	enum { KILLS = 12 };
	unsigned said = 0;
	open_pair();
	for (unsigned i = 0; i < KILLS; i++) {
		lab_guest_set_demand(a, i % 2 ? "0:60" : "0:260");
		usleep(i * 37000);
		lab_end(stage_cagmad(), SIGKILL, SOON_MS);
		ck_assert_uint_le(lab_guest_alm_kib(a) + lab_guest_alm_kib(b), (800 + 64) * MIB);
		said = stage_said(" runs");
		stage_start(stage_config, NULL);
	}
	assert_serves();
	ck_assert(lab_wait(has_begun, &said, SOON_MS)); /* before that a signal ends any program */
	int status = lab_end(stage_cagmad(), SIGTERM, SOON_MS);
	ck_assert_msg(WIFEXITED(status) && WEXITSTATUS(status) == 0, "status %x", (unsigned)status);
}
END_TEST

START_TEST(a_daemon_that_was_stopped_goes_on)
{
	open_pair();
	kill(stage_cagmad(), SIGSTOP);
	lab_guest_set_demand(a, "0:260");
	sleep(3);
	ck_assert_uint_ge(lab_free_kib(stage_lab()), 16 * MIB);
	kill(stage_cagmad(), SIGCONT);
	ck_assert(stage_wait_at_least(a, 320 * MIB));
}
END_TEST

/* The number of the last descriptor of a process. */
static int last_descriptor(pid_t pid)
{
	char path[64];
	int last = 0;
	for (int fd = 0; fd < 256; fd++) {
		snprintf(path, sizeof(path), "/proc/%d/fd/%d", pid, fd);
		char to[8];
		if (readlink(path, to, sizeof(to)) > 0)
			last = fd;
	}
	return last;
}

/* xl's lock cannot be looked at then, and counts as held: alarms are served. */
START_TEST(without_descriptors_only_alarms_are_served_and_that_is_said)
{
	struct rlimit before, none;
	open_pair();
	ck_assert_int_eq(prlimit(stage_cagmad(), RLIMIT_NOFILE, NULL, &before), 0);
	none = (struct rlimit){.rlim_cur = 3, .rlim_max = before.rlim_max};
	ck_assert_int_gt(last_descriptor(stage_cagmad()), 3);
	ck_assert_int_eq(prlimit(stage_cagmad(), RLIMIT_NOFILE, &none, NULL), 0);
	ck_assert(stage_wait_said("xl's lock /var/lock/xl cannot be looked at"));
	ck_assert_int_eq(prlimit(stage_cagmad(), RLIMIT_NOFILE, &before, NULL), 0);
	ck_assert(stage_wait_said("can be looked at again"));
	assert_serves();
}
END_TEST

/* The children of cagmad: its workers. */
static unsigned kill_workers(void)
{
	char path[64];
	unsigned n = 0;
	pid_t child;
	snprintf(path, sizeof(path), "/proc/%d/task/%d/children", stage_cagmad(), stage_cagmad());
	FILE *file = fopen(path, "re");
	while (file && fscanf(file, "%d", &child) == 1)
		n += kill(child, SIGKILL) == 0;
	if (file)
		fclose(file);
	return n;
}

START_TEST(a_worker_that_dies_in_a_call_is_said_and_replaced)
{
	open_pair();
	ck_assert_int_eq(lab_guest_hold_libxl_lock(a, true), 0);
	lab_guest_set_demand(a, "0:260");
	usleep(200000);
	ck_assert_uint_gt(kill_workers(), 0);
	ck_assert(stage_wait_said("target"));
	ck_assert_int_eq(lab_guest_hold_libxl_lock(a, false), 0);
	ck_assert(stage_wait_at_least(a, 320 * MIB));
}
END_TEST

static void add_tests(TCase *tests)
{
	tcase_add_checked_fixture(tests, NULL, stage_close);
	tcase_add_loop_test(tests, a_kill_at_a_step_loses_nothing, 0, N_ROWS(steps));
	tcase_add_test(tests, kills_at_any_moment_lose_nothing);
	tcase_add_test(tests, a_daemon_that_was_stopped_goes_on);
	tcase_add_test(tests, without_descriptors_only_alarms_are_served_and_that_is_said);
	tcase_add_test(tests, a_worker_that_dies_in_a_call_is_said_and_replaced);
}

int main(void)
{
	return suite_run("faults", add_tests);
}
