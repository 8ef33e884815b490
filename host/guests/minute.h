/* SPDX-License-Identifier: MIT */
/*
 * minute.h - what happened to a guest, in one line of the log a minute. (Edge: the log.)
 *
 * A guest can have its target changed many times a second, so a message for each change would let
 * guests fill the log. Each change is a debug message; at the usual level a minute's changes make
 * one.
 */
#ifndef CAGMA_GUESTS_MINUTE_H
#define CAGMA_GUESTS_MINUTE_H

#include "common/system/log.h"
#include "host/core/model.h"

enum { MINUTE_MS = 60000 };

/* All zero: nothing has happened. */
struct minute {
	uint64_t until_ms; /* when the minute is over that began with the first change; 0: none */
	uint64_t from_kib, to_kib; /* the targets before and after all changes */
	uint64_t alarms_before;    /* the guest's alarms when the minute began */
	unsigned n_changes[REASON_COUNT_];
	enum plan_reason reason; /* of the last change */
};

/* Notes that a guest's target is changed. `n_alarms` is how many alarms it has raised so far. */
void minute_note(struct minute *minute, uint64_t from_kib, uint64_t to_kib, enum plan_reason reason,
		 uint64_t n_alarms, uint64_t now_ms);

/* True if the minute of a change is over. Then its changes are to be said. */
bool minute_is_over(const struct minute *minute, uint64_t now_ms);

/* Logs the changes of the minute, and begins anew. `subject` is the guest, and `name` its name. */
void minute_say(struct minute *minute, const struct log_subject *subject, const char *name,
		uint64_t n_alarms);

#endif
