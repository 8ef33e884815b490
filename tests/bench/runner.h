/* SPDX-License-Identifier: MIT */
/*
 * Runs a workload: starts and kills tasks as its phases say, prints a line for each loop and one
 * for all of it. Lines are NAME=VALUE words:
 *
 *	task=memory-3 loop=7 at_ms= us= minor_faults= major_faults= pswpin_pages= pswpout_pages=
 *	summary ms= lost_tasks= pswpin_pages= pswpout_pages=
 *		[KIND_loops= KIND_unfinished= KIND_residence_us= KIND_median_us=
 *		 KIND_loop_us= KIND_first_us= KIND_minor_faults= KIND_major_faults=]...
 *
 * at_ms is when the loop ended, since the beginning; swap is the kernel's, all of it, since the
 * beginning, and may be RUNNER_SWAP_AGE_MS old; tally.h says what residence is. Loop 0 is
 * what a task does once; how long it took is told apart, as first, and unless it was cut off it is
 * no loop that counts. A lost task was
 * killed by another than us.
 */
#ifndef CAGMA_BENCH_RUNNER_H
#define CAGMA_BENCH_RUNNER_H

#include "tests/bench/workload.h"

enum { RUNNER_SWAP_AGE_MS = 100 };

/*
 * Returns when all phases are over, or at SIGTERM or SIGINT: 0 or -errno (-ECHILD: a task failed,
 * and has said so on stderr).
 */
int runner_run(const struct workload *workload);

#endif
