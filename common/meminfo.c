/* SPDX-License-Identifier: MIT */
#include "common/meminfo.h"

#include "common/procfile.h"

static const struct procfile_name names[] = {
	{"MemTotal", REPORT_INDEX_total_kib, false, false},
	{"MemFree", REPORT_INDEX_free_kib, false, false},
	{"MemAvailable", LOOK_INDEX_said_avail_kib, false, false},
	{"Buffers", REPORT_INDEX_buffers_kib, false, false},
	{"Cached", REPORT_INDEX_cached_kib, false, false},
	{"SwapCached", REPORT_INDEX_swap_cached_kib, false, false},
	{"SwapTotal", REPORT_INDEX_swap_total_kib, false, false},
	{"SwapFree", REPORT_INDEX_swap_free_kib, false, false},
	{"Committed_AS", REPORT_INDEX_committed_kib, false, false},
	{"Shmem", LOOK_INDEX_shmem_kib, false, false},
	{"SReclaimable", LOOK_INDEX_slab_kib, false, false},
	{"KReclaimable", LOOK_INDEX_kernel_kib, false, false},
	{"SUnreclaim", LOOK_INDEX_slab_fixed_kib, false, false},
	{"AnonPages", LOOK_INDEX_anon_kib, false, false},
	{"Active(anon)", LOOK_INDEX_active_anon_kib, false, false},
	{"Inactive(anon)", LOOK_INDEX_inactive_anon_kib, false, false},
	{"Active(file)", LOOK_INDEX_active_file_kib, false, false},
	{"Inactive(file)", LOOK_INDEX_inactive_file_kib, false, false},
	{"Unevictable", LOOK_INDEX_unevictable_kib, false, false},
	{"Mlocked", LOOK_INDEX_mlocked_kib, false, false},
	{"Hugetlb", LOOK_INDEX_hugetlb_kib, false, false},
	{"HugePages_Total", LOOK_INDEX_huge_pages, false, true},
	{"Hugepagesize", LOOK_INDEX_huge_page_kib, false, false},
	{"Zswap", LOOK_INDEX_zswap_kib, false, false},
};

static const struct procfile meminfo = {
	names, sizeof(names) / sizeof(names[0]), ':', "", " kB", MEMINFO_REQUIRED,
};

const char *meminfo_parse(struct text text, struct look *look)
{
	return procfile_parse(&meminfo, text, look);
}
