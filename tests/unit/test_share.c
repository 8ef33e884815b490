/* SPDX-License-Identifier: MIT */
#include "host/core/share.h"
#include "tests/unit/suite.h"

#include <stdlib.h>

enum { MANY = 40, ROUNDS = 3000 };

static uint64_t random_below(uint64_t bound)
{
	return ((uint64_t)random() << 20 ^ (uint64_t)random()) % bound;
}

static void fill(struct share *s, unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		uint64_t lo = random_below(2) ? 0 : random_below(1 << 20);
		s[i] = (struct share){.lo = lo,
				      .hi = lo + random_below(1 << 20),
				      .weight = 1 +
						(uint32_t)random_below(random_below(2) ? 65535 : 4),
				      .order = i + 1};
	}
}

static uint64_t sum(const struct share *s, unsigned n, char which)
{
	uint64_t sum = 0;
	for (unsigned i = 0; i < n; i++)
		sum += which == 'l' ? s[i].lo : which == 'h' ? s[i].hi : s[i].got;
	return sum;
}

START_TEST(sums_exactly_within_bounds)
{
	struct share s[MANY];
	for (int round = 0; round < ROUNDS; round++) {
		unsigned n = (unsigned)random_below(MANY + 1);
		fill(s, n);
		uint64_t lo = sum(s, n, 'l'), hi = sum(s, n, 'h');
		uint64_t amount = random_below(hi + hi / 4 + 2);
		share_divide(s, n, amount);
		uint64_t expected = amount < lo ? lo : amount > hi ? hi : amount;
		ck_assert_uint_eq(sum(s, n, 'g'), expected);
		for (unsigned i = 0; i < n; i++) {
			ck_assert_uint_ge(s[i].got, s[i].lo);
			ck_assert_uint_le(s[i].got, s[i].hi);
		}
	}
}
END_TEST

/* If one guest could have more, no other above its lo has more by its weight, but for a unit. */
START_TEST(one_level_holds_for_all)
{
	struct share s[MANY];
	for (int round = 0; round < ROUNDS; round++) {
		unsigned bits = 1 + (unsigned)random_below(30);
		fill(s, MANY);
		for (unsigned i = 0; i < MANY; i++) {
			s[i].lo = random_below(2) ? 0 : random_below(UINT64_C(1) << bits);
			s[i].hi = s[i].lo + random_below(UINT64_C(1) << bits);
		}
		share_divide(s, MANY, random_below(sum(s, MANY, 'h') + 1));
		for (unsigned i = 0; i < MANY; i++)
			for (unsigned j = 0; j < MANY; j++)
				if (s[i].got < s[i].hi && s[j].got > s[j].lo)
					ck_assert_uint_ge((s[i].got + 1) * s[j].weight,
							  (s[j].got - 1) * s[i].weight);
	}
}
END_TEST

START_TEST(order_of_the_array_does_not_matter)
{
	struct share a[MANY], b[MANY];
	for (int round = 0; round < ROUNDS; round++) {
		fill(a, MANY);
		for (unsigned i = 0; i < MANY; i++)
			b[MANY - 1 - i] = a[i];
		uint64_t amount = random_below(sum(a, MANY, 'h') + 1);
		share_divide(a, MANY, amount);
		share_divide(b, MANY, amount);
		for (unsigned i = 0; i < MANY; i++)
			ck_assert_uint_eq(a[i].got, b[MANY - 1 - i].got);
	}
}
END_TEST

START_TEST(equals_get_equal_amounts)
{
	struct share s[MANY];
	for (uint64_t amount = 0; amount < 5 * MANY; amount++) {
		for (unsigned i = 0; i < MANY; i++)
			s[i] = (struct share){.hi = 1000, .weight = 256, .order = MANY - i};
		share_divide(s, MANY, amount);
		for (unsigned i = 0; i < MANY; i++) {
			ck_assert_uint_ge(s[i].got, amount / MANY);
			ck_assert_uint_le(s[i].got, amount / MANY + 1);
		}
	}
}
END_TEST

START_TEST(more_never_gives_anyone_less)
{
	struct share a[MANY], b[MANY];
	for (int round = 0; round < ROUNDS; round++) {
		fill(a, MANY);
		for (unsigned i = 0; i < MANY; i++)
			b[i] = a[i];
		uint64_t amount = random_below(sum(a, MANY, 'h') + 1);
		share_divide(a, MANY, amount);
		share_divide(b, MANY, amount + random_below(1000));
		for (unsigned i = 0; i < MANY; i++)
			ck_assert_uint_ge(b[i].got + 1, a[i].got);
	}
}
END_TEST

static const struct {
	uint32_t weight[3];
	uint64_t hi[3], amount, got[3];
} weighted[] = {
	{{1, 1, 2}, {1000, 1000, 1000}, 400, {100, 100, 200}},
	{{256, 512, 256}, {1000, 1000, 1000}, 1000, {250, 500, 250}},
	{{1, 1, 1}, {10, 1000, 1000}, 400, {10, 195, 195}}, /* what one cannot use, others get */
	{{65535, 1, 1}, {1000, 1000, 1000}, 1000, {1000, 0, 0}},
	{{1, 1, 1}, {0, 0, 0}, 400, {0, 0, 0}},
};

START_TEST(weights_are_honoured_within_a_unit)
{
	struct share s[3];
	for (unsigned i = 0; i < 3; i++)
		s[i] = (struct share){
			.hi = weighted[_i].hi[i], .weight = weighted[_i].weight[i], .order = i};
	share_divide(s, 3, weighted[_i].amount);
	for (unsigned i = 0; i < 3; i++) {
		ck_assert_uint_ge(s[i].got + 1, weighted[_i].got[i]);
		ck_assert_uint_le(s[i].got, weighted[_i].got[i] + 1);
	}
}
END_TEST

static void add_tests(TCase *tests)
{
	tcase_add_test(tests, sums_exactly_within_bounds);
	tcase_add_test(tests, one_level_holds_for_all);
	tcase_add_test(tests, order_of_the_array_does_not_matter);
	tcase_add_test(tests, equals_get_equal_amounts);
	tcase_add_test(tests, more_never_gives_anyone_less);
	tcase_add_loop_test(tests, weights_are_honoured_within_a_unit, 0, N_ROWS(weighted));
}

int main(void)
{
	return suite_run("share", add_tests);
}
