/* SPDX-License-Identifier: MIT */
/* What is remembered goes with its guest, whoever else comes and goes; and a policy never sees what
 * another one has left. */
#include "host/policy/policy.h"
#include "host/policy/recall.h"
#include "tests/unit/suite.h"

#include <stdlib.h>
#include <string.h>

enum { GUESTS = 8 };

struct own {
	uint64_t of, then;
};

static const struct memory_size size = {MEMORY_OF_GUEST(struct own), sizeof(uint64_t)};
static _Alignas(uint64_t) unsigned char room[MEMORY_BYTES(GUESTS)];
static _Alignas(uint64_t) unsigned char recall_room[RECALL_BYTES(GUESTS)];
static struct memory memory;
static struct recall recall;
static const char one, other; /* two policies, by their addresses */

/* Room is as malloc() may have left it. */
static void setup(void)
{
	memset(room, 0xa5, sizeof(room));
	memset(recall_room, 0xa5, sizeof(recall_room));
	memory_init(&memory, room, GUESTS);
	recall_init(&recall, recall_room, GUESTS);
}

static void mark(struct memory *m, unsigned i, uint64_t number)
{
	struct own *own = memory_guest(m, i);
	m->demand[i].seq = own->of = own->then = number;
}

/* 0 of a guest never seen. */
static uint64_t marked(const struct memory *m, unsigned i)
{
	const struct own *own = memory_guest(m, i);
	ck_assert_uint_eq(own->of, m->demand[i].seq);
	ck_assert_uint_eq(own->then, m->demand[i].seq);
	return own->of;
}

START_TEST(nothing_is_known_at_first)
{
	memory_give(&memory, &one, size, GUESTS);
	for (unsigned i = 0; i < GUESTS; i++)
		ck_assert_uint_eq(marked(&memory, i), 0);
	ck_assert_uint_eq(*(uint64_t *)memory_host(&memory), 0);
}
END_TEST

/* Random guests come and go at random places, as in the table of a daemon. */
START_TEST(it_moves_with_its_guests)
{
	uint64_t expected[GUESTS], next = 1;
	unsigned n = 0;
	srandom(1);
	memory_give(&memory, &one, size, n);
	for (int round = 0; round < 10000; round++) {
		unsigned i = (unsigned)random() % (n + 1);
		if (n < GUESTS && random() % 2) {
			memory_move(&memory, i + 1, i, n - i);
			memmove(&expected[i + 1], &expected[i], (n - i) * sizeof(expected[0]));
			memory_clear(&memory, i);
			ck_assert_uint_eq(marked(&memory, i), 0);
			mark(&memory, i, expected[i] = next++);
			n++;
		} else if (i < n) {
			memory_move(&memory, i, i + 1, n - i - 1);
			memmove(&expected[i], &expected[i + 1], (n - i - 1) * sizeof(expected[0]));
			n--;
		}
		for (unsigned k = 0; k < n; k++)
			ck_assert_uint_eq(marked(&memory, k), expected[k]);
	}
}
END_TEST

/* The demand is every policy's; the rest is zero for one that was not in force, also when it was
 * in force once before, and for a guest that came meanwhile. */
START_TEST(another_policy_finds_demand_and_nothing_else)
{
	static const struct memory_size larger = {MEMORY_GUEST_BYTES, MEMORY_HOST_BYTES};
	uint64_t *host = memory_host(&memory);
	memory_give(&memory, &one, size, 2);
	mark(&memory, 0, 7);
	mark(&memory, 1, 8);
	*host = 9;
	memory_give(&memory, &one, size, 2);
	ck_assert_uint_eq(marked(&memory, 1), 8);
	ck_assert_uint_eq(*host, 9);
	memory_give(&memory, &other, larger, 2);
	for (unsigned i = 0; i < 2; i++) {
		const unsigned char *own = memory_guest(&memory, i);
		for (unsigned k = 0; k < MEMORY_GUEST_BYTES; k++)
			ck_assert_uint_eq(own[k], 0);
		ck_assert_uint_eq(memory.demand[i].seq, 7 + i);
	}
	ck_assert_uint_eq(*host, 0);
	memset(memory_guests(&memory), 0xa5, 2 * (size_t)MEMORY_GUEST_BYTES);
	memset(memory_host(&memory), 0xa5, MEMORY_HOST_BYTES);
	memory_clear(&memory, 2);
	memory_give(&memory, &one, size, 3);
	for (unsigned i = 0; i < 3; i++)
		ck_assert_uint_eq(((struct own *)memory_guest(&memory, i))->of, 0);
	ck_assert_uint_eq(*host, 0);
}
END_TEST

START_TEST(what_is_forgotten_is_as_never_seen)
{
	memory_give(&memory, &one, size, 2);
	mark(&memory, 0, 7);
	mark(&memory, 1, 8);
	*(uint64_t *)memory_host(&memory) = 9;
	memory_forget(&memory, 2);
	memory_give(&memory, &one, size, 2);
	ck_assert_uint_eq(marked(&memory, 0), 0);
	ck_assert_uint_eq(marked(&memory, 1), 0);
	ck_assert_uint_eq(*(uint64_t *)memory_host(&memory), 0);
}
END_TEST

/* Passes with these domids, in the order listed; 0 ends one. What is known of a guest after a pass
 * is in how many passes on end it has been. */
static const struct {
	const char *name;
	uint32_t domid[4][GUESTS + 1];
	uint64_t known[GUESTS]; /* in the last pass with guests */
} passes[] = {
	{"the same", {{1, 2}, {1, 2}, {1, 2}}, {3, 3}},
	{"one goes", {{1, 2, 3}, {1, 3}, {1, 3}}, {3, 3}},
	{"one comes", {{2, 4}, {1, 2, 3, 4}}, {1, 2, 1, 2}},
	{"another order", {{1, 2, 3}, {3, 1, 2}, {2, 3, 1}}, {3, 3, 3}},
	{"all others", {{1, 2}, {3, 4}}, {1, 1}},
	{"gone and back", {{1, 2}, {1}, {1, 2}}, {3, 1}},
	{"full", {{1, 2, 3, 4, 5, 6, 7, 8}, {1, 3, 4, 5, 6, 7, 8, 9}}, {2, 2, 2, 2, 2, 2, 2, 1}},
};

START_TEST(a_guest_is_known_by_its_domid)
{
	for (unsigned p = 0; p < 4 && passes[_i].domid[p][0]; p++) {
		recall_begin(&recall);
		for (unsigned i = 0; passes[_i].domid[p][i]; i++)
			recall_take(&recall, passes[_i].domid[p][i]);
		memory_give(&recall.now, &one, size, recall.n);
		for (unsigned i = 0; i < recall.n; i++)
			mark(&recall.now, i, marked(&recall.now, i) + 1);
		++*(uint64_t *)memory_host(&recall.now);
		ck_assert_uint_eq(*(uint64_t *)memory_host(&recall.now), p + 1);
		recall_end(&recall);
	}
	for (unsigned i = 0; i < recall.n_last; i++)
		ck_assert_msg(marked(&recall.last, i) == passes[_i].known[i], "%s: guest %u",
			      passes[_i].name, i);
	recall_forget(&recall);
	recall_begin(&recall);
	ck_assert_uint_eq(recall_take(&recall, passes[_i].domid[0][0]), recall.n_last);
	memory_give(&recall.now, &one, size, recall.n);
	ck_assert_uint_eq(marked(&recall.now, 0), 0);
	ck_assert_uint_eq(*(uint64_t *)memory_host(&recall.now), 0);
}
END_TEST

static void add_tests(TCase *tests)
{
	tcase_add_checked_fixture(tests, setup, NULL);
	tcase_add_test(tests, nothing_is_known_at_first);
	tcase_add_test(tests, it_moves_with_its_guests);
	tcase_add_test(tests, another_policy_finds_demand_and_nothing_else);
	tcase_add_test(tests, what_is_forgotten_is_as_never_seen);
	tcase_add_loop_test(tests, a_guest_is_known_by_its_domid, 0, N_ROWS(passes));
}

int main(void)
{
	return suite_run("memory", add_tests);
}
