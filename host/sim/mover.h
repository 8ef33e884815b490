/* SPDX-License-Identifier: MIT */
/*
 * mover.h - the rule by which an engine such as Pacemaker or Ganeti moves guests between hosts.
 * Pure.
 *
 * The engine hears what each guest needs, smoothed, and what each host has for guests. A host whose
 * guests need more than that is short. A shortage that passes is for balloons, so a host has to
 * have been short for longer than the move would take. Then one guest leaves it: of those whose
 * departure ends the shortage the one with the least memory to send; if no departure ends it, the
 * guest that needs most. The guest goes to the host with the most room, and only if that host can
 * serve its need and keeps MOVER_SPARE_PERMILLE of its memory. A host takes part in one move at a
 * time.
 *
 *	a move takes	size * dirtied / bandwidth + suspended
 */
#ifndef CAGMA_SIM_MOVER_H
#define CAGMA_SIM_MOVER_H

#include <stdbool.h>
#include <stdint.h>

enum {
	MOVER_SMOOTH_MS = 10000,   /* a need follows what is heard over such a time */
	MOVER_SPARE_PERMILLE = 20, /* of a host's memory, that a guest which comes leaves there */
};

/* What a move costs. */
struct mover_link {
	double bandwidth_kib_s;
	double dirtied; /* so many times its memory is sent, as pages are dirtied meanwhile: >= 1 */
	uint64_t suspended_ms; /* at the end of a move the guest stands still for so long */
};

/* A place on a host. All zero: nobody has it. */
struct mover_guest {
	double need_kib; /* smoothed */
	double size_kib; /* what it holds, and a move would send */
	bool is_movable;
};

struct mover_host {
	double capacity_kib; /* for guests */
	bool is_busy;        /* it takes part in a move, or rests after one that failed */
	/* By mover_judge(). */
	double need_kib;
	uint64_t short_since_ms; /* 0: it is not short */
};

/* The arrays are the caller's. Host h has the places guest[h * n_places] and following. */
struct mover {
	struct mover_link link;
	unsigned n_hosts, n_places;
	struct mover_host *host;
	struct mover_guest *guest;
};

struct mover_choice {
	unsigned from, place, to;
};

/* A need that was `before_kib` (0: not known yet), when `heard_kib` is heard and `passed_ms` have
 * passed since it was last. */
double mover_smooth_kib(double before_kib, double heard_kib, uint64_t passed_ms);

/* How long it takes to send a guest, and to suspend it. */
uint64_t mover_takes_ms(const struct mover_link *link, double size_kib);

/* Adds up what each host's guests need, and notes since when that is too much. */
void mover_judge(struct mover *mover, uint64_t now_ms);

/* Chooses a move for the host that is most short of those that can be relieved. False if there is
 * none. To be called after mover_judge(). */
bool mover_choose(const struct mover *mover, uint64_t now_ms, struct mover_choice *ret_choice);

#endif
