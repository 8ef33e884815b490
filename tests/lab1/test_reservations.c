/* SPDX-License-Identifier: MIT */
/* Starting guests: cagmactl and cagmad on the stock toolstack. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define LIBXL_API_VERSION 0x041400
#include <libxl.h>
#include <libxl_utils.h>

#include "host/leaseline.h"
#include "host/need.h"
#include "host/store.h"
#include "tests/lab1/stage.h"

#include <xen/sched.h>

#define RESERVATION LEASELINE_ROOT "/reservation/"
#define GO          STAGE_FILE("go") /* commands end when it is there */

/* --- cagmactl --------------------------------------------------------------- */

static const char *ctl_path(void)
{
	static char program[PATH_MAX];
	ssize_t len = readlink("/proc/self/exe", program, sizeof(program) - 32);
	ck_assert_int_gt(len, 0);
	program[len] = '\0';
	strcpy(strstr(program, "/tests/lab1/"), "/host/cagmactl");
	return program;
}

static pid_t begin_ctl(const char *const args[])
{
	const char *argv[16] = {ctl_path()};
	unsigned n = 0;
	pid_t pid;
	while (args[n]) {
		argv[n + 1] = args[n];
		n++;
	}
	ck_assert_msg(lab1_spawn(stage_lab(), LAB1_ROLE_DOM0, NULL, argv, "cagmactl", true, &pid) ==
			      0,
		      "%s", lab1_error());
	return pid;
}

static int exit_status(pid_t pid)
{
	int status = lab1_end(pid, 0, 2 * SOON_MS);
	ck_assert_msg(status >= 0 && WIFEXITED(status), "cagmactl: status %x", (unsigned)status);
	return WEXITSTATUS(status);
}

#define CTL(...)       begin_ctl((const char *const[]){__VA_ARGS__, NULL})
#define CTL_CODE(...)  exit_status(CTL(__VA_ARGS__))
#define CTL_SAID(text) stage_said_in("cagmactl", text)

/* --- xenstore --------------------------------------------------------------- */

struct key_begins {
	char path[96];
	const char *text; /* NULL: it is not there */
};

static bool key_begins(void *arg)
{
	const struct key_begins *k = arg;
	char text[LEASELINE_MAX_BYTES + 1];
	bool is_there = lab1_read(stage_lab(), k->path, text, sizeof(text));
	return k->text ? is_there && strncmp(text, k->text, strlen(k->text)) == 0 : !is_there;
}

/* Waits until the reservation's state begins with `text`; NULL: until it is gone. */
static bool state_is(unsigned id, const char *text)
{
	struct key_begins k = {.text = text};
	snprintf(k.path, sizeof(k.path), RESERVATION "%u/%s", id, text ? "state" : "request");
	return lab1_wait(key_begins, &k, SOON_MS);
}

static void write_key(const char *path, const char *text)
{
	ck_assert(xs_write(lab1_store(stage_lab()), XBT_NULL, path, text, (unsigned)strlen(text)));
}

/* --- guests ----------------------------------------------------------------- */

/* The free memory does not fall below `kib` while `ms` pass. */
static void assert_stays_free(uint64_t kib, unsigned ms)
{
	for (unsigned i = 0; i < ms / 10; i++) {
		ck_assert_uint_ge(lab1_free_kib(stage_lab()), kib);
		usleep(10000);
	}
}

/* Domain and keys; no memory yet. */
static struct lab1_guest *make(const char *name, uint64_t memory_mib)
{
	struct lab1_guest_options options = LAB1_GUEST;
	struct lab1_guest *guest;
	snprintf(options.name, sizeof(options.name), "%s", name);
	options.memory_kib = memory_mib * MIB;
	options.max_kib = 1024 * MIB;
	options.has_agent = false;
	ck_assert_msg(lab1_guest_make(stage_lab(), &options, &guest) == 0, "%s", lab1_error());
	return guest;
}

static void write_file(const char *path, const char *text)
{
	FILE *file = fopen(path, "we");
	ck_assert_ptr_nonnull(file);
	fputs(text, file);
	fclose(file);
}

static const char *write_xlcfg(const char *name, unsigned memory_mib)
{
	static const char path[] = STAGE_FILE("xl.cfg");
	char text[128];
	snprintf(text, sizeof(text), "name = \"%s\"\nmemory = %u\nmaxmem = 1024\n", name,
		 memory_mib);
	write_file(path, text);
	return path;
}

/* A host of 1,200 MiB, all held by two idle guests that want 160 each, and a cagmad. */
static struct lab1_guest *a, *b;

static void open_idle_with(const char *const extra_argv[])
{
	stage_open(1200);
	a = stage_boot("a", 600, "0:60", true);
	b = stage_boot("b", 600, "0:60", true);
	stage_start(stage_config, extra_argv);
	ck_assert(stage_key_is(a, "cagma/state", "managed"));
	ck_assert(stage_key_is(b, "cagma/state", "managed"));
}

static void open_idle(void)
{
	open_idle_with(NULL);
}

/* --- reserving -------------------------------------------------------------- */

START_TEST(idle_guests_make_room)
{
	open_idle();
	struct lab1_guest *c = make("c", 512);
	ck_assert_int_eq(lab1_guest_build(c), -ENOMEM); /* what plain `xl create` meets */
	lab1_guest_destroy(c);
	ck_assert_int_eq(CTL_CODE("reserve", "512"), 0);
	ck_assert_uint_ge(lab1_free_kib(stage_lab()), 512 * MIB);
	ck_assert_uint_eq(CTL_SAID("1\n"), 1);
	ck_assert(state_is(1, "state=ready there_kib=524288"));
	c = make("c", 510);
	ck_assert_msg(lab1_guest_build(c) == 0, "%s", lab1_error());
	ck_assert(state_is(1, "state=in-use"));
	ck_assert_int_eq(lab1_guest_unpause(c), 0);
	ck_assert(state_is(1, NULL));
	ck_assert(stage_wait_said("reservation 1 is over: domain"));
	struct simguest_stats stats;
	lab1_guest_stats(a, &stats);
	ck_assert_msg(stats.swapped_kib < 1024, "a swapped %g KiB", stats.swapped_kib);
	ck_assert_uint_ge(lab1_guest_alm_kib(a), 150 * MIB);
	ck_assert_uint_ge(lab1_guest_alm_kib(b), 150 * MIB);
}
END_TEST

START_TEST(what_cannot_be_had_is_refused_with_the_sum)
{
	open_idle();
	ck_assert_int_eq(CTL_CODE("reserve", "2g"), 1);
	ck_assert_uint_eq(CTL_SAID("refused: 2048 MiB wanted; 48 free + "), 1);
	ck_assert_uint_eq(stage_said("reservation 1 is refused: 2048 MiB wanted; 48 free + "), 1);
	ck_assert(state_is(1, NULL));
	ck_assert_uint_eq(stage_said("target"), 0); /* nobody was disturbed */
}
END_TEST

START_TEST(what_a_policy_does_not_free_is_refused)
{
	stage_open(1200);
	stage_boot("a", 1000, "0:60", true);
	stage_start("policy = \"static\"\nperiod_ms = 200\n", NULL);
	ck_assert(lab1_wait_key(stage_lab(), LEASELINE_ROOT "/daemon", NULL, SOON_MS));
	ck_assert_int_eq(CTL_CODE("reserve", "300"), 1);
	ck_assert_uint_eq(CTL_SAID("300 MiB wanted; 248 free + 0 that guests could give"), 1);
	ck_assert_int_eq(CTL_CODE("reserve", "240"), 0);
}
END_TEST

START_TEST(several_at_once_do_not_share)
{
	open_idle();
	pid_t first = CTL("reserve", "300"), second = CTL("reserve", "350");
	ck_assert_int_eq(exit_status(first), 0);
	ck_assert_int_eq(exit_status(second), 0);
	ck_assert_uint_ge(lab1_free_kib(stage_lab()), 650 * MIB);
	ck_assert_int_eq(CTL_CODE("reserve", "500"), 1); /* there were 1,150, and 880 to be had */
	ck_assert_int_eq(CTL_CODE("reservations"), 0);
	ck_assert_uint_eq(CTL_SAID("1  ready         3"), 1);
	ck_assert_uint_eq(CTL_SAID("2  ready         3"), 1);
	ck_assert_int_eq(CTL_CODE("release", "1"), 0);
	ck_assert_int_eq(CTL_CODE("release", "1"), 1);
	ck_assert(stage_wait_said("reservation 1 is released"));
	ck_assert_int_eq(CTL_CODE("reserve", "500"), 0);
	ck_assert(state_is(4, "state=ready")); /* numbers are given once */
}
END_TEST

START_TEST(a_guest_that_grows_meanwhile_does_not_take_it)
{
	open_idle();
	pid_t pid = CTL("reserve", "400");
	lab1_guest_set_demand(a, "0:60 2:500");
	ck_assert_int_eq(exit_status(pid), 0);
	ck_assert(stage_wait_at_least(a, 610 * MIB));
	assert_stays_free(400 * MIB, 2000);
	ck_assert_uint_le(lab1_guest_alm_kib(b), 300 * MIB); /* balancing goes on */
}
END_TEST

START_TEST(memory_that_does_not_come_is_said_to_be_missing)
{
	struct labballoon_config held = {
		.speed_kib_s = 1 << 20, .is_stuck = true, .max_retries = 4};
	open_idle();
	ck_assert_int_eq(lab1_guest_set_balloon(a, &held), 0);
	ck_assert_int_eq(lab1_guest_set_balloon(b, &held), 0);
	ck_assert_int_eq(CTL_CODE("reserve", "264", "--timeout", "2"), 1);
	ck_assert_uint_eq(CTL_SAID("not there after 2 s: of 264 MiB, 64 came free, 200 are miss"),
			  1);
	ck_assert(state_is(1, NULL));
}
END_TEST

/* Nothing but the reservation moves the daemon: no period ends, and no guest reports by itself. */
START_TEST(nobody_waits_for_the_period)
{
	stage_open(1200);
	a = stage_boot("a", 600, "0:60", false);
	b = stage_boot("b", 600, "0:60", false);
	struct xs_handle *h[] = {stage_be_agent(a), stage_be_agent(b)};
	for (int i = 0; i < 2; i++)
		stage_report(h[i], 1, 540 * MIB, 480 * MIB);
	stage_start("period_ms = 60000\nreserve_mib = 64\ndefault_min_mib = 96\n", NULL);
	ck_assert(stage_key_is(a, "cagma/state", "managed"));
	ck_assert(stage_key_is(b, "cagma/state", "managed"));
	uint64_t begun_ms = lab1_clock_ms();
	ck_assert_int_eq(CTL_CODE("reserve", "20"), 0);
	ck_assert_int_eq(CTL_CODE("reserve", "512"), 0); /* donors' pages are awaited */
	ck_assert_uint_lt(lab1_clock_ms() - begun_ms, SOON_MS);
	for (int i = 0; i < 2; i++)
		xs_close(h[i]);
}
END_TEST

START_TEST(a_terminal_shows_how_much_is_there)
{
	struct labballoon_config slow = {.speed_kib_s = 256 << 10, .latency_s = 0.01};
	char command[PATH_MAX + 32];
	pid_t pid;
	open_idle();
	ck_assert_int_eq(lab1_guest_set_balloon(a, &slow), 0);
	ck_assert_int_eq(lab1_guest_set_balloon(b, &slow), 0);
	snprintf(command, sizeof(command), "%s reserve 520", ctl_path());
	const char *const argv[] = {"/usr/bin/script", "-qec", command, "/dev/null", NULL};
	ck_assert_int_eq(
		lab1_spawn(stage_lab(), LAB1_ROLE_DOM0, NULL, argv, "cagmactl", true, &pid), 0);
	ck_assert_int_eq(exit_status(pid), 0);
	ck_assert_uint_ge(CTL_SAID(" of 520 MiB"), 3);
	ck_assert_uint_eq(CTL_SAID("\rreservation 1: 520 of 520 MiB\r\n"), 1);
}
END_TEST

/* --- its guest -------------------------------------------------------------- */

START_TEST(memory_of_a_guest_being_built_is_counted_once)
{
	open_idle();
	ck_assert_int_eq(CTL_CODE("reserve", "--config", write_xlcfg("c", 400)), 0);
	ck_assert_uint_ge(lab1_free_kib(stage_lab()), 404 * MIB);
	struct lab1_guest *c = make("c", 400);
	ck_assert(state_is(1, "state=in-use"));
	lab1_guest_set_demand(a, "0:600");
	ck_assert(stage_wait_at_least(a, 610 * MIB)); /* b gives what a lacks … */
	assert_stays_free(404 * MIB, 1000);           /* … and c's is not touched */
	ck_assert_msg(lab1_guest_build(c) == 0, "%s", lab1_error());
	ck_assert(stage_wait_at_least(a, 630 * MIB));
	/* kept twice, a's and b's memory would have to give 400 MiB more */
	ck_assert_uint_ge(lab1_guest_alm_kib(b), 150 * MIB);
	ck_assert(state_is(1, "state=in-use"));
	ck_assert_int_eq(lab1_guest_unpause(c), 0);
	ck_assert(state_is(1, NULL));
}
END_TEST

START_TEST(a_guest_of_another_name_leaves_it_alone)
{
	open_idle();
	ck_assert_int_eq(CTL_CODE("reserve", "--config", write_xlcfg("c", 400)), 0);
	ck_assert_int_eq(CTL_CODE("reserve", "300"), 0);
	struct lab1_guest *d = make("d", 298);
	ck_assert_msg(lab1_guest_build(d) == 0, "%s", lab1_error());
	ck_assert(state_is(2, "state=in-use"));
	ck_assert(state_is(1, "state=ready"));
	ck_assert_int_eq(lab1_guest_unpause(d), 0);
	ck_assert(state_is(2, NULL));
	ck_assert(state_is(1, "state=ready"));
	assert_stays_free(404 * MIB, 500);
}
END_TEST

START_TEST(a_guest_that_dies_before_it_runs_may_be_tried_again)
{
	open_idle();
	ck_assert_int_eq(CTL_CODE("reserve", "400"), 0);
	struct lab1_guest *c = make("c", 398);
	ck_assert_msg(lab1_guest_build(c) == 0, "%s", lab1_error());
	ck_assert(state_is(1, "state=in-use"));
	lab1_guest_destroy(c);
	ck_assert(state_is(1, "state=ready there_kib=409600"));
	c = make("c", 398);
	ck_assert_msg(lab1_guest_build(c) == 0, "%s", lab1_error());
	ck_assert(state_is(1, "state=in-use"));
}
END_TEST

START_TEST(a_reboot_meanwhile_uses_its_own_memory)
{
	open_idle_with((const char *const[]){"-v", NULL});
	ck_assert_int_eq(CTL_CODE("reserve", "500"), 0);
	ck_assert_int_eq(lab1_guest_shutdown(a, SHUTDOWN_reboot), 0);
	ck_assert(stage_wait_said("is dying"));
	ck_assert_int_eq(lab1_guest_reboot(a), 0);
	ck_assert(stage_key_is(a, "cagma/state", "managed"));
	ck_assert(state_is(1, "state=ready"));
	assert_stays_free(500 * MIB, 500);
}
END_TEST

/* --- its end ---------------------------------------------------------------- */

START_TEST(it_ends_with_its_command)
{
	open_idle();
	pid_t pid = CTL("reserve", "300", "--", "sh", "-c",
			"until [ -e " GO " ]; do sleep 0.05; done; exit 7");
	ck_assert(state_is(1, "state=ready"));
	assert_stays_free(300 * MIB, 500);
	write_file(GO, "");
	ck_assert_int_eq(exit_status(pid), 7);
	ck_assert(state_is(1, NULL));
	ck_assert_uint_eq(CTL_SAID("1\n"), 0); /* stdout is the command's */
}
END_TEST

START_TEST(a_guest_being_built_outlives_its_command)
{
	open_idle();
	pid_t pid =
		CTL("reserve", "400", "--", "sh", "-c", "until [ -e " GO " ]; do sleep 0.05; done");
	ck_assert(state_is(1, "state=ready"));
	struct lab1_guest *c = make("c", 398);
	fakexen_domain_set_max(lab1_host(stage_lab()), lab1_guest_domid(c),
			       399 * MIB / FAKEXEN_PAGE_KIB);
	ck_assert(state_is(1, "state=in-use"));
	write_file(GO, "");
	ck_assert_int_eq(exit_status(pid), 0);
	assert_stays_free(400 * MIB, 1000);
	ck_assert_msg(lab1_guest_build(c) == 0, "%s", lab1_error());
	ck_assert_int_eq(lab1_guest_unpause(c), 0);
	ck_assert(state_is(1, NULL));
}
END_TEST

START_TEST(signals_reach_the_command)
{
	open_idle();
	pid_t pid = CTL("reserve", "300", "--", "sh", "-c",
			"trap 'exit 9' TERM; echo trapped; while :; do sleep 0.05; done");
	ck_assert(stage_wait_said_in("cagmactl", "trapped"));
	kill(pid, SIGTERM);
	ck_assert_int_eq(exit_status(pid), 9);
	ck_assert_int_eq(CTL_CODE("reserve", "300", "--", "sh", "-c", "kill -9 $$"), 128 + 9);
	ck_assert_int_eq(CTL_CODE("reserve", "300", "--", "/nonexistent"), 127);
	ck_assert_int_eq(CTL_CODE("reserve", "300", "--", "/etc"), 126);
	for (unsigned id = 1; id <= 4; id++)
		ck_assert(state_is(id, NULL));
}
END_TEST

START_TEST(it_ends_at_its_time)
{
	open_idle();
	ck_assert_int_eq(CTL_CODE("reserve", "300", "--for", "1"), 0);
	ck_assert(state_is(1, NULL));
	ck_assert(stage_wait_said("reservation 1 is over: its time has come"));
	lab1_guest_set_demand(a, "0:800");
	ck_assert(stage_wait_at_least(a, 900 * MIB));
}
END_TEST

START_TEST(a_command_keeps_it_beyond_its_time)
{
	open_idle();
	pid_t pid = CTL("reserve", "300", "--for", "1", "--", "sleep", "4");
	ck_assert(state_is(1, "state=ready"));
	assert_stays_free(300 * MIB, 3000);
	ck_assert(state_is(1, "state=ready"));
	ck_assert_int_eq(exit_status(pid), 0);
	ck_assert(state_is(1, NULL));
}
END_TEST

START_TEST(an_interrupted_wait_leaves_nothing)
{
	struct labballoon_config held = {
		.speed_kib_s = 1 << 20, .is_stuck = true, .max_retries = 4};
	open_idle();
	ck_assert_int_eq(lab1_guest_set_balloon(a, &held), 0);
	ck_assert_int_eq(lab1_guest_set_balloon(b, &held), 0);
	pid_t pid = CTL("reserve", "400");
	ck_assert(state_is(1, "state=waiting"));
	kill(pid, SIGINT);
	ck_assert_int_eq(exit_status(pid), 1);
	ck_assert(state_is(1, NULL));
	pid = CTL("reserve", "400");
	ck_assert(state_is(2, "state=waiting"));
	ck_assert_int_eq(CTL_CODE("release", "2"), 0);
	ck_assert_int_eq(exit_status(pid), 1);
	ck_assert_uint_eq(CTL_SAID("reservation 2 was released by somebody"), 1);
}
END_TEST

/* --- the daemon ------------------------------------------------------------- */

START_TEST(a_restart_keeps_it)
{
	open_idle();
	ck_assert_int_eq(CTL_CODE("reserve", "400"), 0);
	ck_assert_int_eq(CTL_CODE("reserve", "--config", write_xlcfg("c", 300)), 0);
	struct lab1_guest *c = make("c", 300);
	ck_assert(state_is(2, "state=in-use"));
	ck_assert_int_eq(lab1_end(stage_cagmad(), SIGTERM, SOON_MS), 0);
	ck_assert(!lab1_wait_key(stage_lab(), LEASELINE_ROOT "/daemon", NULL, 0));
	ck_assert_int_eq(CTL_CODE("reserve", "100"), 1);
	ck_assert_uint_eq(CTL_SAID("no cagmad runs here"), 1);
	lab1_guest_set_demand(a, "0:500");
	stage_start(stage_config, NULL);
	ck_assert(lab1_wait_key(stage_lab(), LEASELINE_ROOT "/daemon", NULL, SOON_MS));
	assert_stays_free(704 * MIB, 2000);
	ck_assert(state_is(1, "state=ready"));
	ck_assert(state_is(2, "state=in-use"));
	ck_assert_msg(lab1_guest_build(c) == 0, "%s", lab1_error());
	ck_assert_int_eq(lab1_guest_unpause(c), 0);
	ck_assert(state_is(2, NULL));
}
END_TEST

START_TEST(waiting_goes_on_over_a_restart)
{
	struct labballoon_config held = {
		.speed_kib_s = 1 << 20, .is_stuck = true, .max_retries = 4};
	struct labballoon_config well = {.speed_kib_s = 1 << 20, .latency_s = 0.01};
	open_idle();
	ck_assert_int_eq(lab1_guest_set_balloon(a, &held), 0);
	ck_assert_int_eq(lab1_guest_set_balloon(b, &held), 0);
	pid_t pid = CTL("reserve", "400");
	ck_assert(state_is(1, "state=waiting"));
	ck_assert_int_eq(lab1_end(stage_cagmad(), SIGKILL, SOON_MS), SIGKILL);
	ck_assert(stage_wait_said_in("cagmactl", "it has died"));
	ck_assert_int_eq(CTL_CODE("reserve", "100"), 1); /* although its key is still there */
	ck_assert_int_eq(lab1_guest_set_balloon(a, &well), 0);
	ck_assert_int_eq(lab1_guest_set_balloon(b, &well), 0);
	stage_start(stage_config, NULL);
	ck_assert_int_eq(exit_status(pid), 0);
	ck_assert_uint_ge(lab1_free_kib(stage_lab()), 400 * MIB);
}
END_TEST

START_TEST(a_dry_run_takes_no_reservations)
{
	stage_open(1200);
	stage_start(stage_config, (const char *const[]){"-n", NULL});
	ck_assert(stage_wait_said("runs dry"));
	ck_assert_int_eq(CTL_CODE("reserve", "100"), 1);
	ck_assert_uint_eq(CTL_SAID("no cagmad runs here"), 1);
}
END_TEST

START_TEST(only_dom0_can_look)
{
	open_idle();
	ck_assert_int_eq(CTL_CODE("reserve", "300"), 0);
	struct xs_handle *h = lab1_guest_xs_open(a);
	static const char *const paths[] = {LEASELINE_ROOT, LEASELINE_ROOT "/daemon",
					    RESERVATION "1", RESERVATION "1/request",
					    RESERVATION "1/state"};
	for (int i = 0; i < N_ROWS(paths); i++) {
		unsigned n;
		ck_assert_ptr_null(xs_read(h, XBT_NULL, paths[i], &n));
		ck_assert_int_eq(errno, EACCES);
		ck_assert_ptr_null(xs_directory(h, XBT_NULL, paths[i], &n));
		ck_assert(!xs_write(h, XBT_NULL, paths[i], "x", 1));
		struct xs_permissions *p =
			xs_get_permissions(lab1_store(stage_lab()), XBT_NULL, paths[i], &n);
		ck_assert_ptr_nonnull(p);
		ck_assert_uint_eq(n, 1);
		ck_assert_uint_eq(p[0].id, 0);
		ck_assert_uint_eq(p[0].perms, XS_PERM_NONE);
		free(p);
	}
	xs_close(h);
}
END_TEST

START_TEST(garbage_is_passed_over)
{
	static const char *const requests[] = {
		"", "x", "size_kib=0 wait_until_ms=1 until_ms=2",
		"size_kib=99999999999999999999 wait_until_ms=1 until_ms=2"};
	char path[96], bytes[LEASELINE_MAX_BYTES + 64];
	open_idle();
	for (unsigned i = 0; i < N_ROWS(requests); i++) {
		snprintf(path, sizeof(path), RESERVATION "%u/request", 100 + i);
		write_key(path, requests[i]);
	}
	memset(bytes, 'x', sizeof(bytes));
	bytes[sizeof(bytes) - 1] = '\0';
	write_key(RESERVATION "200/request", bytes);
	write_key(RESERVATION "x/request", "size_kib=4 wait_until_ms=1 until_ms=2");
	write_key(RESERVATION "0/request", "size_kib=4 wait_until_ms=1 until_ms=2");
	write_key(RESERVATION "99999999999/request", "size_kib=4 wait_until_ms=1 until_ms=2");
	ck_assert(stage_wait_said("it is passed over"));
	ck_assert_int_eq(CTL_CODE("reserve", "300"), 0);
	ck_assert_int_eq(CTL_CODE("reservations"), 0);
	ck_assert_uint_eq(stage_said("it is passed over"), 1);
	ck_assert_uint_eq(stage_said("reservation 0"), 0);
	ck_assert_int_eq(CTL_CODE("release", "200"), 0);
	ck_assert(xs_rm(lab1_store(stage_lab()), XBT_NULL, LEASELINE_ROOT));
	ck_assert(stage_wait_said("reservation 1 is released"));
	ck_assert(lab1_wait_key(stage_lab(), LEASELINE_ROOT "/daemon", NULL, SOON_MS));
	ck_assert_int_eq(CTL_CODE("reserve", "300"), 0);
}
END_TEST

START_TEST(what_was_released_does_not_rise_again)
{
	struct store *store;
	char text[8];
	uint32_t id;
	stage_open(1200);
	ck_assert_int_eq(store_open(&store), 0);
	ck_assert_int_eq(store_open_tool(store), 0);
	ck_assert_int_eq(store_add_reservation(store, "x", "", 2, &id), 0);
	ck_assert_int_eq(
		store_write_tool(store, "reservation/1/request", "reservation/1/state", "y"), 0);
	ck_assert_int_eq(store_remove_tool(store, "reservation/1"), 0);
	ck_assert_int_eq(
		store_write_tool(store, "reservation/1/request", "reservation/1/state", "y"),
		-ENOENT);
	ck_assert_int_eq(store_read_tool(store, "reservation/1/state", text, sizeof(text)),
			 -ENOENT);
	for (unsigned n = 2; n <= 3; n++)
		ck_assert_int_eq(store_add_reservation(store, "x", "", 2, &id), 0);
	ck_assert_uint_eq(id, 3);
	ck_assert_int_eq(store_add_reservation(store, "x", "", 2, &id), -ENOSPC);
	store_close(store);
}
END_TEST

/* --- what a guest needs ------------------------------------------------------- */

static const struct need_guest needs[] = {
	{.type = NEED_PV, .memory_kib = 512 * MIB, .maxmem_kib = 512 * MIB, .max_vcpus = 1},
	{.type = NEED_PV, .memory_kib = 200 * MIB, .maxmem_kib = 600 * MIB, .max_vcpus = 2},
	{.type = NEED_PV, .memory_kib = 8001 * MIB, .maxmem_kib = 16001 * MIB, .max_vcpus = 16},
	{.type = NEED_PVH,
	 .memory_kib = 512 * MIB,
	 .maxmem_kib = 512 * MIB,
	 .max_vcpus = 1,
	 .has_hap = true},
	{.type = NEED_PVH, .memory_kib = 512 * MIB, .maxmem_kib = 1025 * MIB, .max_vcpus = 3},
	{.type = NEED_HVM,
	 .memory_kib = 2048 * MIB,
	 .maxmem_kib = 4096 * MIB,
	 .max_vcpus = 4,
	 .has_hap = true},
	{.type = NEED_HVM, .memory_kib = 2048 * MIB, .maxmem_kib = 4096 * MIB, .max_vcpus = 4},
	{.type = NEED_HVM,
	 .memory_kib = 2048 * MIB,
	 .maxmem_kib = 4096 * MIB,
	 .max_vcpus = 4,
	 .shadow_kib = 64 * MIB,
	 .has_hap = true},
	{.type = NEED_PV,
	 .memory_kib = 4096 * MIB,
	 .maxmem_kib = 8192 * MIB,
	 .max_vcpus = 1,
	 .has_passthrough = true},
};

/* As xl fills it in from an xl.cfg. */
static uint64_t libxl_need_kib(libxl_ctx *ctx, const struct need_guest *g)
{
	static const libxl_domain_type types[] = {[NEED_PV] = LIBXL_DOMAIN_TYPE_PV,
						  [NEED_PVH] = LIBXL_DOMAIN_TYPE_PVH,
						  [NEED_HVM] = LIBXL_DOMAIN_TYPE_HVM};
	libxl_domain_config config;
	uint64_t kib = 0;
	libxl_domain_config_init(&config);
	config.c_info.type = types[g->type];
	if (g->type != NEED_PV)
		libxl_defbool_set(&config.c_info.hap, g->has_hap);
	config.c_info.passthrough =
		g->has_passthrough ? LIBXL_PASSTHROUGH_SYNC_PT : LIBXL_PASSTHROUGH_DISABLED;
	libxl_domain_build_info_init_type(&config.b_info, types[g->type]);
	config.b_info.max_vcpus = (int)g->max_vcpus;
	config.b_info.target_memkb = g->memory_kib;
	config.b_info.max_memkb = g->maxmem_kib;
	if (g->shadow_kib)
		config.b_info.shadow_memkb = g->shadow_kib;
	ck_assert_int_eq(libxl_domain_need_memory(ctx, &config, 1, &kib), 0);
	libxl_domain_config_dispose(&config);
	return kib;
}

START_TEST(what_a_guest_needs_is_what_libxl_asks_for)
{
	xentoollog_logger_stdiostream *log = xtl_createlogger_stdiostream(stderr, XTL_ERROR, 0);
	libxl_ctx *ctx;
	stage_open(1200);
	ck_assert_int_eq(libxl_ctx_alloc(&ctx, LIBXL_VERSION, 0, (xentoollog_logger *)log), 0);
	for (int i = 0; i < N_ROWS(needs); i++) {
		uint64_t kib = libxl_need_kib(ctx, &needs[i]);
		ck_assert_msg(need_kib(&needs[i]) == kib, "row %d: %llu KiB, and libxl says %llu",
			      i, (unsigned long long)need_kib(&needs[i]), (unsigned long long)kib);
	}
	libxl_ctx_free(ctx);
	xtl_logger_destroy((xentoollog_logger *)log);
}
END_TEST

static void add_tests(TCase *tests)
{
	tcase_add_checked_fixture(tests, NULL, stage_close);
	tcase_add_test(tests, idle_guests_make_room);
	tcase_add_test(tests, what_cannot_be_had_is_refused_with_the_sum);
	tcase_add_test(tests, what_a_policy_does_not_free_is_refused);
	tcase_add_test(tests, several_at_once_do_not_share);
	tcase_add_test(tests, a_guest_that_grows_meanwhile_does_not_take_it);
	tcase_add_test(tests, memory_that_does_not_come_is_said_to_be_missing);
	tcase_add_test(tests, a_terminal_shows_how_much_is_there);
	tcase_add_test(tests, nobody_waits_for_the_period);
	tcase_add_test(tests, memory_of_a_guest_being_built_is_counted_once);
	tcase_add_test(tests, a_guest_of_another_name_leaves_it_alone);
	tcase_add_test(tests, a_guest_that_dies_before_it_runs_may_be_tried_again);
	tcase_add_test(tests, a_reboot_meanwhile_uses_its_own_memory);
	tcase_add_test(tests, it_ends_with_its_command);
	tcase_add_test(tests, a_guest_being_built_outlives_its_command);
	tcase_add_test(tests, signals_reach_the_command);
	tcase_add_test(tests, it_ends_at_its_time);
	tcase_add_test(tests, a_command_keeps_it_beyond_its_time);
	tcase_add_test(tests, an_interrupted_wait_leaves_nothing);
	tcase_add_test(tests, a_restart_keeps_it);
	tcase_add_test(tests, waiting_goes_on_over_a_restart);
	tcase_add_test(tests, a_dry_run_takes_no_reservations);
	tcase_add_test(tests, only_dom0_can_look);
	tcase_add_test(tests, what_was_released_does_not_rise_again);
	tcase_add_test(tests, garbage_is_passed_over);
	tcase_add_test(tests, what_a_guest_needs_is_what_libxl_asks_for);
}

int main(void)
{
	return suite_run("reservations", add_tests);
}
