/* SPDX-License-Identifier: MIT */
/*
 * zram.h - the memory in which zram keeps swapped pages. (Edge: /proc/swaps, /sys/block.)
 */
#ifndef CAGMA_ZRAM_H
#define CAGMA_ZRAM_H

#include <stdint.h>

/*
 * The memory, in KiB, that the zram devices among the swap areas use; 0 if there is none, or where
 * that cannot be read. `root_fd` is the directory that has proc/ and sys/.
 */
uint64_t zram_kib(int root_fd);

#endif
