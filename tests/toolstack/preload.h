/* SPDX-License-Identifier: MIT */
/*
 * preload.h - shared by the pieces of libfakexen.so, which is loaded before the stock libraries
 * into the stock xenstored and into all programs of dom0, and plays the hypervisor for them:
 *
 *   preload-hypercall.c  libxencall: the stock libxenctrl and libxl run unchanged above it
 *   preload-device.c     event channels, grants, /proc/xen
 *   preload-clock.c      time that runs faster
 *
 * Environment: FAKEXEN_DIR is the directory of the host's state. FAKEXEN_ROLE is "store" for
 * xenstored, "guest" for programs of a guest, and anything else for programs of dom0. FAKEXEN_CLOCK
 * is described in preload-clock.c.
 */
#ifndef LAB_PRELOAD_H
#define LAB_PRELOAD_H

#include <stdbool.h>

#include "tests/toolstack/fakexen.h"

#define PRELOAD_API __attribute__((visibility("default")))

/* The played host, opened at the first call and when $FAKEXEN_DIR changes; NULL without one. */
struct fakexen_host *preload_host(void);
bool preload_role_is(const char *role);
/* Raises a port towards the store daemon or towards the guests. */
void preload_raise_store(uint32_t port);
void preload_raise_guest(uint32_t port);
/* For the program that starts a lab: from now on time runs `speed` times faster in this process and
 * in all that it starts. 0 and 1 leave time as it is. */
PRELOAD_API void preload_clock_start(uint32_t speed);

#endif
