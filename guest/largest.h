/* SPDX-License-Identifier: MIT */
/*
 * largest.h - the memory and swap of the largest process. (Edge: /proc.)
 *
 * This reads a file of every process, so it is done on request only.
 */
#ifndef CAGMA_LARGEST_H
#define CAGMA_LARGEST_H

#include <dirent.h>
#include <stdint.h>

/* VmRSS + VmSwap, in KiB, of the process that has most. `proc` is the directory /proc, open; 0 if
 * there is no process in it. */
uint64_t largest_kib(DIR *proc);

#endif
