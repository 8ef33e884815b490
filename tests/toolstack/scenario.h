/* SPDX-License-Identifier: MIT */
/*
 * scenario.h - a scenario of the toolstack lab: a host, guests with demand over time, events, and
 * cagmad's configuration.
 *
 *	[host]
 *	memory = 1536          # MiB, with dom0's and the hypervisor's
 *	dom0 = 256
 *	xen = 64
 *	disk = 20480           # KiB/s, the disk all guests swap to
 *	time = 35              # seconds that it lasts
 *	speed = 1              # time runs so many times faster
 *
 *	[guest web]            # "web" + number if count is above 1
 *	type = pv              # pv pvh hvm
 *	memory = 256           # MiB, as in xl.cfg; also maxmem, videoram, vcpus
 *	swap = 512             # MiB; also cache, kernel, reserve: see host/sim/memory.h
 *	demand = 0:60 5:60 12:260   # host/sim/demand.h; %d stands for the guest's number
 *	agent = yes
 *	count = 1
 *	populate = 1024        # MiB/s; also passes (1/s), hot (0..1), read (KiB/s)
 *	balloon_speed = 1024   # MiB/s; also balloon_latency (ms), balloon_stuck (yes),
 *	                       # balloon_floor (MiB), balloon_retries
 *
 *	[events]
 *	12.5 pause web         # also unpause, shutdown, reboot, destroy, stop-agent, start-agent,
 *	                       # lock, unlock (libxl's lock), stuck, unstuck
 *
 *	[cagmad]               # the rest of the section goes to its configuration file as it is
 *	policy = "cagma"
 */
#ifndef LAB_SCENARIO_H
#define LAB_SCENARIO_H

#include <stdbool.h>
#include <stdint.h>

#include "tests/toolstack/lab.h"

#define SCENARIO_EVENTS 128
#define SCENARIO_CAGMAD 16384
#define SCENARIO_DEMAND 1024

struct scenario_guest {
	struct lab_guest_options options;
	char demand[SCENARIO_DEMAND];
	uint32_t count;
};

struct scenario_event {
	double at_s;
	char verb[16];
	char guest[SIMGUEST_NAME];
};

#define SCENARIO_GUESTS 64 /* sections; each may stand for many guests */

struct scenario {
	struct lab_options host;
	double time_s;
	struct scenario_guest guests[SCENARIO_GUESTS];
	uint32_t guest_count;
	struct scenario_event events[SCENARIO_EVENTS];
	uint32_t event_count;
	char cagmad[SCENARIO_CAGMAD];
};

/* NULL, or what is wrong with the file, in one sentence that is valid until the next call. */
const char *scenario_read(const char *path, struct scenario *ret_scenario);
/* Boots its guests and waits for their agents. 0 or -errno, with lab_error. */
int scenario_boot(const struct scenario *s, struct lab *lab, uint32_t deadline_ms);
/* Does what is due between two times of the time line; *next is the first event not done yet. */
int scenario_events_do(const struct scenario *s, struct lab *lab, double until_s, uint32_t *next);

#endif
