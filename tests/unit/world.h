/* SPDX-License-Identifier: MIT */
/*
 * world.h - a small played host for tests of the pure core: guests whose
 * balloons follow their targets at once or at a given speed, and which report
 * truthfully unless told otherwise.
 */
#ifndef CAGMA_TEST_WORLD_H
#define CAGMA_TEST_WORLD_H

#include "host/core/balloon.h"
#include "host/policy/policy.h"

enum { WORLD_MAX_GUESTS = 64 };

struct world_guest {
	uint64_t offset_kib;  /* ALM - MemTotal */
	uint64_t used_kib;    /* what its programs use */
	uint64_t speed_kib;   /* its balloon moves so much a step; 0: stuck */
	bool lies;            /* claims to use all it has */
	uint64_t grabs_kib;   /* it takes so much of its credit a step, needed or not */
	uint64_t own_kib;     /* its driver's own target, until it is told another; 0: none */
	uint64_t swapped_kib; /* used and not in memory, at the last step */
	struct balloon balloon;
};

struct world {
	struct host_view host;
	unsigned n;
	struct guest_view view[WORLD_MAX_GUESTS];
	struct world_guest guest[WORLD_MAX_GUESTS];
	_Alignas(uint64_t) unsigned char memory_room[MEMORY_BYTES(WORLD_MAX_GUESTS)];
	_Alignas(uint64_t) unsigned char plan_room[PLAN_BYTES(WORLD_MAX_GUESTS)];
	struct memory memory;
	struct plan plan;
	struct policy_conf conf;
	uint64_t overspent_kib; /* what balloons wanted and the host did not have */
};

/* The options as shipped (64 MiB of reserve, CMA of 32 MiB or an eighth, 1 s); `free_kib` free. */
void world_init(struct world *world, uint64_t free_kib);

/* A managed guest at rest, with min 128 MiB and max 4 GiB; its index. */
unsigned world_add(struct world *world, uint64_t alm_kib, uint64_t used_kib);

/* Reports, balloons observed: everything but the decision, after `ms` more. */
void world_observe(struct world *world, uint64_t ms);

/* The policy's plan on what was observed; asserts the safety contract. */
void world_decide(struct world *world, const struct policy *policy);

/* The same for a policy whose plans may have to be cut, as the engine does: how many cuts. */
unsigned world_decide_cut(struct world *world, const struct policy *policy);

/* Targets and max_pages set, balloons moved by one step. */
void world_move(struct world *world);

/* observe, decide, move: `steps` times, `ms` apart. */
void world_run(struct world *world, const struct policy *policy, unsigned steps, uint64_t ms);

#endif
