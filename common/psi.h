/* SPDX-License-Identifier: MIT */
/*
 * psi.h - /proc/pressure/memory -> a look. Pure.
 *
 * Only the totals are taken: the time lost since boot, in us. The averages in
 * that file are too old for any decision here.
 */
#ifndef CAGMA_PSI_H
#define CAGMA_PSI_H

#include "common/look.h"

/* NULL and both totals added to the report of `look`, or what is wrong with the file and nothing
 * added. */
const char *psi_parse(struct text text, struct look *look);

#endif
