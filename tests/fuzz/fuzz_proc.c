/* SPDX-License-Identifier: MIT */
/*
 * The files of the kernel, however damaged: no field is ever out of its
 * range, what was not given is absent and 0, and a settled look makes a report
 * that its reader does not find contradictory for what is available.
 */
#include "common/arcstats.h"
#include "common/available.h"
#include "common/meminfo.h"
#include "common/psi.h"
#include "common/vmstat.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_report(const struct report *report)
{
	for (unsigned i = 0; i < REPORT_FIELDS_; i++) {
		const struct line_field *field = &keys_report_format.field[i];
		uint64_t value;
		memcpy(&value, (const char *)report + field->offset, sizeof(value));
		if (value > field->max || (value && !(report->present & UINT64_C(1) << i)))
			abort();
	}
}

static void check_settled(struct look *look)
{
	const struct report *r = &look->report;
	if ((r->present & MEMINFO_REQUIRED) != MEMINFO_REQUIRED)
		return;
	available_settle(look);
	check_report(r);
	if (!REPORT_HAS(r, avail_kib) || r->avail_kib > r->total_kib ||
	    r->fixed_kib > r->total_kib || r->cached_kib > r->total_kib ||
	    r->packed_kib > r->total_kib)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *(*const parse[])(struct text text, struct look * look) = {
		meminfo_parse, vmstat_parse, psi_parse, arcstats_parse};
	struct look all = {.present = 0};
	for (unsigned i = 0; i < sizeof(parse) / sizeof(parse[0]); i++) {
		struct look look = {.present = 0};
		parse[i]((struct text){(const char *)data, size}, &look);
		check_report(&look.report);
		parse[i]((struct text){(const char *)data, size}, &all);
	}
	check_settled(&all);
	return 0;
}
