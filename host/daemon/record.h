/* SPDX-License-Identifier: MIT */
/*
 * record.h - a file with a line for every pass: its snapshot and its decision. (Edge.)
 *
 * passline.h says what is in a line. `cagma-sim replay` decides a record again (replay.h).
 */
#ifndef CAGMA_DAEMON_RECORD_H
#define CAGMA_DAEMON_RECORD_H

#include "host/daemon/guests.h"

struct record;

/* Opens a record that is appended to `path`. Returns 0 and *ret_record, or -errno. */
int record_open(const char *path, struct record **ret_record);
void record_close(struct record *record);

/* Writes the line of one pass. `cuts` is how many actions the safety contract cut. Returns 0 or
 * -errno. */
int record_pass(struct record *record, const struct config *config, const struct snapshot *snap,
		const struct guests *guests, const struct plan *plan, unsigned cuts);

#endif
