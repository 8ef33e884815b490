/* SPDX-License-Identifier: MIT */
/*
 * dom0.h - what dom0's own kernel says of its memory: no agent runs there, and
 * none is needed. (Edge: /proc.)
 */
#ifndef CAGMA_DAEMON_DOM0_H
#define CAGMA_DAEMON_DOM0_H

#include "common/keys.h"

enum { DOM0_LOOK_MS = 500 }; /* it is looked at no more often: a look costs 0.1 ms */

/*
 * Everything but seq and uptime_ms. NULL, or what is wrong with it, for a
 * message. A kernel without pressure information is fine.
 */
const char *dom0_look(struct report *ret_report);

#endif
