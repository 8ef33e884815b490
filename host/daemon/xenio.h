/* SPDX-License-Identifier: MIT */
/*
 * xenio.h - the engine's world on a real host: Xen, xenstored, libxl, dom0. (Edge.)
 */
#ifndef CAGMA_DAEMON_XENIO_H
#define CAGMA_DAEMON_XENIO_H

#include "host/config/config.h"
#include "host/daemon/io.h"

#include <poll.h>

enum { XENIO_MAX_FDS = 64 }; /* of xenio_poll() */

struct xenio;

/*
 * Do the configured minimums fit in this host? 1, or 0 with the sum written out on stderr, or
 * -errno when Xen cannot be asked.
 */
int xenio_fits_host(const struct config *config);

/*
 * Opens Xen and starts the workers. NULL, after saying why on the log, when that fails. With
 * `is_dry`, nothing is written to xenstore.
 */
struct xenio *xenio_open(const struct config *config, bool is_dry);
void xenio_close(struct xenio *xenio);

/* The record of functions for the engine. */
struct io xenio_functions(struct xenio *xenio);

/* What to poll() for: the number of descriptors filled in. */
unsigned xenio_poll(const struct xenio *xenio, struct pollfd fds[XENIO_MAX_FDS]);

#endif
