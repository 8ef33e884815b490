/* SPDX-License-Identifier: MIT */
/* Memory that is given and does not arrive in the guest's kernel. */
#include "common/amount.h"
#include "tests/unit/suite.h"
#include "tests/unit/world.h"

#include <stdlib.h>

#define MIB UINT64_C(1024)
#define ALM (1024 * MIB)

static struct world w;
static unsigned short_one, neighbour;

/* A guest that wants 48 MiB more than it holds, beside one with plenty. */
static void start(uint64_t max_kib)
{
	world_init(&w, 64 * MIB);
	short_one = world_add(&w, ALM, 900 * MIB);
	w.guest[short_one].offset_kib = 60 * MIB;
	w.view[short_one].max_kib = max_kib;
	neighbour = world_add(&w, 16384 * MIB, 200 * MIB);
	w.view[neighbour].max_kib = 32768 * MIB;
}

static uint64_t held_kib(void)
{
	return w.view[short_one].alm_kib;
}

static void run(unsigned seconds)
{
	world_run(&w, &policy_cagma, seconds, 1000);
}

static const struct {
	uint64_t used_mib, max_mib, period_ms;
	unsigned seconds;
	uint64_t most_mib; /* that it gets beyond what it has */
} unarrived[] = {
	{900, 2048, 1000, 100, 90}, {900, 8192, 1000, 100, 90},  {900, 8192, 100, 100, 90},
	{900, 8192, 300, 100, 90},  {900, 8192, 1000, 800, 120}, {900, 16384, 1000, 86400, 180},
	{960, 8192, 200, 800, 240},
};

START_TEST(what_does_not_arrive_ends_whatever_the_max)
{
	start(unarrived[_i].max_mib * MIB);
	w.guest[short_one].used_kib = unarrived[_i].used_mib * MIB;
	w.guest[short_one].total_kib = 964 * MIB;
	world_run(&w, &policy_cagma,
		  (unsigned)(unarrived[_i].seconds * 1000 / unarrived[_i].period_ms),
		  unarrived[_i].period_ms);
	ck_assert_uint_le(held_kib(), ALM + unarrived[_i].most_mib * MIB);
	ck_assert_uint_ge(w.view[neighbour].alm_kib, (16384 - unarrived[_i].most_mib - 64) * MIB);
	ck_assert_uint_ge(w.view[short_one].max_kib, held_kib());
}
END_TEST

START_TEST(a_guest_that_is_given_no_more_says_so)
{
	start(8192 * MIB);
	w.guest[short_one].total_kib = 964 * MIB;
	run(10);
	ck_assert_str_eq(model_hold_word(w.view[short_one].hold), "not-arriving");
	/* and it gives as others do */
	w.guest[short_one].used_kib = 100 * MIB;
	w.guest[neighbour].used_kib = 16300 * MIB;
	run(120);
	ck_assert_uint_lt(held_kib(), 700 * MIB);
}
END_TEST

/* A share of what is given may go into tables for it. */
START_TEST(what_follows_has_no_ceiling)
{
	start(8192 * MIB);
	run(100);
	uint64_t plain_kib = held_kib();
	ck_assert_uint_ge(plain_kib, 1060 * MIB);
	ck_assert_int_eq(w.view[short_one].hold, HOLD_NONE);
	for (uint64_t used_mib = 900; used_mib <= 6000; used_mib += 30) {
		w.guest[short_one].used_kib = used_mib * MIB;
		w.guest[short_one].offset_kib = 60 * MIB + (held_kib() - ALM) / 60;
		run(1);
		ck_assert_int_eq(w.view[short_one].hold, HOLD_NONE);
	}
	run(5);
	ck_assert_uint_ge(held_kib(), 6600 * MIB);
}
END_TEST

/* How the memory comes to be used after all, and after how long that is noticed at the latest. */
START_TEST(memory_that_comes_late_is_used)
{
	static const struct {
		uint64_t total_kib; /* MemTotal from then on; 0: all that it holds */
		unsigned silent_s, notice_s;
	} rows[] = {
		{0, 30, 30},
		{0, 2000, 3},
		{964 * MIB + 40 * MIB, 2000, 3},
	};
	start(8192 * MIB);
	w.guest[short_one].total_kib = 964 * MIB;
	run(rows[_i].silent_s);
	uint64_t ceiling_kib = held_kib();
	w.guest[short_one].total_kib = rows[_i].total_kib;
	w.guest[short_one].used_kib = 2000 * MIB;
	run(rows[_i].notice_s + 5);
	ck_assert_uint_ge(held_kib(), ceiling_kib + 40 * MIB);
	if (!rows[_i].total_kib)
		ck_assert_uint_ge(held_kib(), 2200 * MIB);
}
END_TEST

START_TEST(a_guest_that_shrinks_and_grows_again_and_again_gains_nothing)
{
	start(8192 * MIB);
	w.guest[short_one].total_kib = 964 * MIB;
	for (int i = 0; i < 50; i++) {
		w.guest[short_one].used_kib = 900 * MIB;
		w.guest[neighbour].used_kib = 200 * MIB;
		run(30);
		w.guest[short_one].used_kib = 100 * MIB;
		w.guest[neighbour].used_kib = 16300 * MIB;
		run(60);
	}
	w.guest[short_one].used_kib = 900 * MIB;
	w.guest[neighbour].used_kib = 200 * MIB;
	run(30);
	ck_assert_uint_le(held_kib(), ALM + 500 * MIB); /* what it wanted the last time */
}
END_TEST

/* Reports of a guest that is short may be long on their way. */
START_TEST(a_late_report_is_no_ceiling)
{
	struct arrival a = {0};
	struct guest_view g = {.alm_kib = ALM,
			       .target_kib = ALM,
			       .max_kib = 8192 * MIB,
			       .has_report = true,
			       .at_rest = true,
			       .report_ms = 1000,
			       .report = {.total_kib = 964 * MIB, .uptime_ms = 1000}};
	for (uint64_t now_ms = 1000; now_ms < 60000; now_ms += 500) {
		uint64_t late_ms = now_ms % 5000 ? 0 : 3000, look_ms = amount_less(now_ms, late_ms);
		g.hold = HOLD_NONE;
		g.max_kib = 8192 * MIB;
		g.alm_kib = g.target_kib = ALM + now_ms * 50;
		g.at_rest = false;
		g.report_ms = now_ms;
		g.report.uptime_ms = look_ms;
		g.report.total_kib = 964 * MIB + look_ms * 50;
		arrival_observe(&a, now_ms, &g);
		ck_assert_int_eq(g.hold, HOLD_NONE);
	}
}
END_TEST

/* The MemTotal of another's agent does not follow the balloon, so it says nothing; and what was
 * found by our own agent's reports is forgotten when the guest goes by another's. */
START_TEST(another_agents_total_is_no_ceiling)
{
	static const struct {
		enum source_id source, then; /* whose reports they are until 60 s, and after that */
		bool is_capped;
	} rows[] = {
		{SOURCE_MEMINFO, SOURCE_MEMINFO, false},
		{SOURCE_QUBES, SOURCE_QUBES, false},
		{SOURCE_CAGMA, SOURCE_CAGMA, true},
		{SOURCE_CAGMA, SOURCE_MEMINFO, false},
	};
	struct arrival a = {0};
	struct guest_view g = {.has_report = true, .at_rest = true};
	for (uint64_t now_ms = 1000; now_ms < 70000; now_ms += 1000) {
		g.source = now_ms < 60000 ? rows[_i].source : rows[_i].then;
		g.hold = HOLD_NONE;
		g.max_kib = 8192 * MIB;
		g.alm_kib = g.target_kib = ALM + (now_ms >= 10000 ? 100 * MIB : 0);
		g.report_ms = now_ms;
		g.report = (struct report){.total_kib = 964 * MIB, .uptime_ms = now_ms};
		arrival_observe(&a, now_ms, &g);
	}
	ck_assert_uint_eq(g.max_kib < 8192 * MIB, rows[_i].is_capped);
	ck_assert_uint_eq(a.ceiling_kib != 0, rows[_i].is_capped);
}
END_TEST

START_TEST(no_report_makes_a_max_below_what_is_held)
{
	struct arrival a = {0};
	uint64_t now_ms = 1;
	srandom((unsigned)_i);
	for (int i = 0; i < 20000; i++) {
		struct guest_view g = {.alm_kib = (uint64_t)(random() % 4096) * MIB,
				       .target_kib = (uint64_t)(random() % 4096) * MIB,
				       .min_kib = 64 * MIB,
				       .max_kib = 4096 * MIB,
				       .has_report = random() % 5,
				       .at_rest = random() % 2,
				       .report = {.total_kib = (uint64_t)random() << random() % 24,
						  .uptime_ms = (uint64_t)random() % 100000}};
		now_ms += (uint64_t)random() % 5000;
		g.report_ms = now_ms - (uint64_t)random() % 2;
		arrival_observe(&a, now_ms, &g);
		ck_assert_uint_ge(g.max_kib, g.alm_kib);
		ck_assert_uint_le(g.max_kib, 4096 * MIB);
		ck_assert_uint_le(g.min_kib, g.max_kib);
	}
}
END_TEST

static void add_tests(TCase *tests)
{
	tcase_set_timeout(tests, 60);
	tcase_add_loop_test(tests, what_does_not_arrive_ends_whatever_the_max, 0,
			    N_ROWS(unarrived));
	tcase_add_test(tests, a_guest_that_is_given_no_more_says_so);
	tcase_add_test(tests, what_follows_has_no_ceiling);
	tcase_add_loop_test(tests, memory_that_comes_late_is_used, 0, 3);
	tcase_add_test(tests, a_guest_that_shrinks_and_grows_again_and_again_gains_nothing);
	tcase_add_test(tests, a_late_report_is_no_ceiling);
	tcase_add_loop_test(tests, another_agents_total_is_no_ceiling, 0, 4);
	tcase_add_loop_test(tests, no_report_makes_a_max_below_what_is_held, 0, 5);
}

int main(void)
{
	return suite_run("arrival", add_tests);
}
