/* SPDX-License-Identifier: MIT */
#include "host/share.h"

#include <stdbool.h>

/* The level is a fixed-point number, so that weights count below one unit. At the
 * highest, the least weight has its hi. */
#define LEVEL_BITS 16
#define LEVEL_MAX  (UINT64_C(1) << 47)

/* So many levels are tried by Newton's steps, which mostly end sooner; then the bracket is halved. */
#define NEWTON_STEPS 16

/* Orders are compared by so many bits at a time. */
#define DIGIT_BITS 8
#define DIGITS	   (1 << DIGIT_BITS)

static uint64_t amount_at(const struct share *s, uint64_t level)
{
	/* level < 2^48 and weight < 2^16: no overflow */
	uint64_t amount = level * s->weight >> LEVEL_BITS;
	return amount < s->lo ? s->lo : amount > s->hi ? s->hi : amount;
}

/* --- the level -------------------------------------------------------------- */

struct sum {
	uint64_t amount;
	uint64_t weight; /* of those that a higher level gives more */
};

static struct sum sum_at(const struct share *share, unsigned n, uint64_t level)
{
	struct sum sum = {0};
	for (unsigned i = 0; i < n; i++) {
		const struct share *s = &share[i];
		uint64_t amount = level * s->weight >> LEVEL_BITS;
		bool is_within = amount >= s->lo && amount < s->hi;
		sum.amount += amount < s->lo ? s->lo : amount > s->hi ? s->hi : amount;
		sum.weight += is_within ? s->weight : 0;
	}
	return sum;
}

/* The highest level found whose sum does not exceed the amount, and the lowest whose does. */
struct bracket {
	uint64_t low, high;
	uint64_t at;      /* the one of the two that was found last, */
	struct sum sum;   /* its sum */
	uint64_t stride;  /* how far beyond its aim the next step goes, so as to find the other */
};

static uint64_t newton_level(const struct bracket *b, uint64_t amount)
{
	uint64_t weight = b->sum.weight ? b->sum.weight : 1;
	if (b->at == b->low) {
		uint64_t up = ((amount - b->sum.amount) << LEVEL_BITS) / weight + b->stride;
		return up < 1 ? b->low + 1 : up < b->high - b->low ? b->low + up : b->high - 1;
	}
	uint64_t down = ((b->sum.amount - amount) << LEVEL_BITS) / weight + b->stride;
	return down < 1 ? b->high - 1 : down < b->high - b->low ? b->high - down : b->low + 1;
}

static void narrow(struct bracket *b, uint64_t amount, uint64_t level, struct sum sum)
{
	bool is_low = sum.amount <= amount, was_low = b->at == b->low;
	b->stride = is_low == was_low ? 2 * b->stride + 1 : 0;
	b->at = level;
	b->sum = sum;
	if (is_low)
		b->low = level;
	else
		b->high = level;
}

/* The highest level whose sum does not exceed the amount, or one with the same sum. */
static uint64_t level_of(const struct share *share, unsigned n, uint64_t amount)
{
	struct bracket b = {.high = LEVEL_MAX, .sum = sum_at(share, n, 0)};
	if (b.sum.amount >= amount)
		return 0;
	if (sum_at(share, n, LEVEL_MAX).amount <= amount)
		return LEVEL_MAX;
	for (unsigned step = 0; b.high > b.low + 1 && b.sum.amount != amount; step++) {
		uint64_t level = step < NEWTON_STEPS ? newton_level(&b, amount)
						     : b.low + (b.high - b.low) / 2;
		narrow(&b, amount, level, sum_at(share, n, level));
	}
	return b.sum.amount == amount ? b.at : b.low;
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
