/* SPDX-License-Identifier: MIT */
/*
 * What a guest may write into its keys: any line is refused, with nothing
 * changed, or means exactly what it says when it is written again.
 */
#include "common/report.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool holds)
{
	if (!holds)
		abort();
}

static void fuzz_report(struct text text)
{
	struct report report, back;
	char line[KEYS_MAX_VALUE + 1];
	memset(&report, 0x5a, sizeof(report));
	back = report;
	const char *wrong = report_parse(text, &report);
	if (wrong) {
		check(memcmp(&report, &back, sizeof(report)) == 0);
		return;
	}
	check(report.total_kib > 0 && report.avail_kib <= report.total_kib);
	size_t len = report_write(&report, line, sizeof(line));
	check(len > 0 && len <= keys_table[KEY_REPORT].max_bytes);
	check(!report_parse((struct text){line, len}, &back));
	check(memcmp(&report, &back, sizeof(report)) == 0);
}

static void fuzz_line(const struct line_format *format, struct text text)
{
	char record[LINE_MAX_RECORD] = {0}, back[LINE_MAX_RECORD] = {0}, line[KEYS_MAX_VALUE + 1];
	uint64_t present, again;
	if (line_parse(format, text, record, &present) != LINE_OK)
		return;
	size_t len = line_write(format, record, present, line, sizeof(line));
	check(len > 0 && len <= format->max_bytes);
	check(line_parse(format, (struct text){line, len}, back, &again) == LINE_OK);
	check(present == again && memcmp(record, back, sizeof(record)) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct text text = {(const char *)data, size};
	fuzz_report(text);
	for (unsigned i = 0; i < KEY_COUNT_; i++)
		if (keys_format((enum key_id)i))
			fuzz_line(keys_format((enum key_id)i), text);
	return 0;
}
