/* SPDX-License-Identifier: MIT */
/* What the agent reports on kernels and distributions from 2013 on: tests/need/trees/kernels. */
#include "common/report.h"
#include "guest/sense.h"
#include "tests/unit/fixture.h"
#include "tests/unit/suite.h"

#include <stdio.h>

#define SIZES(avail)                                                                               \
	"seq=0 uptime_ms=0 total_kib=2048000 free_kib=300000 avail_kib=" avail                     \
	" buffers_kib=41000 cached_kib=700000 swap_total_kib=1000000 swap_free_kib=750000"         \
	" swap_cached_kib=1200 committed_kib=1433600 pswpin=400 pswpout=900"
#define RECLAIM " scan_kswapd=10002 steal_kswapd=5001 scan_direct=100 steal_direct=50"
#define PSI     " psi_some_us=7000 psi_full_us=6000"

static const struct {
	const char *kernel, *report;
} kernels[] = {
	/* no MemAvailable: free, cached and buffers, less what is shared, and reclaimable slab */
	{"3.10", SIZES("1094240") RECLAIM " allocstall=7 page_kib=4"},
	{"3.10-el7", SIZES("960000") RECLAIM " refault_file=55 allocstall=7 page_kib=4"},
	{"4.18-el8",
	 SIZES("970000") RECLAIM " refault_file=55 allocstall=7 oom_kills=2 page_kib=4"},
	{"4.19-debian",
	 SIZES("970000") RECLAIM " refault_file=55 allocstall=7 oom_kills=2 page_kib=4"},
	{"5.4-ubuntu",
	 SIZES("970000") RECLAIM " refault_file=55 allocstall=7 oom_kills=2" PSI " page_kib=4"},
	{"5.15-ubuntu", SIZES("970000") RECLAIM
	 " refault_anon=390 refault_file=55 allocstall=7 oom_kills=2" PSI " page_kib=4"},
	/* most pages go to zswap: swapped in and out are the sums */
	{"6.8-ubuntu",
	 SIZES("970000") RECLAIM " refault_anon=390 refault_file=55 allocstall=7 oom_kills=2" PSI
				 " packed_kib=80000 page_kib=4"},
	{"6.6-alpine",
	 "seq=0 uptime_ms=0 total_kib=253000 free_kib=40000 avail_kib=150000 buffers_kib=41000"
	 " cached_kib=120000 swap_total_kib=0 swap_free_kib=0 swap_cached_kib=0"
	 " committed_kib=177100 pswpin=0 pswpout=0" RECLAIM
	 " refault_anon=0 refault_file=3 allocstall=0 oom_kills=2 page_kib=4"},
};

START_TEST(the_report_has_what_the_kernel_gives)
{
	static struct sense sense;
	struct report report, back;
	char root[96], line[KEYS_MAX_VALUE + 1];
	snprintf(root, sizeof(root), "tests/need/trees/kernels/%s", kernels[_i].kernel);
	fixture_begin_log("agent");
	ck_assert_int_eq(sense_init(&sense, root), 0);
	ck_assert(sense_look(&sense, &report));
	sense_finish(&sense);
	ck_assert_str_eq(fixture_end_log(), "");
	report.seq = report.uptime_ms = 0;
	report.present |= REPORT_BIT(seq);
	size_t len = report_write(&report, line, sizeof(line));
	ck_assert_str_eq(line, kernels[_i].report);
	ck_assert_ptr_null(report_parse((struct text){line, len}, &back));
}
END_TEST

static void add_tests(TCase *tests)
{
	tcase_add_loop_test(tests, the_report_has_what_the_kernel_gives, 0, N_ROWS(kernels));
}

int main(void)
{
	return suite_run("kernels", add_tests);
}
