/* SPDX-License-Identifier: MIT */
/*
 * trouble.h - a condition that is logged once when it begins and once when it
 * ends, however often it is met in between. (Edge: the log.)
 */
#ifndef CAGMA_DAEMON_TROUBLE_H
#define CAGMA_DAEMON_TROUBLE_H

#include <stdbool.h>
#include <stdint.h>

/* All zero: there was none yet. */
struct trouble {
	bool is_on;
	uint64_t count; /* times it was met */
};

/* It is met: `what`, and why as -errno. */
void trouble_begin(struct trouble *trouble, const char *what, int error);

/* All is well; `what` says so if it was not. */
void trouble_end(struct trouble *trouble, const char *what);

#endif
