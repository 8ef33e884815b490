/* SPDX-License-Identifier: MIT */
/*
 * cib.h - what of Pacemaker's configuration concerns guests of Xen and their memory, out of the XML
 * that `cibadmin --query` prints. (Edge: libxml2, which allocates.)
 *
 * Guests are the resources of the agents ocf:heartbeat:Xen, and ocf:heartbeat:VirtualDomain unless
 * its hypervisor is another one than Xen, in groups too, and by templates.
 */
#ifndef CAGMA_MOVING_CIB_H
#define CAGMA_MOVING_CIB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	CIB_MAX_WORD = 255,        /* bytes of a name or path; a longer one counts as absent */
	CIB_MAX_BYTES = 32 << 20,  /* of the XML */
	CIB_MAX_RESOURCES = 10000, /* beyond them nothing is read */
};

/* `hv_memory` of a resource or node, if it has one that is a number. */
struct cib_figure {
	bool is_there;
	uint64_t mib;
};

struct cib_resource {
	char id[CIB_MAX_WORD + 1];
	char guest[CIB_MAX_WORD + 1]; /* its parameter `name`; "" if it has none */
	/* Its xl.cfg, which may have the name, or libvirt's description; "" if it has none. */
	char file[CIB_MAX_WORD + 1];
	bool is_libvirt;     /* of VirtualDomain, whose guest has the name in the description */
	bool is_autoset;     /* the agent itself writes hv_memory (autoset_utilization_hv_memory) */
	bool manages_memory; /* the agent sets targets of all guests (allow_mem_management) */
	struct cib_figure figure;
};

struct cib {
	unsigned n;
	struct cib_resource *resource;
	bool has_node; /* the node that was asked for is there */
	struct cib_figure node;
	bool heeds_utilization; /* placement-strategy is another than default */
	/* A resource of ocf:heartbeat:NodeUtilization that writes hv_memory; "" if there is none.
	 */
	char node_utilization[CIB_MAX_WORD + 1];
};

/* Reads the XML. NULL, and the caller drops *ret_cib; or the end of a sentence about the XML, such
 * as "is no CIB". Names are as they stand there, with any byte. */
const char *cib_read(const char *text, size_t len, const char *node, struct cib *ret_cib);
/* The name of the guest in libvirt's description of it (<domain><name>), out of its XML. False,
 * with ret_name untouched, if it has none. */
bool cib_read_domain(const char *text, size_t len, char ret_name[CIB_MAX_WORD + 1]);

void cib_drop(struct cib *cib);

#endif
