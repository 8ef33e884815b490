/* SPDX-License-Identifier: MIT */
/*
 * target.h - sets the balloon driver's target from within the guest. (Edge: target_kb in /sys.)
 *
 * The host's target, memory/target in xenstore, is never written.
 */
#ifndef CAGMA_GUEST_TARGET_H
#define CAGMA_GUEST_TARGET_H

#include <stdbool.h>
#include <stdint.h>

/* May this process set the target? `root_fd` is the directory that has sys/. `is_tree`: it is a
 * tree of files, and no kernel asks for a capability. 0, or -errno: -EPERM without CAP_SYS_ADMIN.
 */
int target_probe(int root_fd, bool is_tree);

/* Sets the target, in KiB as the guest counts. 0 or -errno. */
int target_set(int root_fd, uint64_t kib);

#endif
