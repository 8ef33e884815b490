/* SPDX-License-Identifier: MIT */
#include "common/psi.h"
#include "tests/unit/fixture.h"
#include "tests/unit/suite.h"

#define SOME "some avg10=0.00 avg60=0.00 avg300=0.00 total=7\n"
#define FULL "full avg10=0.00 avg60=0.00 avg300=0.00 total=5\n"

static const struct text broken[] = {
	TEXT(""),
	TEXT("\n"),
	TEXT("\n\n"),
	TEXT("\0\n\0\n"),
	TEXT("some\nfull\n"),
	TEXT("some total\nfull total\n"),
	TEXT("some total=\nfull total=\n"),
	TEXT("some total=-1\nfull total=0\n"),
	TEXT("some total=1\nfull total= 1\n"),
	TEXT("some total=4611686018427387905\nfull total=0\n"),
	TEXT("some total=18446744073709551616\nfull total=0\n"),
	TEXT("Some total=1\nfull total=0\n"),
	TEXT("some,total=1\nfull total=0\n"),
	TEXT("some avg10=0.00\nfull avg10=0.00\n"),
	TEXT(SOME),
	TEXT(FULL),
	TEXT(FULL SOME),
	TEXT(SOME SOME),
	TEXT(SOME "full avg10=0.00 avg60=0.00 avg300=0.00 total=5"),
};

START_TEST(broken_files_add_nothing)
{
	for (int i = 0; i < N_ROWS(broken); i++) {
		struct look look = {.present = 0};
		ck_assert_msg(psi_parse(fixture_exact(broken[i]), &look) != NULL, "row %d", i);
		ck_assert_uint_eq(look.report.present, 0);
		ck_assert_uint_eq(look.report.psi_some_us, 0);
	}
}
END_TEST

static const struct {
	struct text text;
	uint64_t some_us, full_us;
} sound[] = {
	{TEXT(SOME FULL), 7, 5},
	{TEXT("some total=0\nfull total=0\n"), 0, 0},
	{TEXT("some total=7 later=1\nfull new=x total=5\nother\n"), 7, 5},
	{TEXT("some total=4611686018427387904\nfull total=1\n"), KEYS_MAX_COUNT, 1},
};

START_TEST(sound_files)
{
	for (int i = 0; i < N_ROWS(sound); i++) {
		struct look look = {.report.present = REPORT_BIT(seq)};
		const char *wrong = psi_parse(fixture_exact(sound[i].text), &look);
		ck_assert_msg(wrong == NULL, "row %d: %s", i, wrong);
		ck_assert_uint_eq(look.report.psi_some_us, sound[i].some_us);
		ck_assert_uint_eq(look.report.psi_full_us, sound[i].full_us);
		ck_assert(REPORT_HAS(&look.report, psi_some_us) &&
			  REPORT_HAS(&look.report, psi_full_us) && REPORT_HAS(&look.report, seq));
	}
}
END_TEST

static const struct {
	const char *path;
	uint64_t some_us, full_us;
} kernels[] = {
	{"5.10/pressure-memory", 4319611, 1759737},
	{"6.1/pressure-memory", 2830044, 2422128},
	{"6.12/pressure-memory", 2642425, 1709679},
	{"6.18/pressure-memory", 0, 0},
};

START_TEST(real_kernels)
{
	for (int i = 0; i < N_ROWS(kernels); i++) {
		struct look look = {.present = 0};
		ck_assert_ptr_null(psi_parse(fixture_file(kernels[i].path), &look));
		ck_assert_uint_eq(look.report.psi_some_us, kernels[i].some_us);
		ck_assert_uint_eq(look.report.psi_full_us, kernels[i].full_us);
	}
}
END_TEST

static void add_tests(TCase *tests)
{
	tcase_add_test(tests, broken_files_add_nothing);
	tcase_add_test(tests, sound_files);
	tcase_add_test(tests, real_kernels);
}

int main(void)
{
	return suite_run("psi", add_tests);
}
