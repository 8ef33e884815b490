/* SPDX-License-Identifier: MIT */
/*
 * recording.h - writes each look at the guest's memory as a line of a file. (Edge: a file.)
 *
 * A line is like the value of the report key. `cagma-sim demand` makes the
 * demand of a simulated guest from such a file.
 */
#ifndef CAGMA_RECORDING_H
#define CAGMA_RECORDING_H

#include "common/keys.h"

#include <stdio.h>

/* All zero: nothing is recorded. */
struct recording {
	FILE *file;
};

/* Begins to append looks to the file `path`. 0 or -errno. */
int recording_open(struct recording *recording, const char *path);
void recording_close(struct recording *recording);

/* Adds a look. Does nothing if nothing is recorded. 0; or -errno, and the recording has ended. */
int recording_add(struct recording *recording, const struct report *look);

#endif
