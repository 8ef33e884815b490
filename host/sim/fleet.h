/* SPDX-License-Identifier: MIT */
/*
 * fleet.h - several simulated hosts, and guests that move between them. Pure.
 *
 * Guests are dealt out before time begins, in an order that chance has by the seed, so that hosts
 * are equally full; who peaks when is not heeded. Later an engine moves them by the rule of
 * mover.h:
 *
 *	makes room	the receiving host has memory come free, as by `cagmactl reserve`
 *	sends		both hosts hold the guest's memory, and its balloon stands still
 *	suspends	the guest stands still, and then goes on at the other host
 *
 * If no room has come in FLEET_ROOM_MS, the move has failed. Its host rests for FLEET_REST_MS then,
 * and twice as long after each further failure. The hosts' daemons are not here: the caller steps
 * the hosts, and hands on what the daemons find that guests need.
 */
#ifndef CAGMA_SIM_FLEET_H
#define CAGMA_SIM_FLEET_H

#include "host/sim/host.h"
#include "host/sim/mover.h"

enum {
	FLEET_STEP_MS = 100,  /* from one fleet_step() to the next */
	FLEET_LOOK_MS = 1000, /* from one decision of the engine to the next */
	FLEET_ROOM_MS = 30000,
	FLEET_REST_MS = 30000,
	FLEET_RESTS = 5, /* so often at most the rest doubles */
};

enum fleet_stage { FLEET_STAYS, FLEET_MAKES_ROOM, FLEET_SENDS, FLEET_SUSPENDS };

/* The move of a guest that leaves a host. */
struct fleet_move {
	enum fleet_stage stage;
	unsigned place, to, to_place;
	uint64_t until_ms; /* the end of the stage; while nobody leaves: the end of the rest */
	unsigned n_failed; /* in a row */
};

struct fleet_counts {
	uint64_t moves, failed_moves;
	double sent_kib;
};

/* The arrays are the caller's. Those of host, move, dealt_kib and mover.host have n_hosts places.
 * Each host has n_places places for guests, and mover.guest n_hosts * n_places. */
struct fleet {
	unsigned n_hosts, n_places;
	struct sim_host *host;
	struct fleet_move *move; /* by the host that the guest leaves */
	double *dealt_kib;       /* room to work in */
	struct mover mover;
	uint64_t reserve_kib; /* that daemons keep free on each host */
	/* When a guest has come or gone, the host's memory is divided anew among its guests, in
	 * proportion to what they were built with, as Pacemaker's agent for Xen does on request. */
	bool divides;
	struct fleet_counts counts;
};

/*
 * Deals out n_guests, in the proportion in which the scenario has them, each to the host that has
 * been dealt least. A guest is built with memory in proportion to its own demand (jitter), and then
 * all of a host are scaled, so that the host is full, within their min and max. False if a host has
 * too few places, or its memory not all mins. The hosts are empty before.
 */
bool fleet_deal(struct fleet *fleet, const struct sim_scenario *scenario, unsigned n_guests,
		uint64_t seed);

/* Takes in that the guest was found to need so much, FLEET_LOOK_MS after it was last. */
void fleet_hear(struct fleet *fleet, unsigned host, unsigned place, double need_kib);

/* Goes on with the moves, once all hosts have been stepped to now_ms. */
void fleet_step(struct fleet *fleet, uint64_t now_ms);

/* Begins a move, if the engine chooses one. To be called until it returns false, after needs were
 * heard. */
bool fleet_look(struct fleet *fleet, uint64_t now_ms);

#endif
