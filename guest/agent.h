/* SPDX-License-Identifier: MIT */
/*
 * agent.h - runs the agent's rounds: collects what a round needs, and carries out its orders.
 * (Edge.)
 *
 * guest/core/round.h decides. Here nothing is decided: this module joins the edges that observe the
 * guest and its xenstore with those that act.
 */
#ifndef CAGMA_AGENT_H
#define CAGMA_AGENT_H

#include "common/system/trouble.h"
#include "guest/core/round.h"
#include "guest/doze.h"
#include "guest/recording.h"
#include "guest/sense.h"
#include "guest/post.h"

struct agent {
	struct sense sense;
	struct post post;
	struct round round;
	struct round_rest rest; /* after the latest round */
	struct recording recording;
	bool probes_kernel; /* huge pages and calls that populate are to be counted (faults.h) */
	bool counts_faults; /* most of what programs touch ends a pause */
	struct trouble no_growth; /* the balloon driver refuses targets */
	uint64_t seq;             /* of the report that was sent last; 0: none was */
	uint64_t alarm_seq;       /* of the alarm that was raised last */
	char hello[KEYS_MAX_VALUE];
	size_t hello_len;
};

/* /proc and /sys are read below `root`, NULL for /, which must outlive `agent`. 0 or -errno. */
int agent_init(struct agent *agent, const char *root);
void agent_finish(struct agent *agent);

/* Begins to append each look to the file `path`. 0 or -errno. */
int agent_record(struct agent *agent, const char *path);

enum agent_end {
	AGENT_DONE,
	AGENT_FAILED,  /* and the reason has been logged */
	AGENT_IN_DOM0, /* nothing has been published */
};

/* Does the system below the root say that it is dom0? */
bool agent_is_in_dom0(struct agent *agent);

/* Runs rounds until the end is asked for. To be called after doze_init(). */
enum agent_end agent_run(struct agent *agent);

/* Writes the agent key and one report into xenstore. */
enum agent_end agent_publish_once(struct agent *agent);

/* Looks, and writes the report's line into line[KEYS_MAX_VALUE + 1]. False, and logged, if there is
 * nothing to report. */
bool agent_look_once(struct agent *agent, char *line);

#endif
