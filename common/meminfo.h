/* SPDX-License-Identifier: MIT */
/*
 * meminfo.h - /proc/meminfo -> a look. Pure.
 */
#ifndef CAGMA_MEMINFO_H
#define CAGMA_MEMINFO_H

#include "common/look.h"

/* The fields that every kernel gives. */
#define MEMINFO_REQUIRED (REPORT_BIT(total_kib) | REPORT_BIT(free_kib))

/* Reads the file as procfile_parse() does: NULL, or what is wrong with it; sound fields are added
 * to `look` in any case. */
const char *meminfo_parse(struct text text, struct look *look);

#endif
