/* SPDX-License-Identifier: MIT */
/*
 * need.h - how much host memory starting a guest takes. Pure.
 */
#ifndef CAGMA_RESERVE_NEED_H
#define CAGMA_RESERVE_NEED_H

#include "common/keys.h"

enum need_type { NEED_PV, NEED_PVH, NEED_HVM };

#define NEED_STANDARD_KIB UINT64_MAX /* libxl's default */

/* `vga` of xl.cfg. */
enum need_vga { NEED_VGA_NONE, NEED_VGA_CIRRUS, NEED_VGA_STD, NEED_VGA_QXL, NEED_VGAS_ };

/* A domain of its own in which an HVM guest's device model runs. */
struct need_stub {
	bool is_there;
	bool is_traditional; /* the older device model, of xl's default with such a domain */
	uint64_t memory_kib; /* `stubdomain_memory`, or NEED_STANDARD_KIB */
	enum need_vga vga;
	uint64_t video_kib; /* `videoram`, or NEED_STANDARD_KIB */
};

/* What an xl.cfg says of a guest's memory; see xl.cfg(5). */
struct need_guest {
	enum need_type type;
	uint64_t memory_kib, maxmem_kib;
	uint64_t max_vcpus;
	uint64_t shadow_kib;  /* `shadow_memory`; 0: libxl's default */
	bool has_hap;         /* hardware-assisted paging, where the guest can have it */
	bool has_passthrough; /* PCI devices are given to it */
	struct need_stub stub;
};

/*
 * What libxl_domain_need_memory() of Xen 4.17 gives for such a guest: its
 * memory, the paging pool (1 MiB for each vcpu, a page for each MiB of maxmem,
 * on PV or without HAP too; on HVM without HAP two), page tables for the
 * IOMMU, 1 MiB on PV or 2 MiB, a stub domain's memory and then the video
 * memory once more, all rounded up to 2 MiB. libxl leaves the
 * IOMMU's out where it shares the guest's own, which is not known here.
 */
uint64_t need_kib(const struct need_guest *guest);

/*
 * An amount as xl takes it: decimal digits, then b, k, m, g or t of either case;
 * nothing means MiB. Rounded up to whole pages. False, with *ret_kib untouched,
 * for anything else, nothing, or more than KEYS_MAX_KIB.
 */
bool need_read_size(const char *text, uint64_t *ret_kib);

#endif
