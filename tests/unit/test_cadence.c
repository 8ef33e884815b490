/* SPDX-License-Identifier: MIT */
#include "guest/core/announce.h"
#include "guest/core/cadence.h"
#include "tests/unit/fixture.h"
#include "tests/unit/suite.h"

#include <limits.h>

#define MIB 1024

static struct report memory(uint64_t at_ms, uint64_t total_mib, uint64_t free_mib,
			    uint64_t avail_mib)
{
	return (struct report){.uptime_ms = at_ms,
			       .total_kib = total_mib * MIB,
			       .free_kib = free_mib * MIB,
			       .avail_kib = avail_mib * MIB,
			       .swap_free_kib = 100 * MIB,
			       .pswpin = 1000};
}

static struct glance glance_of(const struct report *report, uint64_t at_ms)
{
	return (struct glance){
		at_ms, report->total_kib, report->free_kib, report->swap_free_kib, 0, 1, false};
}

static struct cadence looked(const struct report *report)
{
	struct cadence cadence = {.has_looked = false};
	cadence_looked(&cadence, report, 0, false);
	return cadence;
}

START_TEST(the_first_look_is_due_at_once)
{
	struct cadence cadence = {.has_looked = false};
	struct glance glance = {0};
	ck_assert(cadence_wants_look(&cadence, &glance, 0));
}
END_TEST

/*
 * Total, free and available MiB at the look; then the changes, in KiB, of total,
 * free and free swap, the time since, and whether the glance asks for a look.
 */
static const struct {
	uint64_t total_mib, free_mib, avail_mib;
	int64_t total_kib, free_kib, swap_free_kib;
	uint64_t after_ms;
	bool wants_look;
} glances[] = {
	/* nothing moved */
	{1000, 300, 400, 0, 0, 0, 0, false},
	{1000, 300, 400, 0, 0, 0, KEYS_HEARTBEAT_MS - 1, false},
	{1000, 300, 400, 0, 0, 0, KEYS_HEARTBEAT_MS, true},
	/* free memory moved by a 64th of AVM, either way */
	{1000, 300, 400, 0, -6399, 0, 1, false},
	{1000, 300, 400, 0, -6400, 0, 1, true},
	{1000, 300, 400, 0, 6400, 0, 1, true},
	{1000, 20, 20, 0, -767, 0, 1, false},
	{1000, 20, 20, 0, -768, 0, 1, true},
	{90000, 80000, 80000, 0, -32 * MIB + 1, 0, 1, false},
	{90000, 80000, 80000, 0, -32 * MIB, 0, 1, true},
	/* the balloon moved, and what it gave is in use */
	{1000, 300, 400, 6399, 0, 0, 1, false},
	{1000, 300, 400, 6400, 0, 0, 1, true},
	{1000, 300, 400, -6400, 0, 0, 1, true},
	/* swap moved */
	{1000, 300, 400, 0, 0, -767, 1, false},
	{1000, 300, 400, 0, 0, -768, 1, true},
	{1000, 300, 400, 0, 0, 768, 1, true},
	/* free memory is held level by reclaim: small moves count, and time, the less the more */
	{1000, 50, 500, 0, 767, 0, 1, false},
	{1000, 50, 500, 0, 768, 0, 1, true},
	{1000, 50, 500, 0, 0, 0, CADENCE_LEVEL_LOOK_MS - 1, false},
	{1000, 50, 500, 0, 0, 0, CADENCE_LEVEL_LOOK_MS, true},
	{90000, 255, 50000, 0, 0, 0, CADENCE_LEVEL_LOOK_MS - 1, false},
	{90000, 255, 50000, 0, 0, 0, CADENCE_LEVEL_LOOK_MS, true},
	{1000, 10, 33, 0, 0, 0, 0, true},
	{1000, 10, 100, 0, 0, 0, 0, true},
	{1000, 10, 128, 0, 0, 0, 2048 - CADENCE_GLANCE_LATE_MS - 819 - 1, false},
	{1000, 10, 128, 0, 0, 0, 2048 - CADENCE_GLANCE_LATE_MS - 819, true},
	{1000, 10, 312, 0, 0, 0, 4992 - CADENCE_GLANCE_LATE_MS - 1500 - 1, false},
	{1000, 10, 312, 0, 0, 0, 4992 - CADENCE_GLANCE_LATE_MS - 1500, true},
	{4000, 10, 1024, 0, 0, 0, CADENCE_LEVEL_LOOK_MS - 1, false},
	{4000, 10, 1024, 0, 0, 0, CADENCE_LEVEL_LOOK_MS, true},
	/* little is free, but there is nothing to reclaim */
	{1000, 50, 50, 0, 0, 0, CADENCE_LEVEL_LOOK_MS, false},
	{1000, 50, 40, 0, 0, 0, CADENCE_LEVEL_LOOK_MS, false},
	{90000, 300, 50000, 0, 0, 0, CADENCE_LEVEL_LOOK_MS, false},
};

START_TEST(what_a_glance_asks_for)
{
	for (int i = 0; i < N_ROWS(glances); i++) {
		struct report report = memory(5000, glances[i].total_mib, glances[i].free_mib,
					      glances[i].avail_mib);
		struct cadence cadence = looked(&report);
		struct glance glance = glance_of(&report, 5000 + glances[i].after_ms);
		glance.free_kib += (uint64_t)glances[i].free_kib;
		glance.swap_free_kib += (uint64_t)glances[i].swap_free_kib;
		glance.total_kib += (uint64_t)glances[i].total_kib;
		ck_assert_msg(cadence_wants_look(&cadence, &glance, 0) == glances[i].wants_look,
			      "row %d", i);
	}
}
END_TEST

/* AVM and CMA in MiB, processors, whether the guest is on the move, and whether faults are counted;
 * then the pause, and the pause with its slack. */
static const struct {
	uint64_t avail_mib, cma_mib;
	unsigned n_processors;
	bool is_alert, counts_faults;
	unsigned pause_ms, end_ms;
} pauses[] = {
	/* at rest, on one processor */
	{33, 0, 1, false, false, 300, 600},
	{60, 0, 1, false, false, 384, 768},
	{94, 32, 1, false, false, 601, 1202},
	{112, 32, 1, false, false, 716, 1432},
	{500, 62, 1, false, false, 1500, 3000},
	{4000, 500, 1, false, false, 1500, 3000},
	{100000, 10000, 1, false, false, CADENCE_REST_MAX_MS, 3000},
	{100000, 10000, 0, false, false, CADENCE_REST_MAX_MS, 3000},
	/* near its CMA the pause is short, and an idle processor sleeps as long as before */
	{0, 0, 1, false, false, 100, 600},
	{10, 32, 1, false, false, 100, 600},
	{33, 32, 1, false, false, 100, 600},
	{60, 40, 1, false, false, 213, 768},
	{500, 491, 1, false, false, 100, 3000},
	{500, 490, 1, false, false, 106, 3000},
	{500, 800, 1, false, false, 100, 3000},
	{100000, 99000, 1, false, false, CADENCE_REST_MAX_MS, 3000},
	/* on several */
	{33, 0, 4, false, false, 300, 352},
	{60, 0, 2, false, false, 384, 640},
	{94, 32, 4, false, false, 601, 1002},
	{112, 32, 4, false, false, 716, 1194},
	{240, 32, 4, false, false, 1500, 2560},
	{500, 62, 4, false, false, 1500, 3000},
	{100000, 0, 1024, false, false, 1500, 3000},
	{0, 0, 4, false, false, 100, 150},
	{10, 32, 4, false, false, 100, 150},
	{33, 32, 4, false, false, 100, 150},
	{60, 40, 2, false, false, 213, 426},
	{500, 490, 4, false, false, 106, 213},
	/* faults are counted: memory counts twice */
	{10, 32, 1, false, true, 100, 600},
	{33, 32, 1, false, true, 100, 844},
	{112, 32, 1, false, true, 1433, 2866},
	{112, 32, 4, false, true, 1433, 2389},
	{60, 40, 2, false, true, 426, 853},
	{500, 62, 1, false, true, 1500, 3000},
	/* on the move */
	{0, 0, 1, true, false, CADENCE_ALERT_MIN_MS, 55},
	{30, 0, 1, true, false, CADENCE_ALERT_MIN_MS, 55},
	{200, 0, 4, true, false, 100, 110},
	{232, 32, 4, true, false, 100, 110},
	{500, 490, 1, true, false, CADENCE_ALERT_MIN_MS, 55},
	{100000, 10000, 4, true, false, CADENCE_ALERT_MAX_MS, 275},
	{232, 32, 4, true, true, 100, 110},
};

START_TEST(how_long_a_pause_is)
{
	for (int i = 0; i < N_ROWS(pauses); i++) {
		struct report report = memory(5000, 200000, 200, pauses[i].avail_mib);
		struct cadence cadence = looked(&report);
		struct glance glance = glance_of(&report, 5100);
		glance.n_processors = pauses[i].n_processors;
		glance.counts_faults = pauses[i].counts_faults;
		cadence.alert_until_ms = pauses[i].is_alert ? 5101 : 5100;
		struct cadence_pause pause =
			cadence_pause(&cadence, &glance, pauses[i].cma_mib * MIB);
		ck_assert_msg(pause.pause_ms == pauses[i].pause_ms, "row %d: %u", i,
			      pause.pause_ms);
		ck_assert_msg(pause.pause_ms + pause.slack_ms == pauses[i].end_ms,
			      "row %d: %u + %u", i, pause.pause_ms, pause.slack_ms);
	}
}
END_TEST

/* Memory that is gone by a glance counts before the next look. */
START_TEST(headroom_as_the_glance_sees_it)
{
	struct report report = memory(5000, 10000, 3000, 3000);
	struct cadence cadence = looked(&report);
	struct glance glance = glance_of(&report, 5100);
	ck_assert_uint_eq(cadence_pause(&cadence, &glance, 0).pause_ms, 1500);
	glance.free_kib = 100 * MIB;
	ck_assert_uint_eq(cadence_pause(&cadence, &glance, 0).pause_ms, 640);
	glance.free_kib = 10 * MIB;
	ck_assert_uint_eq(cadence_pause(&cadence, &glance, 0).pause_ms, 106);
	ck_assert_uint_eq(cadence_pause(&cadence, &glance, MIB).pause_ms, CADENCE_NEAR_MIN_MS);
}
END_TEST

START_TEST(what_raises_an_alert)
{
	static const struct {
		int64_t avail_kib, total_kib;
		uint64_t pswpin;
		bool is_alert;
	} changes[] = {
		{0, 0, 0, false},
		{100 * MIB, 0, 0, false},
		{-6 * MIB, 0, 0, false},
		{-7 * MIB, 0, 0, true},
		{-400 * MIB, 0, 0, true},
		{0, 6 * MIB, 0, false}, /* used, though as much is available */
		{0, 7 * MIB, 0, true},
		{7 * MIB, 7 * MIB, 0, false}, /* given, and not used */
		{-3 * MIB, 4 * MIB, 0, true},
		{100 * MIB, 100 * MIB, 1, true},
	};
	for (int i = 0; i < N_ROWS(changes); i++) {
		struct report report = memory(5000, 1000, 300, 400);
		struct cadence cadence = looked(&report);
		report.uptime_ms = 6000;
		report.avail_kib += (uint64_t)changes[i].avail_kib;
		report.total_kib += (uint64_t)changes[i].total_kib;
		report.pswpin += changes[i].pswpin;
		cadence_looked(&cadence, &report, 0, false);
		struct glance glance = glance_of(&report, 6000 + CADENCE_ALERT_MS - 1);
		ck_assert_msg(cadence_wants_look(&cadence, &glance, 0) == changes[i].is_alert,
			      "row %d", i);
		glance.at_ms++;
		ck_assert(!cadence_wants_look(&cadence, &glance, 0));
	}
}
END_TEST

struct life {
	uint64_t total_mib, free_mib, avail_mib;
	uint64_t kib_per_ms; /* taken from start_ms on */
	uint64_t start_ms, end_ms;
	bool is_level; /* the kernel holds free memory level: only AVM tells */
	unsigned n_processors;
	uint64_t cma_mib;
};

struct count {
	unsigned glances, looks;
	uint64_t noticed_ms;  /* first look at less AVM than at the start */
	uint64_t noticed_kib; /* AVM then */
};

/* The clock of the glances: the whole seconds of uptime, but not before the last look. */
static uint64_t late_ms(const struct cadence *cadence, uint64_t now_ms)
{
	uint64_t second_ms = now_ms / 1000 * 1000;
	return second_ms > cadence->looked_ms ? second_ms : cadence->looked_ms;
}

/* The only processor of a filling guest ticks, which ends the slack; with several processors,
 * another one may fill. */
static uint64_t pause_end_ms(const struct life *life, uint64_t ms, struct cadence_pause pause)
{
	uint64_t soonest_ms = ms + pause.pause_ms, latest_ms = soonest_ms + pause.slack_ms;
	if (life->n_processors > 1 || latest_ms < life->start_ms)
		return latest_ms;
	return soonest_ms > life->start_ms ? soonest_ms : life->start_ms;
}

static struct count live(const struct life *life)
{
	struct report report = memory(0, life->total_mib, life->free_mib, life->avail_mib);
	struct report now = report;
	struct cadence cadence = looked(&report);
	struct count count = {.glances = 0};
	uint64_t cma_kib = life->cma_mib * MIB;
	for (uint64_t ms = 0; ms < life->end_ms;) {
		uint64_t gone = ms > life->start_ms ? (ms - life->start_ms) * life->kib_per_ms : 0;
		now.uptime_ms = ms;
		now.avail_kib = gone < report.avail_kib ? report.avail_kib - gone : 0;
		if (!life->is_level)
			now.free_kib = gone < report.free_kib ? report.free_kib - gone : 0;
		struct glance glance = glance_of(&now, late_ms(&cadence, ms));
		glance.n_processors = life->n_processors;
		count.glances++;
		if (cadence_wants_look(&cadence, &glance, cma_kib)) {
			cadence_looked(&cadence, &now, 0, false);
			count.looks++;
			if (!count.noticed_ms && now.avail_kib < report.avail_kib) {
				count.noticed_ms = ms;
				count.noticed_kib = now.avail_kib;
			}
		}
		ms = pause_end_ms(life, ms, cadence_pause(&cadence, &glance, cma_kib));
	}
	return count;
}

/*
 * In a minute at rest there are few wake-ups and hardly a look. The margin is for a
 * processor that is never quite idle. With 100 MiB or more, there are no more
 * wake-ups than with pauses of 600 ms.
 */
START_TEST(rest_is_cheap)
{
	struct life life = {1000, 300, 400, 0, 60000, 60000, false, 1, 75};
	struct count count = live(&life);
	ck_assert_uint_le(count.glances, 60000 / (2 * CADENCE_REST_MAX_MS) + 1);
	ck_assert_uint_le(count.looks, 4);
	life.free_mib = 50; /* its cache is full */
	ck_assert_uint_le(live(&life).looks, 60000 / CADENCE_LEVEL_LOOK_MS);
	life.avail_mib = 100;
	life.cma_mib = 32;
	ck_assert_uint_le(live(&life).glances, 60000 / 1200 + 1);
	life.n_processors = 4;
	ck_assert_uint_le(live(&life).glances, 60000 / 1000 + 1);
}
END_TEST

/* A guest that rests below its CMA: an idle processor is not woken more often for it. */
START_TEST(rest_near_the_cma_is_cheap)
{
	struct life life = {200, 28, 30, 0, 60000, 60000, false, 1, 32};
	ck_assert_uint_le(live(&life).glances, 60000 / (2 * CADENCE_REST_MIN_MS) + 1);
	ck_assert_uint_le(live(&life).looks, 4);
	life.n_processors = 4;
	ck_assert_uint_le(live(&life).glances, 60000 / CADENCE_NEAR_MIN_END_MS + 1);
}
END_TEST

/* A jump at 45 MiB/s in a guest that has little more than its CMA, or less. */
START_TEST(a_jump_near_the_cma_is_seen_in_time)
{
	for (uint64_t avail_mib = 20; avail_mib < 42; avail_mib += 3)
		for (uint64_t start_ms = 3000; start_ms < 8000; start_ms += 37) {
			struct life life = {200,   avail_mib, avail_mib,
					    46,    start_ms,  start_ms + 2000,
					    false, 1,         32};
			ck_assert_uint_le(live(&life).noticed_ms - start_ms, 120);
			life.n_processors = 2;
			ck_assert_uint_le(live(&life).noticed_ms - start_ms, 215);
			life.is_level = true; /* its free memory says nothing */
			life.free_mib = 10;
			ck_assert_uint_le(live(&life).noticed_ms - start_ms, 215);
			life.n_processors = 1;
			ck_assert_uint_le(live(&life).noticed_ms - start_ms, 120);
		}
}
END_TEST

/* A small guest at rest that begins to fill is noticed within a pause and the time it takes to
 * show. */
START_TEST(a_start_is_noticed)
{
	for (uint64_t start_ms = 3000; start_ms < 8000; start_ms += 37) {
		struct life life = {200, 30, 40, 100, start_ms, start_ms + 2000, false, 1, 0};
		struct count count = live(&life);
		ck_assert_uint_ge(count.noticed_ms, start_ms);
		ck_assert_uint_le(count.noticed_ms, start_ms + CADENCE_REST_MIN_MS + 20);
	}
}
END_TEST

/* The page cache fills memory, so free memory tells nothing: AVM, MiB/s, processors, deadline. */
START_TEST(a_start_is_noticed_while_free_memory_is_level)
{
	static const struct {
		uint64_t avail_mib, mib_per_s;
		unsigned n_processors;
		uint64_t within_ms;
	} starts[] = {
		{33, 23, 1, 320},   {33, 23, 4, 400},   {60, 64, 1, 800},   {60, 64, 4, 700},
		{128, 64, 1, 2048}, {128, 64, 4, 2048}, {250, 64, 1, 4000}, {250, 64, 4, 4000},
	};
	for (int i = 0; i < N_ROWS(starts); i++)
		for (uint64_t start_ms = 3000; start_ms < 13000; start_ms += 37) {
			struct life life = {512,
					    10,
					    starts[i].avail_mib,
					    starts[i].mib_per_s,
					    start_ms,
					    start_ms + 6000,
					    true,
					    starts[i].n_processors,
					    0};
			struct count count = live(&life);
			ck_assert_uint_gt(count.noticed_ms, 0);
			ck_assert_msg(count.noticed_ms - start_ms <= starts[i].within_ms,
				      "row %d: %llu ms", i,
				      (unsigned long long)(count.noticed_ms - start_ms));
			ck_assert_uint_gt(count.noticed_kib, 0);
		}
}
END_TEST

/* The agent's processor is idle and another one fills memory: some is left when that is noticed. */
START_TEST(another_processor_fills)
{
	for (uint64_t avail_mib = 32; avail_mib < 300; avail_mib += 7)
		for (uint64_t start_ms = 3000; start_ms < 9000; start_ms += 37) {
			struct life life = {4000,  avail_mib, avail_mib,
					    90,    start_ms,  start_ms + 4000,
					    false, 2,         0};
			struct count count = live(&life);
			ck_assert_uint_gt(count.noticed_ms, 0);
			ck_assert_msg(count.noticed_kib > 0, "%llu MiB",
				      (unsigned long long)avail_mib);
		}
}
END_TEST

/* With plenty, the guest is noticed before half of it is gone, at the fastest rate there is. */
START_TEST(plenty_is_watched_in_time)
{
	struct life life = {16000, 10000, 12000, CADENCE_ALERT_FILL_KIB_PER_MS, 5000, 9000,
			    false, 1,     0};
	struct count count = live(&life);
	ck_assert_uint_gt(count.noticed_ms, 0);
	ck_assert_uint_ge(count.noticed_kib, 12000 * MIB / 2);
}
END_TEST

/* AVM at each look, its time and its cause; then the memory that may be touched until the next
 * look. */
START_TEST(programs_that_touch_in_vain_may_touch_more)
{
	static const struct {
		uint64_t at_ms, avail_mib;
		bool was_touched;
		uint64_t touch_mib;
	} looks[] = {
		{1000, 400, false, 25},
		{2000, 400, false, 25}, /* a 16th of AVM */
		{3000, 400, true, 50},
		{3100, 400, true, 100},
		{3200, 320, true, 80}, /* this was worth it */
		{4000, 320, true, 160},
		{4100, 320, true, 320},
		{4200, 320, true, 640},
		{4300, 320, true, 1280},
		{4400, 320, true, 1280}, /* not more */
		{4300 + 14999, 320, false, 1280},
		{4300 + 15000, 320, false, 640}, /* a heartbeat later */
		{4300 + 15100, 320, false, 640},
		{4300 + 30000, 320, false, 320},
		{35000, 16000, false, 128 * 16},
		{36000, 8, false, 2 * 16}, /* within bounds */
	};
	struct cadence cadence = {.has_looked = false};
	for (int i = 0; i < N_ROWS(looks); i++) {
		struct report report = memory(looks[i].at_ms, 20000, 300, looks[i].avail_mib);
		cadence_looked(&cadence, &report, 0, looks[i].was_touched);
		ck_assert_msg(cadence_touch_kib(&cadence) == looks[i].touch_mib * MIB,
			      "row %d: %ju KiB", i, (uintmax_t)cadence_touch_kib(&cadence));
	}
}
END_TEST

/* A PVH guest of 600 MiB that holds 200: Linux keeps the watermarks of 600 MiB. Free memory that
 * its kernel holds level says nothing, so that looks come by time. */
START_TEST(watermarks_of_a_larger_guest_hold_free_memory_level)
{
	static const struct {
		uint64_t min_free_mib, free_mib;
		bool is_level;
	} rows[] = {
		{0, 12, true},
		{0, 13, false},
		{1, 13, false},
		{26, 51, true},
		{26, 52, false},
		{200, 100, true},
		{KEYS_MAX_KIB / MIB, 255, true},
		{KEYS_MAX_KIB / MIB, 256, false},
	};
	for (int i = 0; i < N_ROWS(rows); i++) {
		struct report report = memory(5000, 150, rows[i].free_mib, 400);
		struct cadence cadence = {.has_looked = false};
		cadence_looked(&cadence, &report, rows[i].min_free_mib * MIB, false);
		struct glance glance = glance_of(&report, 5000 + CADENCE_LEVEL_LOOK_MS);
		ck_assert_msg(cadence_wants_look(&cadence, &glance, 0) == rows[i].is_level,
			      "row %d", i);
	}
}
END_TEST

START_TEST(extremes)
{
	struct report all;
	memset(&all, 0xff, sizeof(all));
	struct cadence cadence = looked(&all);
	struct glance none = {0};
	struct glance full = {UINT64_MAX, UINT64_MAX, UINT64_MAX, UINT64_MAX,
			      UINT64_MAX, UINT_MAX,   true};
	ck_assert(cadence_wants_look(&cadence, &none, 0)); /* a clock that went back */
	struct cadence_pause pause = cadence_pause(&cadence, &full, 0);
	ck_assert_uint_le(pause.pause_ms + pause.slack_ms, 2 * CADENCE_REST_MAX_MS);
	pause = cadence_pause(&cadence, &none, UINT64_MAX);
	ck_assert_uint_gt(pause.pause_ms, 0);
	ck_assert_uint_ge(cadence_touch_kib(&cadence), ANNOUNCE_MIN_STEP_KIB);
}
END_TEST

static void add_tests(TCase *tests)
{
	tcase_add_test(tests, the_first_look_is_due_at_once);
	tcase_add_test(tests, what_a_glance_asks_for);
	tcase_add_test(tests, how_long_a_pause_is);
	tcase_add_test(tests, headroom_as_the_glance_sees_it);
	tcase_add_test(tests, what_raises_an_alert);
	tcase_add_test(tests, rest_is_cheap);
	tcase_add_test(tests, rest_near_the_cma_is_cheap);
	tcase_add_test(tests, a_jump_near_the_cma_is_seen_in_time);
	tcase_add_test(tests, a_start_is_noticed);
	tcase_add_test(tests, a_start_is_noticed_while_free_memory_is_level);
	tcase_add_test(tests, another_processor_fills);
	tcase_add_test(tests, plenty_is_watched_in_time);
	tcase_add_test(tests, programs_that_touch_in_vain_may_touch_more);
	tcase_add_test(tests, watermarks_of_a_larger_guest_hold_free_memory_level);
	tcase_add_test(tests, extremes);
}

int main(void)
{
	return suite_run("cadence", add_tests);
}
