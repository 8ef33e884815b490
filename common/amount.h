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

/* How much larger `a` is than `b`; 0 if it is not larger. */
static inline uint64_t amount_less(uint64_t a, uint64_t b)
{
	return a > b ? a - b : 0;
}

/* How far `a` and `b` are apart. */
static inline uint64_t amount_distance(uint64_t a, uint64_t b)
{
	return a > b ? a - b : b - a;
}

#endif
