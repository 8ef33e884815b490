/* SPDX-License-Identifier: MIT */
#include "common/meminfo.h"
#include "tests/unit/fixture.h"
#include "tests/unit/suite.h"

#include <stdio.h>

#define BASE "MemTotal: 1000 kB\nMemFree: 100 kB\nMemAvailable: 300 kB\n"

/* The parser tells what is wrong, and takes the sound fields in any case. */
static const struct {
	struct text text;
	uint64_t present;
} broken[] = {
	{TEXT(""), 0},
	{TEXT("\n"), 0},
	{TEXT("\0\0\0\n"), 0},
	{TEXT("\xff\xfe:\x01 kB\n"), 0},
	{TEXT("MemTotal"), 0},
	{TEXT("MemTotal:"), 0},
	{TEXT("MemTotal:\n"), 0},
	{TEXT("MemTotal: 1000 kB"), 0}, /* no end of line: may be the start of a number */
	{TEXT("MemTotal: 1000\n"), 0},  /* no unit */
	{TEXT("MemTotal: 1000 MB\n"), 0},
	{TEXT("MemTotal: 1000 kB \n"), 0},
	{TEXT("MemTotal: -1000 kB\n"), 0},
	{TEXT("MemTotal: 0x1000 kB\n"), 0},
	{TEXT("MemTotal: 1099511627777 kB\n"), 0},        /* KEYS_MAX_KIB + 1 */
	{TEXT("MemTotal: 18446744073709551616 kB\n"), 0}, /* overflows */
	{TEXT("MemTotal 1000 kB\n"), 0},
	{TEXT(" MemTotal: 1000 kB\n"), 0},
	{TEXT("memtotal: 1000 kB\n"), 0},
	{TEXT("MemTotal: 1000 kB\n"), REPORT_BIT(total_kib)}, /* the rest is missing */
	{TEXT("MemTotal: 1000 kB\nMemTotal: 1000 kB\n"), 0},
	{TEXT(BASE "SwapFree: -1 kB\n"), MEMINFO_REQUIRED},
	{TEXT(BASE "SwapFree: 1 kB\nSwapFree: 2 kB\n"), MEMINFO_REQUIRED},
	{TEXT(BASE "Committed_AS: 18446744073709551612 kB\nCached: 5 kB\n"),
	 MEMINFO_REQUIRED | REPORT_BIT(cached_kib)},
	{TEXT(BASE "Cached: 5 k"), MEMINFO_REQUIRED},
};

START_TEST(broken_files)
{
	for (int i = 0; i < N_ROWS(broken); i++) {
		struct look look = {.present = 0};
		const char *wrong = meminfo_parse(fixture_exact(broken[i].text), &look);
		ck_assert_msg(wrong != NULL, "row %d: nothing is said", i);
		ck_assert_msg(look.report.present == broken[i].present, "row %d: fields %#llx", i,
			      (unsigned long long)look.report.present);
		if (look.report.present == MEMINFO_REQUIRED)
			ck_assert_uint_eq(look.said_avail_kib, 300);
	}
}
END_TEST

static const struct text sound[] = {
	TEXT(BASE),
	TEXT("MemAvailable: 300 kB\nMemTotal: 1000 kB\nMemFree: 100 kB\n"),
	TEXT("MemTotal:1000 kB\nMemFree:      100 kB\nMemAvailable: 0300 kB\n"),
	/* lines nobody asked for may hold anything */
	TEXT("\n:\nX\n" BASE "HugePages_Total: 7\nMemTotalX: -1 kB\nMem: \xff\0\n"),
};

START_TEST(sound_files)
{
	for (int i = 0; i < N_ROWS(sound); i++) {
		struct look look = {.present = 0};
		const char *wrong = meminfo_parse(fixture_exact(sound[i]), &look);
		ck_assert_msg(wrong == NULL, "row %d: %s", i, wrong);
		ck_assert_uint_eq(look.report.present, MEMINFO_REQUIRED);
		ck_assert_uint_eq(look.report.total_kib, 1000);
		ck_assert_uint_eq(look.report.free_kib, 100);
		ck_assert_uint_eq(look.said_avail_kib, 300);
	}
}
END_TEST

/* A file of any length is read in one pass, whatever is in it. */
START_TEST(huge_file)
{
	static char buf[1 << 20];
	struct look look = {.present = 0};
	memset(buf, 'x', sizeof(buf));
	buf[sizeof(buf) - 1] = '\n';
	ck_assert_ptr_nonnull(meminfo_parse((struct text){buf, sizeof(buf)}, &look));
	memcpy(buf + 1000, "\n" BASE, sizeof(BASE));
	ck_assert_ptr_null(meminfo_parse((struct text){buf, sizeof(buf)}, &look));
	ck_assert_uint_eq(look.said_avail_kib, 300);
}
END_TEST

START_TEST(every_truncation)
{
	struct text file = fixture_file("6.12/meminfo");
	for (size_t len = 0; len < file.len; len++) {
		struct look look = {.present = 0};
		const char *wrong = meminfo_parse((struct text){file.at, len}, &look);
		ck_assert(wrong != NULL || file.at[len - 1] == '\n');
		/* whatever was taken was whole */
		ck_assert(!REPORT_HAS(&look.report, total_kib) || look.report.total_kib == 218176);
		ck_assert(!LOOK_HAS(&look, said_avail_kib) || look.said_avail_kib == 7456);
		ck_assert(!REPORT_HAS(&look.report, committed_kib) ||
			  look.report.committed_kib == 207488);
	}
}
END_TEST

/* total, free, available, buffers, cached, swap cached, total and free, committed */
static const struct {
	const char *path;
	uint64_t kib[9];
} kernels[] = {
	{"5.10/meminfo", {229472, 4700, 6312, 4, 199944, 732, 262140, 255040, 207612}},
	{"6.1/meminfo", {223620, 4236, 7916, 4, 193548, 416, 262140, 248408, 207700}},
	{"6.12/meminfo", {218176, 10424, 7456, 4, 185708, 3164, 262140, 240588, 207488}},
	{"6.18/meminfo", {24684092, 21157636, 21788044, 13324, 803728, 0, 0, 0, 4517204}},
};

START_TEST(real_kernels)
{
	for (int i = 0; i < N_ROWS(kernels); i++) {
		const uint64_t *kib = kernels[i].kib;
		struct look look = {.present = 0};
		ck_assert_ptr_null(meminfo_parse(fixture_file(kernels[i].path), &look));
		ck_assert_uint_eq(look.report.total_kib, kib[0]);
		ck_assert_uint_eq(look.report.free_kib, kib[1]);
		ck_assert_uint_eq(look.said_avail_kib, kib[2]);
		ck_assert_uint_eq(look.report.buffers_kib, kib[3]);
		ck_assert_uint_eq(look.report.cached_kib, kib[4]);
		ck_assert_uint_eq(look.report.swap_cached_kib, kib[5]);
		ck_assert_uint_eq(look.report.swap_total_kib, kib[6]);
		ck_assert_uint_eq(look.report.swap_free_kib, kib[7]);
		ck_assert_uint_eq(look.report.committed_kib, kib[8]);
		ck_assert(REPORT_HAS(&look.report, swap_cached_kib) &&
			  REPORT_HAS(&look.report, committed_kib));
	}
}
END_TEST

static void add_tests(TCase *tests)
{
	tcase_add_test(tests, broken_files);
	tcase_add_test(tests, sound_files);
	tcase_add_test(tests, huge_file);
	tcase_add_test(tests, every_truncation);
	tcase_add_test(tests, real_kernels);
}

int main(void)
{
	return suite_run("meminfo", add_tests);
}
