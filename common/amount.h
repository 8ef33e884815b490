/* SPDX-License-Identifier: MIT */
/*
 * amount.h - arithmetic on amounts (KiB, ms, pages) that never wraps below zero. Pure.
 */
#ifndef CAGMA_AMOUNT_H
#define CAGMA_AMOUNT_H

#include <stdint.h>

static inline uint64_t amount_min(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

static inline uint64_t amount_max(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

/* How much more `a` is than `b`; 0 when it is not. */
static inline uint64_t amount_less(uint64_t a, uint64_t b)
{
	return a > b ? a - b : 0;
}

static inline uint64_t amount_distance(uint64_t a, uint64_t b)
{
	return a > b ? a - b : b - a;
}

#endif
