/* SPDX-License-Identifier: MIT */
/*
 * host.h - the simulated host: its memory, its guests, and the disk that they share. Pure.
 *
 * Time goes in steps of SIM_HOST_STEP_MS. In each step, guests that are due and fit are started.
 * The disk is divided in proportion to what all guests ask of it, so one guest's swapping slows
 * the others. Memory moves, balloons move, and agents write. The daemon's engine sees what a
 * hypervisor and xenstore would show (host/simcmd/simio.h), and sets targets and max_pages.
 *
 * If a guest does not fit when it is to be started, it waits. The host keeps memory for it then
 * (host_view.reserved_kib), as `cagmactl reserve` would.
 */
#ifndef CAGMA_SIM_HOST_H
#define CAGMA_SIM_HOST_H

#include "host/sim/agent.h"
#include "host/sim/scenario.h"

enum { SIM_HOST_STEP_MS = 10 };

struct sim_guest {
	struct sim_guest_config config;
	bool is_started;
	uint32_t domid; /* from 1 on, in the order in which guests were started */
	uint64_t started_ms;
	uint64_t alm_kib, cap_kib, target_kib;
	struct sim_memory memory;
	struct sim_balloon balloon;
	struct sim_agent agent;
	/* How it fares. */
	double lack_kib;   /* memory that its programs want now and that is not in memory */
	uint64_t short_ms; /* how long it has lacked memory, or waited to be started */
};

struct sim_host {
	uint64_t now_ms;
	uint64_t total_kib, free_kib;
	double disk_kib_s;
	unsigned n_guests, n_started;
	struct sim_guest *guest;    /* n_guests of them, in the order of the scenario */
	unsigned *started;          /* n_guests places: the index of the guest with domid i + 1 */
	enum sim_agent_kind agents; /* the agents that guests run */
	uint64_t poll_ms;           /* of polled agents */
};

/* Begins a run. The caller has set guest, started, agents and poll_ms of `host`; the rest is
 * filled in. */
void sim_host_init(struct sim_host *host, const struct sim_scenario *scenario, uint64_t seed);

/* Goes on by one step. */
void sim_host_step(struct sim_host *host);

/* Memory that guests which wait to be started will take. */
uint64_t sim_host_awaited_kib(const struct sim_host *host);

/* Does as libxl does when it sets a target: sets max_pages with it, and lets the guest's driver
 * see the target. */
void sim_host_set_target(struct sim_host *host, struct sim_guest *guest, uint64_t target_kib);

/* True if every page is free or held by a guest, and each guest's own sums hold too. For tests. */
bool sim_host_adds_up(const struct sim_host *host);

#endif
