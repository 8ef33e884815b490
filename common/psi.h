/* SPDX-License-Identifier: MIT */
/*
 * psi.h - /proc/pressure/memory -> report. Pure.
 *
 * Only the totals are taken: the time lost since boot, in us. The averages in
 * that file are too old for any decision here.
 */
#ifndef CAGMA_PSI_H
#define CAGMA_PSI_H

#include "common/keys.h"

/* NULL and both totals added to `report`, or what is wrong with the file and nothing added. */
const char *psi_parse(struct text text, struct report *report);

#endif
