/* SPDX-License-Identifier: MIT */
#include "host/precopy/report.h"

#include <string.h>

#define X(name, kind, max, required, unit, about)                                                  \
	LINE_FIELD(precopy_report, name, kind, max, required, unit, about)
static const struct line_field fields[] = {PRECOPY_REPORT_FIELDS(X)};
#undef X

const struct line_format precopy_report_format =
	LINE_FORMAT(fields, PRECOPY_REPORT_MAX_BYTES, precopy_report);

struct precopy_report precopy_report_of(const char *event, uint64_t now_ms)
{
	struct precopy_report report = {.present = PRECOPY_BIT(event)};
	size_t len = strlen(event);
	memcpy(report.event, event, len < sizeof(report.event) ? len : sizeof(report.event) - 1);
	PRECOPY_SAY(&report, now_ms, now_ms);
	return report;
}
