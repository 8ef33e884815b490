/* SPDX-License-Identifier: MIT */
/*
 * deadline.h - no operation on xenstore waits for ever. (Edge: a timer, SIGALRM.)
 *
 * libxenstore waits for an answer as long as it takes, and a xenstored that hangs would take its
 * callers with it, deaf to SIGTERM. An operation between deadline_begin() and deadline_end() that
 * takes longer than DEADLINE_MS has its connections shut down, so that it fails as if xenstored had
 * died. A xenstored that is well answers within a millisecond, and stands still for a second when
 * it is updated live.
 */
#ifndef CAGMA_XEN_DEADLINE_H
#define CAGMA_XEN_DEADLINE_H

#include <stdbool.h>

enum {
	DEADLINE_MS = 3000,
	DEADLINE_MAX_SOCKETS = 4,
};

/* The sockets to be shut down; those that are -1 are passed over. Nobody closes them between begin
 * and end. */
struct deadline_sockets {
	int fd[DEADLINE_MAX_SOCKETS];
};

/* Begins an operation. Within another operation, the time of the outermost one counts. */
void deadline_begin(const struct deadline_sockets *sockets);
void deadline_end(void);

/* Between these the timer stays set, so that many short operations cost two system calls in all.
 * Each operation has its own deadline nevertheless. */
void deadline_hold(void);
void deadline_release(void);

/* True if the last operation took too long. */
bool deadline_was_missed(void);

#endif
