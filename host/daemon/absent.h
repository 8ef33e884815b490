/* SPDX-License-Identifier: MIT */
/*
 * absent.h - guests that the configuration lists and that are no domains on this host: a guest may
 * be switched off, or its name misspelt. (Edge: the log.)
 */
#ifndef CAGMA_DAEMON_ABSENT_H
#define CAGMA_DAEMON_ABSENT_H

#include "host/guests/guests.h"

enum { ABSENT_MAX_LINES = 10 }; /* of the log; further guests are only counted */

/* Logs a line for each such guest, and returns true. If a domain is being built and its name is
 * not known yet, it logs nothing and returns false: the caller tries again later. */
bool absent_say(const struct config *config, const struct guests *guests);

#endif
