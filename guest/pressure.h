/* SPDX-License-Identifier: MIT */
/*
 * pressure.h - being woken when tasks wait for memory. (Edge: a PSI trigger.)
 *
 * A trigger is waited for in poll(2) and a pause polls nothing (doze.h says
 * why), so a thread of its own waits and ends the pause by a signal. At rest
 * it costs a stack. The kernel looks ten times in a window whether tasks have
 * waited for ROUND_STALL_US of it, and wakes the thread once in one.
 */
#ifndef CAGMA_PRESSURE_H
#define CAGMA_PRESSURE_H

#include <stdbool.h>

/*
 * From now on doze() is ended by pressure. `root_fd` is the directory where
 * /proc is. The window is 1 s where the kernel and our rights allow that, and
 * else 2 s. False, and nothing is different, when there is no trigger to be
 * had; when one vanishes later that is so from then on. Once in a process, from the
 * thread that dozes.
 */
bool pressure_start(int root_fd);

#endif
