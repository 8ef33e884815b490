/* SPDX-License-Identifier: MIT */
/*
 * intake.h - what xenstore says of one guest: strictly read, checked against
 * what Xen says, trouble told once. (Edge.)
 */
#ifndef CAGMA_DAEMON_INTAKE_H
#define CAGMA_DAEMON_INTAKE_H

#include "host/daemon/guest.h"
#include "host/daemon/io.h"

/* Reads what is marked as changed into the guest; with `is_urgent`, what the guest wrote only if an
 * alarm is among it. 0, or -EBADF when the connection to xenstore is lost. */
int intake_read(struct guest *guest, const struct io *io, const struct config *config,
		bool is_urgent, uint64_t now_ms);

/* memory/target changed and nothing else that is to be read before it. */
bool intake_is_target_alone(const struct guest *guest);

/* The same for memory/target alone. */
int intake_read_target(struct guest *guest, const struct io *io, const struct config *config,
		       uint64_t now_ms);

#endif
