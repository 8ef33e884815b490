/* SPDX-License-Identifier: MIT */
/*
 * arcstats.h - /proc/spl/kstat/zfs/arcstats -> a look. Pure.
 *
 * ZFS keeps what it has read in a cache of its own, the ARC, which the kernel
 * counts as memory in use.
 */
#ifndef CAGMA_ARCSTATS_H
#define CAGMA_ARCSTATS_H

#include "common/look.h"

/* Reads the file as procfile_parse() does: NULL, or what is wrong with it; sound parts are added to
 * `look` in any case. */
const char *arcstats_parse(struct text text, struct look *look);

#endif
