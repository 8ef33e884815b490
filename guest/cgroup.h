/* SPDX-License-Identifier: MIT */
/*
 * cgroup.h - having the kernel reclaim the coldest pages of all programs.
 * (Edge: memory.reclaim of cgroup v2's root, Linux 5.19.)
 *
 * The kernel returns when it has done it, which takes seconds on a busy disk.
 * So a thread of its own waits for that, and wakes who dozes (doze.h).
 */
#ifndef CAGMA_GUEST_CGROUP_H
#define CAGMA_GUEST_CGROUP_H

#include <stdbool.h>
#include <stdint.h>

/* May this process ask for it? `root_fd` is the directory where /sys is; it must outlive the last
 * request. */
bool cgroup_can_reclaim(int root_fd);

/* Asks for `kib`, when the last request has ended and its end was taken. 0 or -errno. */
int cgroup_reclaim(int root_fd, uint64_t kib);

/*
 * Has the last request ended? True once; *ret_error is then 0, or -EAGAIN when
 * less was to be had, or another -errno.
 */
bool cgroup_has_ended(int *ret_error);

#endif
