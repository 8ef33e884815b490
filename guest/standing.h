/* SPDX-License-Identifier: MIT */
/*
 * standing.h - that the agent runs when memory is short: locked in memory,
 * ahead of others, and not the OOM killer's victim. (Edge.)
 */
#ifndef CAGMA_STANDING_H
#define CAGMA_STANDING_H

enum {
	/* Not real-time priority: doze.h says why. */
	STANDING_NICE = -10,
	STANDING_OOM_SCORE_ADJ = -1000, /* never */
};

/*
 * Takes what is not given yet, by the unit say. What is refused is told of, and
 * done without. To be called before there are other threads, which inherit it.
 */
void standing_secure(void);

#endif
