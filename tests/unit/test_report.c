/* SPDX-License-Identifier: MIT */
#include "common/report.h"
#include "tests/unit/fixture.h"
#include "tests/unit/suite.h"

#include <stdio.h>

#define BASE  "seq=1 uptime_ms=2 total_kib=1000 free_kib=100 avail_kib=300"
#define HUGE4 "111111111111111111111111111111111111111111111111111111111111111111111111"

static const struct text refused[] = {
	/* empty, huge, binary, negative, overflowing */
	TEXT(""),
	TEXT("\0"),
	TEXT("\n"),
	TEXT("\xff\xfe\0\1"),
	TEXT("0"),
	TEXT("total_kib"),
	TEXT(BASE " \xe2\x82\xac=1"),
	TEXT(BASE " pswpin=-1"),
	TEXT(BASE " pswpin=18446744073709551616"),
	TEXT(BASE " pswpin=4611686018427387905"),   /* KEYS_MAX_COUNT + 1 */
	TEXT(BASE " swap_total_kib=1099511627777"), /* KEYS_MAX_KIB + 1 */
	TEXT(BASE " zeros=" HUGE4 HUGE4 HUGE4 HUGE4 HUGE4 HUGE4 HUGE4 HUGE4 HUGE4 HUGE4 HUGE4 HUGE4
		     HUGE4 HUGE4 HUGE4),
	TEXT("seq=-1 uptime_ms=2 total_kib=1000 free_kib=100 avail_kib=300"),
	/* incomplete */
	TEXT("uptime_ms=2 total_kib=1000 free_kib=100 avail_kib=300"),
	TEXT("seq=1 total_kib=1000 free_kib=100 avail_kib=300"),
	TEXT("seq=1 uptime_ms=2 free_kib=100 avail_kib=300"),
	TEXT("seq=1 uptime_ms=2 total_kib=1000 avail_kib=300"),
	TEXT("seq=1 uptime_ms=2 total_kib=1000 free_kib=100"),
	/* contradictory */
	TEXT("seq=1 uptime_ms=2 total_kib=0 free_kib=0 avail_kib=0"),
	TEXT("seq=1 uptime_ms=2 total_kib=1000 free_kib=1001 avail_kib=300"),
	TEXT("seq=1 uptime_ms=2 total_kib=1000 free_kib=100 avail_kib=1001"),
	TEXT(BASE " buffers_kib=1001"),
	TEXT(BASE " cached_kib=1001"),
	TEXT(BASE " swap_free_kib=1"),
	TEXT(BASE " swap_total_kib=5 swap_free_kib=6"),
	TEXT(BASE " swap_total_kib=5 swap_cached_kib=6"),
	TEXT(BASE " psi_full_us=1"),
	TEXT(BASE " psi_some_us=1 psi_full_us=2"),
	/* doubtful */
	TEXT(BASE " seq=1"),
	TEXT(BASE " "),
	TEXT(" " BASE),
	TEXT(BASE "\n"),
	TEXT(BASE " pswpin=1 pswpin=1"),
	TEXT(BASE " pswpin=0x1"),
	TEXT(BASE " pswpin=01"),
};

START_TEST(refused_reports_change_nothing)
{
	for (int i = 0; i < N_ROWS(refused); i++) {
		struct report report, before;
		memset(&before, 0x5a, sizeof(before));
		report = before;
		const char *wrong = report_parse(fixture_exact(refused[i]), &report);
		ck_assert_msg(wrong != NULL, "row %d was accepted", i);
		ck_assert_mem_eq(&report, &before, sizeof(report));
	}
}
END_TEST

START_TEST(accepted)
{
	struct report report;
	ck_assert_ptr_null(report_parse(
		TEXT(BASE " swap_total_kib=5 swap_free_kib=5 psi_some_us=2 psi_full_us=2 later=x"),
		&report));
	ck_assert_uint_eq(report.seq, 1);
	ck_assert_uint_eq(report.avail_kib, 300);
	ck_assert_uint_eq(report.psi_full_us, 2);
	ck_assert(REPORT_HAS(&report, psi_full_us));
	ck_assert(!REPORT_HAS(&report, pswpin));
	ck_assert_uint_eq(report.pswpin, 0);
}
END_TEST

#define ALL_FIELDS ((UINT64_C(1) << REPORT_FIELDS_) - 1)

/* Every field at its largest fits the key, and what was written is what is read. */
START_TEST(round_trip_at_the_limits)
{
	struct report report, back;
	char line[KEYS_MAX_VALUE + 1];
	size_t max_bytes = keys_table[KEY_REPORT].max_bytes;
#define X(name, kind, max, required, unit, about) report.name = (max);
	CAGMA_REPORT_FIELDS(X)
#undef X
	report.present = ALL_FIELDS;
	size_t len = report_write(&report, line, sizeof(line));
	ck_assert_msg(len > 0 && len <= max_bytes, "%zu bytes of %zu", len, max_bytes);
	ck_assert_uint_eq(len, strlen(line));
	ck_assert_ptr_null(report_parse(fixture_exact((struct text){line, len}), &back));
	ck_assert_mem_eq(&report, &back, sizeof(report));
}
END_TEST

/* Each field alone beside the required ones, so that none hides behind another. */
START_TEST(round_trip_of_each_field)
{
	for (unsigned i = 0; i < REPORT_FIELDS_; i++) {
		const struct line_field *field = &keys_report_format.field[i];
		struct report report = {1, 2, 1000, 100, 300, .present = 0}, back;
		char line[KEYS_MAX_VALUE + 1], word[64];
		uint64_t one = 1;
		if (strncmp(field->name, "psi_full", 8) == 0 ||
		    strncmp(field->name, "swap_", 5) == 0)
			one = 0; /* alone they would contradict what is not there */
		report.present = REPORT_BIT(seq) | REPORT_BIT(uptime_ms) | REPORT_BIT(total_kib) |
				 REPORT_BIT(free_kib) | REPORT_BIT(avail_kib);
		if (!(report.present & UINT64_C(1) << i))
			memcpy((char *)&report + field->offset, &one, sizeof(one));
		report.present |= UINT64_C(1) << i;
		size_t len = report_write(&report, line, sizeof(line));
		ck_assert_uint_gt(len, 0);
		snprintf(word, sizeof(word), "%s=", field->name);
		ck_assert_ptr_nonnull(strstr(line, word));
		ck_assert_ptr_null(report_parse((struct text){line, len}, &back));
		ck_assert_mem_eq(&report, &back, sizeof(report));
	}
}
END_TEST

/* The other two lines of the contract, at their limits. */
START_TEST(agent_and_alarm_fit_their_keys)
{
	struct agent_hello hello = {.protocol = 1000};
	struct alarm_call alarm = {.seq = KEYS_MAX_COUNT,
				   .uptime_ms = KEYS_MAX_COUNT,
				   .total_kib = KEYS_MAX_KIB,
				   .avail_kib = KEYS_MAX_KIB,
				   .psi_some_us = KEYS_MAX_COUNT,
				   .psi_full_us = KEYS_MAX_COUNT};
	char line[KEYS_MAX_VALUE + 1];
	memset(hello.version, 'v', KEYS_MAX_WORD);
	memset(hello.abilities, 'a', KEYS_MAX_ABILITIES);
	memset(alarm.reason, 'r', KEYS_MAX_WORD);
	ck_assert_uint_gt(line_write(&keys_agent_format, &hello, UINT64_MAX, line, sizeof(line)),
			  0);
	ck_assert_uint_gt(line_write(&keys_alarm_format, &alarm, UINT64_MAX, line, sizeof(line)),
			  0);
}
END_TEST

START_TEST(paths)
{
	for (unsigned i = 0; i < KEY_COUNT_; i++) {
		char path[KEYS_MAX_PATH];
		keys_path((enum key_id)i, UINT32_MAX, path);
		ck_assert_uint_lt(strlen(path), KEYS_MAX_PATH);
		ck_assert_uint_le(keys_table[i].max_bytes, KEYS_MAX_VALUE);
		/* A guest can write below data/ and nowhere else. */
		bool is_guests = keys_table[i].writer == KEY_WRITER_GUEST;
		ck_assert(is_guests == (strncmp(keys_table[i].path, "data/", 5) == 0));
	}
	char path[KEYS_MAX_PATH];
	keys_path(KEY_REPORT, 0, path);
	ck_assert_str_eq(path, "/local/domain/0/data/cagma/report");
	keys_path(KEY_STATE, 4294967295U, path);
	ck_assert_str_eq(path, "/local/domain/4294967295/cagma/state");
}
END_TEST

static const struct {
	const char *what, *line;
	bool is_read;
} alarms[] = {
	{"well", "seq=1 uptime_ms=5 reason=stall total_kib=100 avail_kib=7", true},
	{"empty", "", false},
	{"not a line", "alarm!", false},
	{"no memory at all", "seq=1 uptime_ms=5 reason=stall total_kib=0 avail_kib=0", false},
	{"more available than there is",
	 "seq=1 uptime_ms=5 reason=stall total_kib=100 avail_kib=101", false},
	{"without a number", "uptime_ms=5 reason=stall total_kib=100 avail_kib=7", false},
	{"beyond the range",
	 "seq=1 uptime_ms=5 reason=stall total_kib=100 avail_kib=99999999999999999999", false},
};

START_TEST(an_alarm_is_read_strictly)
{
	struct alarm_call alarm = {.seq = 77};
	struct text text = {alarms[_i].line, strlen(alarms[_i].line)};
	ck_assert_msg(report_parse_alarm(text, &alarm) == alarms[_i].is_read, "%s",
		      alarms[_i].what);
	ck_assert_uint_eq(alarm.seq, alarms[_i].is_read ? 1 : 77);
}
END_TEST

START_TEST(an_alarm_is_news_once_and_never_older_than_the_report)
{
	struct report report = {.uptime_ms = 500};
	struct alarm_call alarm = {.seq = 3, .uptime_ms = 500};
	ck_assert(report_alarm_is_news(&report, &alarm, 2, 400));
	ck_assert(report_alarm_is_news(&report, &alarm, 3, 400)); /* of an agent started anew */
	ck_assert(!report_alarm_is_news(&report, &alarm, 3, 500));
	alarm.uptime_ms = 499;
	ck_assert(!report_alarm_is_news(&report, &alarm, 2, 400));
	ck_assert(report_is_news(&report, 0, 400));
	ck_assert(!report_is_news(&report, 0, 500));
}
END_TEST

/* The counters that an alarm does not carry stay as the report had them. */
START_TEST(an_alarm_makes_of_a_report_the_guest_at_its_moment)
{
	struct report report = {.seq = 9,
				.uptime_ms = 500,
				.total_kib = 1000,
				.free_kib = 400,
				.avail_kib = 600,
				.pswpin = 12,
				.psi_some_us = 70,
				.psi_full_us = 60};
	struct alarm_call alarm = {.seq = 1,
				   .uptime_ms = 800,
				   .total_kib = 900,
				   .avail_kib = 30,
				   .psi_some_us = 90,
				   .psi_full_us = 50};
	struct report now = report_with_alarm(&report, &alarm);
	ck_assert_uint_eq(now.seq, 9);
	ck_assert_uint_eq(now.uptime_ms, 800);
	ck_assert_uint_eq(now.total_kib, 900);
	ck_assert_uint_eq(now.avail_kib, 30);
	ck_assert_uint_eq(now.free_kib, 30); /* no more can be free than is available */
	ck_assert_uint_eq(now.pswpin, 12);
	ck_assert_uint_eq(now.psi_some_us, 90);
	ck_assert_uint_eq(now.psi_full_us, 60); /* a counter does not go back */
}
END_TEST

static void add_tests(TCase *tests)
{
	tcase_add_test(tests, refused_reports_change_nothing);
	tcase_add_test(tests, accepted);
	tcase_add_test(tests, round_trip_at_the_limits);
	tcase_add_test(tests, round_trip_of_each_field);
	tcase_add_test(tests, agent_and_alarm_fit_their_keys);
	tcase_add_test(tests, paths);
	tcase_add_loop_test(tests, an_alarm_is_read_strictly, 0, N_ROWS(alarms));
	tcase_add_test(tests, an_alarm_is_news_once_and_never_older_than_the_report);
	tcase_add_test(tests, an_alarm_makes_of_a_report_the_guest_at_its_moment);
}

int main(void)
{
	return suite_run("report", add_tests);
}
