/* SPDX-License-Identifier: MIT */
/*
 * vmstat.h - /proc/vmstat -> a look. Pure.
 *
 * The kernel's names have changed over time; the table in vmstat.c knows
 * those of Linux 4.19 to 6.12. Counters are in pages or events since boot.
 */
#ifndef CAGMA_VMSTAT_H
#define CAGMA_VMSTAT_H

#include "common/look.h"

/* Reads the file as procfile_parse() does: NULL, or what is wrong with it; sound fields are added
 * to `look` in any case. */
const char *vmstat_parse(struct text text, struct look *look);

#endif
