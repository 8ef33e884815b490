/* SPDX-License-Identifier: MIT */
/*
 * doze.h - the agent's pauses, and what ends a pause early. (Edge: signals, timers.)
 *
 * The timer runs on the boot-time clock and has a slack. Once a pause is over,
 * Linux ends it at the processor's next timer interrupt, whatever timer that
 * is for, unless another timer of the *same clock* is queued before the end of
 * the slack. On the monotonic clock, which poll(2) uses, the tick itself is
 * such a timer, so the slack would be slept through on a busy processor, too.
 * Tasks of real-time priority have no slack; therefore the agent is raised by
 * its nice value.
 *
 * Signals arrive in bursts. After a SIGIO or a populate signal the agent stays
 * asleep for another ROUND_BURST_MS and handles the burst once. After a fault
 * signal it stays asleep until CADENCE_TOUCH_GAP_MS have gone by since the
 * pause began. Neither makes a pause longer than it would have been.
 */
#ifndef CAGMA_DOZE_H
#define CAGMA_DOZE_H

#include "guest/core/round.h"

#include <signal.h>

/* Signals that faults.h asks the kernel for: programs have touched much memory; a call that
 * populates memory has begun, so there will soon be something to see. */
#define DOZE_FAULTS_SIGNAL   SIGUSR2
#define DOZE_POPULATE_SIGNAL SIGURG

enum {
	/* A call that hangs in xenstored so long after SIGTERM is ended with the process. */
	DOZE_STOP_S = 3,
	/* The stack of a thread that doze_beside() starts, which uses two pages of it. */
	DOZE_STACK_BYTES = 64 * 1024,
};

/* What has ended a pause. */
enum doze_end {
	DOZE_TIME,   /* its time, or SIGIO, or SIGTERM */
	DOZE_FAULTS, /* programs have touched much memory, or a call populates memory */
	DOZE_WOKEN,  /* doze_wake() */
};

/*
 * Sets the signals' handlers: SIGTERM and SIGINT ask for the end, SIGIO and the
 * two signals above end a pause, SIGUSR1 ends it at once, SIGPIPE is ignored.
 * 0 or -errno. The calling thread is the one that dozes.
 */
int doze_init(void);

/* Starts a thread that gets no signals, beside the one that dozes. 0 or -errno. */
int doze_beside(void *(*run)(void *));

/* Ends the pause; or the next one at once, if there is none now. From any thread. */
void doze_wake(void);

/* Has the end been asked for? */
bool doze_is_over(void);

/* Pauses, but not if a signal came since the last pause. */
enum doze_end doze(struct cadence_pause pause);

#endif
