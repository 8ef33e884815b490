/* SPDX-License-Identifier: MIT */
#include "host/guests/dom0.h"

#include "common/system/file.h"
#include "common/arcstats.h"
#include "common/available.h"
#include "common/meminfo.h"
#include "common/psi.h"
#include "common/vmstat.h"

#include <fcntl.h>
#include <stddef.h>

enum { MAX_BYTES = 16 * 1024 }; /* three times the largest vmstat of Linux 6.12 */

static const struct source {
	const char *path;
	const char *(*parse)(struct text text, struct look *look);
	bool is_required;
} sources[] = {
	{"/proc/meminfo", meminfo_parse, true},
	{"/proc/vmstat", vmstat_parse, true},
	{"/proc/pressure/memory", psi_parse, false},
	{"/proc/spl/kstat/zfs/arcstats", arcstats_parse, false},
};

static const char *read_source(const struct source *source, struct look *look)
{
	char buf[MAX_BYTES];
	ssize_t len = file_read_at(AT_FDCWD, source->path, buf, sizeof(buf));
	if (len < 0)
		return "cannot be read from /proc";
	return source->parse((struct text){buf, (size_t)len}, look);
}

const char *dom0_look(struct report *ret_report)
{
	struct look look = {.report.present = REPORT_BIT(seq) | REPORT_BIT(uptime_ms)};
	for (unsigned i = 0; i < sizeof(sources) / sizeof(sources[0]); i++) {
		const char *wrong = read_source(&sources[i], &look);
		if (wrong && sources[i].is_required)
			return wrong;
	}
	available_settle(&look);
	*ret_report = look.report;
	return NULL;
}
