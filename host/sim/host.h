/* SPDX-License-Identifier: MIT */
/*
 * sim_host.h - the simulated host: its memory, its guests, the disk they share. Pure.
 *
 * Time goes in steps of SIM_HOST_STEP_MS. In each, guests that are due and fit
 * are started; the disk is divided in proportion to what all guests ask of it,
 * so that one guest's swapping slows the others; memory moves, balloons move,
 * agents write. The daemon (sim_daemon.h) sees what a hypervisor and xenstore
 * would show, and sets targets and max_pages.
 *
 * A guest that does not fit when it is to be started waits, and the host keeps
 * for it what it lacks (model.h: reserved_kib), as `cagmactl reserve` does.
 */
#ifndef CAGMA_SIM_HOST_H
#define CAGMA_SIM_HOST_H

#include "host/sim/agent.h"
#include "host/sim/scenario.h"

enum { SIM_HOST_STEP_MS = 10 };

struct sim_guest {
	struct sim_guest_config config;
	bool is_started;
	uint32_t domid; /* in the order in which they were started, from 1 on */
	uint64_t started_ms;
	uint64_t alm_kib, cap_kib, target_kib;
	struct sim_memory memory;
	struct sim_balloon balloon;
	struct sim_agent agent;
	/* what it went through */
	double lack_kib;   /* wanted and not in memory now */
	uint64_t short_ms; /* … so long, or waiting to be started */
};

struct sim_host {
	uint64_t now_ms;
	uint64_t total_kib, free_kib;
	double disk_kib_s;
	unsigned n_guests, n_started;
	struct sim_guest *guest;    /* n_guests of them, in the order of the scenario */
	unsigned *started;          /* n_guests places: which guest has domid i + 1 */
	enum sim_agent_kind agents; /* that they run */
	uint64_t poll_ms;
};

/* `host` has guest, started, agents and poll_ms set; the rest is filled in. */
void sim_host_init(struct sim_host *host, const struct sim_scenario *scenario, uint64_t seed);

/* One step on. */
void sim_host_step(struct sim_host *host);

/* What guests that wait to be started will take. */
uint64_t sim_host_awaited_kib(const struct sim_host *host);

/* libxl has set a target: max_pages with it, and the guest's driver sees it. */
void sim_host_set_target(struct sim_host *host, struct sim_guest *guest, uint64_t target_kib);

/* All pages are somewhere: free, or held by a guest, whose own sum holds too. For tests. */
bool sim_host_adds_up(const struct sim_host *host);

#endif
