/* SPDX-License-Identifier: MIT */
/*
 * largest.h - how much the largest process has in memory and in swap. (Edge:
 * /proc.) It reads a file of every process, so it is done on request only.
 */
#ifndef CAGMA_LARGEST_H
#define CAGMA_LARGEST_H

#include <dirent.h>
#include <stdint.h>

/* VmRSS + VmSwap of the process with the most, among the directory's processes, read from its
 * start; 0 when there are none. `proc` is /proc. */
uint64_t largest_kib(DIR *proc);

#endif
