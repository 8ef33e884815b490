/* SPDX-License-Identifier: MIT */
/*
 * look.h - what one look at a kernel finds: a report, and the parts of memory
 * that the report's numbers are judged by and made of. Pure.
 *
 * The parts stay where they were read; available.h says what becomes of them.
 */
#ifndef CAGMA_LOOK_H
#define CAGMA_LOOK_H

#include "common/keys.h"

/* What it says; the kernel's name. Kernels lack some of them, and then they are absent, not 0. */
#define LOOK_PARTS(X)                                                                              \
	X(said_avail_kib)      /* MemAvailable; Linux 3.14, and RHEL 7 */                          \
	X(shmem_kib)           /* Shmem: tmpfs, and memory that programs share */                  \
	X(slab_kib)            /* SReclaimable */                                                  \
	X(kernel_kib)          /* KReclaimable: that, and more of the kernel's own; Linux 4.20 */  \
	X(slab_fixed_kib)      /* SUnreclaim */                                                    \
	X(anon_kib)            /* AnonPages */                                                     \
	X(active_anon_kib)     /* Active(anon): the kernel's lists by which it reclaims */         \
	X(inactive_anon_kib)   /* Inactive(anon) */                                                \
	X(active_file_kib)     /* Active(file) */                                                  \
	X(inactive_file_kib)   /* Inactive(file) */                                                \
	X(unevictable_kib)     /* Unevictable: on none of these lists */                           \
	X(mlocked_kib)         /* Mlocked: part of it */                                           \
	X(hugetlb_kib)         /* Hugetlb: huge pages of all pools; newer kernels */                \
	X(huge_pages)          /* HugePages_Total: of the pool of the usual size */                \
	X(huge_page_kib)       /* Hugepagesize */                                                  \
	X(huge_pages_2m)       /* nr_hugepages in /sys, of the pool of 2 MiB */                    \
	X(huge_pages_1g)       /* and of the pool of 1 GiB */                                      \
	X(min_free_kib)        /* vm.min_free_kbytes */                                            \
	X(free_pages)          /* nr_free_pages: MemFree, in pages of this kernel */               \
	X(zswap_kib)           /* Zswap: what swapped pages take compressed; Linux 5.19 */         \
	X(zram_kib)            /* the same of swap areas on zram */                                \
	X(arc_bytes)           /* ZFS's cache: its size, */                                        \
	X(arc_least_bytes)     /* what it shrinks to, */                                           \
	X(arc_mru_data_bytes)  /* and what of it is not in use */                                  \
	X(arc_mru_meta_bytes)                                                                      \
	X(arc_mfu_data_bytes)                                                                      \
	X(arc_mfu_meta_bytes)

#define LOOK_MAX_PART (UINT64_C(1) << 56) /* of any part, so that a few of them can be added up */

#define X(name) LOOK_INDEX_##name,
/* The parts' indexes follow the report's. */
enum look_index { LOOK_FIRST_ = REPORT_FIELDS_ - 1, LOOK_PARTS(X) LOOK_FIELDS_ };
#undef X

#define X(name) uint64_t name;
struct look {
	struct report report;
	LOOK_PARTS(X)
	uint64_t present; /* one LOOK_BIT for each part that was found */
};
#undef X

#define LOOK_BIT(name)       (UINT64_C(1) << (LOOK_INDEX_##name - REPORT_FIELDS_))
#define LOOK_HAS(look, name) (((look)->present & LOOK_BIT(name)) != 0)

/* Sets the field of the report, or the part, of this index. False, and nothing is set, if `value`
 * is above its limit. */
bool look_set(struct look *look, unsigned index, uint64_t value);

/* Makes that field or part absent. */
void look_drop(struct look *look, unsigned index);

/* The value of that field or part; 0 if it is absent. */
uint64_t look_get(const struct look *look, unsigned index);

#endif
