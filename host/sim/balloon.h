/* SPDX-License-Identifier: MIT */
/*
 * Linux's balloon driver (drivers/xen/balloon.c of 6.1) over the model of a guest's memory.
 *
 * It moves 512 pages at a time towards its target, and grows only as far as the hypervisor gives.
 * It asks for no more pages than si_mem_available; but that is never nothing where files are
 * mapped, and for a page that is not free it waits until something was swapped out. When less was
 * available than it is to take, and less than totalreserve_pages, that was a failure. It backs off
 * 1, 2, 4, 8 s after one and gives up after the fourth attempt, until its credit (target - current)
 * is another one. So a target that is written again with the same value wakes nobody.
 *
 * Beside a driver's rules it has a speed, a latency before it starts to move, and faults: stuck
 * (follows nothing) and a floor below which it will not go ("limited"). Pure.
 */
#ifndef CAGMA_SIM_BALLOON_H
#define CAGMA_SIM_BALLOON_H

#include <stdbool.h>
#include <stdint.h>

#include "host/sim/memory.h"

/* What a hypervisor does for one of its guests. Either returns the pages that moved; negative
 * when it refused. */
struct sim_pages {
	int64_t (*populate)(void *host, uint32_t domid, uint64_t pages);
	int64_t (*release)(void *host, uint32_t domid, uint64_t pages);
	void *host;
	uint32_t domid;
};

struct sim_balloon_config {
	double speed_kib_s;
	double latency_s;
	bool is_stuck;
	double floor_kib;     /* of current_kib; 0: none */
	uint32_t max_retries; /* 4 as in Linux; 0: never gives up */
};

enum sim_balloon_state {
	SIM_BALLOON_DONE,
	SIM_BALLOON_EAGAIN,
	SIM_BALLOON_ECANCELED,
	SIM_BALLOON_WAITS, /* in direct reclaim, for the rest of a batch */
};

struct sim_balloon {
	struct sim_balloon_config config;
	int64_t current_kib; /* as the guest counts */
	int64_t target_kib;
	int64_t boot_kib;        /* current_kib with an empty balloon: it cannot grow above */
	int64_t target_diff_kib; /* HVM: memory/target less this is target_kib */
	enum sim_balloon_state state;
	uint32_t retry_count, schedule_delay_s;
	int64_t slept_credit_kib;
	double wake_at_s;  /* end of the back-off or of the latency */
	int64_t batch_kib; /* it is taking, and has not got yet */
	bool is_last; /* … before it backs off, since less was available than it is to take */
	double budget_kib; /* what the speed allows now */
	uint64_t give_ups;
};

void sim_balloon_init(struct sim_balloon *b, const struct sim_balloon_config *config,
		      int64_t current_kib, int64_t boot_kib, int64_t target_diff_kib);
/* A new target in the guest's own units; NOW_S starts the latency. */
void sim_balloon_set_target(struct sim_balloon *b, int64_t target_kib, double now_s);
/* Works for STEP_S seconds up to NOW_S. True if it moved something or waits to move. */
bool sim_balloon_run(struct sim_balloon *b, struct sim_memory *m, const struct sim_pages *pages,
		     double now_s, double step_s);

#endif
