/* SPDX-License-Identifier: MIT */
/*
 * doze.h - pausing cheaply, and what ends a pause early. (Edge: signals, timers.)
 *
 * The timer runs on the boot-time clock with a slack. Linux runs a timer that
 * is past its pause as soon as the processor takes any timer interrupt, if no
 * other timer of the *same clock* is queued before its end; on the monotonic
 * clock, poll(2)'s, the tick itself is such a timer and the slack would be
 * slept through on a busy processor too. Tasks of real-time priority have no
 * slack: raise the agent by its nice value instead.
 */
#ifndef CAGMA_DOZE_H
#define CAGMA_DOZE_H

#include "guest/core/round.h"

#include <signal.h>

/* faults.h: programs have touched much memory, and they begin to have it populated. */
#define DOZE_FAULTS_SIGNAL   SIGUSR2
#define DOZE_POPULATE_SIGNAL SIGURG

enum {
	DOZE_STOP_S = 3, /* after SIGTERM, a call that hangs in xenstored is left to die */
	DOZE_STACK_BYTES = 64 * 1024, /* of a thread beside it; two pages of it are touched */
};

/* What has ended a pause. */
enum doze_end {
	DOZE_TIME,   /* or a signal that calls for no look by itself */
	DOZE_FAULTS, /* or a call that populates */
	DOZE_WOKEN,  /* by a thread beside it: of pressure, or of what it has done */
};

/*
 * SIGTERM and SIGINT ask for the end, SIGIO and faults end a pause, SIGUSR1 ends it
 * at once, SIGPIPE is ignored. 0 or -errno. It is the calling thread that dozes.
 */
int doze_init(void);

/* Starts a thread beside the one that dozes, to which all signals go. 0 or -errno. */
int doze_beside(void *(*run)(void *));

/* Ends the pause, or the next one before it begins; from any thread. */
void doze_wake(void);

/* Has the end been asked for? */
bool doze_is_over(void);

/* Pauses; at once back when a signal came, even just before the call. DOZE_WOKEN when it was
 * ended by doze_wake(). */
enum doze_end doze(struct cadence_pause pause);

#endif
