/* SPDX-License-Identifier: MIT */
/*
 * absent.h - guests that cagmad.conf lists and that are no domains here: switched off, or misspelt.
 * (Edge: the log.)
 */
#ifndef CAGMA_DAEMON_ABSENT_H
#define CAGMA_DAEMON_ABSENT_H

#include "host/daemon/guests.h"

enum { ABSENT_MAX_LINES = 10 }; /* the others are counted */

/* Logs a line for each. False, with nothing logged, while the name of a domain that is being built
 * is not known yet. */
bool absent_say(const struct config *config, const struct guests *guests);

#endif
