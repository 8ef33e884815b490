/* SPDX-License-Identifier: MIT */
#include "common/vmstat.h"

#include "common/procfile.h"

static const struct procfile_name names[] = {
	{"pswpin", REPORT_INDEX_pswpin, false},
	{"pswpout", REPORT_INDEX_pswpout, false},
	{"pgscan_kswapd", REPORT_INDEX_scan_kswapd, true}, /* by zone before 4.8 */
	{"pgsteal_kswapd", REPORT_INDEX_steal_kswapd, true},
	{"pgscan_direct", REPORT_INDEX_scan_direct, true},
	{"pgsteal_direct", REPORT_INDEX_steal_direct, true},
	{"workingset_refault_anon", REPORT_INDEX_refault_anon, false},
	{"workingset_refault_file", REPORT_INDEX_refault_file, false},
	{"workingset_refault", REPORT_INDEX_refault_file, false}, /* before 5.9; file pages only */
	{"allocstall", REPORT_INDEX_allocstall, true},            /* by zone since 4.10 */
	{"oom_kill", REPORT_INDEX_oom_kills, false},
};

/* A kernel without swap has no pswpin. Every kernel since 4.19 counts the pages it scans. */
static const struct procfile vmstat = {
	names, sizeof(names) / sizeof(names[0]), ' ', "", REPORT_BIT(scan_direct),
};

const char *vmstat_parse(struct text text, struct report *report)
{
	return procfile_parse(&vmstat, text, report);
}
