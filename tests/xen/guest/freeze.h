/* SPDX-License-Identifier: MIT */
/*
 * Freezes a process, or a kernel thread that can be frozen, with the cgroup freezer. The balloon
 * driver's thread can: so a real balloon is made to stand still while its guest goes on.
 */
#ifndef CAGMA_LAB2_FREEZE_H
#define CAGMA_LAB2_FREEZE_H

#include <stdbool.h>
#include <sys/types.h>

/* Returns 0 or -errno. */
int freeze_process(pid_t pid, bool is_frozen);

/* Freezes it for frozen_ms, lets it go on for thawed_ms, so many times, in a thread of its own.
 * Returns 0 or -errno; there is one at a time. */
int freeze_in_turns(pid_t pid, unsigned frozen_ms, unsigned thawed_ms, unsigned n_turns);

#endif
