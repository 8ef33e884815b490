/* SPDX-License-Identifier: MIT */
/*
 * pauses.h - pauses between tries of what fails, which grow. Pure.
 */
#ifndef CAGMA_ENGINES_PAUSES_H
#define CAGMA_ENGINES_PAUSES_H

#include <stdint.h>

enum { PAUSES_MOST_MS = 600000 };

/* All zero: nothing has failed. */
struct pauses {
	uint64_t pause_ms;
};

/* Notes that a try has failed. The pause before the next one: `least_ms` at first, and twice as
 * much each time up to PAUSES_MOST_MS. */
uint64_t pauses_failed_ms(struct pauses *pauses, uint64_t least_ms);

/* Notes that a try has not failed. */
void pauses_over(struct pauses *pauses);

#endif
