/* SPDX-License-Identifier: MIT */
/* task.h - one task of cagma-bench: a process that does the same loop again and again. */
#ifndef CAGMA_BENCH_TASK_H
#define CAGMA_BENCH_TASK_H

#include "tests/bench/workload.h"

/* A task's report of a loop: one write to a pipe, which takes it as a whole. */
struct task_loop {
	uint32_t kind;
	uint32_t task;
	/* loop 0 is the work done once before the first loop: touching the heap, opening the
	 * file */
	uint64_t number;
	uint64_t start_us;
	uint64_t end_us;
	uint64_t minor_faults;
	uint64_t major_faults;
};

/* Shared with the parent: the time at which the task's current loop began; 0 while it rests. */
struct task_slot {
	uint64_t start_us;
};

/* Microseconds of CLOCK_MONOTONIC. */
uint64_t task_now_us(void);

/*
 * Runs a task until it is killed. If something fails, it says so on stderr and exits with 1.
 */
_Noreturn void task_run(const struct workload_part *part, enum workload_kind kind, unsigned number,
			struct task_slot *slot, int loops_fd);

#endif
