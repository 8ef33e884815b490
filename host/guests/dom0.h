/* SPDX-License-Identifier: MIT */
/*
 * dom0.h - a report on dom0, from what its own kernel says of its memory. No agent runs in dom0,
 * and none is needed. (Edge: /proc.)
 */
#ifndef CAGMA_GUESTS_DOM0_H
#define CAGMA_GUESTS_DOM0_H

#include "common/keys.h"

enum { DOM0_LOOK_MS = 500 }; /* least time between two looks; a look costs 0.1 ms */

/* Fills in everything but seq and uptime_ms. Returns NULL, or what is wrong with the report, as in
 * "its report cannot be read from /proc". A kernel without pressure information is fine. */
const char *dom0_look(struct report *ret_report);

#endif
