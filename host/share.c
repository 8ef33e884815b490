/* SPDX-License-Identifier: MIT */
#include "host/share.h"

/* The level is a fixed-point number, so that weights count below one unit. */
#define LEVEL_BITS 16
#define LEVEL_MAX  (UINT64_C(1) << 47)

static uint64_t amount_at(const struct share *s, uint64_t level)
{
	/* level < 2^48 and weight < 2^16: no overflow */
	uint64_t amount = level * s->weight >> LEVEL_BITS;
	return amount < s->lo ? s->lo : amount > s->hi ? s->hi : amount;
}

static uint64_t sum_at(const struct share *share, unsigned n, uint64_t level)
{
	uint64_t sum = 0;
	for (unsigned i = 0; i < n; i++)
		sum += amount_at(&share[i], level);
	return sum;
}

/* How many of those with order <= last would get a unit more at the next level. */
static uint64_t units_up_to(const struct share *share, unsigned n, uint64_t level, uint64_t last)
{
	uint64_t units = 0;
	for (unsigned i = 0; i < n; i++)
		if (share[i].order <= last)
			units += amount_at(&share[i], level + 1) - amount_at(&share[i], level);
	return units;
}

static uint64_t last_order(const struct share *share, unsigned n)
{
	uint64_t last = 0;
	for (unsigned i = 0; i < n; i++)
		last = share[i].order > last ? share[i].order : last;
	return last;
}

/* The next level would give one unit each to more shares than units are left:
 * those with the lowest order get theirs. */
static void hand_out_rest(struct share *share, unsigned n, uint64_t rest, uint64_t level)
{
	uint64_t low = 0, high = last_order(share, n);
	while (low < high) {
		uint64_t middle = low + (high - low) / 2;
		if (units_up_to(share, n, level, middle) >= rest)
			high = middle;
		else
			low = middle + 1;
	}
	for (unsigned i = 0; i < n; i++)
		if (share[i].order <= low)
			share[i].got = amount_at(&share[i], level + 1);
}

static uint64_t level_of_all(const struct share *share, unsigned n)
{
	uint64_t level = 0;
	for (unsigned i = 0; i < n; i++) {
		uint64_t full = (share[i].hi << LEVEL_BITS) / share[i].weight + 1;
		if (full > level)
			level = full;
	}
	return level < LEVEL_MAX ? level : LEVEL_MAX;
}

void share_divide(struct share *share, unsigned n, uint64_t amount)
{
	uint64_t low = 0, high = level_of_all(share, n);

	if (sum_at(share, n, high) <= amount)
		low = high;
	/* the highest level whose sum does not exceed the amount */
	while (high > low + 1) {
		uint64_t middle = low + (high - low) / 2;
		if (sum_at(share, n, middle) <= amount)
			low = middle;
		else
			high = middle;
	}
	uint64_t sum = 0;
	for (unsigned i = 0; i < n; i++) {
		share[i].got = amount_at(&share[i], low);
		sum += share[i].got;
	}
	if (sum < amount && low < high)
		hand_out_rest(share, n, amount - sum, low);
}
