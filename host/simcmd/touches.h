/* SPDX-License-Identifier: MIT */
/*
 * touches.h - what a guest modified, of a dirty log's file. (Edge: reads a file, allocates.)
 *
 * A log says in which interval between two looks a page was modified. When in it
 * is not known: it is taken to be once, at a time that is chosen by the seed. So
 * a log of short rounds says more than one of long rounds.
 */
#ifndef CAGMA_SIMCMD_TOUCHES_H
#define CAGMA_SIMCMD_TOUCHES_H

#include "host/sim/pattern.h"

struct touches {
	uint64_t n_pages;
	struct sim_record record;
	struct sim_touch *touch; /* the same as the record's; for free() */
};

/* Whether the file could be read; if not, what is wrong was said on stderr and there is nothing to
 * free. Otherwise touches_finish() is to be called. */
bool touches_read(const char *path, uint64_t seed, struct touches *ret_touches);
void touches_finish(struct touches *touches);

#endif
