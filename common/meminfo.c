/* SPDX-License-Identifier: MIT */
#include "common/meminfo.h"

#include "common/procfile.h"

static const struct procfile_name names[] = {
	{"MemTotal", REPORT_INDEX_total_kib, false},
	{"MemFree", REPORT_INDEX_free_kib, false},
	{"MemAvailable", REPORT_INDEX_avail_kib, false},
	{"Buffers", REPORT_INDEX_buffers_kib, false},
	{"Cached", REPORT_INDEX_cached_kib, false},
	{"SwapCached", REPORT_INDEX_swap_cached_kib, false},
	{"SwapTotal", REPORT_INDEX_swap_total_kib, false},
	{"SwapFree", REPORT_INDEX_swap_free_kib, false},
	{"Committed_AS", REPORT_INDEX_committed_kib, false},
};

static const struct procfile meminfo = {
	names, sizeof(names) / sizeof(names[0]), ':', " kB", MEMINFO_REQUIRED,
};

const char *meminfo_parse(struct text text, struct report *report)
{
	return procfile_parse(&meminfo, text, report);
}
