/* SPDX-License-Identifier: MIT */
/*
 * process.h - whose is a process? (Edge: /proc.)
 *
 * The owner of /proc/PID does not tell it: that is root for every process that has asked not to be
 * dumped, and for a set-uid program that any user has started.
 */
#ifndef CAGMA_XEN_PROCESS_H
#define CAGMA_XEN_PROCESS_H

#include <stdbool.h>
#include <sys/types.h>

/* 1 if the real and the effective user of the process is root, 0 if one of them is not, -errno if
 * the process cannot be seen. */
int process_is_roots(pid_t pid);

/* True if the text of /proc/PID/status says that. For tests. */
bool process_status_is_roots(const char *status);

#endif
