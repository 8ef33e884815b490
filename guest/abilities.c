/* SPDX-License-Identifier: MIT */
#include "guest/abilities.h"

#include "common/system/log.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

enum { MAX_LINE = 640 }; /* all that is lacking, with the longest reasons */

static bool has_no_right(int error)
{
	return error == -EPERM || error == -EACCES;
}

static const char *why_no_swap(const struct abilities *a)
{
	return a->look && a->look->swap_total_kib == 0 ? "there is no swap area" : NULL;
}

static const char *why_no_psi(const struct abilities *a)
{
	return a->look && !REPORT_HAS(a->look, psi_full_us)
		       ? "the kernel has no PSI, or is started without psi=1"
		       : NULL;
}

static const char *why_no_growing(const struct abilities *a)
{
	if (has_no_right(a->grow))
		return "no CAP_SYS_ADMIN";
	if (a->grow == -ENOENT)
		return "no balloon driver in /sys";
	return a->grow ? strerror(-a->grow) : NULL;
}

static const char *why_no_reclaim(const struct abilities *a)
{
	const char *swap = why_no_swap(a);
	if (a->reclaim == -ENOSYS)
		return "no cgroup v2 on /sys/fs/cgroup";
	if (a->reclaim == -ENOENT)
		return "the kernel is older than Linux 5.19";
	if (has_no_right(a->reclaim))
		return "no right to write /sys/fs/cgroup/memory.reclaim";
	return a->reclaim ? strerror(-a->reclaim) : swap;
}

static const char *why_no_trigger(const struct abilities *a)
{
	const char *psi = why_no_psi(a);
	return psi || !a->pressure ? psi : "the kernel allows no trigger";
}

static const char *why_no_faults(const struct abilities *a)
{
	if (has_no_right(a->faults))
		return "neither CAP_PERFMON nor CAP_SYS_ADMIN";
	if (a->faults == -ENOSYS)
		return "--root is another system";
	return a->faults ? strerror(-a->faults) : NULL;
}

static const char *why_no_probes(const struct abilities *a)
{
	const char *faults = why_no_faults(a);
	if (a->probes == -ECANCELED)
		return "not asked for by --probe-kernel";
	return faults || !a->probes ? faults : strerror(-a->probes);
}

static const struct {
	const char *what;
	const char *(*why_not)(const struct abilities *abilities);
} table[] = {
	{"growing on credit", why_no_growing},       {"making room", why_no_reclaim},
	{"pressure in reports", why_no_psi},         {"waking up by pressure", why_no_trigger},
	{"waking up by page faults", why_no_faults}, {"waking up by huge pages", why_no_probes},
};

void abilities_say(const struct abilities *abilities)
{
	char has[MAX_LINE] = "reports, alarms", lacks[MAX_LINE] = "";
	size_t has_len = strlen(has), lacks_len = 0;
	for (unsigned i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		const char *why = table[i].why_not(abilities);
		if (why)
			lacks_len += (size_t)snprintf(lacks + lacks_len, MAX_LINE - lacks_len,
						      "%s%s (%s)", lacks_len ? ", " : "",
						      table[i].what, why);
		else
			has_len += (size_t)snprintf(has + has_len, MAX_LINE - has_len, ", %s",
						    table[i].what);
		if (lacks_len >= MAX_LINE || has_len >= MAX_LINE)
			return;
	}
	log_info("has: %s", has);
	if (lacks_len)
		log_info("has not: %s", lacks);
}
