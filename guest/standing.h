/* SPDX-License-Identifier: MIT */
/*
 * standing.h - lets the agent run while memory is short: it is locked in memory, runs ahead of
 * others, and is not the OOM killer's victim. (Edge: mlockall(2), setpriority(2), /proc/self.)
 */
#ifndef CAGMA_STANDING_H
#define CAGMA_STANDING_H

enum {
	STANDING_NICE = -10,            /* doze.h says why it is no real-time priority */
	STANDING_OOM_SCORE_ADJ = -1000, /* the kernel never kills such a process */
};

/*
 * Asks for each of the three that the process does not have yet, by its unit
 * say. What is refused is logged, and the agent runs without. To be called
 * before other threads are started, since these inherit it.
 */
void standing_secure(void);

#endif
