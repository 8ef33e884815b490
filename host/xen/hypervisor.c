/* SPDX-License-Identifier: MIT */
#include "host/xen/hypervisor.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <xenctrl.h>

#define KIB_PER_PAGE (UINT64_C(1) << (XC_PAGE_SHIFT - 10))

struct hypervisor {
	xc_interface *xc;
	xentoollog_logger_stdiostream *logger; /* quiet, since the caller reports failures */
	unsigned capacity; /* of `info` and `domain`: one more than the caller's bound */
	xc_domaininfo_t *info;
	struct hypervisor_domain *domain;
	char options[256];
};

static void read_options(struct hypervisor *h)
{
	xen_commandline_t options = {0};
	if (xc_version(h->xc, XENVER_commandline, options) >= 0)
		memcpy(h->options, options, sizeof(h->options) - 1);
}

const char *hypervisor_options(const struct hypervisor *h)
{
	return h->options;
}

int hypervisor_open(unsigned max_domains, struct hypervisor **ret_hypervisor)
{
	struct hypervisor *h = calloc(1, sizeof(*h));
	if (!h)
		return -ENOMEM;
	h->capacity = max_domains + 1;
	h->info = calloc(h->capacity, sizeof(*h->info));
	h->domain = calloc(h->capacity, sizeof(*h->domain));
	h->logger = xtl_createlogger_stdiostream(stderr, XTL_CRITICAL, 0);
	if (h->info && h->domain && h->logger)
		h->xc = xc_interface_open((xentoollog_logger *)h->logger, NULL, 0);
	if (!h->xc) {
		int r = errno ? -errno : -ENOMEM;
		hypervisor_close(h);
		return r;
	}
	read_options(h);
	*ret_hypervisor = h;
	return 0;
}

void hypervisor_close(struct hypervisor *h)
{
	if (!h)
		return;
	if (h->xc)
		xc_interface_close(h->xc);
	if (h->logger)
		xtl_logger_destroy((xentoollog_logger *)h->logger);
	free(h->info);
	free(h->domain);
	free(h);
}

int hypervisor_host(struct hypervisor *h, struct hypervisor_host *ret_host)
{
	xc_physinfo_t info;
	memset(&info, 0, sizeof(info));
	if (xc_physinfo(h->xc, &info) < 0)
		return -errno;
	ret_host->total_kib = info.total_pages * KIB_PER_PAGE;
	ret_host->free_kib = info.free_pages * KIB_PER_PAGE;
	ret_host->outstanding_kib = info.outstanding_pages * KIB_PER_PAGE;
	return 0;
}

/* xl builds a guest anew that reboots, and, as its on_crash= and on_watchdog= say, others. Xen does
 * not know these. */
static bool may_return(const xc_domaininfo_t *info)
{
	unsigned code = info->flags >> XEN_DOMINF_shutdownshift & XEN_DOMINF_shutdownmask;
	return (info->flags & XEN_DOMINF_shutdown) &&
	       (code == SHUTDOWN_reboot || code == SHUTDOWN_crash || code == SHUTDOWN_watchdog);
}

static void convert(const xc_domaininfo_t *info, struct hypervisor_domain *d)
{
	const uint32_t gone = XEN_DOMINF_dying | XEN_DOMINF_shutdown;
	d->domid = info->domain;
	memcpy(d->uuid, info->handle, sizeof(d->uuid));
	d->alm_kib = info->tot_pages * KIB_PER_PAGE;
	d->cap_kib = info->max_pages * KIB_PER_PAGE;
	d->outstanding_kib = info->outstanding_pages * KIB_PER_PAGE;
	d->is_paused = info->flags & XEN_DOMINF_paused;
	d->is_dying = info->flags & gone;
	d->is_torn_down = info->flags & XEN_DOMINF_dying;
	d->may_return = may_return(info);
}

int hypervisor_domains(struct hypervisor *h, const struct hypervisor_domain **ret_domain)
{
	enum { BATCH = 1024 }; /* larger ones fail on some kernels */
	unsigned n = 0;
	uint32_t first = 0;
	int got;
	do {
		unsigned room = h->capacity - n < BATCH ? h->capacity - n : BATCH;
		got = room ? xc_domain_getinfolist(h->xc, first, room, h->info + n) : 0;
		if (got < 0)
			return -errno;
		n += (unsigned)got;
		if (n)
			first = h->info[n - 1].domain + 1;
	} while (got == BATCH);
	if (n == h->capacity)
		return -E2BIG;
	for (unsigned i = 0; i < n; i++)
		convert(&h->info[i], &h->domain[i]);
	*ret_domain = h->domain;
	return (int)n;
}

int hypervisor_set_cap(struct hypervisor *h, uint32_t domid, uint64_t cap_kib)
{
	return xc_domain_setmaxmem(h->xc, domid, cap_kib) < 0 ? -errno : 0;
}
