/* SPDX-License-Identifier: MIT */
/*
 * runner.h - runs a workload: starts and kills tasks as its phases say, and prints a line for each
 * loop and one for the whole. Lines are NAME=VALUE words:
 *
 *	task=memory-3 loop=7 at_ms= us= minor_faults= major_faults= pswpin_pages= pswpout_pages=
 *	summary ms= lost_tasks= pswpin_pages= pswpout_pages=
 *		[KIND_loops= KIND_unfinished= KIND_residence_us= KIND_median_us=
 *		 KIND_loop_us= KIND_first_us= KIND_minor_faults= KIND_major_faults=]...
 *
 * at_ms is the time from the beginning to the loop's end. The swap counters are the kernel's, since
 * the beginning, and may be RUNNER_SWAP_AGE_MS old. tally.h explains residence. Loop 0 is the work
 * that a task does once: its time is KIND_first_us, and it counts as a loop only if it was cut off.
 * A lost task was killed by another process.
 */
#ifndef CAGMA_BENCH_RUNNER_H
#define CAGMA_BENCH_RUNNER_H

#include "tests/bench/workload.h"

enum { RUNNER_SWAP_AGE_MS = 100 };

/*
 * Runs until all phases are over, or SIGTERM or SIGINT comes. 0; -ECHILD if a task failed, which
 * has said so on stderr; another -errno.
 */
int runner_run(const struct workload *workload);

#endif
