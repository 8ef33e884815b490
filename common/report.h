/* SPDX-License-Identifier: MIT */
/*
 * report.h - one report of a guest: writing, strict reading, plausibility. Pure.
 *
 * The structure and its fields are in keys.h.
 */
#ifndef CAGMA_REPORT_H
#define CAGMA_REPORT_H

#include "common/keys.h"

/* The fields without which there is no report. */
#define REPORT_REQUIRED                                                                            \
	(REPORT_BIT(seq) | REPORT_BIT(uptime_ms) | REPORT_BIT(total_kib) | REPORT_BIT(free_kib) |  \
	 REPORT_BIT(avail_kib))

/* Writes `report` with a NUL into buf[size]; its length, or 0 if it does not fit. */
size_t report_write(const struct report *report, char *buf, size_t size);

/*
 * Reads a report that a guest wrote. NULL, with *ret_report filled; or what is
 * wrong with it, such as "is empty", with *ret_report untouched.
 */
const char *report_parse(struct text text, struct report *ret_report);

/* A page of the guest's kernel, in KiB. */
uint64_t report_page_kib(const struct report *report);

/* So many pages back from swap are more than a few strays with their read-ahead: 256 KiB of them,
 * and twice what is read ahead at a time. */
uint64_t report_strays(const struct report *report);

/* False of a report that has been read before: the same number at the same moment. */
bool report_is_news(const struct report *report, uint64_t last_seq, uint64_t last_uptime_ms);

/*
 * Reads an alarm a guest wrote. False, with *ret_alarm untouched, of a line that breaks the
 * contract or contradicts itself.
 */
bool report_parse_alarm(struct text text, struct alarm_call *ret_alarm);

/* False of an alarm that has been read before, and of one that is older than the guest's report. */
bool report_alarm_is_news(const struct report *report, const struct alarm_call *alarm,
			  uint64_t last_seq, uint64_t last_uptime_ms);

/* The guest at the moment of its alarm: what the alarm says, and the rest as the report had it. */
struct report report_with_alarm(const struct report *report, const struct alarm_call *alarm);

#endif
