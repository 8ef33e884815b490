/* SPDX-License-Identifier: MIT */
/*
 * alone.h - one cagmad balances a host. Two of them would pull at the same targets.
 *
 * The key that a running one has in xenstore tells which process it is, but it goes when xenstored
 * starts anew, and two that start at once do not see each other's. So a file is locked, too, which
 * the kernel releases however the process ends.
 */
#ifndef CAGMA_CONTROL_ALONE_H
#define CAGMA_CONTROL_ALONE_H

#include "host/control/control.h"

#define ALONE_PATH CONTROL_DIR "/lock"

/* Returns a descriptor; as long as it is open no other cagmad balances this host. -1, after logging
 * why, if another one does or that cannot be found out. */
int alone_take(void);

#endif
