/* SPDX-License-Identifier: MIT */
/* Reservations: when they end, how they outlive a restart of the daemon, who may see them, and how
 * much is asked for. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#define LIBXL_API_VERSION 0x041400
#include <libxl.h>
#include <libxl_utils.h>

#include "host/reserve/need.h"
#include "host/xen/store.h"
#include "host/xen/tool.h"
#include "tests/toolstack/ctl.h"

#define GO STAGE_FILE("go") /* commands end when this file exists */

static void write_key(const char *path, const char *text)
{
	ck_assert(xs_write(lab_store(stage_lab()), XBT_NULL, path, text, (unsigned)strlen(text)));
}

/* --- its end --- */

START_TEST(it_ends_with_its_command)
{
	ctl_open_idle();
	pid_t pid = CTL("reserve", "300", "--", "sh", "-c",
			"until [ -e " GO " ]; do sleep 0.05; done; exit 7");
	ck_assert(ctl_state_is(1, "state=ready"));
	ctl_assert_stays_free(300 * MIB, 500);
	ctl_write_file(GO, "");
	ck_assert_int_eq(ctl_exit_status(pid), 7);
	ck_assert(ctl_state_is(1, NULL));
	ck_assert_uint_eq(CTL_SAID("1\n"), 0); /* stdout is the command's */
}
END_TEST

START_TEST(a_guest_being_built_outlives_its_command)
{
	ctl_open_idle();
	pid_t pid =
		CTL("reserve", "400", "--", "sh", "-c", "until [ -e " GO " ]; do sleep 0.05; done");
	ck_assert(ctl_state_is(1, "state=ready"));
	struct lab_guest *c = ctl_make("c", 398);
	fakexen_domain_set_max(lab_host(stage_lab()), lab_guest_domid(c),
			       399 * MIB / FAKEXEN_PAGE_KIB);
	ck_assert(ctl_state_is(1, "state=in-use"));
	ctl_write_file(GO, "");
	ck_assert_int_eq(ctl_exit_status(pid), 0);
	ctl_assert_stays_free(400 * MIB, 1000);
	ck_assert_msg(lab_guest_build(c) == 0, "%s", lab_error());
	ck_assert_int_eq(lab_guest_unpause(c), 0);
	ck_assert(ctl_state_is(1, NULL));
}
END_TEST

START_TEST(signals_reach_the_command)
{
	ctl_open_idle();
	pid_t pid = CTL("reserve", "300", "--", "sh", "-c",
			"trap 'exit 9' TERM; echo trapped; while :; do sleep 0.05; done");
	ck_assert(stage_wait_said_in("cagmactl", "trapped"));
	kill(pid, SIGTERM);
	ck_assert_int_eq(ctl_exit_status(pid), 9);
	ck_assert_int_eq(CTL_CODE("reserve", "300", "--", "sh", "-c", "kill -9 $$"), 128 + 9);
	ck_assert_int_eq(CTL_CODE("reserve", "300", "--", "/nonexistent"), 127);
	ck_assert_int_eq(CTL_CODE("reserve", "300", "--", "/etc"), 126);
	for (unsigned id = 1; id <= 4; id++)
		ck_assert(ctl_state_is(id, NULL));
}
END_TEST

START_TEST(it_ends_at_its_time)
{
	ctl_open_idle();
	ck_assert_int_eq(CTL_CODE("reserve", "300", "--for", "1"), 0);
	ck_assert(ctl_state_is(1, NULL));
	ck_assert(stage_wait_said("reservation 1 is over: its time has come"));
	lab_guest_set_demand(ctl_a, "0:800");
	ck_assert(stage_wait_at_least(ctl_a, 900 * MIB));
}
END_TEST

START_TEST(a_command_keeps_it_beyond_its_time)
{
	ctl_open_idle();
	pid_t pid = CTL("reserve", "300", "--for", "1", "--", "sleep", "4");
	ck_assert(ctl_state_is(1, "state=ready"));
	ctl_assert_stays_free(300 * MIB, 3000);
	ck_assert(ctl_state_is(1, "state=ready"));
	ck_assert_int_eq(ctl_exit_status(pid), 0);
	ck_assert(ctl_state_is(1, NULL));
}
END_TEST

START_TEST(an_interrupted_wait_leaves_nothing)
{
	struct sim_balloon_config held = {
		.speed_kib_s = 1 << 20, .is_stuck = true, .max_retries = 4};
	ctl_open_idle();
	ck_assert_int_eq(lab_guest_set_balloon(ctl_a, &held), 0);
	ck_assert_int_eq(lab_guest_set_balloon(ctl_b, &held), 0);
	pid_t pid = CTL("reserve", "400");
	ck_assert(ctl_state_is(1, "state=waiting"));
	kill(pid, SIGINT);
	ck_assert_int_eq(ctl_exit_status(pid), 1);
	ck_assert(ctl_state_is(1, NULL));
	pid = CTL("reserve", "400");
	ck_assert(ctl_state_is(2, "state=waiting"));
	ck_assert_int_eq(CTL_CODE("release", "2"), 0);
	ck_assert_int_eq(ctl_exit_status(pid), 1);
	ck_assert_uint_eq(CTL_SAID("reservation 2 was released by somebody"), 1);
}
END_TEST

/* --- the daemon --- */

START_TEST(without_a_daemon_a_command_may_do)
{
	stage_open(1200);
	ck_assert_int_eq(CTL_CODE("reserve", "--if-daemon", "100", "--", "sh", "-c", "exit 9"), 9);
	ck_assert_uint_eq(CTL_SAID("nothing is reserved"), 1);
	ck_assert_int_eq(CTL_CODE("reserve", "--if-daemon", "100", "--", "/nowhere"), 127);
	ck_assert_int_eq(CTL_CODE("reserve", "--if-daemon", "100"), 2);
}
END_TEST

START_TEST(with_a_daemon_a_command_needs_its_memory)
{
	ctl_open_idle();
	ck_assert_int_eq(CTL_CODE("reserve", "--if-daemon", "2000", "--", "sh", "-c", "exit 9"), 1);
	ck_assert_uint_eq(CTL_SAID("refused"), 1);
	ck_assert_int_eq(CTL_CODE("reserve", "--if-daemon", "400", "--", "sh", "-c", "exit 9"), 9);
}
END_TEST

START_TEST(a_restart_keeps_it)
{
	ctl_open_idle();
	ck_assert_int_eq(CTL_CODE("reserve", "400"), 0);
	ck_assert_int_eq(CTL_CODE("reserve", "--config", ctl_write_xlcfg("c", 300)), 0);
	struct lab_guest *c = ctl_make("c", 300);
	ck_assert(ctl_state_is(2, "state=in-use"));
	ck_assert_int_eq(lab_end(stage_cagmad(), SIGTERM, SOON_MS), 0);
	ck_assert(!lab_wait_key(stage_lab(), TOOLKEYS_ROOT "/daemon", NULL, 0));
	ck_assert_int_eq(CTL_CODE("reserve", "100"), 1);
	ck_assert_uint_eq(CTL_SAID("no cagmad runs here"), 1);
	lab_guest_set_demand(ctl_a, "0:500");
	stage_start(stage_config, NULL);
	ck_assert(lab_wait_key(stage_lab(), TOOLKEYS_ROOT "/daemon", NULL, SOON_MS));
	ctl_assert_stays_free(704 * MIB, 2000);
	ck_assert(ctl_state_is(1, "state=ready"));
	ck_assert(ctl_state_is(2, "state=in-use"));
	ck_assert_msg(lab_guest_build(c) == 0, "%s", lab_error());
	ck_assert_int_eq(lab_guest_unpause(c), 0);
	ck_assert(ctl_state_is(2, NULL));
}
END_TEST

START_TEST(waiting_goes_on_over_a_restart)
{
	struct sim_balloon_config held = {
		.speed_kib_s = 1 << 20, .is_stuck = true, .max_retries = 4};
	struct sim_balloon_config well = {.speed_kib_s = 1 << 20, .latency_s = 0.01};
	ctl_open_idle();
	ck_assert_int_eq(lab_guest_set_balloon(ctl_a, &held), 0);
	ck_assert_int_eq(lab_guest_set_balloon(ctl_b, &held), 0);
	pid_t pid = CTL("reserve", "400");
	ck_assert(ctl_state_is(1, "state=waiting"));
	ck_assert_int_eq(lab_end(stage_cagmad(), SIGKILL, SOON_MS), SIGKILL);
	ck_assert(stage_wait_said_in("cagmactl", "it has died"));
	ck_assert_int_eq(CTL_CODE("reserve", "100"), 1); /* although its key is still there */
	ck_assert_int_eq(lab_guest_set_balloon(ctl_a, &well), 0);
	ck_assert_int_eq(lab_guest_set_balloon(ctl_b, &well), 0);
	stage_start(stage_config, NULL);
	ck_assert_int_eq(ctl_exit_status(pid), 0);
	ck_assert_uint_ge(lab_free_kib(stage_lab()), 400 * MIB);
}
END_TEST

START_TEST(a_second_cagmad_leaves_the_first_one_alone)
{
	pid_t second;
	ctl_open_idle();
	ck_assert_msg(lab_cagmad_start(stage_lab(), stage_config, NULL, &second) == 0, "%s",
		      lab_error());
	ck_assert_int_eq(WEXITSTATUS(lab_end(second, 0, SOON_MS)), 1);
	ck_assert_uint_eq(stage_said("another cagmad runs on this host: process"), 1);
	ck_assert_int_eq(CTL_CODE("reserve", "300"), 0);
}
END_TEST

/* As after a new start of xenstored, or when both start at once. */
START_TEST(a_second_cagmad_is_refused_when_the_firsts_key_is_gone)
{
	pid_t second;
	ctl_open_idle();
	ck_assert(xs_rm(lab_store(stage_lab()), XBT_NULL, TOOLKEYS_ROOT "/daemon"));
	ck_assert_msg(lab_cagmad_start(stage_lab(), stage_config, NULL, &second) == 0, "%s",
		      lab_error());
	ck_assert_int_eq(WEXITSTATUS(lab_end(second, 0, SOON_MS)), 1);
	ck_assert_uint_eq(stage_said("another cagmad runs on this host: it has locked"), 1);
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
	ctl_open_idle();
	ck_assert_int_eq(CTL_CODE("reserve", "300"), 0);
	struct xs_handle *h = lab_guest_xs_open(ctl_a);
	static const char *const paths[] = {TOOLKEYS_ROOT, TOOLKEYS_ROOT "/daemon",
					    CTL_RESERVATION "1", CTL_RESERVATION "1/request",
					    CTL_RESERVATION "1/state"};
	for (int i = 0; i < N_ROWS(paths); i++) {
		unsigned n;
		ck_assert_ptr_null(xs_read(h, XBT_NULL, paths[i], &n));
		ck_assert_int_eq(errno, EACCES);
		ck_assert_ptr_null(xs_directory(h, XBT_NULL, paths[i], &n));
		ck_assert(!xs_write(h, XBT_NULL, paths[i], "x", 1));
		struct xs_permissions *p =
			xs_get_permissions(lab_store(stage_lab()), XBT_NULL, paths[i], &n);
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
	char path[96], bytes[TOOLKEYS_MAX_BYTES + 64];
	ctl_open_idle();
	for (unsigned i = 0; i < N_ROWS(requests); i++) {
		snprintf(path, sizeof(path), CTL_RESERVATION "%u/request", 100 + i);
		write_key(path, requests[i]);
	}
	memset(bytes, 'x', sizeof(bytes));
	bytes[sizeof(bytes) - 1] = '\0';
	write_key(CTL_RESERVATION "200/request", bytes);
	write_key(CTL_RESERVATION "x/request", "size_kib=4 wait_until_ms=1 until_ms=2");
	write_key(CTL_RESERVATION "0/request", "size_kib=4 wait_until_ms=1 until_ms=2");
	write_key(CTL_RESERVATION "99999999999/request", "size_kib=4 wait_until_ms=1 until_ms=2");
	ck_assert(stage_wait_said("it is passed over"));
	ck_assert_int_eq(CTL_CODE("reserve", "300"), 0);
	ck_assert_int_eq(CTL_CODE("reservations"), 0);
	ck_assert_uint_eq(stage_said("it is passed over"), 1);
	ck_assert_uint_eq(stage_said("reservation 0"), 0);
	ck_assert_int_eq(CTL_CODE("release", "200"), 0);
	ck_assert(xs_rm(lab_store(stage_lab()), XBT_NULL, TOOLKEYS_ROOT));
	ck_assert(stage_wait_said("reservation 1 is released"));
	ck_assert(lab_wait_key(stage_lab(), TOOLKEYS_ROOT "/daemon", NULL, SOON_MS));
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
	ck_assert_int_eq(tool_open(store), 0);
	ck_assert_int_eq(tool_add_reservation(store, "x", "", 2, &id), 0);
	ck_assert_int_eq(tool_write(store, "reservation/1/request", "reservation/1/state", "y"), 0);
	ck_assert_int_eq(tool_remove(store, "reservation/1"), 0);
	ck_assert_int_eq(tool_write(store, "reservation/1/request", "reservation/1/state", "y"),
			 -ENOENT);
	ck_assert_int_eq(tool_read(store, "reservation/1/state", text, sizeof(text)), -ENOENT);
	for (unsigned n = 2; n <= 3; n++)
		ck_assert_int_eq(tool_add_reservation(store, "x", "", 2, &id), 0);
	ck_assert_uint_eq(id, 3);
	ck_assert_int_eq(tool_add_reservation(store, "x", "", 2, &id), -ENOSPC);
	store_close(store);
}
END_TEST

/* --- what a guest needs --- */

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
	{.type = NEED_HVM,
	 .memory_kib = 4096 * MIB,
	 .maxmem_kib = 4096 * MIB,
	 .max_vcpus = 4,
	 .has_hap = true,
	 .stub = {true, true, 512 * MIB, NEED_VGA_CIRRUS, 16 * MIB}},
	{.type = NEED_HVM,
	 .memory_kib = 2048 * MIB,
	 .maxmem_kib = 2048 * MIB,
	 .max_vcpus = 1,
	 .has_hap = true,
	 .stub = {true, true, NEED_STANDARD_KIB, NEED_VGA_STD, NEED_STANDARD_KIB}},
	{.type = NEED_HVM,
	 .memory_kib = 2048 * MIB,
	 .maxmem_kib = 2048 * MIB,
	 .max_vcpus = 1,
	 .has_hap = true,
	 .stub = {true, false, NEED_STANDARD_KIB, NEED_VGA_QXL, NEED_STANDARD_KIB}},
};

static void set_stub(libxl_domain_build_info *info, const struct need_stub *stub)
{
	static const libxl_vga_interface_type vgas[] = {
		[NEED_VGA_NONE] = LIBXL_VGA_INTERFACE_TYPE_NONE,
		[NEED_VGA_CIRRUS] = LIBXL_VGA_INTERFACE_TYPE_CIRRUS,
		[NEED_VGA_STD] = LIBXL_VGA_INTERFACE_TYPE_STD,
		[NEED_VGA_QXL] = LIBXL_VGA_INTERFACE_TYPE_QXL,
	};
	libxl_defbool_set(&info->device_model_stubdomain, true);
	info->device_model_version = stub->is_traditional
					     ? LIBXL_DEVICE_MODEL_VERSION_QEMU_XEN_TRADITIONAL
					     : LIBXL_DEVICE_MODEL_VERSION_QEMU_XEN;
	info->u.hvm.vga.kind = vgas[stub->vga];
	if (stub->memory_kib != NEED_STANDARD_KIB)
		info->stubdomain_memkb = stub->memory_kib;
	if (stub->video_kib != NEED_STANDARD_KIB)
		info->video_memkb = stub->video_kib;
}

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
	if (g->stub.is_there)
		set_stub(&config.b_info, &g->stub);
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
	tcase_add_test(tests, it_ends_with_its_command);
	tcase_add_test(tests, a_guest_being_built_outlives_its_command);
	tcase_add_test(tests, signals_reach_the_command);
	tcase_add_test(tests, it_ends_at_its_time);
	tcase_add_test(tests, a_command_keeps_it_beyond_its_time);
	tcase_add_test(tests, an_interrupted_wait_leaves_nothing);
	tcase_add_test(tests, without_a_daemon_a_command_may_do);
	tcase_add_test(tests, with_a_daemon_a_command_needs_its_memory);
	tcase_add_test(tests, a_restart_keeps_it);
	tcase_add_test(tests, waiting_goes_on_over_a_restart);
	tcase_add_test(tests, a_second_cagmad_leaves_the_first_one_alone);
	tcase_add_test(tests, a_second_cagmad_is_refused_when_the_firsts_key_is_gone);
	tcase_add_test(tests, a_dry_run_takes_no_reservations);
	tcase_add_test(tests, only_dom0_can_look);
	tcase_add_test(tests, garbage_is_passed_over);
	tcase_add_test(tests, what_was_released_does_not_rise_again);
	tcase_add_test(tests, what_a_guest_needs_is_what_libxl_asks_for);
}

int main(void)
{
	return suite_run("cagmactl", add_tests);
}
