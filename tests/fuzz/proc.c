/* SPDX-License-Identifier: MIT */
/*
 * The files of the kernel, however damaged: no field is ever out of its
 * range, what was not given is absent and 0, and a settled look makes a report
 * that its reader takes.
 */
#include "common/arcstats.h"
#include "common/available.h"
#include "common/meminfo.h"
#include "common/psi.h"
#include "common/report.h"
#include "common/vmstat.h"
#include "guest/core/swaps.h"
#include "tests/fuzz/fuzz.h"

#include <string.h>

static void check_report(const struct report *report)
{
	for (unsigned i = 0; i < REPORT_FIELDS_; i++) {
		const struct line_field *field = &keys_report_format.field[i];
		uint64_t value;
		memcpy(&value, (const char *)report + field->offset, sizeof(value));
		fuzz_check(value <= field->max && (!value || report->present >> i & 1));
	}
}

/* Only a guest without any memory has a report that contradicts itself. */
static void check_taken(struct look *look)
{
	struct report report;
	char line[KEYS_MAX_VALUE + 1];
	look_set(look, REPORT_INDEX_seq, 1);
	look_set(look, REPORT_INDEX_uptime_ms, 1);
	size_t len = report_write(&look->report, line, sizeof(line));
	const char *wrong = report_parse((struct text){line, len}, &report);
	fuzz_check(!wrong || !look->report.total_kib);
}

static void check_settled(struct look *look)
{
	const struct report *r = &look->report;
	if ((r->present & MEMINFO_REQUIRED) != MEMINFO_REQUIRED)
		return;
	available_settle(look);
	check_report(r);
	fuzz_check(REPORT_HAS(r, avail_kib) && r->avail_kib <= r->total_kib);
	fuzz_check(r->fixed_kib <= r->total_kib && r->cached_kib <= r->total_kib);
	fuzz_check(r->packed_kib <= r->total_kib);
	check_taken(look);
}

static void check_swaps(struct text text)
{
	struct text rest = text;
	uint64_t kib;
	unsigned number;
	while (swaps_next_zram(&rest, &number))
		fuzz_check(rest.len < text.len);
	swaps_zram_kib(text, &kib);
}

void fuzz_proc(struct text text)
{
	static const char *(*const parse[])(struct text text, struct look * look) = {
		meminfo_parse, vmstat_parse, psi_parse, arcstats_parse};
	struct look all = {.present = 0};
	for (unsigned i = 0; i < sizeof(parse) / sizeof(parse[0]); i++) {
		struct look look = {.present = 0};
		parse[i](text, &look);
		check_report(&look.report);
		parse[i](text, &all);
	}
	check_settled(&all);
	check_swaps(text);
}
