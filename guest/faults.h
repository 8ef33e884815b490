/* SPDX-License-Identifier: MIT */
/*
 * faults.h - being woken when programs touch much memory. (Edge: perf_event_open(2).)
 *
 * Memory that a program touches for the first time costs it a page fault, and
 * the kernel can count those and send a signal after so many. So a guest that
 * starts to fill its memory tells the agent itself, however long that meant to
 * sleep; counting costs a guest at rest nothing. What is taken without faults
 * of 4 KiB (huge pages, tmpfs, the kernel's own) is seen by the cadence alone.
 */
#ifndef CAGMA_FAULTS_H
#define CAGMA_FAULTS_H

#include <stdbool.h>
#include <stdint.h>

enum {
	FAULTS_MAX_PROCESSORS = 256, /* faults on others are not counted */
	FAULTS_MIN_PAGES = 256,      /* of one processor: 1 MiB */
};

/*
 * Counts the faults of all programs on the processors that are online; doze()
 * is told of them once faults_watch() has said of how many. 0, or -errno when
 * the kernel or our rights do not allow it, and nothing is different then.
 * From the thread that dozes.
 */
int faults_start(void);

/*
 * From now on the pause ends when about `touched_kib` have been touched: some
 * processor had its part of that. What is already watched for is let be when
 * it is between half of that and all. Nothing to do without faults_start().
 */
void faults_watch(uint64_t touched_kib);

#endif
