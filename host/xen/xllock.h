/* SPDX-License-Identifier: MIT */
/*
 * xllock.h - is xl building a guest right now? (Edge.)
 *
 * With autoballoon, xl holds a write lock on XLLOCK_PATH from before it looks at
 * free memory until the guest is built. Memory that is free meanwhile is meant
 * for that guest.
 */
#ifndef CAGMA_XEN_XLLOCK_H
#define CAGMA_XEN_XLLOCK_H

#include <stdbool.h>

#define XLLOCK_PATH "/var/lock/xl"

/* True if a process holds the lock. False also if there is no such file, since then no xl ever took
 * the lock. */
bool xllock_is_held(void);

#endif
