/* SPDX-License-Identifier: MIT */
#include "host/core/share.h"

#include "common/amount.h"

#include <stdbool.h>

/* The level is a fixed-point number, so that weights count below one unit. At the
 * highest, the least weight has its hi. */
#define LEVEL_BITS 16
#define LEVEL_MAX  (UINT64_C(1) << 47)

/* So many steps are Newton's, which mostly suffice; from then on the bracket is halved. */
#define NEWTON_STEPS 16

/* Orders are compared by so many bits at a time. */
#define DIGIT_BITS 8
#define DIGITS     (1 << DIGIT_BITS)

/* level < 2^48 and weight < 2^16: no overflow */
static uint64_t unbounded_at(const struct share *s, uint64_t level)
{
	return level * s->weight >> LEVEL_BITS;
}

static uint64_t amount_at(const struct share *s, uint64_t level)
{
	uint64_t amount = unbounded_at(s, level);
	return amount_max(amount_min(amount, s->hi), s->lo);
}

/* --- the level -------------------------------------------------------------- */

/* What a level comes to, and the weight of those that a higher one gives more. */
struct sum {
	uint64_t amount, weight;
};

static struct sum sum_at(const struct share *share, unsigned n, uint64_t level)
{
	struct sum sum = {0};
	for (unsigned i = 0; i < n; i++) {
		const struct share *s = &share[i];
		uint64_t amount = unbounded_at(s, level);
		sum.amount += amount_at(s, level);
		sum.weight += amount >= s->lo && amount < s->hi ? s->weight : 0;
	}
	return sum;
}

/* Between a level whose sum does not exceed the amount, and one whose does. */
struct bracket {
	uint64_t low, high;
	bool low_is_new; /* of the two, it was found last */
	struct sum sum;  /* of the one found last */
	uint64_t stride; /* how far beyond its aim the next step goes, to find the other */
	unsigned steps;
};

/* Where the sum would meet the amount if it went on as where it was seen last; the middle, if that
 * is nowhere between the two. */
static uint64_t next_level(const struct bracket *b, uint64_t amount)
{
	uint64_t width = b->high - b->low, middle = b->low + width / 2;
	uint64_t off = amount_distance(amount, b->sum.amount);
	if (!b->sum.weight || b->steps >= NEWTON_STEPS)
		return middle;
	uint64_t by = (off << LEVEL_BITS) / b->sum.weight + 1 + b->stride;
	if (by >= width)
		return middle;
	return b->low_is_new ? b->low + by : b->high - by;
}

static void narrow(struct bracket *b, uint64_t amount, uint64_t level, struct sum sum)
{
	bool is_low = sum.amount <= amount;
	*(is_low ? &b->low : &b->high) = level;
	b->stride = is_low == b->low_is_new ? 2 * b->stride + 1 : 0;
	b->low_is_new = is_low;
	b->sum = sum;
	b->steps++;
}

/* The highest level whose sum does not exceed the amount, or one with the same sum. */
static uint64_t level_of(const struct share *share, unsigned n, uint64_t amount)
{
	uint64_t lo = 0, hi = 0, weight = 0;
	struct bracket b = {.high = LEVEL_MAX};
	for (unsigned i = 0; i < n; i++) {
		lo += share[i].lo;
		hi += share[i].hi;
		weight += share[i].weight;
	}
	if (amount <= lo || amount >= hi)
		return amount <= lo ? 0 : LEVEL_MAX;
	uint64_t level = amount_max((amount << LEVEL_BITS) / weight, 1); /* if no bound mattered */
	while (b.high > b.low + 1) {
		struct sum sum = sum_at(share, n, level);
		if (sum.amount == amount)
			return level;
		narrow(&b, amount, level, sum);
		level = next_level(&b, amount);
	}
	return b.low;
}

/* --- what is left ----------------------------------------------------------- */

static bool gains(const struct share *s, uint64_t level)
{
	return amount_at(s, level + 1) > amount_at(s, level);
}

static unsigned order_bits(const struct share *share, unsigned n)
{
	uint32_t all = 0;
	unsigned bits = 0;
	for (unsigned i = 0; i < n; i++)
		all |= share[i].order;
	while ((uint64_t)all >> bits)
		bits += DIGIT_BITS;
	return bits;
}

/* The order of the last of the first `rest` that the next level gives a unit more. Digit by digit,
 * the highest first. */
static uint64_t last_order(const struct share *share, unsigned n, uint64_t rest, uint64_t level)
{
	uint64_t last = 0;
	for (unsigned bits = order_bits(share, n); bits;) {
		uint64_t count[DIGITS] = {0};
		unsigned digit = 0;
		bits -= DIGIT_BITS;
		for (unsigned i = 0; i < n; i++) {
			uint64_t order = share[i].order >> bits;
			if (order / DIGITS == last && gains(&share[i], level))
				count[order % DIGITS]++;
		}
		while (digit + 1 < DIGITS && count[digit] < rest)
			rest -= count[digit++];
		last = last * DIGITS + digit;
	}
	return last;
}

void share_divide(struct share *share, unsigned n, uint64_t amount)
{
	uint64_t level = level_of(share, n, amount), sum = 0;
	for (unsigned i = 0; i < n; i++) {
		share[i].got = amount_at(&share[i], level);
		sum += share[i].got;
	}
	if (sum >= amount || level == LEVEL_MAX)
		return;
	/* the next level has a unit for more shares than there are units left */
	uint64_t last = last_order(share, n, amount - sum, level);
	for (unsigned i = 0; i < n; i++)
		if (share[i].order <= last)
			share[i].got = amount_at(&share[i], level + 1);
}
