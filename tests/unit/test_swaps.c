/* SPDX-License-Identifier: MIT */
#include "guest/core/swaps.h"
#include "tests/unit/fixture.h"
#include "tests/unit/suite.h"

#define HEAD "Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n"

static const struct {
	const char *what;
	struct text text;
	unsigned n, first;
} swaps[] = {
	{"empty", TEXT(""), 0, 0},
	{"no swap area", TEXT(HEAD), 0, 0},
	{"on a disk", TEXT(HEAD "/dev/xvda2   partition\t2014204\t0\t-2\n"), 0, 0},
	{"one", TEXT(HEAD "/dev/zram0    partition\t2014204\t0\t100\n"), 1, 0},
	{"two and a file",
	 TEXT(HEAD "/dev/zram3 partition\t1\t0\t100\n/swapfile file\t1\t0\t-2\n"
		   "/dev/zram11 partition\t1\t0\t100\n"),
	 2, 3},
	{"no number", TEXT("/dev/zram partition\t1\t0\t100\n/dev/zramx partition\n"), 0, 0},
	{"a large number", TEXT("/dev/zram4096 x\n/dev/zram99999999999999999999 x\n"), 0, 0},
	{"a file of that name elsewhere", TEXT("/home/dev/zram0 file\t1\t0\t-2\n"), 0, 0},
	{"binary", TEXT("\0\xff/dev/zram0\n"), 0, 0},
	{"cut short", TEXT("/dev/zram7"), 1, 7},
};

START_TEST(swap_areas_on_zram_are_found)
{
	struct text rest = fixture_exact(swaps[_i].text);
	unsigned n = 0, number, first = 0;
	while (swaps_next_zram(&rest, &number))
		first = n++ ? first : number;
	ck_assert_msg(n == swaps[_i].n && first == swaps[_i].first, "%s: %u, the first %u",
		      swaps[_i].what, n, first);
}
END_TEST

static const struct {
	struct text text;
	bool is_read;
	uint64_t kib;
} stats[] = {
	{TEXT("921600000 280000000 307200000        0 320000000 1200 0 0\n"), true, 300000},
	{TEXT("   4096     74  12288    0    12288        0        0\n"), true, 12},
	{TEXT("1 2 1024"), true, 1},
	{TEXT(""), false, 0},
	{TEXT("\n"), false, 0},
	{TEXT("921600000 280000000\n"), false, 0},
	{TEXT("921600000 280000000 -5 0\n"), false, 0},
	{TEXT("1 2 3x 4\n"), false, 0},
	{TEXT("1 2 18446744073709551616 4\n"), false, 0},
};

START_TEST(the_memory_of_a_device_is_read_strictly)
{
	uint64_t kib = 0;
	ck_assert(swaps_zram_kib(fixture_exact(stats[_i].text), &kib) == stats[_i].is_read);
	ck_assert_uint_eq(kib, stats[_i].kib);
}
END_TEST

static void add_tests(TCase *tests)
{
	tcase_add_loop_test(tests, swap_areas_on_zram_are_found, 0, N_ROWS(swaps));
	tcase_add_loop_test(tests, the_memory_of_a_device_is_read_strictly, 0, N_ROWS(stats));
}

int main(void)
{
	return suite_run("swaps", add_tests);
}
