/* SPDX-License-Identifier: MIT */
/*
 * xllock.h - is xl building a guest right now? (Edge.)
 *
 * With autoballoon, xl holds a write lock on this file from before it looks at
 * free memory until the guest is built; what is free then is spoken for.
 */
#ifndef CAGMA_XEN_XLLOCK_H
#define CAGMA_XEN_XLLOCK_H

#include <stdbool.h>

#define XLLOCK_PATH "/var/lock/xl"

/* False too when the file is not there: then nobody ever took the lock. */
bool xllock_is_held(void);

#endif
