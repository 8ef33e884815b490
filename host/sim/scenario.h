/* SPDX-License-Identifier: MIT */
/*
 * scenario.h - the simulator's part of a scenario: a host, and guests with demand over time. Pure.
 *
 * grammar.h has the language and docs/simulator.md explains it. The toolstack lab plays the same
 * guests (tests/toolstack/scenario.h). Numbers, sizes and counts are bounded, so that no file
 * makes a simulation larger than the limits below.
 */
#ifndef CAGMA_SIM_SCENARIO_H
#define CAGMA_SIM_SCENARIO_H

#include "common/text.h"
#include "host/sim/balloon.h"
#include "host/sim/demand.h"
#include "host/sim/foreign.h"
#include "host/sim/grammar.h"
#include "host/sim/memory.h"

enum {
	SIM_SCENARIO_SECTIONS = 64,
	SIM_SCENARIO_GUESTS = 10000,
};

struct sim_guest_config {
	char name[GRAMMAR_NAME + 8];
	double memory_kib, min_kib, max_kib;
	double start_s;            /* when it is to be started; its demand begins then */
	double largest_kib;        /* its largest process has at most this; 0: one has it all */
	double ceiling_kib;        /* the guest cannot grow above this; 0: only max limits it */
	double stuck_s, unstuck_s; /* from stuck_s until unstuck_s its balloon follows no target */
	double sticky_s;       /* its balloon is stuck every other time of this length; 0: never */
	double guaranteed_kib; /* 0: what it was built with */
	uint32_t weight;
	bool lies; /* it claims to use all it has, and to be short of memory */
	bool has_agent;
	enum sim_foreign_id foreign; /* which agent it has in place of ours */
	bool is_untrusted;
	struct sim_memory_config model;
	struct sim_balloon_config balloon;
	struct sim_demand demand;
};

struct sim_section {
	struct sim_guest_config guest; /* the settings that its guests have in common */
	unsigned count;
	double every_s;        /* from the start of one to that of the next */
	double apart_s;        /* from the demand of one to that of the next */
	double jitter_percent; /* sizes of demand differ by so much, by the seed */
	double jitter_s;       /* times of demand differ by so much, by the seed */
};

struct sim_scenario {
	double memory_kib; /* for guests */
	double disk_kib_s; /* the disk that all of them share */
	double time_s;
	double call_s; /* how long it takes to set one target */
	unsigned n_sections;
	unsigned n_guests;
	struct sim_section section[SIM_SCENARIO_SECTIONS];
};

/* Makes *scenario what it is before the first statement. It is large, so it is filled in place; it
 * is of no use before sim_scenario_end(). */
void sim_scenario_begin(struct sim_scenario *scenario);

/* Takes a statement of [host] or [guest NAME], and passes over others. The answer is NULL, or the
 * end of a sentence that begins with "the line". */
const char *sim_scenario_take(struct sim_scenario *scenario,
			      const struct grammar_statement *statement);

/* Ends the reading. False if the statements together are wrong, with a sentence in ret_wrong. */
bool sim_scenario_end(struct sim_scenario *scenario, char ret_wrong[GRAMMAR_WRONG]);

/* The guest of that number, from 0 on, as this seed has it. */
void sim_scenario_guest(const struct sim_scenario *scenario, unsigned number, uint64_t seed,
			struct sim_guest_config *ret_guest);

/* The k-th guest, from 0 on, of a section, as if the section had any count. Chance has it by the
 * seed and `number`. */
void sim_scenario_member(const struct sim_scenario *scenario, unsigned section, unsigned k,
			 unsigned number, uint64_t seed, struct sim_guest_config *ret_guest);

/* True if the guest's balloon is stuck so long after the guest's start. */
bool sim_scenario_is_stuck(const struct sim_guest_config *guest, double since_start_s);

#endif
