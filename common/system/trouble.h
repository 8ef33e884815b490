/* SPDX-License-Identifier: MIT */
/*
 * trouble.h - a condition that is logged once when it begins and once when it
 * ends, however often it is met in between. (Edge: the log.)
 */
#ifndef CAGMA_SYSTEM_TROUBLE_H
#define CAGMA_SYSTEM_TROUBLE_H

#include <stdbool.h>
#include <stdint.h>

/* All zero: the condition was never met. */
struct trouble {
	bool is_on;
	uint64_t count; /* times it was met, ever */
	uint64_t run;   /* times it was met since it began; 0 unless is_on */
};

/* Notes that the condition is met. True if it begins with this, so that the caller logs it. */
bool trouble_met(struct trouble *trouble);

/* Notes that all is well: how often the condition was met since it began, or 0 if it was not on. */
uint64_t trouble_over(struct trouble *trouble);

/* Notes that the condition is met, and logs as an error that it begins: `what`, and why, as
 * -errno. */
void trouble_begin(struct trouble *trouble, const char *what, int error);

/* Notes that all is well, and logs `what` if the condition was on. */
void trouble_end(struct trouble *trouble, const char *what);

#endif
