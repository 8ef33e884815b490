/* SPDX-License-Identifier: MIT */
/*
 * xenio.h - the engine's world on a real host: Xen, xenstored, libxl, dom0. (Edge.)
 */
#ifndef CAGMA_DAEMON_XENIO_H
#define CAGMA_DAEMON_XENIO_H

#include "host/config/config.h"
#include "host/guests/io.h"

#include <poll.h>

enum { XENIO_MAX_FDS = 64 }; /* of xenio_poll() */

struct xenio;

/* Returns 1 if the configured minimums fit in this host; 0, after logging the sum, if they do not;
 * -errno if Xen cannot be asked. */
int xenio_fits_host(const struct config *config);

/* How much memory there is for guests' minimums and the reserve: the host's, less dom0's if dom0 is
 * not listed. Returns 0, or -errno if Xen cannot be asked. */
int xenio_room_kib(const struct config *config, uint64_t *ret_room_kib);

/* Xen's command line, as far as it fits; "" if Xen does not tell it. Valid as long as `xenio` is.
 */
const char *xenio_xen_options(const struct xenio *xenio);

/* Opens Xen and starts the workers. Returns NULL, after logging why, if that fails. If `is_dry`,
 * nothing is written to xenstore. */
struct xenio *xenio_open(const struct config *config, bool is_dry);
void xenio_close(struct xenio *xenio);

/* The record of functions for the engine. */
struct io xenio_functions(struct xenio *xenio);

/* Fills `fds` for poll(). Returns how many it filled. */
unsigned xenio_poll(const struct xenio *xenio, struct pollfd fds[XENIO_MAX_FDS]);

#endif
