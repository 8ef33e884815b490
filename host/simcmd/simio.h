/* SPDX-License-Identifier: MIT */
/*
 * simio.h - the engine's world in the simulator: a simulated host that shows what Xen and xenstore
 * would show.
 *
 * Reports, alarms and the daemon's keys go through as the lines and texts that they are in
 * xenstore. A target is in force when its call has taken its time. Guests that wait to be started
 * count as reserved for, as `cagmactl reserve` would have it. Nobody is migrated, and xenstored is
 * never lost.
 */
#ifndef CAGMA_SIMCMD_SIMIO_H
#define CAGMA_SIMCMD_SIMIO_H

#include "host/daemon/io.h"
#include "host/sim/host.h"

struct simio;

/* A world over `host`, whose calls take `call_ms`. NULL when there is no memory for it. `host` must
 * outlive it. */
struct simio *simio_create(struct sim_host *host, uint64_t call_ms);
void simio_destroy(struct simio *simio);

/* Takes in what guests have written in the host's last step; to be called after each. */
void simio_take_step(struct simio *simio);

/* Is there anything that the engine has not taken in yet? */
bool simio_has_events(const struct simio *simio);

/* The record of functions for the engine. */
struct io simio_functions(struct simio *simio);

#endif
