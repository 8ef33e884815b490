/* SPDX-License-Identifier: MIT */
/*
 * units.h - the sizes that quantities are counted in. Pure.
 */
#ifndef CAGMA_UNITS_H
#define CAGMA_UNITS_H

#include <limits.h>
#include <stdint.h>

/* A page of Xen: the unit of every amount that the hypervisor gives or takes. A guest's kernel may
 * have larger pages. */
#define UNITS_PAGE_KIB          UINT64_C(4)
#define UNITS_KIB_PER_MIB       UINT64_C(1024)
/* Linux's balloon driver moves one page full of frame numbers at a time: 512 pages. */
#define UNITS_BALLOON_BATCH_KIB UINT64_C(2048)
/* Bits of a word of a bitmap. */
#define UNITS_WORD_BITS         (sizeof(unsigned long) * CHAR_BIT)

static inline uint64_t units_whole_pages_kib(uint64_t kib)
{
	return kib - kib % UNITS_PAGE_KIB;
}

#endif
