/* SPDX-License-Identifier: MIT */
/*
 * capability.h - the capabilities of this process. (Edge: capget(2).)
 */
#ifndef CAGMA_CAPABILITY_H
#define CAGMA_CAPABILITY_H

#include <linux/capability.h>
#include <stdbool.h>

/* Is CAP_… in effect? */
bool capability_has(unsigned capability);

#endif
