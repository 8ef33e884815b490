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
 *
 * A host has places for guests. A guest that moves to another host leaves its place here and takes
 * an empty one there, under another domid; both hosts hold its memory while it is sent.
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
	/* How it moves to another host. */
	bool is_leaving; /* it is being sent, so its host's daemon leaves it alone */
	bool is_suspended;
	bool target_is_news;   /* somebody else than the daemon has set its target */
	uint64_t suspended_ms; /* in all */
};

struct sim_host {
	uint64_t now_ms;
	uint64_t total_kib, free_kib;
	double disk_kib_s;
	unsigned n_guests, n_started;
	struct sim_guest *guest;    /* n_guests places, in the order of the scenario */
	unsigned *started;          /* n_guests places: the guests that run, in order of domid */
	uint32_t last_domid;        /* domids are not given twice */
	uint64_t awaited_kib;       /* a guest from another host waits for so much memory */
	uint64_t held_kib;          /* so much is filled by a guest that is being sent here */
	enum sim_agent_kind agents; /* the agents that guests run */
	uint64_t poll_ms;           /* of polled agents */
};

/* Begins a run. The caller has set guest, started, agents and poll_ms of `host`; the rest is
 * filled in. */
void sim_host_init(struct sim_host *host, const struct sim_scenario *scenario, uint64_t seed);

/* The same in two halves, for a host whose guests are not all of a scenario's: a host with n_guests
 * empty places, and a guest that is to be started in one of them. */
void sim_host_init_empty(struct sim_host *host, const struct sim_scenario *scenario,
			 unsigned n_places);
void sim_host_put(struct sim_host *host, unsigned place, const struct sim_guest_config *config);

/* Goes on by one step. */
void sim_host_step(struct sim_host *host);

/* The guest of that domid, or NULL if it is gone. */
struct sim_guest *sim_host_find(const struct sim_host *host, uint32_t domid);

/* Memory that guests which wait to be started, or to come, will take. */
uint64_t sim_host_awaited_kib(const struct sim_host *host);

/* The part of its time in which the guest neither waited for memory nor was suspended, or the part
 * of its wanted I/O that it got, if that is less. */
uint64_t sim_host_speed_permille(const struct sim_host *host, const struct sim_guest *guest);

/* Does as libxl does when it sets a target: sets max_pages with it, and lets the guest's driver
 * see the target. */
void sim_host_set_target(struct sim_host *host, struct sim_guest *guest, uint64_t target_kib);

/* Does the same for somebody else than the daemon, who will hear of it. */
void sim_host_set_by_hand(struct sim_host *host, struct sim_guest *guest, uint64_t target_kib);

/* A place that no guest has, or n_guests. */
unsigned sim_host_free_place(const struct sim_host *host);

/* Takes free memory for a guest that is sent here. False if there is not enough. */
bool sim_host_hold(struct sim_host *host, uint64_t kib);

/* Ends a move: the guest leaves its place in `from` for the empty `to_place` of `to`, which holds
 * as much memory as the guest has. Its agent begins anew. */
void sim_host_hand_over(struct sim_host *from, unsigned place, struct sim_host *to,
			unsigned to_place);

/* True if every page is free or held by a guest, and each guest's own sums hold too. For tests. */
bool sim_host_adds_up(const struct sim_host *host);

#endif
