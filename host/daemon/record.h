/* SPDX-License-Identifier: MIT */
/*
 * record.h - every pass as one line of text: what was seen, what was decided. (Edge.)
 *
 * A line holds parts separated by " | ", each a word and `name=value` words:
 *
 *	pass now_ms=… free_kib=… … | conf policy=… … | guest name=… domid=… … | report …
 *	| action domid=… target_kib=… …
 *
 * A line `begin` stands where a daemon was started. All that a policy is given
 * stands in it, the report of a guest as it was read, so that a record can be
 * decided again from its lines (replay.h).
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
