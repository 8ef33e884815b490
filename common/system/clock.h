/* SPDX-License-Identifier: MIT */
/*
 * clock.h - the clocks that the programs read. (Edge.)
 *
 * A pure file reads none of them: time is a field of its input.
 */
#ifndef CAGMA_SYSTEM_CLOCK_H
#define CAGMA_SYSTEM_CLOCK_H

#include <stdint.h>

/* CLOCK_MONOTONIC: stands still while the machine is suspended. */
uint64_t clock_monotonic_ms(void);
uint64_t clock_monotonic_us(void);

/* CLOCK_BOOTTIME: goes on while the machine is suspended, and is the same in every process. */
uint64_t clock_boot_ms(void);

/* CLOCK_REALTIME: the time of day, in ms since 1970. It may be set back. */
uint64_t clock_real_ms(void);

/* CLOCK_MONOTONIC_COARSE: CLOCK_MONOTONIC as of the last timer tick, read without a system call. */
uint64_t clock_tick_ms(void);

/* CLOCK_THREAD_CPUTIME_ID: what the calling thread has used of a processor, for measurements. */
uint64_t clock_thread_ns(void);

#endif
