/* SPDX-License-Identifier: MIT */
/*
 * swaps.h - swap areas on zram, which keep pages in the guest's memory. Pure.
 *
 * What is swapped out to such an area frees only a part of itself: the rest
 * holds the page, compressed.
 */
#ifndef CAGMA_AGENT_SWAPS_H
#define CAGMA_AGENT_SWAPS_H

#include "common/text.h"

enum { SWAPS_MAX_ZRAM = 4095 }; /* the largest number of a zram device that is looked for */

/* Reads on in the text of /proc/swaps, up to the next swap area on zram, /dev/zramN. True with N,
 * or false if there is no more. */
bool swaps_next_zram(struct text *swaps, unsigned *ret_number);

/* Reads /sys/block/zramN/mm_stat. True with the memory that the device uses, in KiB; false for
 * anything else. */
bool swaps_zram_kib(struct text mm_stat, uint64_t *ret_kib);

#endif
