/* SPDX-License-Identifier: MIT */
/*
 * touches.h - the pages that a guest modified, read from the file of a dirty log. (Edge: reads a
 * file, allocates.)
 *
 * A log says in which interval between two looks a page was modified. It does not say when in that
 * interval, so the page is assumed to be modified once, at a time that the seed chooses. So a log
 * of short rounds says more than one of long rounds.
 */
#ifndef CAGMA_SIMCMD_TOUCHES_H
#define CAGMA_SIMCMD_TOUCHES_H

#include "host/sim/pattern.h"

struct touches {
	uint64_t n_pages;
	struct sim_record record;
	struct sim_touch *touch; /* the record's array, for touches_finish() to free */
};

/* Reads the file. Returns false after logging the fault, with nothing to free. If it returns true,
 * the caller calls touches_finish() in the end. */
bool touches_read(const char *path, uint64_t seed, struct touches *ret_touches);
void touches_finish(struct touches *touches);

#endif
