/* SPDX-License-Identifier: MIT */
/*
 * world.h - a small played host for tests of the pure core. Its guests' balloons
 * follow their targets at once or at a given speed, and its guests report
 * truthfully unless told otherwise.
 */
#ifndef CAGMA_TEST_WORLD_H
#define CAGMA_TEST_WORLD_H

#include "host/core/arrival.h"
#include "host/core/balloon.h"
#include "host/policy/policy.h"

enum { WORLD_MAX_GUESTS = 64 };

struct world_guest {
	uint64_t offset_kib;  /* ALM - MemTotal */
	uint64_t total_kib;   /* its MemTotal, whatever it holds; 0: all that it holds */
	uint64_t used_kib;    /* what its programs use */
	uint64_t speed_kib;   /* its balloon moves so much a step; 0: stuck */
	uint64_t least_kib;   /* its balloon finds nothing to give below this */
	uint64_t most_kib;    /* its balloon takes nothing above this; 0: no such bound */
	bool lies;            /* claims to use all it has */
	uint64_t grabs_kib;   /* it takes so much a step of what Xen lets it, needed or not */
	uint64_t own_kib;     /* its driver's own target, until it is told another; 0: none */
	unsigned call_steps;  /* until the call under way sets its target; 0: none is */
	uint64_t called_kib;  /* the target that the call sets */
	uint64_t old_kib;     /* its target until then */
	uint64_t swapped_kib; /* used and not in memory, at the last step */
	uint64_t built_kib; /* what it was built with, and is guaranteed; 0: nothing is, nor lent */
	struct balloon balloon;
	struct arrival arrival;
	/* The bounds as the test set them, and as the balloon's judge left them. */
	uint64_t min_kib, max_kib, judged_min_kib, judged_max_kib;
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
	unsigned call_steps;    /* a call that sets a target takes so many steps; 0: none */
	bool is_raced;          /* guests move also between a decision and what follows from it */
	uint64_t overspent_kib; /* what balloons wanted and the host did not have */
	uint64_t lowest_kib;    /* free memory may not go below; see world_move() */
	uint64_t seen_free_kib; /* free memory, and guests' room, after the last move */
	uint64_t seen_room_kib;
};

/* Makes a host with `free_kib` free, and the options as shipped (64 MiB of reserve, a CMA of 32 MiB
 * or an eighth, a period of 1 s). */
void world_init(struct world *world, uint64_t free_kib);

/* Adds a managed guest at rest, with a min of 128 MiB and a max of 4 GiB. Its index. */
unsigned world_add(struct world *world, uint64_t alm_kib, uint64_t used_kib);

/* The same of a guest that was built with what it holds, and is guaranteed that. */
unsigned world_add_built(struct world *world, uint64_t built_kib, uint64_t used_kib);

/* Lets `ms` pass, takes guests' reports, and observes their balloons: everything but the
 * decision. */
void world_observe(struct world *world, uint64_t ms);

/* Makes the policy's plan on the observed host, and asserts the safety contract. */
void world_decide(struct world *world, const struct policy *policy);

/* Makes the plan of a policy that may break the contract, and cuts it as the engine does. The
 * number of cuts. */
unsigned world_decide_cut(struct world *world, const struct policy *policy);

/*
 * Sets targets and max_pages, and moves balloons by one step. Asserts after each
 * guest's move, by what Xen alone knows, that free memory is not below the
 * floor. It may be below only if it was, or if guests could already bring it
 * there, when the world began or when the test last changed the host itself;
 * and only until guests have given enough.
 */
void world_move(struct world *world);

/* Observes, decides and moves, `steps` times, `ms` apart. */
void world_run(struct world *world, const struct policy *policy, unsigned steps, uint64_t ms);

#endif
