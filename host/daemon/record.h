/* SPDX-License-Identifier: MIT */
/*
 * record.h - a file with a line for every pass: what was seen, what was decided. (Edge.)
 *
 * passline.h has what is in a line; `cagma-sim replay` decides a record again (replay.h).
 */
#ifndef CAGMA_DAEMON_RECORD_H
#define CAGMA_DAEMON_RECORD_H

#include "host/daemon/guests.h"

struct record;

/* Appends to `path`. 0 and *ret_record, or -errno. */
int record_open(const char *path, struct record **ret_record);
void record_close(struct record *record);

/* `cuts`: how many actions the safety contract cut. 0 or -errno. */
int record_pass(struct record *record, const struct config *config, const struct snapshot *snap,
		const struct guests *guests, const struct plan *plan, unsigned cuts);

#endif
