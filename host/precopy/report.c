/* SPDX-License-Identifier: MIT */
#include "host/precopy/report.h"

#include <string.h>

#define X(name, kind, max, required, unit, about)                                                  \
	LINE_FIELD(precopy_report, name, kind, max, required, unit, about)
static const struct line_field fields[] = {PRECOPY_REPORT_FIELDS(X)};
#undef X

const struct line_format precopy_report_format =
	LINE_FORMAT(fields, PRECOPY_REPORT_MAX_BYTES, precopy_report);

static void copy_word(char to[PRECOPY_REPORT_MAX_WORD + 1], const char *word)
{
	size_t len = strlen(word);
	len = len < PRECOPY_REPORT_MAX_WORD ? len : PRECOPY_REPORT_MAX_WORD;
	memcpy(to, word, len);
	to[len] = '\0';
}

struct precopy_report precopy_report_of(const char *event, uint64_t now_ms)
{
	struct precopy_report report = {.present = PRECOPY_BIT(event)};
	copy_word(report.event, event);
	PRECOPY_SAY(&report, now_ms, now_ms);
	return report;
}

void precopy_report_say_reason(struct precopy_report *report, const char *reason)
{
	copy_word(report->reason, reason);
	report->present |= PRECOPY_BIT(reason);
}
