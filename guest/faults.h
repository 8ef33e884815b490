/* SPDX-License-Identifier: MIT */
/*
 * faults.h - being woken when programs touch much memory. (Edge: perf_event_open(2).)
 *
 * Memory that a program touches for the first time costs it a page fault, and
 * the kernel can count those and send a signal after so many. So a guest that
 * starts to fill its memory tells the agent itself, however long that meant to
 * sleep; counting costs a guest at rest nothing. Huge pages, and calls that
 * populate (mmap(2), mlock(2), madvise(2)), have counters of their own, where the
 * kernel has kprobes. What is taken otherwise (in tmpfs, by the kernel itself) is
 * seen by the cadence alone.
 */
#ifndef CAGMA_FAULTS_H
#define CAGMA_FAULTS_H

#include <stdint.h>

enum { FAULTS_MAX_PROCESSORS = 256 }; /* faults on others are not counted */

/*
 * Counts the faults of all programs on the processors that are online; doze()
 * is told of them once faults_watch() has said of how many. 0, or -errno when
 * the kernel or our rights do not allow it, and nothing is different then.
 * Once in a process, from the thread that dozes.
 */
int faults_start(void);

/*
 * From now on the pause ends when about `touched_kib` have been touched, in
 * pages or in huge ones: when some processor had its part of that, of 1 or 2 MiB
 * at least; or when a call has begun to populate, one for each 32 MiB of that. What
 * is watched for already is let be as long as it is between half of that and 5/4.
 * Does nothing without faults_start().
 */
void faults_watch(uint64_t touched_kib);

#endif
