/* SPDX-License-Identifier: MIT */
/*
 * What a guest may write into its keys: any line is refused, with nothing
 * changed, or means exactly what it says when it is written again.
 */
#include "common/report.h"
#include "tests/fuzz/fuzz.h"

#include <string.h>

static void check_report(struct text text)
{
	struct report report, back;
	char line[KEYS_MAX_VALUE + 1];
	memset(&report, 0x5a, sizeof(report));
	back = report;
	const char *wrong = report_parse(text, &report);
	if (wrong) {
		fuzz_check(memcmp(&report, &back, sizeof(report)) == 0);
		return;
	}
	fuzz_check(report.total_kib > 0 && report.avail_kib <= report.total_kib);
	size_t len = report_write(&report, line, sizeof(line));
	fuzz_check(len > 0 && len <= keys_table[KEY_REPORT].max_bytes);
	fuzz_check(!report_parse((struct text){line, len}, &back));
	fuzz_check(memcmp(&report, &back, sizeof(report)) == 0);
}

static void check_alarm(struct text text)
{
	struct alarm_call alarm, untouched;
	struct report report = {.total_kib = 4096};
	memset(&alarm, 0x5a, sizeof(alarm));
	untouched = alarm;
	if (!report_parse_alarm(text, &alarm)) {
		fuzz_check(memcmp(&alarm, &untouched, sizeof(alarm)) == 0);
		return;
	}
	fuzz_check(alarm.avail_kib <= alarm.total_kib);
	if (report_alarm_is_news(&report, &alarm, 7, 7))
		report = report_with_alarm(&report, &alarm);
	fuzz_check(report.avail_kib <= report.total_kib && report_page_kib(&report) > 0);
}

void fuzz_keys(struct text text)
{
	check_report(text);
	check_alarm(text);
	for (unsigned i = 0; i < KEY_COUNT_; i++)
		if (keys_format((enum key_id)i))
			fuzz_format(keys_format((enum key_id)i), text);
}
