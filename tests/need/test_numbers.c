/* SPDX-License-Identifier: MIT */
/*
 * Guests whose own numbers mislead: what their agent makes of a tree of files, and what they
 * want by that. tests/need/cases names these tests.
 */
#include "guest/sense.h"
#include "host/core/demand.h"
#include "tests/unit/fixture.h"
#include "tests/unit/suite.h"

#include <stdio.h>

#define MIB UINT64_C(1024)

static struct report seen(const char *tree)
{
	static struct sense sense;
	struct report report;
	char root[128];
	snprintf(root, sizeof(root), "tests/need/trees/%s", tree);
	ck_assert_int_eq(sense_init(&sense, root), 0);
	ck_assert(sense_look(&sense, &report));
	sense_finish(&sense);
	return report;
}

/* --- the host's side --------------------------------------------------------- */

static struct policy_conf conf;
static struct demand demand;
static struct guest_view guest;
static struct verdict verdict;
static struct host_view host;

static void judge(void)
{
	demand_observe(&demand, &conf, &guest);
	demand_judge(&demand, &conf, &host, &guest, &verdict);
}

/* A guest that has told so for the first time, and whose kernel shows all that Xen gave it. */
static void meet(struct report report)
{
	conf = options_default();
	demand = (struct demand){0};
	host = (struct host_view){.now_ms = 1000000};
	guest = (struct guest_view){.alm_kib = report.total_kib,
				    .target_kib = report.total_kib,
				    .max_kib = 2 * report.total_kib,
				    .at_rest = true,
				    .has_report = true,
				    .report_ms = host.now_ms,
				    .report = report};
	judge();
}

/* So much later so many pages have come back from swap, and as many have gone out. */
static void swap_for(uint64_t ms, uint64_t pages)
{
	host.now_ms += ms;
	guest.report_ms = host.now_ms;
	guest.report.uptime_ms += ms;
	guest.report.pswpin += pages;
	guest.report.pswpout += pages;
	guest.report.refault_anon += pages;
	judge();
}

static void swap_for_long(uint64_t pages_each_second)
{
	for (int i = 0; i < 60; i++)
		swap_for(1000, pages_each_second);
}

static uint64_t hot_kib(void)
{
	return verdict.use_kib - (guest.report.total_kib - guest.report.avail_kib);
}

/* --- MemAvailable ------------------------------------------------------------- */

START_TEST(a_counter_that_leaks_is_not_believed)
{
	fixture_begin_log("agent");
	struct report report = seen("uek-6.12-leak");
	const char *log = fixture_end_log();
	ck_assert_uint_eq(report.avail_kib, 90000 + 100 + 139264);
	ck_assert_uint_eq(report.said_avail_kib, 23598896);
	ck_assert_ptr_nonnull(strstr(log, "23598896"));
	meet(report);
	ck_assert_uint_gt(verdict.want_kib, 1291 * MIB);
	ck_assert_uint_lt(verdict.want_kib, 1515 * MIB);
}
END_TEST

START_TEST(the_cache_of_zfs_is_available_but_for_what_it_keeps)
{
	struct report report = seen("zfs-6.12");
	ck_assert_uint_eq(report.avail_kib, 27472691 + 14 * MIB * MIB);
	meet(report);
	uint64_t right_kib = 22869 * MIB + verdict.cma_kib;
	ck_assert_uint_ge(verdict.want_kib, right_kib / 100 * 95);
	ck_assert_uint_le(verdict.want_kib, right_kib / 100 * 105);
}
END_TEST

/* 48 GiB of huge pages and 2 GB of locked memory are in use, and need no memory to grow into. */
START_TEST(pools_and_locked_memory_have_no_share_in_the_cma)
{
	struct report report = seen("hugetlb");
	uint64_t fixed_kib = 48 * MIB * MIB + 2000000;
	ck_assert_uint_eq(report.fixed_kib, fixed_kib);
	meet(report);
	uint64_t used_kib = report.total_kib - report.avail_kib;
	ck_assert_uint_eq(verdict.cma_kib,
			  (used_kib - fixed_kib) * conf.noswap_share_permyriad / 10000);
	ck_assert_uint_ge(verdict.want_kib, used_kib);
}
END_TEST

/* --- swapping ------------------------------------------------------------------ */

static const struct {
	const char *tree;
	uint64_t page_kib;
} pages[] = {{"arm64-64k", 64}, {"arm64-16k", 16}};

START_TEST(a_page_is_as_large_as_the_kernel_says)
{
	struct report report = seen(pages[_i].tree);
	ck_assert_uint_eq(report.page_kib, pages[_i].page_kib);
	meet(report);
	swap_for_long(40 * MIB / pages[_i].page_kib);
	uint64_t large_kib = hot_kib();
	report.page_kib = 0; /* as an agent says that does not tell */
	meet(report);
	swap_for_long(40 * MIB / 4);
	ck_assert_uint_eq(large_kib, hot_kib());
	ck_assert_uint_ge(large_kib, 656 * MIB);
}
END_TEST

/* A slow disk brings 10 MiB a second, in a guest that reports four times a second. */
START_TEST(few_large_pages_back_from_swap_are_a_stall)
{
	struct report report = seen(pages[_i].tree);
	meet(report);
	uint64_t base_kib = verdict.base_kib;
	for (int i = 0; i < 20; i++)
		swap_for(250, 10 * MIB / 4 / pages[_i].page_kib);
	ck_assert_uint_gt(verdict.cma_kib, base_kib + base_kib / 4);
}
END_TEST

/* 900,000 KiB are swapped, and 300,000 hold them: so much less is lacking when they come back. */
static const char *const packed[] = {"zram", "zswap"};

START_TEST(what_is_kept_compressed_is_not_lacking)
{
	struct report report = seen(packed[_i]);
	ck_assert_uint_eq(report.packed_kib, 300000);
	ck_assert_uint_eq(report.pswpin, 240000);
	meet(report);
	swap_for_long(10240);
	ck_assert_uint_ge(hot_kib(), 599000);
	ck_assert_uint_le(hot_kib(), 601000);
	report.packed_kib = 0; /* on a disk */
	meet(report);
	swap_for_long(10240);
	ck_assert_uint_eq(hot_kib(), 900000);
}
END_TEST

static void add_tests(TCase *tests)
{
	tcase_add_test(tests, a_counter_that_leaks_is_not_believed);
	tcase_add_test(tests, the_cache_of_zfs_is_available_but_for_what_it_keeps);
	tcase_add_test(tests, pools_and_locked_memory_have_no_share_in_the_cma);
	tcase_add_loop_test(tests, a_page_is_as_large_as_the_kernel_says, 0, N_ROWS(pages));
	tcase_add_loop_test(tests, few_large_pages_back_from_swap_are_a_stall, 0, N_ROWS(pages));
	tcase_add_loop_test(tests, what_is_kept_compressed_is_not_lacking, 0, N_ROWS(packed));
}

int main(void)
{
	return suite_run("numbers", add_tests);
}
