/* SPDX-License-Identifier: MIT */
/*
 * observe.h - the first step of a pass: what is, as one snapshot. (Edge.)
 *
 * Xen's list and the keys that have changed are read into the table of guests, and of each guest a
 * view is made. The views stay as they are until the next pass.
 */
#ifndef CAGMA_DAEMON_OBSERVE_H
#define CAGMA_DAEMON_OBSERVE_H

#include "host/daemon/guests.h"

/*
 * With `is_urgent`, keys of guests that are not in alarm are left for the next time. 0 and
 * *ret_snap, whose views belong to `guests`; -EBADF: xenstore is lost; another -errno: Xen did not
 * answer.
 */
int observe(struct guests *guests, const struct io *io, const struct config *config, bool is_urgent,
	    uint64_t now_ms, struct snapshot *ret_snap);

/* Reads one target that has changed, so that the next pass need not. 1; 0: there is none; -EBADF.
 */
int observe_more(struct guests *guests, const struct io *io, const struct config *config,
		 uint64_t now_ms);

#endif
