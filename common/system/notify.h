/* SPDX-License-Identifier: MIT */
/*
 * notify.h - what a daemon says to the service manager that started it. (Edge: a socket.)
 *
 * The protocol is that of sd_notify(3): datagrams to the socket that $NOTIFY_SOCKET names. Without
 * that name nothing is sent. The protocol is so small that a dependency on libsystemd, which not
 * every dom0 has, would be larger than this file.
 */
#ifndef CAGMA_SYSTEM_NOTIFY_H
#define CAGMA_SYSTEM_NOTIFY_H

#include <stdint.h>

/* Says that the daemon has started, or that it begins to end. */
void notify_ready(void);
void notify_stopping(void);

/* Tells the manager's watchdog, if there is one, that the daemon is alive, twice as often as the
 * watchdog wants to hear it. Returns when this is to be called again at the latest, on the clock of
 * `now_ms`; UINT64_MAX if there is no watchdog. */
uint64_t notify_alive(uint64_t now_ms);

#endif
