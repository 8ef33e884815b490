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

static struct lab_guest *boot_pvh(const char *name, uint64_t memory_mib)
{
	struct lab_guest_options options = LAB_GUEST;
	struct lab_guest *guest;
	snprintf(options.name, sizeof(options.name), "%s", name);
	options.type = FAKEXEN_PVH;
	options.memory_kib = memory_mib * MIB;
	options.max_kib = 1024 * MIB;
	options.demand = lab_demand("0:60");
	ck_assert_msg(lab_guest_boot(stage_lab(), &options, &guest) == 0, "%s", lab_error());
	return guest;
}

static void open_pair_with(const char *config, bool is_pvh)
{
	stage_open(200 + 600);
	a = is_pvh ? boot_pvh("a", 200) : stage_boot("a", 200, "0:60", true);
	b = stage_boot("b", 600, "0:60", true);
	stage_start(config, NULL);
	ck_assert(stage_key_is(a, "cagma/state", "managed"));
	ck_assert(stage_key_is(b, "cagma/state", "managed"));
}

static void open_pair(void)
{
	open_pair_with(stage_config, false);
}

static void assert_serves(void)
{
	lab_guest_set_demand(a, "0:260");
	ck_assert(stage_wait_at_least(a, 320 * MIB));
}

/* Steps of a pass and of a call, in which whoever makes it stands when the signal comes: a
 * hypercall, the guest's lock, or xenstored hangs. Without credit libxl alone sets max_pages; it
 * alone sets the target of pages populated on demand, of guests that are not PV. */
enum step_kind { HOST_HANGS, GUEST_HANGS, LOCK_HANGS, STORE_HANGS };
static const struct {
	const char *what;
	enum step_kind kind;
	enum fakexen_op op; /* of the first two */
	const char *more;   /* of the configuration */
	bool is_pvh;
} steps[] = {
	{"reading the domains", HOST_HANGS, FAKEXEN_OP_GETINFOLIST, "", false},
	{"reading free memory", HOST_HANGS, FAKEXEN_OP_PHYSINFO, "", false},
	{"reading xenstore", STORE_HANGS, 0, "", false},
	{"setting a cap for credit", GUEST_HANGS, FAKEXEN_OP_SETMAXMEM, "", false},
	{"libxl waiting for its lock", LOCK_HANGS, 0, "", false},
	{"libxl setting max_pages", GUEST_HANGS, FAKEXEN_OP_SETMAXMEM, "credit_mib = 0\n", false},
	{"libxl between max_pages and target", GUEST_HANGS, FAKEXEN_OP_POD_TARGET, "", true},
};

static void hang(int i, bool hangs)
{
	struct fakexen_fault fault = {.hang_ms = hangs ? 2000 : 0, .times = hangs};
	struct lab_guest *guest = steps[i].kind == GUEST_HANGS ? a : NULL;
	if (steps[i].kind == LOCK_HANGS)
		ck_assert_int_eq(lab_guest_hold_libxl_lock(a, hangs), 0);
	else if (steps[i].kind == STORE_HANGS)
		ck_assert_int_eq(lab_signal_store(stage_lab(), hangs ? SIGSTOP : SIGCONT), 0);
	else
		ck_assert_int_eq(lab_fault(stage_lab(), guest, steps[i].op, fault), 0);
}

static bool was_met(void *fault)
{
	return ((const struct fakexen_fault *)fault)->times == 0;
}

/* Waits until somebody stands in the step: the hypercall's fault is met. Nothing shows who waits
 * for a lock, or for xenstore. */
static void wait_in_step(int i)
{
	struct fakexen_host *host = lab_host(stage_lab());
	struct fakexen_fault *fault = host->fault;
	if (steps[i].kind == GUEST_HANGS)
		fault = fakexen_find(host, lab_guest_domid(a))->fault;
	if (steps[i].kind == HOST_HANGS || steps[i].kind == GUEST_HANGS)
		ck_assert_msg(lab_wait(was_met, &fault[steps[i].op], 4 * SOON_MS), "nobody was %s",
			      steps[i].what);
	else
		usleep(400000);
}

START_TEST(a_kill_at_a_step_loses_nothing)
{
	char config[256];
	snprintf(config, sizeof(config), "%s%s", stage_config, steps[_i].more);
	open_pair_with(config, steps[_i].is_pvh);
	hang(_i, true);
	lab_guest_set_demand(a, "0:260");
	wait_in_step(_i);
	lab_end(stage_cagmad(), SIGKILL, SOON_MS);
	hang(_i, false);
	stage_start(config, NULL);
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
	sleep(30);
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

/* Of the steps above those that libxl makes. */
static const int libxl_steps[] = {4, 5, 6};

START_TEST(a_worker_that_dies_in_a_call_is_said_and_replaced)
{
	int step = libxl_steps[_i];
	char config[256];
	snprintf(config, sizeof(config), "%s%s", stage_config, steps[step].more);
	open_pair_with(config, steps[step].is_pvh);
	hang(step, true);
	lab_guest_set_demand(a, "0:260");
	wait_in_step(step);
	ck_assert_uint_gt(kill_workers(), 0);
	ck_assert(stage_wait_said("target"));
	hang(step, false);
	ck_assert(stage_wait_at_least(a, 320 * MIB));
	ck_assert_uint_ge(lab_free_kib(stage_lab()), 16 * MIB);
}
END_TEST

static void add_tests(TCase *tests)
{
	tcase_add_checked_fixture(tests, NULL, stage_close);
	tcase_set_timeout(tests, 120);
	tcase_add_loop_test(tests, a_kill_at_a_step_loses_nothing, 0, N_ROWS(steps));
	tcase_add_test(tests, kills_at_any_moment_lose_nothing);
	tcase_add_test(tests, a_daemon_that_was_stopped_goes_on);
	tcase_add_test(tests, without_descriptors_only_alarms_are_served_and_that_is_said);
	tcase_add_loop_test(tests, a_worker_that_dies_in_a_call_is_said_and_replaced, 0,
			    N_ROWS(libxl_steps));
}

int main(void)
{
	return suite_run("faults", add_tests);
}
