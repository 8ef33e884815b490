/* SPDX-License-Identifier: MIT */
/*
 * agent.h - what the agent does from round to round: look, raise alarms, report.
 *
 *	glance -> look -> grow, alarm, report, make room -> pause
 *
 * What is due is decided by alarm.h, announce.h, cadence.h, selfgrow.h and reclaim.h; here it is
 * done.
 */
#ifndef CAGMA_AGENT_H
#define CAGMA_AGENT_H

#include "common/trouble.h"
#include "guest/core/alarm.h"
#include "guest/core/announce.h"
#include "guest/doze.h"
#include "guest/core/reclaim.h"
#include "guest/recording.h"
#include "guest/core/selfgrow.h"
#include "guest/sense.h"
#include "guest/store.h"

enum { AGENT_BEGIN_GAP_MS = 1000 }; /* between two times that all keys are written */

struct agent {
	struct sense sense;
	struct store store;
	struct cadence cadence;
	struct announce announce;
	struct alarm alarm;
	struct alarm_terms terms;
	struct selfgrow grow;
	struct reclaim reclaim;
	struct recording recording;
	enum alarm_reason alarm_reason; /* for which one is to be raised */
	struct report report;           /* the latest look */
	bool has_report;
	bool can_self_grow;
	bool can_reclaim;
	bool counts_faults;
	struct trouble no_growth; /* the balloon driver refuses targets */
	bool is_told;           /* of a target: the balloon driver will read it, too, in a moment */
	bool was_told;          /* … in the round before, so that now it has */
	bool has_credit;        /* the host has written it since the last look */
	enum doze_end woken_by; /* but for DOZE_TIME, it is time for a look */
	bool must_begin;        /* the keys have to be written anew */
	uint64_t began_ms;      /* when they were */
	uint64_t tick_ms;       /* of the last glance, on the clock of sense_tick_ms() */
	bool was_quiet;         /* it called for no look */
	uint64_t seq;           /* of the report sent last, and of the alarm */
	uint64_t alarm_seq;
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
