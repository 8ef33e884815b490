/* SPDX-License-Identifier: MIT */
/*
 * simio.h - the engine's world in the simulator: a simulated host that shows what Xen and xenstore
 * would show.
 *
 * Reports, alarms and the daemon's keys pass through as the lines and texts that they are in
 * xenstore. A target comes into force after its call has taken its time. Memory for guests that
 * wait to be started counts as reserved, as it would by `cagmactl reserve`. A guest that is being
 * sent to another host is seen as migrating, and xenstored is never lost.
 */
#ifndef CAGMA_SIMCMD_SIMIO_H
#define CAGMA_SIMCMD_SIMIO_H

#include "host/guests/io.h"
#include "host/sim/host.h"

struct simio;

/* Makes a world over `host`, which must outlive it. There are at most `n_workers` calls at a time,
 * and each takes `call_ms`. Returns NULL if there is no memory. */
struct simio *simio_create(struct sim_host *host, unsigned n_workers, uint64_t call_ms);
void simio_destroy(struct simio *simio);

/* Takes in what guests have written in the host's last step. To be called after each step. */
void simio_take_step(struct simio *simio);

/* True if there are events that the engine has not taken in yet. */
bool simio_has_events(const struct simio *simio);

/* The record of functions for the engine. */
struct io simio_functions(struct simio *simio);

#endif
