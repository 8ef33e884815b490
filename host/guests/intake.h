/* SPDX-License-Identifier: MIT */
/*
 * intake.h - reading one guest's keys in xenstore. Values are parsed strictly and checked against
 * what Xen says, and trouble is logged once. (Edge.)
 */
#ifndef CAGMA_GUESTS_INTAKE_H
#define CAGMA_GUESTS_INTAKE_H

#include "host/guests/guest.h"
#include "host/guests/io.h"

/* Reads the keys of the toolstack that are marked as changed into the guest, and looks at dom0 if
 * the guest is that. Returns 0, or -EBADF if the connection to xenstore is lost. */
int intake_read(struct guest *guest, const struct io *io, const struct config *config,
		uint64_t now_ms);

/* True if the guest has written something that is not read yet. */
bool intake_is_written(const struct guest *guest);

/* Reads that, and judges whose word the guest goes by. Returns as intake_read() does. */
int intake_read_written(struct guest *guest, const struct io *io, uint64_t now_ms);

/* Reads all that the guest writes, changed or not. Returns as intake_read() does. */
int intake_read_all(struct guest *guest, const struct io *io, uint64_t now_ms);

/* True if memory/target has changed, and nothing else that would have to be read before it. */
bool intake_is_target_alone(const struct guest *guest);

/* Reads memory/target alone. Returns as intake_read() does. */
int intake_read_target(struct guest *guest, const struct io *io, const struct config *config,
		       uint64_t now_ms);

#endif
