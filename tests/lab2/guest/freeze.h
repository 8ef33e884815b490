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

#endif
