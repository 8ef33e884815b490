/* SPDX-License-Identifier: MIT */
/*
 * Linux's balloon driver (drivers/xen/balloon.c of 6.1) over the model and the played host.
 *
 * It moves 512 pages at a time towards its target, never takes more than si_mem_available, grows
 * only as far as the hypervisor gives, backs off 1, 2, 4, 8 s after a failure and gives up after
 * the fourth attempt, until its credit (target - current) is another one. So a target that is
 * written again with the same value wakes nobody.
 *
 * Beside a driver's rules it has a speed, a latency before it starts to move, and faults: stuck
 * (follows nothing) and a floor below which it will not go ("limited").
 */
#ifndef LAB1_LABBALLOON_H
#define LAB1_LABBALLOON_H

#include <stdbool.h>
#include <stdint.h>

#include "tests/lab1/fakexen.h"
#include "tests/lab1/labmodel.h"

struct labballoon_config {
	double speed_kib_s;
	double latency_s;
	bool is_stuck;
	double floor_kib;     /* of current_kib; 0: none */
	uint32_t max_retries; /* 4 as in Linux; 0: never gives up */
};

enum labballoon_state { LABBALLOON_DONE, LABBALLOON_EAGAIN, LABBALLOON_ECANCELED };

struct labballoon {
	struct labballoon_config config;
	int64_t current_kib; /* as the guest counts */
	int64_t target_kib;
	int64_t boot_kib;        /* current_kib with an empty balloon: it cannot grow above */
	int64_t target_diff_kib; /* HVM: memory/target less this is target_kib */
	enum labballoon_state state;
	uint32_t retry_count, schedule_delay_s;
	int64_t slept_credit_kib;
	double wake_at_s;  /* end of the back-off or of the latency */
	double budget_kib; /* what the speed allows now */
	uint64_t give_ups;
};

void labballoon_init(struct labballoon *b, const struct labballoon_config *config,
		     int64_t current_kib, int64_t boot_kib, int64_t target_diff_kib);
/* A new target in the guest's own units; NOW_S starts the latency. */
void labballoon_set_target(struct labballoon *b, int64_t target_kib, double now_s);
/* Works for STEP_S seconds up to NOW_S. True if it moved something or waits to move. */
bool labballoon_run(struct labballoon *b, struct labmodel *m, struct fakexen_host *host,
		    uint32_t domid, double now_s, double step_s);

#endif
