/* SPDX-License-Identifier: MIT */
/*
 * recording.h - every look at the guest's memory as a line of a file. (Edge: a file.)
 *
 * A line is that of the report key. `cagma-sim demand` makes a simulated
 * guest's demand of it.
 */
#ifndef CAGMA_RECORDING_H
#define CAGMA_RECORDING_H

#include "common/keys.h"

#include <stdio.h>

/* All zero: nothing is recorded. */
struct recording {
	FILE *file;
};

/* Appends to `path` from now on. 0 or -errno. */
int recording_open(struct recording *recording, const char *path);
void recording_close(struct recording *recording);

/* Adds a look, when there is a recording. 0; or -errno, and it has ended. */
int recording_add(struct recording *recording, const struct report *look);

#endif
