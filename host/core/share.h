/* SPDX-License-Identifier: MIT */
/*
 * share.h - dividing an amount by weight, within bounds. Pure.
 *
 * One level L for all: x_i = clamp(L w_i, lo_i, hi_i), with L such that the
 * x_i add up to the amount. The same rule divides a shortage fairly (everyone
 * is raised to the level, the needy first) and decides who gives.
 */
#ifndef CAGMA_CORE_SHARE_H
#define CAGMA_CORE_SHARE_H

#include <stdint.h>

/* Amounts are in any one unit and below 2^31 (in pages: 8 TiB); weights are 1..65535. */
struct share {
	uint64_t lo, hi; /* lo <= hi */
	uint32_t weight;
	uint32_t
		order; /* single units that are left over go to the shares with the lowest orders */
	uint64_t got;  /* result: lo <= got <= hi */
};

/*
 * Divides `amount` among share[0..n), n at most 65536. The results add up to
 * `amount` exactly, clamped to [sum of lo, sum of hi]. They do not depend on
 * the array's order, given distinct `order`s; shares with equal bounds and
 * weight differ by at most one unit. Time is n, some twelve times over as a
 * rule and at most eighty.
 */
void share_divide(struct share *share, unsigned n, uint64_t amount);

#endif
