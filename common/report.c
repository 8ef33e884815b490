/* SPDX-License-Identifier: MIT */
#include "common/report.h"

#include "common/amount.h"
#include "common/units.h"

size_t report_write(const struct report *report, char *buf, size_t size)
{
	return line_write(&keys_report_format, report, report->present, buf, size);
}

/* A field that was not given is 0, and contradicts nothing below. */
static const char *contradiction(const struct report *r)
{
	if (r->total_kib == 0)
		return "says the guest has no memory";
	if (r->free_kib > r->total_kib)
		return "says more is free than there is";
	if (r->avail_kib > r->total_kib)
		return "says more is available than there is";
	if (r->buffers_kib > r->total_kib || r->cached_kib > r->total_kib)
		return "says more is cached than there is";
	if (r->swap_free_kib > r->swap_total_kib || r->swap_cached_kib > r->swap_total_kib)
		return "says more swap is free or cached than there is";
	if (r->arc_kib > r->avail_kib)
		return "says more of ZFS's cache is available than there is";
	if (r->fixed_kib > r->total_kib || r->packed_kib > r->total_kib)
		return "says more is fixed or packed than there is";
	if (r->psi_full_us > r->psi_some_us)
		return "says more time was lost by all tasks than by some";
	return NULL;
}

const char *report_parse(struct text text, struct report *ret_report)
{
	struct report report;
	uint64_t present;
	enum line_error error = line_parse(&keys_report_format, text, &report, &present);
	if (error != LINE_OK)
		return line_error_text(error);
	report.present = present;
	const char *wrong = contradiction(&report);
	if (!wrong)
		*ret_report = report;
	return wrong;
}

uint64_t report_page_kib(const struct report *report)
{
	return report->page_kib ? report->page_kib : UNITS_PAGE_KIB;
}

uint64_t report_strays(const struct report *report)
{
	enum { STRAYS_KIB = 256, READ_AHEAD_PAGES = 8 };
	return amount_max(STRAYS_KIB / report_page_kib(report), 2 * READ_AHEAD_PAGES);
}

bool report_is_news(const struct report *report, uint64_t last_seq, uint64_t last_uptime_ms)
{
	return report->seq != last_seq || report->uptime_ms != last_uptime_ms;
}

bool report_parse_alarm(struct text text, struct alarm_call *ret_alarm)
{
	struct alarm_call alarm;
	if (line_parse(&keys_alarm_format, text, &alarm, &alarm.present) != LINE_OK ||
	    alarm.total_kib == 0 || alarm.avail_kib > alarm.total_kib)
		return false;
	*ret_alarm = alarm;
	return true;
}

bool report_alarm_is_news(const struct report *report, const struct alarm_call *alarm,
			  uint64_t last_seq, uint64_t last_uptime_ms)
{
	return (alarm->seq != last_seq || alarm->uptime_ms != last_uptime_ms) &&
	       alarm->uptime_ms >= report->uptime_ms;
}

struct report report_with_alarm(const struct report *report, const struct alarm_call *alarm)
{
	struct report now = *report;
	now.uptime_ms = alarm->uptime_ms;
	now.total_kib = alarm->total_kib;
	now.avail_kib = alarm->avail_kib;
	now.free_kib = amount_min(report->free_kib, alarm->avail_kib);
	now.arc_kib = amount_min(report->arc_kib, alarm->avail_kib);
	now.psi_some_us = amount_max(report->psi_some_us, alarm->psi_some_us);
	now.psi_full_us = amount_max(report->psi_full_us, alarm->psi_full_us);
	return now;
}
