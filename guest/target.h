/* SPDX-License-Identifier: MIT */
/*
 * target.h - the guest's own target of the balloon driver. (Edge: target_kb.)
 *
 * memory/target in xenstore, which is the host's, is never written.
 */
#ifndef CAGMA_GUEST_TARGET_H
#define CAGMA_GUEST_TARGET_H

#include <stdbool.h>
#include <stdint.h>

/*
 * May this process set it? `root_fd` is the directory where /sys is. With
 * `is_tree` that is no kernel's own but a directory of files, where no
 * capability is asked for.
 */
bool target_is_writable(int root_fd, bool is_tree);

/* 0 or -errno. */
int target_set(int root_fd, uint64_t kib);

#endif
