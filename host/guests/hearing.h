/* SPDX-License-Identifier: MIT */
/*
 * hearing.h - when what guests write is read. (Edge.)
 *
 * A pass reads what has changed: first the alarms of guests that write no more than an agent does,
 * then what else those have written, then what loud guests (guest_is_loud) have written. As
 * xenstored may be slow, and slow for all if one guest keeps it busy, a pass reads for
 * HEARING_PASS_MS at the most. The next pass goes on with what is left, and follows at once if
 * there are alarms among it. What is read of a guest for the first time is read whatever that
 * takes.
 *
 * If much is written, it is read ahead, between passes. There guests that flood are unwatched, too,
 * one by one, and read once a period: no pass waits for those.
 */
#ifndef CAGMA_GUESTS_HEARING_H
#define CAGMA_GUESTS_HEARING_H

#include "host/guests/guests.h"

enum {
	HEARING_PASS_MS = 20,
	HEARING_AHEAD_FROM = 16, /* so many writes are much */
	HEARING_AHEAD_MS = 2,    /* how long is read ahead at a time */
};

/* Reads for a pass. If `is_urgent`, what a guest has written is read only if an alarm is among it.
 * guests->is_unheard says whether something is left. Returns 0, or -EBADF if the connection to
 * xenstore is lost. */
int hearing_take(struct guests *guests, const struct io *io, bool is_urgent, uint64_t now_ms);

/* True if so much is written that hearing_more() is to read it at once. */
bool hearing_is_behind(const struct guests *guests);

/* Reads some of what is written, or a guest that is unwatched and due. Returns 1; 0 if there was
 * nothing to do; -EBADF if the connection to xenstore is lost. */
int hearing_more(struct guests *guests, const struct io *io, uint64_t period_ms, uint64_t now_ms);

#endif
