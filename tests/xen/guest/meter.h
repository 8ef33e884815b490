/* SPDX-License-Identifier: MIT */
/* meter.h - the Xen lab's readings in a guest: its kernel's counters, and what one process
 * costs. */
#ifndef CAGMA_XEN_METER_H
#define CAGMA_XEN_METER_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* /proc/meminfo and /proc/vmstat at one moment. */
struct meter_memory {
	uint64_t memtotal_kib;
	uint64_t memavailable_kib;
	uint64_t pswpin_pages;
	uint64_t pswpout_pages;
	uint64_t oom_kills;
};

/* Returns 0 or -errno; -ENODATA if a field is missing. */
int meter_read_memory(struct meter_memory *ret_memory);

/* Finds the process whose /proc/PID/comm is name; 0 or -errno (-ESRCH). */
int meter_find_process(const char *name, pid_t *ret_pid);

/* CPU time of all threads, from schedstat. Returns 0 or -errno. */
int meter_read_cpu(pid_t pid, uint64_t *ret_cpu_us);

/* How often the first thread of the process has gone to sleep. Returns 0 or -errno. */
int meter_read_sleeps(pid_t pid, uint64_t *ret_sleeps);

/*
 * Reads the resident memory in smaps_rollup, since VmRSS lags behind: the kernel batches its
 * counters. Returns 0 or -errno.
 */
int meter_read_rss(pid_t pid, uint64_t *ret_rss_kib);

/*
 * Does as a balancer that polls: for ever it opens, reads, parses and closes /proc/meminfo, and
 * sleeps for period_ms.
 */
_Noreturn void meter_poll_meminfo(unsigned period_ms);

#endif
