/* SPDX-License-Identifier: MIT */
/*
 * hypervisor.h - what Xen says of the host and its domains, in bulk. (Edge.)
 *
 * hypervisor.c is the only file of cagmad that includes xenctrl.h; Xen's save helper, into which
 * host/migrate is loaded, has it too. Beside observing it
 * sets max_pages, for which libxl has no call; target.h sets targets, through libxl.
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
	bool is_dying; /* shut down, crashed or being torn down */
	bool is_torn_down;
	bool may_return; /* is_dying, and may come back with its UUID under another domid */
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

/* Xen's command line, cut to what fits in 255 bytes; "" if Xen does not tell it. */
const char *hypervisor_options(const struct hypervisor *hypervisor);

int hypervisor_host(struct hypervisor *hypervisor, struct hypervisor_host *ret_host);

/*
 * Lists all domains, dom0 among them, in order of domid. The number of domains,
 * with *ret_domain valid until the next call; -E2BIG if there are more than the
 * max_domains of hypervisor_open(); another -errno.
 */
int hypervisor_domains(struct hypervisor *hypervisor, const struct hypervisor_domain **ret_domain);

/*
 * Sets the domain's max_pages: it can hold up to `cap_kib`, and can only shrink
 * if it holds more already. libxl sets max_pages anew with every target. 0;
 * -ESRCH if the domain is gone; another -errno.
 */
int hypervisor_set_cap(struct hypervisor *hypervisor, uint32_t domid, uint64_t cap_kib);

#endif
