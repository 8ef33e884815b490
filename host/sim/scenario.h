/* SPDX-License-Identifier: MIT */
/*
 * sim_scenario.h - what cagma-sim plays: a host, and guests with demand over time. Pure.
 *
 *	[host]
 *	memory = 1100          # MiB for guests: neither dom0's nor the hypervisor's
 *	time = 60              # seconds
 *
 *	[guest web]            # web1, web2, … if there are several
 *	count = 4
 *	memory = 256           # MiB it is built with
 *	demand = 0:70 2:70 8:270 14:270 15:80
 *
 * docs/simulator.md has every name. Numbers, sizes and counts are bounded, so that
 * no file makes a simulation larger than the limits below.
 */
#ifndef CAGMA_SIM_SCENARIO_H
#define CAGMA_SIM_SCENARIO_H

#include "common/text.h"
#include "host/sim/balloon.h"
#include "host/sim/demand.h"
#include "host/sim/memory.h"

enum {
	SIM_SCENARIO_SECTIONS = 64,
	SIM_SCENARIO_GUESTS = 10000,
	SIM_SCENARIO_LINE = 1024,
	SIM_SCENARIO_NAME = 24,
	SIM_SCENARIO_WRONG = 160,
};

struct sim_guest_config {
	char name[SIM_SCENARIO_NAME + 8];
	double memory_kib, min_kib, max_kib;
	double start_s;            /* when it is to be started; its demand begins then */
	double shift_s;            /* its demand is so far ahead of what the script says */
	double scale;              /* … and so many times that */
	double largest_kib;        /* its largest process, at most; 0: one has it all */
	double ceiling_kib;        /* its balloon does not let it grow above; 0: only max does */
	double stuck_s, unstuck_s; /* its balloon follows nothing from … until */
	double sticky_s;           /* … nor in every other so many seconds; 0: it does */
	uint32_t weight;
	bool lies; /* claims to use all it has, and to be short of memory */
	bool has_agent;
	bool is_untrusted;
	struct sim_memory_config model;
	struct sim_balloon_config balloon;
	struct sim_demand demand;
};

struct sim_section {
	struct sim_guest_config guest; /* what its guests have in common */
	unsigned count;
	double every_s;        /* from the start of one to that of the next */
	double apart_s;        /* from the demand of one to that of the next */
	double jitter_percent; /* sizes differ by so much, by the seed … */
	double jitter_s;       /* … and demands in time */
};

struct sim_scenario {
	double memory_kib; /* for guests */
	double disk_kib_s; /* the disk that all of them share */
	double time_s;
	double call_s; /* what setting one target takes */
	unsigned n_sections;
	unsigned n_guests;
	struct sim_section section[SIM_SCENARIO_SECTIONS];
};

/*
 * Reads a whole file. True and *ret_scenario filled; or false, with the line
 * and what is wrong with it in ret_wrong[SIM_SCENARIO_WRONG], and *ret_scenario
 * in no useful state (it is large, so it is filled where it is).
 */
bool sim_scenario_read(struct text text, struct sim_scenario *ret_scenario, char *ret_wrong);

/* The guest of that number, from 0 on, as this seed has it. */
void sim_scenario_guest(const struct sim_scenario *scenario, unsigned number, uint64_t seed,
			struct sim_guest_config *ret_guest);

/* Its demand, so long after its start. */
double sim_scenario_demand_kib(const struct sim_guest_config *guest, double since_start_s);

#endif
