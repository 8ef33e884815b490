/* SPDX-License-Identifier: MIT */
/*
 * balloon.h - Linux's balloon driver (drivers/xen/balloon.c of 6.1) over the model of a guest's
 * memory. Pure.
 *
 * The driver moves 512 pages at a time towards its target, and grows only as far as the hypervisor
 * gives pages.
 *
 * When it takes pages from the guest, it asks for no more than si_mem_available() has; but that is
 * never zero while files are mapped. If a page is not free, the driver waits until something was
 * swapped out. An attempt fails if less was available than the driver is to take, and less than
 * totalreserve_pages.
 *
 * After a failure the driver backs off for 1, 2, 4 and 8 s. After the fourth attempt it gives up
 * until its credit (target - current) is another one. So a target that is written again with the
 * same value does not wake it.
 *
 * Besides the driver's rules, the model has a speed, a latency before the balloon starts to move,
 * and two faults: a stuck balloon follows no target, and a balloon with a floor does not go below
 * it.
 */
#ifndef CAGMA_SIM_BALLOON_H
#define CAGMA_SIM_BALLOON_H

#include <stdbool.h>
#include <stdint.h>

#include "host/sim/memory.h"

/* The hypervisor's functions for one of its guests. Both return the number of pages that moved, or
 * a negative number if the hypervisor refused. */
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
	double floor_kib;     /* the least current_kib; 0: there is no floor */
	uint32_t max_retries; /* attempts until it gives up: 4 in Linux; 0: it never does */
};

enum sim_balloon_state {
	SIM_BALLOON_DONE,
	SIM_BALLOON_EAGAIN,
	SIM_BALLOON_ECANCELED,
	SIM_BALLOON_WAITS, /* it waits in direct reclaim for the rest of a batch */
};

struct sim_balloon {
	struct sim_balloon_config config;
	int64_t current_kib; /* memory of the guest by its own count */
	int64_t target_kib;
	int64_t boot_kib;        /* current_kib with an empty balloon: the most it can be */
	int64_t target_diff_kib; /* HVM: target_kib is memory/target less this */
	enum sim_balloon_state state;
	uint32_t retry_count, schedule_delay_s;
	int64_t slept_credit_kib; /* the credit when it went to sleep; another one wakes it */
	double wake_at_s;         /* the end of the back-off or of the latency */
	int64_t batch_kib;        /* the part of the batch that it is taking and has not got yet */
	bool is_last; /* the driver backs off after this batch, since too little was available */
	double budget_kib; /* how much the speed allows now */
	uint64_t give_ups;
};

void sim_balloon_init(struct sim_balloon *b, const struct sim_balloon_config *config,
		      int64_t current_kib, int64_t boot_kib, int64_t target_diff_kib);
/* Sets a new target in the guest's own units. If the balloon is at rest, its latency starts at
 * `now_s`. */
void sim_balloon_set_target(struct sim_balloon *b, int64_t target_kib, double now_s);
/* Lets the driver work for `step_s` seconds up to `now_s`. Returns true if it moved pages or waits
 * to. */
bool sim_balloon_run(struct sim_balloon *b, struct sim_memory *m, const struct sim_pages *pages,
		     double now_s, double step_s);

#endif
