/* SPDX-License-Identifier: MIT */
/*
 * freeze.h - freezes a process, or a kernel thread that can be frozen, with the cgroup freezer.
 * With the balloon driver's thread frozen, a real balloon stands still while its guest goes on.
 */
#ifndef CAGMA_XEN_FREEZE_H
#define CAGMA_XEN_FREEZE_H

#include <stdbool.h>
#include <sys/types.h>

/* Returns 0 or -errno. */
int freeze_process(pid_t pid, bool is_frozen);

/* Freezes the process for frozen_ms and lets it go on for thawed_ms, again and again, in a thread
 * of its own, of which there is one at a time. 0 or -errno. */
int freeze_in_turns(pid_t pid, unsigned frozen_ms, unsigned thawed_ms, unsigned n_turns);

#endif
