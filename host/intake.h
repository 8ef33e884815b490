/* SPDX-License-Identifier: MIT */
/*
 * intake.h - what xenstore says of one guest: strictly read, checked against
 * what Xen says, trouble told once. (Edge.)
 */
#ifndef CAGMA_INTAKE_H
#define CAGMA_INTAKE_H

#include "host/guests.h"

/* Reads what is marked as changed into the guest and its view. 0, or -EBADF
 * when the connection to xenstore is lost. */
int intake_read(struct guest *guest, struct guest_view *view, struct store *store,
		const struct config *config, uint64_t now_ms);

#endif
