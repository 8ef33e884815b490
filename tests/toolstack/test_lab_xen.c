/* SPDX-License-Identifier: MIT */
/* libxl, the life of domains, and guests' memory on the played host. */
#include "test_lab.h"
#include "host/migrate/release.h"

#include <errno.h>
#include <libxl_utils.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include <xen/sched.h>

/* --- libxl --- */

START_TEST(test_libxl_pv_target)
{
	char path[128], value[32];

	ck_assert_int_eq(set_target(guest, 200 * MIB_KIB), 0);
	key_is(guest, "memory/target", "204800");
	ck_assert_uint_eq(domain_of(guest).max_pages, (200 + 1) * 256);
	ck_assert_uint_eq(domain_of(guest).calls[FAKEXEN_OP_POD_TARGET], 0);
	snprintf(path, sizeof path, "/vm/%s/memory", lab_guest_uuid(guest));
	ck_assert(lab_read(lab, path, value, sizeof value));
	ck_assert_str_eq(value, "200");
	ck_assert(lab_wait_alm(guest, 200 * MIB_KIB, 0, SOON_MS));
	ck_assert_int_eq(set_target(guest, 400 * MIB_KIB), 0);
	ck_assert(lab_wait_alm(guest, 400 * MIB_KIB, 0, SOON_MS));
	ck_assert_int_eq(set_target(guest, 513 * MIB_KIB), ERROR_INVAL); /* above static-max */
	key_is(guest, "memory/target", "409600");
}
END_TEST

START_TEST(test_libxl_hvm_target)
{
	struct lab_guest_options options = plain_guest("h");
	struct lab_guest *hvm;

	options.type = FAKEXEN_HVM;
	options.videoram_kib = 8 * MIB_KIB;
	must(lab_guest_boot(lab, &options, &hvm));
	key_is(hvm, "memory/target", "252928"); /* 256 MiB - videoram - 1 MiB */
	key_is(hvm, "memory/videoram", "8192");
	ck_assert_int_eq(set_target(hvm, 200 * MIB_KIB), 0);
	key_is(hvm, "memory/target", "196608"); /* 200 MiB - videoram */
	ck_assert_uint_eq(domain_of(hvm).max_pages, (200 + 1) * 256);
	ck_assert_uint_eq(domain_of(hvm).pod_target_pages, (192 + 1) * 256);
	ck_assert(lab_wait_alm(hvm, 192 * MIB_KIB + 44, 0, SOON_MS)); /* as on real Xen */
	ck_assert(domain_of(hvm).overhead_pages > 0);
}
END_TEST

START_TEST(test_libxl_lists_and_finds)
{
	libxl_physinfo physinfo;
	libxl_dominfo *list;
	uint32_t domid = 0;
	int n = 0;

	set_target(guest, 256 * MIB_KIB);
	list = libxl_list_domain(ctx, &n);
	ck_assert_int_eq(n, 2);
	ck_assert_uint_eq(list[1].current_memkb, 256 * MIB_KIB);
	ck_assert_uint_eq(list[1].domid, lab_guest_domid(guest));
	libxl_dominfo_list_free(list, n);
	ck_assert_int_eq(libxl_name_to_domid(ctx, "a", &domid), 0);
	ck_assert_uint_eq(domid, lab_guest_domid(guest));
	libxl_physinfo_init(&physinfo);
	ck_assert_int_eq(libxl_get_physinfo(ctx, &physinfo), 0);
	ck_assert_uint_eq(physinfo.free_pages * 4, lab_free_kib(lab));
	libxl_physinfo_dispose(&physinfo);
}
END_TEST

START_TEST(test_libxl_lock_and_faults)
{
	struct fakexen_fault fails = {.error = EIO, .times = 1};
	struct fakexen_fault list_fails = {.error = EPERM, .times = -1};
	struct fakexen_fault heals = {.times = 0};
	int n, status;
	pid_t pid;

	must(lab_fault(lab, guest, FAKEXEN_OP_SETMAXMEM, fails));
	ck_assert_int_eq(set_target(guest, 210 * MIB_KIB), ERROR_FAIL);
	ck_assert_int_eq(set_target(guest, 220 * MIB_KIB), 0);
	must(lab_fault(lab, NULL, FAKEXEN_OP_GETINFOLIST, list_fails));
	ck_assert_ptr_null(libxl_list_domain(ctx, &n));
	must(lab_fault(lab, NULL, FAKEXEN_OP_GETINFOLIST, heals));
	must(lab_guest_hold_libxl_lock(guest, true));
	pid = fork();
	if (pid == 0) {
		signal(SIGALRM, SIG_DFL); /* check has one of its own */
		alarm(1);                 /* it hangs until then */
		ctx = NULL;
		set_target(guest, 230 * MIB_KIB);
		_exit(0);
	}
	waitpid(pid, &status, 0);
	ck_assert(WIFSIGNALED(status) && WTERMSIG(status) == SIGALRM);
	must(lab_guest_hold_libxl_lock(guest, false));
	ck_assert_int_eq(set_target(guest, 230 * MIB_KIB), 0);
}
END_TEST

/* --- lifetime --- */

START_TEST(test_lifecycle_watches_and_cleanup)
{
	struct lab_guest_options options = plain_guest("b");
	struct xs_handle *xs, *dom0 = xs_open(0);
	uint64_t free_kib = lab_free_kib(lab);
	struct lab_guest *b;
	char path[64], key[96];
	uint32_t domid;

	ck_assert(xs_watch(dom0, "@introduceDomain", "in"));
	ck_assert(xs_watch(dom0, "@releaseDomain", "out"));
	ck_assert(event_is(dom0, "@introduceDomain", "in"));
	ck_assert(event_is(dom0, "@releaseDomain", "out"));
	must(lab_guest_make(lab, &options, &b));
	ck_assert_uint_eq(domain_of(b).tot_pages, 0);
	ck_assert(domain_of(b).is_paused);
	must(lab_guest_build(b));
	ck_assert(event_is(dom0, "@introduceDomain", "in"));
	ck_assert_uint_eq(lab_guest_alm_kib(b), 256 * MIB_KIB);
	ck_assert_uint_eq(domain_of(b).outstanding_pages, 0);
	xs = lab_guest_xs_open(b);
	ck_assert(can_write(xs, "data/mine", 5));
	ck_assert(xs_write(lab_store(lab), XBT_NULL, "/elsewhere/x", "1", 1));
	domid = lab_guest_domid(b);
	must(lab_guest_shutdown(b, SHUTDOWN_poweroff));
	ck_assert(event_is(dom0, "@releaseDomain", "out"));
	xs_close(xs);
	must(lab_guest_destroy(b));
	ck_assert(event_is(dom0, "@releaseDomain", "out"));
	snprintf(path, sizeof path, "/local/domain/%u", domid);
	ck_assert(!lab_read(lab, path, key, sizeof key));
	ck_assert_uint_eq(lab_free_kib(lab), free_kib);
	xs_close(dom0);
}
END_TEST

START_TEST(test_lifecycle_reboot)
{
	uint32_t domid = lab_guest_domid(guest);
	char uuid[40];

	strcpy(uuid, lab_guest_uuid(guest));
	ck_assert_int_eq(set_target(guest, 300 * MIB_KIB), 0);
	must(lab_guest_reboot(guest));
	ck_assert_uint_ne(lab_guest_domid(guest), domid);
	ck_assert_str_eq(lab_guest_uuid(guest), uuid);
	ck_assert_uint_eq(lab_guest_alm_kib(guest), 300 * MIB_KIB);
	ck_assert_int_eq(set_target(guest, 200 * MIB_KIB), 0);
	ck_assert(lab_wait_alm(guest, 200 * MIB_KIB, 0, SOON_MS));
}
END_TEST

static bool is_shut_down(void *arg)
{
	return domain_of(arg).is_shutdown;
}

START_TEST(test_lifecycle_pause_and_xl)
{
	static const char *const shut[] = {RELEASE_BIN "/xl", "shutdown", "a", NULL};
	pid_t pid;

	must(lab_guest_pause(guest));
	ck_assert_int_eq(set_target(guest, 200 * MIB_KIB), 0);
	ck_assert(!lab_wait_alm(guest, 200 * MIB_KIB, 0, 300));
	must(lab_guest_unpause(guest));
	ck_assert(lab_wait_alm(guest, 200 * MIB_KIB, 0, SOON_MS));
	must(lab_spawn(lab, LAB_ROLE_DOM0, NULL, shut, NULL, true, &pid));
	ck_assert_int_eq(lab_end(pid, 0, SOON_MS), 0);
	ck_assert(lab_wait(is_shut_down, guest, SOON_MS));
}
END_TEST

START_TEST(test_no_memory_no_guest)
{
	struct lab_guest_options options = plain_guest("huge");
	struct lab_guest *huge;
	uint64_t free_kib = lab_free_kib(lab);

	options.memory_kib = options.max_kib = free_kib + 4;
	ck_assert_int_eq(lab_guest_boot(lab, &options, &huge), -ENOMEM);
	ck_assert_uint_eq(lab_free_kib(lab), free_kib);
	ck_assert_ptr_null(lab_guest_find(lab, "huge"));
}
END_TEST

/* --- memory of a guest --- */

static bool read_meminfo(const char *name, unsigned long *ret_kib)
{
	char path[160], line[160];
	bool found = false;
	FILE *f;

	lab_guest_root(guest, path, 100);
	strcat(path, "/proc/meminfo");
	f = fopen(path, "re");
	while (f && !found && fgets(line, sizeof line, f))
		found = !strncmp(line, name, strlen(name)) &&
			sscanf(line + strlen(name), ": %lu", ret_kib) == 1;
	if (f)
		fclose(f);
	return found;
}

static bool is_thrashing(void *arg)
{
	struct simguest_stats s = stats_of(guest);

	(void)arg;
	return s.counters.pswpout > 5000 && s.counters.pswpin > 500 && s.some_avg10 > 10;
}

START_TEST(test_memory_demand_swaps)
{
	unsigned long total, available;

	ck_assert_int_eq(set_target(guest, 160 * MIB_KIB), 0);
	ck_assert(lab_wait_alm(guest, 160 * MIB_KIB, 0, SOON_MS));
	must(lab_guest_set_demand(guest, "0:64 1:200"));
	ck_assert(lab_wait(is_thrashing, NULL, SOON_MS));
	ck_assert(read_meminfo("MemTotal", &total));
	ck_assert(read_meminfo("MemAvailable", &available));
	ck_assert_uint_eq(total, 160 * MIB_KIB - 54 * MIB_KIB); /* the guest's own reserve */
	ck_assert_uint_lt(available, 8 * MIB_KIB);
}
END_TEST

static bool has_given_up(void *arg)
{
	(void)arg;
	return stats_of(guest).give_ups > 0;
}

START_TEST(test_memory_balloon_gives_up)
{
	/* A target above max_pages: written as cagmad never should. */
	ck_assert(xs_write(lab_store(lab), XBT_NULL, "/local/domain/1/memory/target", "409600", 6));
	ck_assert(lab_wait(has_given_up, NULL, SOON_MS));
	fakexen_domain_set_max(lab_host(lab), 1, 500 * 256);
	ck_assert(xs_write(lab_store(lab), XBT_NULL, "/local/domain/1/memory/target", "409600", 6));
	ck_assert(!lab_wait_alm(guest, 400 * MIB_KIB, 0, 500));
	ck_assert_uint_eq(lab_guest_alm_kib(guest), 257 * MIB_KIB);
	ck_assert(xs_write(lab_store(lab), XBT_NULL, "/local/domain/1/memory/target", "409604", 6));
	ck_assert(lab_wait_alm(guest, 409604, 0, SOON_MS));
}
END_TEST

START_TEST(test_memory_self_grow)
{
	char path[160];
	FILE *f;

	fakexen_domain_set_max(lab_host(lab), lab_guest_domid(guest), 300 * 256);
	lab_guest_root(guest, path, 60);
	strcat(path, "/" GUESTTREE_TARGET);
	f = fopen(path, "we");
	ck_assert_ptr_nonnull(f);
	fprintf(f, "%u\n", 290 * MIB_KIB);
	fclose(f);
	ck_assert(lab_wait_alm(guest, 290 * MIB_KIB, 0, SOON_MS));
	/* Any write of memory/target, even of an equal value, overrides it. */
	ck_assert_int_eq(set_target(guest, 256 * MIB_KIB), 0);
	ck_assert(lab_wait_alm(guest, 256 * MIB_KIB, 0, SOON_MS));
}
END_TEST

TCase *xen_case(void)
{
	TCase *tcase = tcase_create("xen");

	tcase_add_checked_fixture(tcase, guest_setup, lab_teardown);
	tcase_set_timeout(tcase, 60);
	tcase_add_test(tcase, test_libxl_pv_target);
	tcase_add_test(tcase, test_libxl_hvm_target);
	tcase_add_test(tcase, test_libxl_lists_and_finds);
	tcase_add_test(tcase, test_libxl_lock_and_faults);
	tcase_add_test(tcase, test_lifecycle_watches_and_cleanup);
	tcase_add_test(tcase, test_lifecycle_reboot);
	tcase_add_test(tcase, test_lifecycle_pause_and_xl);
	tcase_add_test(tcase, test_no_memory_no_guest);
	tcase_add_test(tcase, test_memory_self_grow);
	return tcase;
}

TCase *fast_case(void)
{
	TCase *tcase = tcase_create("fast");

	tcase_add_checked_fixture(tcase, fast_guest_setup, lab_teardown);
	tcase_set_timeout(tcase, 60);
	tcase_add_test(tcase, test_memory_demand_swaps);
	tcase_add_test(tcase, test_memory_balloon_gives_up);
	return tcase;
}
