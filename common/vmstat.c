/* SPDX-License-Identifier: MIT */
#include "common/vmstat.h"

#include "common/procfile.h"

static const struct procfile_name names[] = {
	{"pswpin", REPORT_INDEX_pswpin, false, false},
	{"pswpout", REPORT_INDEX_pswpout, false, false},
	/* Pages that zswap keeps, and pages of zeros, reach no swap area and are in no other
	   counter. */
	{"zswpin", REPORT_INDEX_pswpin, false, false}, /* since 5.19 */
	{"zswpout", REPORT_INDEX_pswpout, false, false},
	{"swpin_zero", REPORT_INDEX_pswpin, false, false}, /* since 6.13 */
	{"swpout_zero", REPORT_INDEX_pswpout, false, false},
	{"pgscan_kswapd", REPORT_INDEX_scan_kswapd, true, false}, /* by zone before 4.8 */
	{"pgsteal_kswapd", REPORT_INDEX_steal_kswapd, true, false},
	{"pgscan_direct", REPORT_INDEX_scan_direct, true, false},
	{"pgsteal_direct", REPORT_INDEX_steal_direct, true, false},
	{"workingset_refault_anon", REPORT_INDEX_refault_anon, false, false},
	{"workingset_refault_file", REPORT_INDEX_refault_file, false, false},
	/* before 5.9; file pages only */
	{"workingset_refault", REPORT_INDEX_refault_file, false, false},
	{"allocstall", REPORT_INDEX_allocstall, true, false}, /* by zone since 4.10 */
	{"oom_kill", REPORT_INDEX_oom_kills, false, false},
	{"nr_free_pages", LOOK_INDEX_free_pages, false, false},
};

/* A kernel without swap has no pswpin. Every kernel since 4.19 counts the pages it scans. */
static const struct procfile vmstat = {
	names, sizeof(names) / sizeof(names[0]), ' ', "", "", REPORT_BIT(scan_direct),
};

const char *vmstat_parse(struct text text, struct look *look)
{
	return procfile_parse(&vmstat, text, look);
}
