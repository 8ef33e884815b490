/* SPDX-License-Identifier: MIT */
/*
 * cgroup.h - has the kernel reclaim the coldest pages of all programs. (Edge:
 * memory.reclaim of cgroup v2's root, since Linux 5.19.)
 *
 * The write returns when the pages are reclaimed, which takes seconds on a busy
 * disk. So a thread of its own writes, and wakes the agent at the end (doze.h).
 */
#ifndef CAGMA_GUEST_CGROUP_H
#define CAGMA_GUEST_CGROUP_H

#include <stdbool.h>
#include <stdint.h>

/* May this process ask the kernel to reclaim? `root_fd` is the directory that has sys/. 0, or
 * -errno: -ENOSYS without cgroup v2, -ENOENT if the kernel is too old for it. */
int cgroup_probe(int root_fd);

/* Asks for `kib`, after cgroup_has_ended() has told of the end of the request before, if there was
 * one. `root_fd` must outlive the request. 0, or -errno if there is no thread to be had. */
int cgroup_reclaim(int root_fd, uint64_t kib);

/* Has the last request ended? True once for each request. *ret_error is then 0; -EAGAIN if less
 * could be reclaimed; or another -errno. */
bool cgroup_has_ended(int *ret_error);

#endif
