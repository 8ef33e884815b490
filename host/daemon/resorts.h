/* SPDX-License-Identifier: MIT */
/*
 * resorts.h - what the administrator chose to have done to a guest that keeps what it was lent
 * while another one misses what it is guaranteed: nothing, pausing the guest, or a program of his.
 * (Edge: libxl's worker, a process, the log.)
 *
 * lending_needs_resort() has the rule. The program is run with two arguments: the guest's name as
 * messages show it, and its domid.
 */
#ifndef CAGMA_DAEMON_RESORTS_H
#define CAGMA_DAEMON_RESORTS_H

#include "common/system/errand.h"
#include "host/guests/guests.h"

enum { RESORTS_COMMAND_MS = 30000 }; /* how long a program may run */

struct resorts {
	struct errand errand;
	char about[CONFIG_MAX_NAME + 40]; /* the guest for which it runs, for messages */
};

/* Looks at the guests' last views and the verdicts on them. If `is_idle`, nothing is done. */
void resorts_judge(struct resorts *resorts, const struct io *io, struct guests *guests,
		   const struct config *config, const struct snapshot *snap,
		   const struct verdict *verdict, bool is_idle);

/* Takes in that the call that was to pause the guest has ended. */
void resorts_take_answer(struct guest *guest, const struct worker_answer *answer);

/* The guest has all its time anew, as the administrator said. */
void resorts_forgive(struct guest *guest);

/* Kills the program, if one runs. */
void resorts_end(struct resorts *resorts);

#endif
