/* SPDX-License-Identifier: MIT */
#include "common/report.h"

size_t report_write(const struct report *report, char *buf, size_t size)
{
	return line_write(&keys_report_format, report, report->present, buf, size);
}

/* A field that was not given is 0, so the sums below hold without asking. */
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
