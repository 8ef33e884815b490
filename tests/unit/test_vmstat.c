/* SPDX-License-Identifier: MIT */
#include "common/vmstat.h"
#include "tests/unit/fixture.h"
#include "tests/unit/suite.h"

#define BASE "pgscan_direct 5\n"
#define MAX  "18446744073709551615"

static const struct {
	struct text text;
	uint64_t present;
} broken[] = {
	{TEXT(""), 0},
	{TEXT("\n"), 0},
	{TEXT("\0\xff\n"), 0},
	{TEXT("pswpin 1\n"), REPORT_BIT(pswpin)}, /* no kernel without pgscan_direct */
	{TEXT("pgscan_direct 5"), 0},
	{TEXT("pgscan_direct 5 \n"), 0},
	{TEXT("pgscan_direct -5\n"), 0},
	{TEXT("pgscan_direct\n"), 0},
	{TEXT("pgscan_direct five\n"), 0},
	{TEXT("pgscan_direct " MAX "0\n"), 0},
	{TEXT("pgscan_direct 4611686018427387905\n"), 0}, /* KEYS_MAX_COUNT + 1 */
	{TEXT(BASE BASE), 0},
	{TEXT("pgscan_direct_dma 1\npgscan_direct_dma 1\n"), 0},
	{TEXT("pgscan_direct_dma " MAX "\npgscan_direct_normal 1\n"), 0}, /* the sum overflows */
	{TEXT(BASE "pswpin x\npswpout 7\n"), REPORT_BIT(scan_direct) | REPORT_BIT(pswpout)},
	{TEXT(BASE "workingset_refault " MAX "\nworkingset_refault_file 1\n"),
	 REPORT_BIT(scan_direct) | REPORT_BIT(refault_file)},
	{TEXT(BASE "pswpin 12"), REPORT_BIT(scan_direct)},
};

START_TEST(broken_files)
{
	for (int i = 0; i < N_ROWS(broken); i++) {
		struct look look = {.present = 0};
		const char *wrong = vmstat_parse(fixture_exact(broken[i].text), &look);
		ck_assert_msg(wrong != NULL, "row %d: nothing is said", i);
		ck_assert_msg(look.report.present == broken[i].present, "row %d: fields %#llx", i,
			      (unsigned long long)look.report.present);
	}
}
END_TEST

/* A hand-made file as of kernels before 4.8: counters by zone, one refault, one allocstall. */
START_TEST(old_names)
{
	struct look look = {.present = 0};
	ck_assert_ptr_null(vmstat_parse(TEXT("pgsteal_kswapd_dma 1\n"
					     "pgsteal_kswapd_dma32 2\n"
					     "pgsteal_kswapd_normal 4\n"
					     "pgsteal_kswapd_movable 8\n"
					     "pgsteal_direct_high 16\n"
					     "pgscan_kswapd_dma 1\n"
					     "pgscan_kswapd_dma32 1\n"
					     "pgscan_direct_dma 0\n"
					     "pgscan_direct_normal 3\n"
					     "pgscan_direct_throttle 1000\n"
					     "pgscan_direct_later 1000\n"
					     "allocstall 9\n"
					     "workingset_refault 33\n"
					     "workingset_refaults 1000\n"),
					&look));
	ck_assert_uint_eq(look.report.steal_kswapd, 15);
	ck_assert_uint_eq(look.report.steal_direct, 16);
	ck_assert_uint_eq(look.report.scan_kswapd, 2);
	ck_assert_uint_eq(look.report.scan_direct, 3);
	ck_assert_uint_eq(look.report.allocstall, 9);
	ck_assert_uint_eq(look.report.refault_file, 33);
	ck_assert(!REPORT_HAS(&look.report, refault_anon));
	ck_assert(!REPORT_HAS(&look.report, pswpin)); /* a kernel without swap */
	ck_assert(!REPORT_HAS(&look.report, oom_kills));
}
END_TEST

START_TEST(every_truncation)
{
	struct text file = fixture_file("6.12/vmstat");
	for (size_t len = 0; len < file.len; len++) {
		struct look look = {.present = 0};
		const char *wrong = vmstat_parse((struct text){file.at, len}, &look);
		ck_assert(wrong != NULL || file.at[len - 1] == '\n');
		ck_assert(!REPORT_HAS(&look.report, pswpin) || look.report.pswpin == 90049);
		ck_assert(!REPORT_HAS(&look.report, scan_kswapd) ||
			  look.report.scan_kswapd == 195008);
	}
}
END_TEST

/* swap in, out; kswapd scan, steal; direct scan, steal; refaults of anon, file; stalls, OOM
 * kills */
static const struct {
	const char *path;
	uint64_t count[10];
} kernels[] = {
	{"5.10/vmstat", {116684, 127586, 299768, 126123, 2105, 1107, 116680, 0, 27, 0}},
	{"6.1/vmstat", {116895, 131233, 262389, 130659, 315, 223, 116895, 0, 6, 0}},
	{"6.12/vmstat", {90049, 105819, 195008, 96458, 12288, 8231, 90048, 0, 128, 0}},
	{"6.18/vmstat", {0, 0, 0, 0, 0, 0, 0, 887155, 0, 0}},
};

START_TEST(real_kernels)
{
	for (int i = 0; i < N_ROWS(kernels); i++) {
		const uint64_t *count = kernels[i].count;
		struct look look = {.present = 0};
		ck_assert_ptr_null(vmstat_parse(fixture_file(kernels[i].path), &look));
		ck_assert_uint_eq(look.report.pswpin, count[0]);
		ck_assert_uint_eq(look.report.pswpout, count[1]);
		ck_assert_uint_eq(look.report.scan_kswapd, count[2]);
		ck_assert_uint_eq(look.report.steal_kswapd, count[3]);
		ck_assert_uint_eq(look.report.scan_direct, count[4]);
		ck_assert_uint_eq(look.report.steal_direct, count[5]);
		ck_assert_uint_eq(look.report.refault_anon, count[6]);
		ck_assert_uint_eq(look.report.refault_file, count[7]);
		ck_assert_uint_eq(look.report.allocstall, count[8]);
		ck_assert_uint_eq(look.report.oom_kills, count[9]);
		ck_assert(REPORT_HAS(&look.report, oom_kills) &&
			  REPORT_HAS(&look.report, refault_anon));
	}
}
END_TEST

static void add_tests(TCase *tests)
{
	tcase_add_test(tests, broken_files);
	tcase_add_test(tests, old_names);
	tcase_add_test(tests, every_truncation);
	tcase_add_test(tests, real_kernels);
}

int main(void)
{
	return suite_run("vmstat", add_tests);
}
