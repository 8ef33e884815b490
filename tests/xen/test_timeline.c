/* SPDX-License-Identifier: MIT */
/* Questions to the timeline: hostile ones first, then each event just at and just past its edge. */
#include "tests/xen/timeline.h"

#include <check.h>
#include <stdlib.h>

static const char *const bad_words[] = {
	"",
	"x",
	"x=",
	"=grown:0:1:1",
	"x=grown",
	"x=grown:0:1",
	"x=grown:0:1:",
	"x=grown:0:1:1:",
	"x=grown:0:1:1 ",
	"x=grown:2:1:1",
	"x=grown:-1:1:1",
	"x=grown:0:-1:1",
	"x=grown:0:1:+1",
	"x=grown:0:1:99999999999999999999",
	"x=gone:0:1:1",
	"x=grownup:0:1:1",
	"a_name_that_is_longer_than_31_bytes=grown:0:1:1",
};

START_TEST(question_is_refused)
{
	struct timeline timeline = {.after_ms = 77};

	ck_assert(!timeline_parse(bad_words[_i], 2, &timeline));
	ck_assert_uint_eq(timeline.after_ms, 77);
}
END_TEST

START_TEST(question_is_read)
{
	struct timeline timeline;

	ck_assert(timeline_parse("first=shrunk:1:20:300", 2, &timeline));
	ck_assert_str_eq(timeline.name, "first");
	ck_assert_int_eq(timeline.event, TIMELINE_SHRUNK);
	ck_assert_uint_eq(timeline.guest, 1);
	ck_assert_uint_eq(timeline.after_ms, 20);
	ck_assert_uint_eq(timeline.kib, 300);
	ck_assert(!timeline.has_happened);
}
END_TEST

/* Samples every 10 ms from 100 on: guest 0 goes 50 40 60 80 70, guest 1 stays at 1000. */
static const uint64_t tot_kib[] = {50, 40, 60, 80, 70};
static const uint64_t free_kib[] = {30, 20, 10, 40, 50};

static const struct {
	const char *word;
	uint64_t happened_ms; /* 0: never */
} cases[] = {
	{"x=grown:0:100:10", 120},
	{"x=grown:0:100:11", 130},
	{"x=grown:0:100:31", 0},
	/* growth counts from the last sample before AFTER_MS, and not from the one of the event */
	{"x=grown:0:119:20", 120},
	{"x=grown:0:120:20", 130},
	{"x=grown:0:120:21", 0},
	{"x=grown:0:0:30", 130},
	{"x=grown:0:900:0", 0},
	{"x=shrunk:0:100:10", 110},
	{"x=shrunk:0:100:11", 0},
	{"x=shrunk:0:130:10", 140},
	{"x=shrunk:0:0:51", 0},
	{"x=reaches:0:0:50", 100},
	{"x=reaches:0:110:50", 120},
	{"x=reaches:0:0:81", 0},
	{"x=reaches:1:0:1000", 100},
	{"x=falls:0:0:40", 110},
	{"x=falls:0:120:40", 0},
	/* 5 KiB are claimed. */
	{"x=freed:0:110:35", 130},
	{"x=freed:0:110:36", 140},
	{"x=spent:0:100:5", 120},
	{"x=spent:0:100:4", 0},
};

START_TEST(event_is_found)
{
	struct timeline timeline;

	ck_assert(timeline_parse(cases[_i].word, 2, &timeline));
	for (unsigned i = 0; i < 5; i++) {
		struct judge_sample sample = {
			.t_ms = 100 + i * 10,
			.free_after_kib = free_kib[i],
			.outstanding_kib = 5,
			.tot_kib = {tot_kib[i], 1000},
		};
		timeline_add(&timeline, &sample);
	}
	ck_assert_int_eq(timeline.has_happened, cases[_i].happened_ms != 0);
	if (timeline.has_happened)
		ck_assert_uint_eq(timeline.happened_ms, cases[_i].happened_ms);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("timeline");
	TCase *tcase = tcase_create("timeline");
	SRunner *runner;
	int failed;

	tcase_add_loop_test(tcase, question_is_refused, 0,
			    (int)(sizeof(bad_words) / sizeof(bad_words[0])));
	tcase_add_test(tcase, question_is_read);
	tcase_add_loop_test(tcase, event_is_found, 0, (int)(sizeof(cases) / sizeof(cases[0])));
	suite_add_tcase(suite, tcase);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
