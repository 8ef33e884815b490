/* SPDX-License-Identifier: MIT */
/*
 * pacemaker.h - one round of cagma-pacemaker: what cagmad has told of this host's guests becomes
 * `hv_memory` of their resources and of the node. (Edge: Pacemaker's programs, xl.cfg,
 * libvirt's descriptions, the log.)
 *
 * A guest's figure is kept while it is migrated, paused or built, and while its want is known for
 * less than a minute, as after cagmad's start or on the receiving host. So Pacemaker's own
 * migrations change no figure. Guests that are no resources need memory too: it is taken off the
 * node's figure, which is kept while the want of one of them is known for less than a minute.
 *
 * Nothing is written beside others that write hv_memory: the agent's autoset_utilization_hv_memory,
 * which has a guest need what it holds, or its maximum, and NodeUtilization. What lasts is logged
 * once.
 */
#ifndef CAGMA_MOVING_PACEMAKER_H
#define CAGMA_MOVING_PACEMAKER_H

#include "host/exposition/seen.h"

struct pacemaker;

enum pacemaker_outcome {
	PACEMAKER_TOLD,    /* all that was to be written is, or nothing was to be */
	PACEMAKER_REFUSED, /* somebody else writes hv_memory; nothing was written */
	PACEMAKER_FAILED,  /* Pacemaker does not answer, or did not take something */
};

/* `node`: this host's name in the cluster; stays the caller's. `is_dry`: log what would be written.
 * NULL if there is no memory. */
struct pacemaker *pacemaker_create(const char *node, bool is_dry);
void pacemaker_destroy(struct pacemaker *pacemaker);

/* `seen` is what cagmad tells now. */
enum pacemaker_outcome pacemaker_tell(struct pacemaker *pacemaker, const struct seen *seen);

#endif
