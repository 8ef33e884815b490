/* SPDX-License-Identifier: MIT */
/*
 * agent.h - the agent: it sees and hears what a round needs, and carries out its orders.
 *
 * guest/core/round.h decides; here are only the edges it needs.
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
	bool probes_kernel; /* huge pages and calls that populate are counted, too: faults.h */
	bool counts_faults;
	struct trouble no_growth; /* the balloon driver refuses targets */
	uint64_t seq;             /* of the report that was sent last; 0: none was */
	uint64_t alarm_seq;       /* of the alarm that was raised last */
	char hello[KEYS_MAX_VALUE];
	size_t hello_len;
};

/* `root`, NULL for /, is where /proc and /sys are; it must outlive `agent`. 0 or -errno. */
int agent_init(struct agent *agent, const char *root);
void agent_finish(struct agent *agent);

/* Every look is appended to `path` from now on. 0 or -errno. */
int agent_record(struct agent *agent, const char *path);

enum agent_end {
	AGENT_DONE,
	AGENT_FAILED,  /* which has been told of */
	AGENT_IN_DOM0, /* nothing has been published */
};

/* Does the system below the root say that it is dom0? */
bool agent_is_in_dom0(struct agent *agent);

/* Rounds until the end is asked for; doze_init() comes first. */
enum agent_end agent_run(struct agent *agent);

/* One report into xenstore. */
enum agent_end agent_publish_once(struct agent *agent);

/* The line of one report into line[KEYS_MAX_VALUE + 1]; false, told of, when there is none. */
bool agent_look_once(struct agent *agent, char *line);

#endif
