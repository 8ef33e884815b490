/* SPDX-License-Identifier: MIT */
/*
 * libxencall over the played host. Hypercalls that the lab has no use for fail with ENOSYS; the
 * stock libraries then do as they do on an older hypervisor.
 */
#include "preload.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <xenctrl.h>
#include <xencall.h>
#include <xenforeignmemory.h>
#include <xendevicemodel.h>

#define PAGE_BYTES 4096u

static int handle_dummy; /* its address is every handle */

/* --- what a domain looks like from outside --- */

static uint32_t info_flags(const struct fakexen_domain *d)
{
	uint32_t flags = 0;

	if (d->life == FAKEXEN_DEAD)
		flags |= XEN_DOMINF_dying;
	if (d->is_shutdown)
		flags |= XEN_DOMINF_shutdown | d->shutdown_code << XEN_DOMINF_shutdownshift;
	if (d->is_paused)
		flags |= XEN_DOMINF_paused;
	else if (!d->is_shutdown)
		flags |= d->domid ? XEN_DOMINF_blocked : XEN_DOMINF_running;
	if (d->type != FAKEXEN_PV)
		flags |= XEN_DOMINF_hvm_guest | XEN_DOMINF_hap;
	return flags;
}

static void info_fill(const struct fakexen_domain *d, struct xen_domctl_getdomaininfo *ret_info)
{
	static const uint32_t emulation[] = {
		[FAKEXEN_PV] = 0,
		[FAKEXEN_PVH] = XEN_X86_EMU_LAPIC,
		[FAKEXEN_HVM] = XEN_X86_EMU_ALL & ~XEN_X86_EMU_VPCI,
	};

	memset(ret_info, 0, sizeof *ret_info);
	ret_info->domain = (domid_t)d->domid;
	ret_info->flags = info_flags(d);
	ret_info->tot_pages = d->tot_pages;
	ret_info->max_pages = d->max_pages;
	ret_info->outstanding_pages = d->outstanding_pages;
	ret_info->cpu_time = d->cpu_ns;
	ret_info->nr_online_vcpus = d->vcpus;
	ret_info->max_vcpu_id = d->vcpus ? d->vcpus - 1 : XEN_INVALID_MAX_VCPU_ID;
	memcpy(ret_info->handle, d->handle, sizeof ret_info->handle);
	ret_info->gpaddr_bits = 46;
	ret_info->arch_config.emulation_flags = emulation[d->type];
}

/* --- counting and faults --- */

/* Counts a call and takes one use of `fault`. The caller holds the lock. */
static void fault_take(uint64_t *calls, struct fakexen_fault *fault, struct fakexen_fault *ret_hit)
{
	++*calls;
	if (!fault->times)
		return;
	*ret_hit = *fault;
	if (fault->times > 0)
		fault->times--;
}

/* Lets the call meet its fault: sleeps if it is to hang. 0 or -errno. */
static int fault_meet(struct fakexen_host *host, uint32_t domid, enum fakexen_op op)
{
	struct fakexen_fault hit = {0};
	struct fakexen_domain *d;
	struct timespec wait;

	fakexen_lock(host);
	fault_take(&host->calls[op], &host->fault[op], &hit);
	d = domid == ~0u ? NULL : fakexen_find(host, domid);
	if (d)
		fault_take(&d->calls[op], &d->fault[op], &hit);
	fakexen_unlock(host);
	wait.tv_sec = hit.hang_ms / 1000;
	wait.tv_nsec = (long)(hit.hang_ms % 1000) * 1000000;
	while (hit.hang_ms && nanosleep(&wait, &wait) < 0 && errno == EINTR)
		;
	return hit.error ? -hit.error : 0;
}

/* --- domctl --- */

static int domctl_getinfo(struct fakexen_host *host, struct xen_domctl *op)
{
	struct fakexen_domain *d;
	int rc = fault_meet(host, op->domain, FAKEXEN_OP_GETDOMAININFO);

	if (rc)
		return rc;
	fakexen_lock(host);
	d = fakexen_next(host, op->domain);
	if (d) {
		info_fill(d, &op->u.getdomaininfo);
		op->domain = (domid_t)d->domid;
	}
	fakexen_unlock(host);
	return d ? 0 : -ESRCH;
}

static int domctl_max_mem(struct fakexen_host *host, struct xen_domctl *op)
{
	int rc = fault_meet(host, op->domain, FAKEXEN_OP_SETMAXMEM);

	return rc ? rc
		  : fakexen_domain_set_max(host, op->domain,
					   op->u.max_mem.max_memkb / FAKEXEN_PAGE_KIB);
}

/* A domain killed by a tool of dom0 loses its memory at once and is gone. */
static int domctl_destroy(struct fakexen_host *host, uint32_t domid)
{
	int rc = fakexen_domain_kill(host, domid);

	if (rc)
		return rc;
	fakexen_domain_release(host, domid, UINT64_MAX);
	fakexen_domain_bury(host, domid);
	preload_raise_store(FAKEXEN_PORT_VIRQ);
	return 0;
}

static int do_domctl(struct fakexen_host *host, struct xen_domctl *op)
{
	if (op->interface_version != XEN_DOMCTL_INTERFACE_VERSION)
		return -EACCES;
	switch (op->cmd) {
	case XEN_DOMCTL_getdomaininfo:
		return domctl_getinfo(host, op);
	case XEN_DOMCTL_max_mem:
		return domctl_max_mem(host, op);
	case XEN_DOMCTL_pausedomain:
		return fakexen_domain_pause(host, op->domain, true);
	case XEN_DOMCTL_unpausedomain:
		return fakexen_domain_pause(host, op->domain, false);
	case XEN_DOMCTL_destroydomain:
		return domctl_destroy(host, op->domain);
	default:
		return -ENOSYS;
	}
}

/* --- sysctl --- */

static int sysctl_getinfolist(struct fakexen_host *host, struct xen_sysctl_getdomaininfolist *list)
{
	struct fakexen_domain *d;
	uint32_t n = 0, domid = list->first_domain;
	int rc = fault_meet(host, ~0u, FAKEXEN_OP_GETINFOLIST);

	if (rc)
		return rc;
	fakexen_lock(host);
	while (n < list->max_domains && (d = fakexen_next(host, domid)) != NULL) {
		info_fill(d, &list->buffer.p[n++]);
		domid = d->domid + 1;
	}
	fakexen_unlock(host);
	list->num_domains = n;
	return 0;
}

static int sysctl_physinfo(struct fakexen_host *host, struct xen_sysctl_physinfo *info)
{
	int rc = fault_meet(host, ~0u, FAKEXEN_OP_PHYSINFO);

	if (rc)
		return rc;
	memset(info, 0, sizeof *info);
	info->threads_per_core = 1;
	info->cores_per_socket = 2;
	info->nr_cpus = 2;
	info->max_cpu_id = 1;
	info->nr_nodes = 1;
	info->cpu_khz = 2000000;
	info->capabilities = XEN_SYSCTL_PHYSCAP_hvm | XEN_SYSCTL_PHYSCAP_pv |
			     XEN_SYSCTL_PHYSCAP_hap | XEN_SYSCTL_PHYSCAP_directio;
	fakexen_lock(host);
	info->total_pages = host->total_pages;
	info->free_pages = host->free_pages;
	info->outstanding_pages = host->outstanding_pages;
	fakexen_unlock(host);
	info->max_mfn = info->total_pages;
	return 0;
}

/* The one pool that every host has; libxl looks for it before it says what a guest needs. */
static int sysctl_cpupool(struct xen_sysctl_cpupool_op *op)
{
	if (op->op != XEN_SYSCTL_CPUPOOL_OP_INFO)
		return -ENOSYS;
	if (op->cpupool_id != 0 && op->cpupool_id != XEN_SYSCTL_CPUPOOL_PAR_ANY)
		return -ENOENT;
	op->cpupool_id = 0;
	op->sched_id = XEN_SCHEDULER_CREDIT2;
	op->n_dom = 1;
	return 0;
}

static int do_sysctl(struct fakexen_host *host, struct xen_sysctl *op)
{
	if (op->interface_version != XEN_SYSCTL_INTERFACE_VERSION)
		return -EACCES;
	switch (op->cmd) {
	case XEN_SYSCTL_getdomaininfolist:
		return sysctl_getinfolist(host, &op->u.getdomaininfolist);
	case XEN_SYSCTL_physinfo:
		return sysctl_physinfo(host, &op->u.physinfo);
	case XEN_SYSCTL_cpupool_op:
		return sysctl_cpupool(&op->u.cpupool_op);
	case XEN_SYSCTL_sched_id:
		op->u.sched_id.sched_id = XEN_SCHEDULER_CREDIT2;
		return 0;
	default:
		return -ENOSYS;
	}
}

/* --- memory --- */

/* Without pages populated on demand setting a target does nothing, as in Xen. */
static int memory_pod(struct fakexen_host *host, struct xen_pod_target *pod, bool set)
{
	struct fakexen_domain *d;
	int rc = set ? fault_meet(host, pod->domid, FAKEXEN_OP_POD_TARGET) : 0;

	if (rc)
		return rc;
	fakexen_lock(host);
	d = fakexen_find(host, pod->domid);
	if (d) {
		if (set)
			d->pod_target_pages = pod->target_pages;
		pod->tot_pages = d->tot_pages;
		pod->pod_entries = d->pod_entries;
		pod->pod_cache_pages = 0;
	}
	fakexen_unlock(host);
	return d ? 0 : -ESRCH;
}

static int memory_claim(struct fakexen_host *host, const struct xen_memory_reservation *res)
{
	int rc = fault_meet(host, res->domid, FAKEXEN_OP_CLAIM);

	return rc ? rc : fakexen_domain_claim(host, res->domid, res->nr_extents);
}

static long do_memory(struct fakexen_host *host, uint64_t cmd, void *arg)
{
	switch (cmd) {
	case XENMEM_set_pod_target:
		return memory_pod(host, arg, true);
	case XENMEM_get_pod_target:
		return memory_pod(host, arg, false);
	case XENMEM_claim_pages:
		return memory_claim(host, arg);
	default:
		return -ENOSYS;
	}
}

/* --- version: what xl asks for --- */

static long do_version(uint64_t cmd, void *arg)
{
	struct xen_compile_info *info = arg;
	struct xen_platform_parameters *platform = arg;

	switch (cmd) {
	case XENVER_version:
		return 4 << 16 | XEN_MINOR;
	case XENVER_pagesize:
		return PAGE_BYTES;
	case XENVER_extraversion:
		strcpy(arg, ".fake");
		return 0;
	case XENVER_capabilities:
		strcpy(arg, "xen-3.0-x86_64 hvm-3.0-x86_64");
		return 0;
	case XENVER_changeset:
		strcpy(arg, "played, no hypervisor");
		return 0;
	case XENVER_commandline:
		strcpy(arg, "dom0_mem=1024M,max:1024M");
		return 0;
	case XENVER_compile_info:
		memset(info, 0, sizeof *info);
		strcpy(info->compiler, "none");
		return 0;
	case XENVER_platform_parameters:
		memset(platform, 0, sizeof *platform);
		return 0;
	default:
		return -ENOSYS;
	}
}

/* --- libxencall --- */

static void *as_pointer(uint64_t arg)
{
	return (void *)(uintptr_t)arg;
}

static long hypercall_one(struct fakexen_host *host, uint64_t op, uint64_t arg1, uint64_t arg2)
{
	switch (op) {
	case __HYPERVISOR_domctl:
		return do_domctl(host, as_pointer(arg1));
	case __HYPERVISOR_sysctl:
		return do_sysctl(host, as_pointer(arg1));
	case __HYPERVISOR_memory_op:
		return do_memory(host, arg1, as_pointer(arg2));
	case __HYPERVISOR_xen_version:
		return do_version(arg1, as_pointer(arg2));
	default:
		return -ENOSYS;
	}
}

/* libxenctrl sends memory operations this way, for the width of the result. */
static long do_multicall(struct fakexen_host *host, struct multicall_entry *calls, uint64_t n)
{
	uint64_t i;

	for (i = 0; i < n; i++)
		calls[i].result = (xen_ulong_t)hypercall_one(host, calls[i].op, calls[i].args[0],
							     calls[i].args[1]);
	return 0;
}

static long hypercall(unsigned op, uint64_t arg1, uint64_t arg2)
{
	struct fakexen_host *host = preload_host();
	long rc;

	if (!host)
		rc = -ENODEV;
	else if (op == __HYPERVISOR_multicall)
		rc = do_multicall(host, as_pointer(arg1), arg2);
	else
		rc = hypercall_one(host, op, arg1, arg2);
	if (rc < 0) {
		errno = (int)-rc;
		return -1;
	}
	return rc;
}

PRELOAD_API xencall_handle *xencall_open(struct xentoollog_logger *logger, unsigned flags)
{
	(void)logger;
	(void)flags;
	if (preload_host())
		return (xencall_handle *)&handle_dummy;
	errno = ENOENT;
	return NULL;
}

PRELOAD_API int xencall_close(xencall_handle *xcall)
{
	(void)xcall;
	return 0;
}

PRELOAD_API int xencall_fd(xencall_handle *xcall)
{
	(void)xcall;
	return -1;
}

PRELOAD_API int xencall0(xencall_handle *xcall, unsigned op)
{
	(void)xcall;
	return (int)hypercall(op, 0, 0);
}

PRELOAD_API int xencall1(xencall_handle *xcall, unsigned op, uint64_t a1)
{
	(void)xcall;
	return (int)hypercall(op, a1, 0);
}

PRELOAD_API int xencall2(xencall_handle *xcall, unsigned op, uint64_t a1, uint64_t a2)
{
	(void)xcall;
	return (int)hypercall(op, a1, a2);
}

PRELOAD_API long xencall2L(xencall_handle *xcall, unsigned op, uint64_t a1, uint64_t a2)
{
	(void)xcall;
	return hypercall(op, a1, a2);
}

PRELOAD_API int xencall3(xencall_handle *xcall, unsigned op, uint64_t a1, uint64_t a2, uint64_t a3)
{
	(void)xcall;
	(void)a3;
	return (int)hypercall(op, a1, a2);
}

PRELOAD_API int xencall4(xencall_handle *xcall, unsigned op, uint64_t a1, uint64_t a2, uint64_t a3,
			 uint64_t a4)
{
	(void)a4;
	return xencall3(xcall, op, a1, a2, a3);
}

PRELOAD_API int xencall5(xencall_handle *xcall, unsigned op, uint64_t a1, uint64_t a2, uint64_t a3,
			 uint64_t a4, uint64_t a5)
{
	(void)a4;
	(void)a5;
	return xencall3(xcall, op, a1, a2, a3);
}

PRELOAD_API void *xencall_alloc_buffer_pages(xencall_handle *xcall, size_t pages)
{
	(void)xcall;
	return aligned_alloc(PAGE_BYTES, pages * PAGE_BYTES);
}

PRELOAD_API void xencall_free_buffer_pages(xencall_handle *xcall, void *p, size_t pages)
{
	(void)xcall;
	(void)pages;
	free(p);
}

PRELOAD_API void *xencall_alloc_buffer(xencall_handle *xcall, size_t size)
{
	return xencall_alloc_buffer_pages(xcall, (size + PAGE_BYTES - 1) / PAGE_BYTES);
}

PRELOAD_API void xencall_free_buffer(xencall_handle *xcall, void *p)
{
	(void)xcall;
	free(p);
}

PRELOAD_API int xencall_buffers_never_fault(xencall_handle *xcall)
{
	(void)xcall;
	return 1;
}

/* --- opened by xc_interface_open beside libxencall, and not used in the lab --- */

PRELOAD_API xenforeignmemory_handle *xenforeignmemory_open(struct xentoollog_logger *logger,
							   unsigned flags)
{
	(void)logger;
	(void)flags;
	return (xenforeignmemory_handle *)&handle_dummy;
}

PRELOAD_API int xenforeignmemory_close(xenforeignmemory_handle *fmem)
{
	(void)fmem;
	return 0;
}

PRELOAD_API xendevicemodel_handle *xendevicemodel_open(struct xentoollog_logger *logger,
						       unsigned flags)
{
	(void)logger;
	(void)flags;
	return (xendevicemodel_handle *)&handle_dummy;
}

PRELOAD_API int xendevicemodel_close(xendevicemodel_handle *dmod)
{
	(void)dmod;
	return 0;
}
