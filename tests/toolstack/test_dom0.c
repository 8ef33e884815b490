/* SPDX-License-Identifier: MIT */
/* dom0 as a guest, if it is listed; its /proc/meminfo and its balloon are the test's. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/toolstack/stage.h"

#define DOM0_MIB   600
#define OFFSET_MIB 40 /* what its kernel does not count */
#define STEP_MIB   2  /* cagmad moves no target by less: step_mib's default */
#define COMMON     "period_ms = 200\nreserve_mib = 64\ndefault_min_mib = 96\n"
#define LISTED     COMMON "guests = [ \"name=Domain-0,min_mib=256\" ]\n"

static const char target_path[] = "/local/domain/0/memory/target";

static uint64_t dom0_number(const char *path)
{
	char text[32];
	ck_assert_msg(lab_read(stage_lab(), path, text, sizeof(text)), "%s is not there", path);
	return strtoull(text, NULL, 10);
}

/* The file is written beside and renamed, so that nobody reads half of it. */
static void write_meminfo(uint64_t used_mib)
{
	uint64_t total_mib = dom0_number(target_path) / MIB - OFFSET_MIB;
	uint64_t avail_mib = total_mib > used_mib ? total_mib - used_mib : 0;
	FILE *file = fopen(STAGE_FILE("meminfo.new"), "we");
	ck_assert_ptr_nonnull(file);
	fprintf(file, "MemTotal: %llu kB\nMemFree: %llu kB\nMemAvailable: %llu kB\n",
		(unsigned long long)(total_mib * MIB), (unsigned long long)(avail_mib * MIB),
		(unsigned long long)(avail_mib * MIB));
	fclose(file);
	ck_assert_int_eq(rename(STAGE_FILE("meminfo.new"), STAGE_FILE("meminfo.dom0")), 0);
}

/* Moves dom0's balloon to its target. */
static void follow_target(void)
{
	struct fakexen_host *host = lab_host(stage_lab());
	uint64_t pages = dom0_number(target_path) / FAKEXEN_PAGE_KIB;
	fakexen_lock(host);
	struct fakexen_domain *d = fakexen_find(host, 0);
	host->free_pages = host->free_pages + d->tot_pages - pages;
	d->tot_pages = pages;
	fakexen_unlock(host);
}

struct goal {
	uint64_t target_kib, used_mib;
	bool is_at_most;
};

static bool dom0_has_got_there(void *arg)
{
	const struct goal *goal = arg;
	uint64_t target_kib = dom0_number(target_path);
	follow_target();
	write_meminfo(goal->used_mib);
	return goal->is_at_most ? target_kib <= goal->target_kib : target_kib >= goal->target_kib;
}

/* Plays dom0, which uses so much, until its target has fallen, or risen, so far. */
static bool dom0_falls_to(uint64_t target_mib, uint64_t used_mib)
{
	struct goal goal = {target_mib * MIB, used_mib, true};
	return lab_wait(dom0_has_got_there, &goal, 2 * SOON_MS);
}

static bool dom0_rises_to(uint64_t target_mib, uint64_t used_mib)
{
	struct goal goal = {target_mib * MIB, used_mib, false};
	return lab_wait(dom0_has_got_there, &goal, 2 * SOON_MS);
}

START_TEST(dom0_is_never_touched_unasked)
{
	stage_open_beside(DOM0_MIB, 200);
	struct lab_guest *a = stage_boot("a", 200, "0:180", true);
	write_meminfo(100);
	stage_start(stage_config, NULL);
	ck_assert(stage_key_is(a, "cagma/state", "managed"));
	sleep(2); /* ten periods in which a is short and dom0 has plenty */
	ck_assert_uint_eq(dom0_number(target_path), DOM0_MIB * MIB);
	ck_assert(!lab_wait_key(stage_lab(), "/local/domain/0/cagma/state", NULL, 0));
}
END_TEST

START_TEST(dom0_gives_what_it_does_not_need_and_gets_it_back)
{
	stage_open_beside(DOM0_MIB, 200);
	struct lab_guest *a = stage_boot("a", 200, "0:60", true);
	write_meminfo(100);
	stage_start(LISTED, NULL);
	ck_assert(lab_wait_key(stage_lab(), "/local/domain/0/cagma/state", "managed", SOON_MS));
	ck_assert(stage_key_is(a, "cagma/state", "managed"));
	lab_guest_set_demand(a, "0:250");
	ck_assert(dom0_falls_to(500, 100));
	ck_assert(stage_wait_at_least(a, 300 * MIB));
	lab_guest_set_demand(a, "0:60");
	ck_assert(dom0_rises_to(550, 480));
}
END_TEST

/* Asserts that dom0's target does not go below `min_mib` in ten periods, with its balloon
 * following. */
static void assert_stays_above(uint64_t min_mib)
{
	for (int i = 0; i < 200; i++) {
		follow_target();
		write_meminfo(20);
		ck_assert_uint_ge(dom0_number(target_path), min_mib * MIB);
		usleep(10000);
	}
}

/* An entry by UUID goes before one by name, and this one has hardly a min. */
START_TEST(dom0_is_not_taken_below_its_min)
{
	static const char config[] =
		COMMON "guests = [ \"name=Domain-0,min_mib=256\",\n"
		       "\"uuid=00000000-0000-0000-0000-000000000000,min_mib=96\" ]\n";
	stage_open_beside(DOM0_MIB, 200);
	struct lab_guest *a = stage_boot("a", 200, "0:180", true);
	write_meminfo(20);
	stage_start(config, NULL);
	ck_assert(lab_wait_key(stage_lab(), "/local/domain/0/cagma/state", "managed", SOON_MS));
	lab_guest_set_demand(a, "0:900");
	ck_assert(dom0_falls_to(256 + STEP_MIB, 20));
	assert_stays_above(256);
}
END_TEST

START_TEST(dom0_without_a_meminfo_keeps_what_it_holds)
{
	stage_open_beside(DOM0_MIB, 200);
	struct lab_guest *a = stage_boot("a", 200, "0:180", true);
	stage_start(LISTED, NULL);
	ck_assert(lab_wait_key(stage_lab(), "/local/domain/0/cagma/state", "bad-report", SOON_MS));
	ck_assert(stage_key_is(a, "cagma/state", "managed"));
	sleep(1); /* five periods in which a is short */
	ck_assert_uint_eq(dom0_number(target_path), DOM0_MIB * MIB);
	ck_assert_uint_eq(stage_said("guest Domain-0 (domain 0): its report cannot be read"), 1);
	write_meminfo(100);
	ck_assert(dom0_falls_to(590, 100));
}
END_TEST

/* Not every version of xen-init-dom0 writes these keys. */
START_TEST(dom0_needs_no_keys_of_libxl)
{
	stage_open_beside(DOM0_MIB, 200);
	struct lab_guest *a = stage_boot("a", 200, "0:900", true);
	write_meminfo(20);
	ck_assert(xs_rm(lab_store(stage_lab()), XBT_NULL, "/local/domain/0/memory"));
	ck_assert(xs_rm(lab_store(stage_lab()), XBT_NULL, "/local/domain/0/name"));
	stage_start(COMMON "guests = [ \"name=Domain-0,min_mib=300\" ]\n", NULL);
	ck_assert(stage_key_is(a, "cagma/state", "managed"));
	ck_assert(lab_wait_key(stage_lab(), target_path, NULL, SOON_MS));
	ck_assert(dom0_falls_to(300 + STEP_MIB, 20));
	assert_stays_above(300);
}
END_TEST

static void add_tests(TCase *tests)
{
	tcase_add_checked_fixture(tests, NULL, stage_close);
	tcase_add_test(tests, dom0_is_never_touched_unasked);
	tcase_add_test(tests, dom0_gives_what_it_does_not_need_and_gets_it_back);
	tcase_add_test(tests, dom0_is_not_taken_below_its_min);
	tcase_add_test(tests, dom0_without_a_meminfo_keeps_what_it_holds);
	tcase_add_test(tests, dom0_needs_no_keys_of_libxl);
}

int main(void)
{
	return suite_run("dom0", add_tests);
}
