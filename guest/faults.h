/* SPDX-License-Identifier: MIT */
/*
 * faults.h - programs that touch much memory wake the agent. (Edge: perf_event_open(2).)
 *
 * Memory that a program touches for the first time costs it a page fault. The
 * kernel counts faults and sends a signal after a given number of them, so a
 * guest that begins to fill its memory wakes the agent, however long the agent
 * meant to sleep. In a guest at rest counting costs nothing.
 *
 * Two ways to take memory hide from that counter: a huge page is one fault,
 * and a call that populates (mmap(2), mlock(2), madvise(2)) takes many pages
 * without any. Both can be seen only by probes on functions inside the
 * kernel, which are no interface: their names change from version to version.
 * So probes are set on request only. Memory that is taken without faults, in
 * tmpfs or by the kernel itself, is seen by the cadence alone.
 */
#ifndef CAGMA_FAULTS_H
#define CAGMA_FAULTS_H

#include <stdbool.h>
#include <stdint.h>

enum {
	FAULTS_MAX_PROCESSORS = 256,   /* faults on others are not counted */
	FAULTS_OTHER_DESCRIPTORS = 64, /* of the process's limit, so many are left to others */
};

/*
 * Counts the page faults of all programs on the processors that are online;
 * faults_watch() says after how many the signal comes. A processor takes a
 * descriptor. 0, or -errno when the kernel, the process's rights or its limit of
 * descriptors do not allow it, and nothing is counted then.
 * Once in a process, from the thread that dozes.
 */
int faults_start(void);

/*
 * Counts huge pages and calls that populate, too, by kprobes. 0, or -errno when
 * none of the functions can be probed. Once, after faults_start().
 */
int faults_probe(void);

/* Does the kernel give programs huge pages that they did not ask for, and that are not counted? */
bool faults_misses_huge_pages(void);

/*
 * Ends the pause once programs have touched about `touched_kib` from now on.
 * The amount is divided evenly among the online processors (at least 1 MiB
 * or one huge page each), and the first processor to reach
 * its part wakes the agent. A call that populates counts as 32 MiB, whatever
 * it takes. When a counter's period is already between half and 5/4 of the new
 * one, it stays. Does nothing for what is not counted.
 */
void faults_watch(uint64_t touched_kib);

/* After how many faults that bring `kib` each such a counter sends its signal, if there are
 * `n_counters` of them. */
uint64_t faults_period(uint64_t touched_kib, uint64_t kib, unsigned n_counters);

#endif
