/* SPDX-License-Identifier: MIT */
/* What Pacemaker is told: when a figure changes, and in which order. */
#include "host/engines/hvmemory.h"
#include "host/engines/pauses.h"
#include "tests/unit/suite.h"

#include <stdio.h>
#include <string.h>

#define MIB UINT64_C(1024)

enum { GUESTS = 3 };

/* Amounts in MiB. A need of 0 is not known, a figure of 0 was not told. */
static const struct row {
	const char *what;
	bool is_short;
	uint64_t has, node; /* what the node has, and what was told of it */
	struct {
		uint64_t needs, told;
	} guest[GUESTS];
	const char *changes; /* "1=1800 node=6144", in order */
} rows[] = {
	{"at first all is told, the node last",
	 false,
	 6144,
	 0,
	 {{1800, 0}, {1700, 0}, {900, 0}},
	 "0=1800 1=1700 2=900 node=6144"},
	{"what has not changed is not told again",
	 false,
	 6144,
	 6144,
	 {{1800, 1800}, {1700, 1700}, {900, 900}},
	 ""},
	{"less than a step is no change",
	 false,
	 6200,
	 6144,
	 {{1863, 1800}, {1637, 1700}, {959, 900}},
	 ""},
	{"a step is one", false, 6144, 6144, {{1800, 1800}, {1700, 1700}, {964, 900}}, "2=964"},
	{"a step of a large figure is larger",
	 false,
	 60000,
	 60000,
	 {{16999, 16000}, {15001, 16000}, {900, 900}},
	 ""},
	{"and this is one",
	 false,
	 60000,
	 60000,
	 {{17000, 16000}, {15000, 16000}, {900, 900}},
	 "1=15000 0=17000"},
	{"falls, then the node, then rises",
	 false,
	 8000,
	 6144,
	 {{2600, 1800}, {1200, 1700}, {900, 900}},
	 "1=1200 node=8000 0=2600"},
	{"a guest whose need is not known keeps its figure",
	 true,
	 6144,
	 6144,
	 {{0, 1800}, {0, 1700}, {0, 0}},
	 ""},
	{"a host that is not short is not made to look short",
	 false,
	 6144,
	 6144,
	 {{2600, 1800}, {2200, 1800}, {1800, 1800}},
	 "1=2200"},
	{"one that is short is",
	 true,
	 6144,
	 6144,
	 {{2600, 1800}, {2200, 1800}, {1800, 1800}},
	 "0=2600 1=2200"},
	{"while it is, small rises are told: they add up",
	 true,
	 6144,
	 6144,
	 {{2016, 2000}, {2015, 2000}, {1990, 2000}},
	 "0=2016"},
	{"otherwise not", false, 6144, 6144, {{2063, 2000}, {2015, 2000}, {1990, 2000}}, ""},
	{"a rise fits where another falls",
	 false,
	 6144,
	 6144,
	 {{2500, 1800}, {1800, 2500}, {1800, 1800}},
	 "1=1800 0=2500"},
	{"a node that has less",
	 false,
	 3000,
	 6144,
	 {{900, 900}, {900, 900}, {1100, 900}},
	 "node=3000 2=1100"},
	{"too little for all is told as it is",
	 true,
	 0,
	 6144,
	 {{UINT64_C(1) << 28, 900}, {900, 900}, {900, 900}},
	 "node=0 0=268435456"},
};

static void write_changes(const struct hvmemory_change *change, unsigned n, char *text, size_t size)
{
	size_t len = 0;
	text[0] = '\0';
	for (unsigned i = 0; i < n; i++) {
		char who[16] = "node";
		if (change[i].guest != HVMEMORY_OF_NODE)
			snprintf(who, sizeof(who), "%d", change[i].guest);
		len += (size_t)snprintf(text + len, size - len, "%s%s=%llu", i ? " " : "", who,
					(unsigned long long)change[i].mib);
	}
}

START_TEST(figures_change_by_steps_and_in_order)
{
	const struct row *row = &rows[_i];
	struct hvmemory_figure guest[GUESTS];
	struct hvmemory_figure node = {true, row->has * MIB, row->node != 0, row->node};
	struct hvmemory_change change[GUESTS + 1];
	char text[256];
	for (unsigned i = 0; i < GUESTS; i++)
		guest[i] = (struct hvmemory_figure){row->guest[i].needs != 0,
						    row->guest[i].needs * MIB,
						    row->guest[i].told != 0, row->guest[i].told};
	unsigned n = hvmemory_decide(&node, row->is_short, guest, GUESTS, change);
	write_changes(change, n, text, sizeof(text));
	ck_assert_msg(strcmp(text, row->changes) == 0, "%s: %s", row->what, text);
}
END_TEST

/* Whatever the figures are: each changes once at most, and one that was told is one that holds. */
START_TEST(what_was_told_is_not_told_again)
{
	uint64_t seed = 4711;
	for (unsigned k = 0; k < 20000; k++) {
		struct hvmemory_figure f[GUESTS + 1];
		struct hvmemory_change change[GUESTS + 1];
		unsigned told[GUESTS + 1] = {0};
		for (unsigned i = 0; i <= GUESTS; i++) {
			seed = seed * UINT64_C(6364136223846793005) + 1442695040888963407u;
			f[i] = (struct hvmemory_figure){i == GUESTS || seed >> 61,
							(seed >> 20) % 9000000, (seed >> 10) & 1,
							0};
			f[i].told_mib = f[i].was_told ? (seed >> 40) % 9000 : 0;
		}
		unsigned n = hvmemory_decide(&f[GUESTS], seed >> 63, f, GUESTS, change);
		ck_assert_uint_le(n, GUESTS + 1);
		for (unsigned i = 0; i < n; i++) {
			int at = change[i].guest == HVMEMORY_OF_NODE ? GUESTS : change[i].guest;
			ck_assert_uint_eq(told[at]++, 0);
			f[at].was_told = true;
			f[at].told_mib = change[i].mib;
		}
		n = hvmemory_decide(&f[GUESTS], seed >> 63, f, GUESTS, change);
		ck_assert_uint_eq(n, 0);
	}
}
END_TEST

START_TEST(pauses_grow_to_ten_minutes)
{
	struct pauses pauses = {0};
	ck_assert_uint_eq(pauses_failed_ms(&pauses, 10000), 10000);
	ck_assert_uint_eq(pauses_failed_ms(&pauses, 10000), 20000);
	for (unsigned i = 0; i < 100; i++)
		pauses_failed_ms(&pauses, 10000);
	ck_assert_uint_eq(pauses_failed_ms(&pauses, 10000), PAUSES_MOST_MS);
	ck_assert_uint_eq(pauses_failed_ms(&pauses, 3600000), 3600000);
	pauses_over(&pauses);
	ck_assert_uint_eq(pauses_failed_ms(&pauses, 10000), 10000);
}
END_TEST

static void add_tests(TCase *tests)
{
	tcase_add_loop_test(tests, figures_change_by_steps_and_in_order, 0, N_ROWS(rows));
	tcase_add_test(tests, what_was_told_is_not_told_again);
	tcase_add_test(tests, pauses_grow_to_ten_minutes);
}

int main(void)
{
	return suite_run("hvmemory", add_tests);
}
