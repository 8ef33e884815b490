/* SPDX-License-Identifier: MIT */
/*
 * The files of the kernel, however damaged: no field is ever out of its
 * range, and what was not given is absent and 0.
 */
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

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *(*const parse[])(struct text text, struct report * report) = {
		meminfo_parse, vmstat_parse, psi_parse};
	for (unsigned i = 0; i < sizeof(parse) / sizeof(parse[0]); i++) {
		struct report report = {.present = 0};
		parse[i]((struct text){(const char *)data, size}, &report);
		check_report(&report);
	}
	return 0;
}
