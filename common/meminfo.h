/* SPDX-License-Identifier: MIT */
/*
 * meminfo.h - /proc/meminfo -> report. Pure.
 */
#ifndef CAGMA_MEMINFO_H
#define CAGMA_MEMINFO_H

#include "common/keys.h"

/* The fields without which there is no report. */
#define MEMINFO_REQUIRED (REPORT_BIT(total_kib) | REPORT_BIT(free_kib) | REPORT_BIT(avail_kib))

/* Reads the file as procfile_parse() does: NULL, or what is wrong with it; sound fields are added
 * to `report` in any case. */
const char *meminfo_parse(struct text text, struct report *report);

#endif
