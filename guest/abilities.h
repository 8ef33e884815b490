/* SPDX-License-Identifier: MIT */
/*
 * abilities.h - says at the start what the agent can do here, and why not the rest. (Edge: the
 * log.)
 */
#ifndef CAGMA_ABILITIES_H
#define CAGMA_ABILITIES_H

#include "common/keys.h"

/* What was found out at the start. Each number is 0 if the agent can, or -errno. */
struct abilities {
	const struct report *look; /* the first one; NULL: it failed */
	int grow;                  /* target_probe() */
	int reclaim;               /* cgroup_probe() */
	int pressure;              /* pressure_start() */
	int faults;                /* faults_start() */
	int probes;                /* faults_probe(); -ECANCELED: nobody has asked for it */
};

/* Logs two lines: what the agent has, and with a reason each what it has not. */
void abilities_say(const struct abilities *abilities);

#endif
