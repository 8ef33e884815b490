/* SPDX-License-Identifier: MIT */
/*
 * hypervisor.h - what Xen says of the host and its domains, in bulk. (Edge.)
 *
 * The only file that includes xenctrl.h. It observes, and sets max_pages, for
 * which libxl has no call; targets are set through libxl elsewhere.
 */
#ifndef CAGMA_XEN_HYPERVISOR_H
#define CAGMA_XEN_HYPERVISOR_H

#include <stdbool.h>
#include <stdint.h>

enum { HYPERVISOR_UUID_BYTES = 16 };

struct hypervisor_domain {
	uint32_t domid;
	uint8_t uuid[HYPERVISOR_UUID_BYTES]; /* with domid, its identity: a domid is reused */
	uint64_t alm_kib;
	uint64_t cap_kib;
	uint64_t outstanding_kib;
	bool is_paused;
	bool is_dying;     /* shut down, crashed or being torn down */
	bool is_rebooting; /* … and comes back, with its UUID, under another domid */
};

struct hypervisor_host {
	uint64_t total_kib;
	uint64_t free_kib; /* claims included */
	uint64_t outstanding_kib;
};

struct hypervisor;

/* 0 and *ret_hypervisor, or -errno. */
int hypervisor_open(unsigned max_domains, struct hypervisor **ret_hypervisor);
void hypervisor_close(struct hypervisor *hypervisor);

int hypervisor_host(struct hypervisor *hypervisor, struct hypervisor_host *ret_host);

/*
 * Every domain in order of domid, dom0 among them. The number of domains, at
 * most the max_domains of hypervisor_open(), and *ret_domain, valid until the
 * next call; or -errno; -E2BIG when there are more.
 */
int hypervisor_domains(struct hypervisor *hypervisor, const struct hypervisor_domain **ret_domain);

/*
 * Lets the domain hold up to `cap_kib`; below what it holds it can only
 * shrink. libxl sets the same with every target. 0 or -errno; -ESRCH when it
 * is gone.
 */
int hypervisor_set_cap(struct hypervisor *hypervisor, uint32_t domid, uint64_t cap_kib);

#endif
