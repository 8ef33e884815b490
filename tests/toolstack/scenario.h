/* SPDX-License-Identifier: MIT */
/*
 * scenario.h - a scenario as the toolstack lab plays it: a host, its guests, what happens to them, and
 * cagmad's configuration. The language is the simulator's (host/sim/grammar.h), and so are the host
 * and the guests; docs/simulator.md says which words this lab plays, ignores and refuses.
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
	double event_s[SCENARIO_EVENTS]; /* when each event happens to it; negative: never */
};

struct scenario {
	struct lab_options host;
	double time_s;
	struct scenario_guest guests[SCENARIO_GUESTS];
	uint32_t guest_count;
	/* Its configuration file: the lines of [cagmad], then the guests' entries. */
	char cagmad[SCENARIO_CAGMAD];
};

/* Where the time line is. Zero at its beginning. */
struct scenario_place {
	double done_s; /* events up to this time were done */
};

/* NULL, or what is wrong with the file, in one sentence that is valid until the next call. With
 * *SEED, sizes and times of demand differ as the simulator's do; without, there is no jitter. */
const char *scenario_read(const char *path, const uint64_t *seed, struct scenario *ret_scenario);
/* Boots its guests and waits for their agents. 0 or -errno, with lab_error. */
int scenario_boot(const struct scenario *s, struct lab *lab, uint32_t deadline_ms);
/* Does what happens until then, and says on stderr what could not be done. */
void scenario_turn(const struct scenario *s, struct lab *lab, double until_s,
		   struct scenario_place *place);

#endif
