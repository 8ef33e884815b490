/* SPDX-License-Identifier: MIT */
/*
 * observe.h - the first step of a pass: everything that is known, as one snapshot. (Edge.)
 *
 * Xen's list and the keys that have changed are read into the table of guests, and a view of each
 * guest is made. The views stay as they are until the next pass.
 */
#ifndef CAGMA_GUESTS_OBSERVE_H
#define CAGMA_GUESTS_OBSERVE_H

#include "host/guests/guests.h"

/*
 * Makes *ret_snap, whose views belong to `guests`. If `is_urgent`, keys that a guest writes are
 * read only if the guest is in alarm, and left for the next pass otherwise (hearing.h). Returns 0;
 * -EBADF if the connection to xenstore is lost; another -errno if Xen did not answer.
 */
int observe(struct guests *guests, const struct io *io, const struct config *config, bool is_urgent,
	    uint64_t now_ms, struct snapshot *ret_snap);

/* True if observe_more() has something to read at once. */
bool observe_is_behind(const struct guests *guests);

/* Reads one target that has changed, so that the next pass need not; or what some guests have
 * written, if that is much; or what one guest has written that was unwatched for flooding: passes
 * do not wait for those. Returns 1; 0 if there is none; -EBADF if the connection to xenstore is
 * lost. */
int observe_more(struct guests *guests, const struct io *io, const struct config *config,
		 uint64_t now_ms);

#endif
