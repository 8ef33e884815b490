/* SPDX-License-Identifier: MIT */
/*
 * vmstat.h - /proc/vmstat -> report. Pure.
 *
 * The kernel's names have changed over time; the table in vmstat.c knows
 * those of Linux 4.19 to 6.12. Counters are in pages or events since boot.
 */
#ifndef CAGMA_VMSTAT_H
#define CAGMA_VMSTAT_H

#include "common/keys.h"

/* As procfile_parse(): NULL, or what is wrong; sound fields are added to `report` anyway. */
const char *vmstat_parse(struct text text, struct report *report);

#endif
