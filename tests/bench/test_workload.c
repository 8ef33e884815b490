/* SPDX-License-Identifier: MIT */
/* Descriptions of work: wrong ones first; then which tasks there are at which time. */
#include "tests/bench/workload.h"
#include "tests/unit/suite.h"

#include <stdlib.h>
#include <string.h>

static struct text text_of(const char *words)
{
	return (struct text){.at = words, .len = strlen(words)};
}

static const struct {
	const char *words;
	const char *wrong;
} bad[] = {
	{"", ""},
	{"phase_ms=1000", ""},
	{"disk tasks=3", ""},
	{"cache", ""},
	{"memory file=/x", "file=/x"},
	{"disk file=", "file="},
	{"disk file=/x heap_kib=4", "heap_kib=4"},
	{"memory memory", "memory"},
	{"memory phase_ms=1000", "phase_ms=1000"},
	{"phase_ms=0 memory", "phase_ms=0"},
	{"phase_ms=-1 memory", "phase_ms=-1"},
	{"phase_ms=99999999999 memory", "phase_ms=99999999999"},
	{"lines=2 memory", "lines=2"},
	{"memory lines=0", "lines=0"},
	{"tasks=1 memory", "tasks=1"},
	{"memory tasks=", "tasks="},
	{"memory tasks=1,,2", "tasks=1,,2"},
	{"memory tasks=1,x", "tasks=1,x"},
	{"memory tasks=65", "tasks=65"},
	{"memory tasks=18446744073709551617", "tasks=18446744073709551617"},
	{"memory heap_kib=0", "heap_kib=0"},
	{"memory heap_kib=4095", "heap_kib=4095"},
	{"memory heap_kib=1e3", "heap_kib=1e3"},
	{"memory accesses=0", "accesses=0"},
	{"memory pauses=1001", "pauses=1001"},
	{"memory pause_ms=0", "pause_ms=0"},
	{"leak pauses=1", "pauses=1"},
	{"memory =1", "=1"},
	{"memory =", "="},
	{"memories", "memories"},
	{"disk file=/x request_kib=65540", "request_kib=65540"},
	{"leak step_kib=2", "step_kib=2"},
};

START_TEST(bad_words_are_refused)
{
	struct workload workload = {.phase_ms = 77};
	struct text wrong;

	ck_assert(!workload_read(text_of(bad[_i].words), &workload, &wrong));
	ck_assert(text_is(wrong, bad[_i].wrong));
	ck_assert_uint_eq(workload.phase_ms, 77);
}
END_TEST

/* The longest list and name that fit are read; one more number, or one more byte, is refused. */
START_TEST(lists_and_names_have_bounds)
{
	char words[1024] = "memory tasks=1", path[256] = "disk file=";
	struct workload workload;
	struct text wrong;

	for (unsigned i = 1; i < WORKLOAD_MAX_PHASES; i++)
		strcat(words, ",1");
	ck_assert(workload_read(text_of(words), &workload, &wrong));
	ck_assert_uint_eq(workload.phases, WORKLOAD_MAX_PHASES);
	strcat(words, ",1");
	ck_assert(!workload_read(text_of(words), &workload, &wrong));

	memset(path + strlen(path), 'x', WORKLOAD_FILE_BYTES - 1);
	ck_assert(workload_read(text_of(path), &workload, &wrong));
	ck_assert_uint_eq(strlen(workload.parts[WORKLOAD_DISK].file), WORKLOAD_FILE_BYTES - 1);
	strcat(path, "x");
	ck_assert(!workload_read(text_of(path), &workload, &wrong));
}
END_TEST

START_TEST(words_are_read)
{
	const struct workload_part *part;
	struct workload workload;
	struct text wrong;

	ck_assert(workload_read(
		text_of("phase_ms=500  lines=0 memory tasks=2,10 heap_kib=8 disk file=/dev/x "
			"tasks=15 request_kib=256 leak"),
		&workload, &wrong));
	ck_assert_uint_eq(workload.phase_ms, 500);
	ck_assert_uint_eq(workload.phases, 2);
	ck_assert_uint_eq(workload.lines, 0);
	part = &workload.parts[WORKLOAD_MEMORY];
	ck_assert_uint_eq(part->heap_kib, 8);
	ck_assert_uint_eq(part->accesses, 85733);
	ck_assert_uint_eq(part->interval_ms, 0);
	ck_assert_uint_eq(part->pauses, 0);
	part = &workload.parts[WORKLOAD_DISK];
	ck_assert_uint_eq(part->request_kib, 256);
	ck_assert_str_eq(part->file, "/dev/x");
	ck_assert_uint_eq(workload.parts[WORKLOAD_LEAK].step_kib, 1024);
	ck_assert_uint_eq(workload.parts[WORKLOAD_LEAK].interval_ms, 1000);
	ck_assert_uint_eq(workload.parts[WORKLOAD_SPIKE].phases, 0);
}
END_TEST

static const struct {
	uint64_t elapsed_ms;
	unsigned phase;
	uint64_t left_ms;
	unsigned memory;
	unsigned disk;
} times[] = {
	{0, 0, 500, 2, 15},  {499, 0, 1, 2, 15}, {500, 1, 500, 10, 15},
	{1499, 2, 1, 1, 15}, {1500, 3, 0, 0, 0}, {UINT64_MAX, 3, 0, 0, 0},
};

START_TEST(time_says_which_tasks_there_are)
{
	struct workload workload;
	struct text wrong;
	unsigned phase;

	ck_assert(workload_read(text_of("phase_ms=500 memory tasks=2,10,1 disk tasks=15 file=x"),
				&workload, &wrong));
	phase = workload_phase(&workload, times[_i].elapsed_ms);
	ck_assert_uint_eq(phase, times[_i].phase);
	ck_assert_uint_eq(workload_left_ms(&workload, times[_i].elapsed_ms), times[_i].left_ms);
	ck_assert_uint_eq(workload_tasks(&workload, WORKLOAD_MEMORY, phase), times[_i].memory);
	ck_assert_uint_eq(workload_tasks(&workload, WORKLOAD_DISK, phase), times[_i].disk);
	ck_assert_uint_eq(workload_tasks(&workload, WORKLOAD_CACHE, phase), 0);
}
END_TEST

static void add_tests(TCase *tests)
{
	tcase_add_loop_test(tests, bad_words_are_refused, 0, N_ROWS(bad));
	tcase_add_test(tests, lists_and_names_have_bounds);
	tcase_add_test(tests, words_are_read);
	tcase_add_loop_test(tests, time_says_which_tasks_there_are, 0, N_ROWS(times));
}

int main(void)
{
	return suite_run("workload", add_tests);
}
