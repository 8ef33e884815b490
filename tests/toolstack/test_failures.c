/* SPDX-License-Identifier: MIT */
/* What fails around cagmad: libxl that hangs, balloons that do not move, xenstored and Xen that do
 * not answer. */
#include <errno.h>
#include <glob.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/toolstack/stage.h"

enum { WORKERS = 2 };
/* A call that waits for a lock is late soon, and no other is, on a busy machine either. */
#define SOON_LATE                                                                                  \
	"call_timeout_ms = 2000\nperiod_ms = 200\nreserve_mib = 64\ndefault_min_mib = 96\n"
#define TWO_WORKERS "workers = 2\n" SOON_LATE

/* A worker has one socket to the daemon; its other sockets are libxl's, to xenstored. */
static unsigned sockets_of(pid_t pid)
{
	char path[64], to[16];
	unsigned n = 0;
	for (int fd = 0; fd < 64; fd++) {
		snprintf(path, sizeof(path), "/proc/%d/fd/%d", pid, fd);
		ssize_t len = readlink(path, to, sizeof(to));
		n += len >= 7 && memcmp(to, "socket:", 7) == 0;
	}
	return n;
}

/* The workers that are ready, with an open context of libxl. How many they are. */
static unsigned ready_workers(pid_t ret_pid[WORKERS])
{
	char path[64];
	unsigned n = 0;
	pid_t child;
	snprintf(path, sizeof(path), "/proc/%d/task/%d/children", stage_cagmad(), stage_cagmad());
	FILE *file = fopen(path, "re");
	while (file && n < WORKERS && fscanf(file, "%d", &child) == 1)
		if (sockets_of(child) > 1)
			ret_pid[n++] = child;
	if (file)
		fclose(file);
	return n;
}

static bool all_workers_are_ready(void *arg)
{
	return ready_workers(arg) == WORKERS;
}

static bool others_are_ready(void *arg)
{
	pid_t now[WORKERS];
	return ready_workers(now) == WORKERS && memcmp(arg, now, sizeof(now)) != 0;
}

/* Otherwise the first call would take ten times as long, and it may be the answer to an alarm. */
START_TEST(workers_are_ready_before_their_first_call)
{
	pid_t first[WORKERS];
	stage_open(1664);
	struct lab_guest *locked = stage_boot("locked", 200, "0:60", true);
	stage_start(TWO_WORKERS, (const char *const[]){"-v", NULL});
	ck_assert(lab_wait(all_workers_are_ready, first, SOON_MS));
	ck_assert_uint_eq(stage_said("target"), 0);
	/* workers that take the places of killed ones are ready, too */
	ck_assert(stage_key_is(locked, "cagma/state", "managed"));
	ck_assert_int_eq(lab_guest_hold_libxl_lock(locked, true), 0);
	lab_guest_set_demand(locked, "0:200");
	ck_assert(stage_wait_said("did not answer in time"));
	ck_assert(lab_wait(others_are_ready, first, SOON_MS));
	ck_assert_uint_eq(stage_said(" -> "), 1);
}
END_TEST

START_TEST(a_lock_held_on_one_guest_does_not_stop_the_others)
{
	stage_open(1664);
	struct lab_guest *locked = stage_boot("locked", 200, "0:60", true);
	struct lab_guest *a = stage_boot("a", 200, "0:60", true);
	stage_start(SOON_LATE, NULL);
	ck_assert(stage_key_is(locked, "cagma/state", "managed"));
	ck_assert(stage_key_is(a, "cagma/state", "managed"));
	ck_assert_int_eq(lab_guest_hold_libxl_lock(locked, true), 0);
	lab_guest_set_demand(locked, "0:200");
	ck_assert(stage_key_is(locked, "cagma/state", "libxl-failed"));
	lab_guest_set_demand(a, "0:200");
	ck_assert(stage_wait_at_least(a, 260 * MIB));
	ck_assert_uint_eq(stage_said("did not answer in time"), 1);
	ck_assert_int_eq(lab_guest_hold_libxl_lock(locked, false), 0);
	ck_assert(stage_wait_at_least(locked, 260 * MIB));
	ck_assert(stage_wait_said("its target can be set again"));
}
END_TEST

/* With equal weights the one that holds most is asked first. */
START_TEST(a_stuck_balloon_is_set_aside)
{
	stage_open(200 + 600 + 400);
	struct lab_guest *a = stage_boot("a", 200, "0:60", true);
	struct lab_guest *stuck = stage_boot("stuck", 600, "0:60", true);
	struct lab_guest *other = stage_boot("other", 400, "0:60", true);
	struct sim_balloon_config held = {
		.speed_kib_s = 1 << 20, .is_stuck = true, .max_retries = 4};
	ck_assert_int_eq(lab_guest_set_balloon(stuck, &held), 0);
	stage_start(
		"period_ms = 200\nreserve_mib = 64\ndefault_min_mib = 96\ndefault_weight = 256\n",
		NULL);
	ck_assert(stage_key_is(other, "cagma/state", "managed"));
	lab_guest_set_demand(a, "0:350");
	ck_assert(stage_key_is(stuck, "cagma/state", "balloon-stuck"));
	ck_assert(stage_wait_at_least(a, 400 * MIB));
	ck_assert_uint_lt(lab_guest_alm_kib(other), 390 * MIB);
}
END_TEST

START_TEST(a_lost_xenstored_is_said_once)
{
	stage_open(1664);
	stage_boot("a", 200, "0:60", true);
	stage_start(stage_config, NULL);
	ck_assert(stage_wait_said("runs"));
	ck_assert_int_eq(lab_kill_store(stage_lab()), 0);
	ck_assert(stage_wait_said("xenstored is not answering"));
	sleep(3); /* three more tries */
	ck_assert_uint_eq(stage_said("xenstored is not answering"), 1);
	ck_assert_int_eq(kill(stage_cagmad(), 0), 0);
	int status = lab_end(stage_cagmad(), SIGTERM, SOON_MS);
	ck_assert_msg(WIFEXITED(status) && WEXITSTATUS(status) == 0, "status %x", (unsigned)status);
}
END_TEST

START_TEST(a_xenstored_that_is_not_there_is_waited_for)
{
	stage_open(1664);
	ck_assert_int_eq(lab_kill_store(stage_lab()), 0);
	stage_start(stage_config, NULL);
	ck_assert(stage_wait_said("xenstored is not answering"));
	sleep(3); /* three more tries */
	ck_assert_uint_eq(stage_said("xenstored is not answering"), 1);
	ck_assert_int_eq(kill(stage_cagmad(), 0), 0);
}
END_TEST

/* A guest that xenstored forgot keeps what it holds. Other guests are balanced, also through a
 * worker whose connection ended. */
START_TEST(a_xenstored_that_is_started_anew_stops_nothing)
{
	stage_open(200 + 200 + 600);
	struct lab_guest *old = stage_boot("old", 200, "0:60", true);
	stage_start("workers = 1\nperiod_ms = 200\nreserve_mib = 64\ndefault_min_mib = 96\n", NULL);
	ck_assert(stage_key_is(old, "cagma/state", "managed"));
	lab_guest_set_demand(old, "0:160");
	ck_assert(stage_wait_at_least(old, 220 * MIB)); /* the worker has a context by now */
	for (int time = 1; time <= 2; time++) {
		ck_assert_msg(lab_restart_store(stage_lab()) == 0, "%s", lab_error());
		struct lab_guest *new = stage_boot(time == 1 ? "new" : "newer", 200, "0:60", true);
		ck_assert(stage_key_is(new, "cagma/state", "managed"));
		uint64_t old_kib = lab_guest_alm_kib(old);
		lab_guest_set_demand(new, "0:200");
		ck_assert(stage_wait_at_least(new, 260 * MIB));
		ck_assert_uint_eq(lab_guest_alm_kib(old), old_kib);
		old = new;
	}
	ck_assert_uint_eq(stage_said("not set"), 0);
	int status = lab_end(stage_cagmad(), SIGTERM, SOON_MS);
	ck_assert_msg(WIFEXITED(status) && WEXITSTATUS(status) == 0, "status %x", (unsigned)status);
	ck_assert_uint_eq(stage_said("xenstored lost 2 times"), 1);
}
END_TEST

/* Guests change, raise alarms and are told new targets while xenstored replaces itself. */
START_TEST(a_live_update_of_xenstored_loses_nothing)
{
	if (lab_store_is_oxenstored())
		return;
	stage_open(2200);
	struct lab_guest *a = stage_boot("a", 200, "0:60", true);
	struct lab_guest *b = stage_boot("b", 200, "0:60", true);
	stage_start(stage_config, NULL);
	ck_assert(stage_key_is(a, "cagma/state", "managed"));
	ck_assert(stage_key_is(b, "cagma/state", "managed"));
	for (unsigned i = 1; i <= 3; i++) {
		char demand[16];
		snprintf(demand, sizeof(demand), "0:%u", 60 + i * 140);
		lab_guest_set_demand(a, demand);
		ck_assert_msg(lab_update_store(stage_lab()) == 0, "%s", lab_error());
		ck_assert(stage_wait_at_least(a, (120 + i * 140) * MIB));
		lab_guest_set_demand(b, demand);
		ck_assert(stage_wait_at_least(b, (120 + i * 140) * MIB));
	}
	ck_assert_uint_eq(stage_said("xenstored is not answering"), 0);
	ck_assert_uint_eq(stage_said("not set"), 0);
	/* One more guest comes. None goes: libxenstore loses memory if a watch is ended while its
	 * events wait, which a sanitizer finds. */
	lab_guest_set_demand(b, "0:60");
	struct lab_guest *c = stage_boot("c", 200, "0:60", true);
	ck_assert(stage_key_is(c, "cagma/state", "managed"));
	lab_guest_set_demand(c, "0:400");
	ck_assert(stage_wait_at_least(c, 460 * MIB));
	int status = lab_end(stage_cagmad(), SIGTERM, SOON_MS);
	ck_assert_msg(WIFEXITED(status) && WEXITSTATUS(status) == 0, "status %x", (unsigned)status);
	ck_assert_uint_eq(stage_said("xenstored lost 0 times"), 1);
}
END_TEST

START_TEST(an_unanswering_hypervisor_is_said_once)
{
	stage_open(1664);
	struct lab_guest *a = stage_boot("a", 200, "0:60", true);
	stage_start(stage_config, NULL);
	ck_assert(stage_key_is(a, "cagma/state", "managed"));
	struct fakexen_fault broken = {.error = EIO, .times = -1};
	ck_assert_int_eq(lab_fault(stage_lab(), NULL, FAKEXEN_OP_GETINFOLIST, broken), 0);
	ck_assert(stage_wait_said("Xen's domains could not be read"));
	sleep(1);
	ck_assert_uint_eq(stage_said("Xen's domains could not be read"), 1);
	ck_assert_int_eq(
		lab_fault(stage_lab(), NULL, FAKEXEN_OP_GETINFOLIST, (struct fakexen_fault){0}), 0);
	ck_assert(stage_wait_said("can be read again"));
	lab_guest_set_demand(a, "0:200");
	ck_assert(stage_wait_at_least(a, 260 * MIB));
}
END_TEST

static void add_tests(TCase *tests)
{
	tcase_add_checked_fixture(tests, NULL, stage_close);
	tcase_add_test(tests, workers_are_ready_before_their_first_call);
	tcase_add_test(tests, a_lock_held_on_one_guest_does_not_stop_the_others);
	tcase_add_test(tests, a_stuck_balloon_is_set_aside);
	tcase_add_test(tests, a_lost_xenstored_is_said_once);
	tcase_add_test(tests, a_xenstored_that_is_not_there_is_waited_for);
	tcase_add_test(tests, a_xenstored_that_is_started_anew_stops_nothing);
	tcase_add_test(tests, a_live_update_of_xenstored_loses_nothing);
	tcase_add_test(tests, an_unanswering_hypervisor_is_said_once);
}

int main(void)
{
	return suite_run("failures", add_tests);
}
