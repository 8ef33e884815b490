/* SPDX-License-Identifier: MIT */
/* Counters of page faults take a descriptor for each processor. On a large machine they must not
 * take those that the agent needs to report. */
#include "guest/faults.h"
#include "tests/unit/suite.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

static int next_descriptor(void)
{
	int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
	ck_assert_int_ge(fd, 0);
	close(fd);
	return fd;
}

static void limit_descriptors(int n)
{
	struct rlimit limit;
	ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &limit), 0);
	limit.rlim_cur = (rlim_t)n;
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
}

/* Each test runs in a process of its own. The limits leave room for `row` processors. */
START_TEST(counters_leave_descriptors_to_others)
{
	int first = next_descriptor();
	limit_descriptors(first + FAULTS_OTHER_DESCRIPTORS + _i);
	int r = faults_start();
	int n_taken = next_descriptor() - first;
	if (r == 0)
		ck_assert_int_le(n_taken, _i);
	else
		ck_assert_int_eq(n_taken, 0); /* nothing is half counted */
	if (_i == 0)
		ck_assert_int_lt(r, 0);
}
END_TEST

/* Kernels have pages of 4, 16 and 64 KiB, and huge pages of 2, 32 and 512 MiB. */
START_TEST(faults_count_by_the_size_of_a_page)
{
	static const struct {
		uint64_t touched_kib, kib;
		unsigned n_counters;
		uint64_t period;
	} rows[] = {
		{65536, 4, 1, 16384},  {65536, 4, 4, 4096}, {65536, 16, 4, 1024},
		{65536, 64, 4, 256},   {65536, 2048, 4, 8}, {65536, 32768, 4, 1},
		{65536, 524288, 1, 1}, {0, 4, 1, 256},      {0, 64, 1, 16},
		{3000, 4, 4, 256},     {3000, 64, 4, 16},   {3000, 2048, 4, 1},
	};
	for (int i = 0; i < N_ROWS(rows); i++)
		ck_assert_uint_eq(
			faults_period(rows[i].touched_kib, rows[i].kib, rows[i].n_counters),
			rows[i].period);
}
END_TEST

static void add_tests(TCase *tests)
{
	tcase_add_loop_test(tests, counters_leave_descriptors_to_others, 0, 5);
	tcase_add_test(tests, faults_count_by_the_size_of_a_page);
}

int main(void)
{
	return suite_run("faults", add_tests);
}
