/* SPDX-License-Identifier: MIT */
#include "common/system/clock.h"

#include <time.h>

static uint64_t read_ns(clockid_t clock)
{
	struct timespec now;
	clock_gettime(clock, &now);
	return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

uint64_t clock_monotonic_ms(void)
{
	return read_ns(CLOCK_MONOTONIC) / 1000000;
}

uint64_t clock_monotonic_us(void)
{
	return read_ns(CLOCK_MONOTONIC) / 1000;
}

uint64_t clock_boot_ms(void)
{
	return read_ns(CLOCK_BOOTTIME) / 1000000;
}

uint64_t clock_real_ms(void)
{
	return read_ns(CLOCK_REALTIME) / 1000000;
}

uint64_t clock_tick_ms(void)
{
	return read_ns(CLOCK_MONOTONIC_COARSE) / 1000000;
}

uint64_t clock_thread_ns(void)
{
	return read_ns(CLOCK_THREAD_CPUTIME_ID);
}
