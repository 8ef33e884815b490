/* SPDX-License-Identifier: MIT */
/*
 * scenario.h - a scenario as the toolstack lab plays it: a host, its guests, events that happen to
 * them, and cagmad's configuration. The language, the host and the guests are the simulator's
 * (host/sim/grammar.h, host/sim/scenario.h). docs/simulator.md says which words this lab plays,
 * ignores and refuses.
 */
#ifndef LAB_SCENARIO_H
#define LAB_SCENARIO_H

#include <stdbool.h>
#include <stdint.h>

#include "host/sim/scenario.h"
#include "tests/toolstack/lab.h"

#define SCENARIO_GUESTS FAKEXEN_SLOTS
#define SCENARIO_CAGMAD (1 << 18)
#define SCENARIO_EVENTS 9

struct scenario_guest {
	struct lab_guest_options options;
	struct sim_guest_config config;  /* the same guest, as the simulator has it */
	double event_s[SCENARIO_EVENTS]; /* the time of each event; negative: never */
};

struct scenario {
	struct lab_options host;
	double time_s;
	struct scenario_guest guests[SCENARIO_GUESTS];
	uint32_t guest_count;
	/* cagmad's configuration file: the lines of [cagmad], then the guests' entries. */
	char cagmad[SCENARIO_CAGMAD];
};

/* How far a scenario has been played. It begins as zero. */
struct scenario_place {
	double done_s; /* the events before this time have happened */
};

/* NULL, or a sentence about the fault in the file, valid until the next call. With a seed, sizes
 * and times of demand differ by it as they do in the simulator. If `seed` is NULL there is no
 * jitter. */
const char *scenario_read(const char *path, const uint64_t *seed, struct scenario *ret_scenario);
/* Boots its guests and waits for their agents. 0 or -errno, with lab_error. */
int scenario_boot(const struct scenario *s, struct lab *lab, uint32_t deadline_ms);
/* Lets the events before that time happen, and names those on stderr that failed. */
void scenario_turn(const struct scenario *s, struct lab *lab, double until_s,
		   struct scenario_place *place);

#endif
