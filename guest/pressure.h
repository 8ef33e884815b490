/* SPDX-License-Identifier: MIT */
/*
 * pressure.h - tasks that wait for memory wake the agent. (Edge: a PSI trigger.)
 *
 * A trigger has to be waited for in poll(2), and a pause polls nothing (doze.h
 * says why). So a thread of its own polls, and ends the pause by a signal; at
 * rest that thread costs its stack. The kernel looks ten times in a window
 * whether tasks have waited for ROUND_STALL_US within it, and wakes the thread
 * at most once in a window.
 */
#ifndef CAGMA_PRESSURE_H
#define CAGMA_PRESSURE_H

/*
 * From now on pressure ends a pause. `root_fd` is the directory that has proc/.
 * The window is 1 s if the kernel and the process's rights allow that, and 2 s
 * otherwise. 0, or -errno if no trigger can be had, and then only time ends a pause,
 * as it does from the moment at which a trigger fails. Once in a process, from
 * the thread that dozes.
 */
int pressure_start(int root_fd);

#endif
