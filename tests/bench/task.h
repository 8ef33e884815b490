/* SPDX-License-Identifier: MIT */
/* One task of cagma-bench: a process that does the same loop again and again. */
#ifndef CAGMA_BENCH_TASK_H
#define CAGMA_BENCH_TASK_H

#include "tests/bench/workload.h"

/* What a task says after each loop: one write to a pipe, which takes it whole. */
struct task_loop {
	uint32_t kind;
	uint32_t task;
	/* Loop 0 is what happens once, before the first: touching the heap, opening the file. */
	uint64_t number;
	uint64_t start_us;
	uint64_t end_us;
	uint64_t minor_faults;
	uint64_t major_faults;
};

/* Shared with the parent: when the loop that the task is in began; 0 while it rests. */
struct task_slot {
	uint64_t start_us;
};

/* Microseconds of CLOCK_MONOTONIC. */
uint64_t task_now_us(void);

/*
 * What the process of a task does until it is killed. Says on stderr what failed, and exits with 1.
 */
_Noreturn void task_run(const struct workload_part *part, enum workload_kind kind, unsigned number,
			struct task_slot *slot, int loops_fd);

#endif
