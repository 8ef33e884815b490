/* SPDX-License-Identifier: MIT */
/* From what the agent sees and hears to what it does: a table of rounds for each case. */
#include "common/amount.h"
#include "guest/core/round.h"
#include "tests/unit/suite.h"

#include <stdlib.h>

#define MIB 1024

/* A guest of 400 MiB that holds 300, and the clock of its rounds. */
struct guest {
	struct round round;
	struct report now; /* what a look would show */
	struct round_host host;
};

static struct guest guest_new(void)
{
	struct report now = {.uptime_ms = 100000, .present = (UINT64_C(1) << REPORT_FIELDS_) - 1};
	now.total_kib = now.balloon_current_kib = now.balloon_target_kib = 300 * MIB;
	now.balloon_low_kib = 100 * MIB;
	now.free_kib = 195 * MIB;
	now.avail_kib = 200 * MIB;
	now.swap_total_kib = now.swap_free_kib = 512 * MIB;
	return (struct guest){{.can_grow = true, .can_reclaim = true},
			      now,
			      {.cma_kib = 50 * MIB, .credit_kib = 64 * MIB, .period_ms = 1000}};
}

static struct round_sight sight_of(const struct guest *g, struct round_events events)
{
	const struct report *now = &g->now;
	struct glance glance = {
		now->uptime_ms, now->total_kib, now->free_kib, now->swap_free_kib, 0, 1, false};
	return (struct round_sight){glance, now->uptime_ms, events, g->host, NULL};
}

/* What one round does: `wants` and the pause beside the orders. */
struct turn {
	bool wants;
	struct round_orders orders;
	struct round_rest rest;
};

static struct turn turn(struct guest *g, struct round_events events, bool blind, unsigned failed)
{
	struct round_sight sight = sight_of(g, events);
	struct turn turn = {.wants = round_wants_look(&g->round, &sight)};
	if (turn.wants && !blind)
		sight.look = &g->now;
	turn.orders = round_step(&g->round, &sight);
	turn.rest = round_done(&g->round, &sight, &turn.orders, failed);
	return turn;
}

/* What a round may do, as bits. */
enum { LOOK = 1, HELLO = 2, ALARM = 4, REPORT = 8, TARGET = 16, RECLAIM = 32 };

static unsigned deeds_of(const struct turn *t)
{
	const struct round_orders *o = &t->orders;
	return (t->wants ? LOOK : 0) | (o->hello ? HELLO : 0) |
	       (o->alarm != ALARM_NOTHING ? ALARM : 0) |
	       (o->report != ANNOUNCE_NOTHING ? REPORT : 0) | (o->target_kib ? TARGET : 0) |
	       (o->reclaim_kib ? RECLAIM : 0);
}

/* A row is a round, `after_ms` after the one before; memory has changed by these amounts in that
 * time. The round does what is due, and nothing else but what it may do. */
struct row {
	const char *what;
	unsigned after_ms;
	int avail_mib, target_mib;
	unsigned current_mib; /* what the balloon leaves the guest; 0: as much as before */
	unsigned swap_out_pages;
	struct round_events events;
	bool blind; /* a look fails */
	unsigned failed;
	unsigned due, may;
	unsigned most_pause_ms; /* 0: not asked for */
};

static void move_memory(struct guest *g, const struct row *row)
{
	g->now.uptime_ms += row->after_ms;
	g->now.avail_kib += (uint64_t)(row->avail_mib * MIB);
	g->now.free_kib += (uint64_t)(row->avail_mib * MIB);
	g->now.balloon_target_kib += (uint64_t)(row->target_mib * MIB);
	if (row->current_mib) {
		g->now.balloon_current_kib = row->current_mib * MIB;
		g->now.balloon_low_kib = 400 * MIB - g->now.balloon_current_kib;
	}
	g->now.pswpout += row->swap_out_pages;
}

static void play(struct guest *g, const struct row *rows, int n)
{
	for (const struct row *row = rows; row < rows + n; row++) {
		move_memory(g, row);
		struct turn t = turn(g, row->events, row->blind, row->failed);
		unsigned deeds = deeds_of(&t);
		ck_assert_msg((deeds & ~row->may) == (row->due & ~row->may),
			      "%s: it does %#x, not %#x", row->what, deeds, row->due);
		if (row->most_pause_ms)
			ck_assert_msg(t.rest.pause.pause_ms <= row->most_pause_ms,
				      "%s: it pauses for %u ms", row->what, t.rest.pause.pause_ms);
		if (t.orders.target_kib && !(row->failed & ROUND_FAILED_TARGET))
			g->now.balloon_target_kib = t.orders.target_kib;
	}
}

#define PLAY(guest, rows) play(guest, rows, N_ROWS(rows))

/* The guest has been at rest for long and told everything. */
static struct guest at_rest(void)
{
	struct guest g = guest_new();
	static const struct row rows[] = {
		{"first", .events.begins = true, .due = LOOK | HELLO | REPORT},
		{"at rest", .after_ms = 2000},
	};
	PLAY(&g, rows);
	return g;
}

/* --- when it looks and tells -------------------------------------------------------- */

START_TEST(the_first_round_tells_everything)
{
	static const struct row rows[] = {
		{"first", .due = LOOK | HELLO | REPORT},
		{"nothing has changed", .after_ms = 1000},
		{"a heartbeat is due", .after_ms = KEYS_HEARTBEAT_MS, .due = LOOK | REPORT},
	};
	struct guest g = guest_new();
	PLAY(&g, rows);
}
END_TEST

static const struct {
	const char *what;
	struct round_events events;
	bool can_grow, can_reclaim;
	bool looks, next_looks;
} events[] = {
	{"nothing", {0}, true, true, false, false},
	{"pressure", {.woken = true}, true, true, true, false},
	{"programs touch memory", {.touched = true}, true, true, true, false},
	{"a batch has ended", {.batch = ROUND_BATCH_DONE}, true, true, true, false},
	{"credit", {.credit = true}, true, true, true, false},
	{"credit that is of no use", {.credit = true}, false, true, false, false},
	{"a target: a look a round later", {.target = true}, true, true, false, true},
	{"a target, and no room to be made", {.target = true}, true, false, false, false},
	{"the agent key is lost", {.begins = true}, true, true, true, false},
};

START_TEST(events_call_for_a_look)
{
	struct guest g = at_rest();
	g.round.can_grow = events[_i].can_grow;
	g.round.can_reclaim = events[_i].can_reclaim;
	g.now.uptime_ms += 100;
	struct turn now = turn(&g, events[_i].events, false, 0);
	g.now.uptime_ms += 100;
	struct turn next = turn(&g, (struct round_events){0}, false, 0);
	ck_assert_msg(now.wants == events[_i].looks, "%s", events[_i].what);
	ck_assert_msg(next.wants == events[_i].next_looks, "%s: the next round", events[_i].what);
	if (next.wants)
		ck_assert_uint_le(now.rest.pause.pause_ms, RECLAIM_PAUSE_MS);
}
END_TEST

START_TEST(a_look_that_fails_orders_nothing)
{
	static const struct row rows[] = {
		{"it fails", .after_ms = 100, .avail_mib = -190, .blind = true, .due = LOOK},
		{"it fails again", .after_ms = 20000, .blind = true, .due = LOOK},
		{"the agent key is lost", .after_ms = 100, .events.begins = true, .blind = true,
		 .due = LOOK},
		{"it works", .after_ms = 100, .due = LOOK | HELLO | REPORT, .may = ALARM | TARGET},
	};
	struct guest g = at_rest();
	PLAY(&g, rows);
}
END_TEST

/* Somebody who rewrites the agent key all the time is answered once in a second. */
START_TEST(keys_are_written_anew_with_gaps)
{
	static const struct row rows[] = {
		{"lost", .after_ms = 2000, .events.begins = true, .due = LOOK | HELLO | REPORT},
		{"lost again", .after_ms = 100, .events.begins = true},
		{"not yet", .after_ms = 800},
		{"a second later", .after_ms = 100, .due = LOOK | HELLO | REPORT},
		{"once", .after_ms = 2000},
	};
	struct guest g = at_rest();
	PLAY(&g, rows);
}
END_TEST

START_TEST(what_could_not_be_written_is_due_again)
{
	static const struct row rows[] = {
		{"half is used", .after_ms = 2000, .avail_mib = -100, .failed = ROUND_FAILED_REPORT,
		 .due = LOOK | REPORT},
		{"again", .after_ms = 100, .failed = ROUND_FAILED_REPORT, .due = LOOK | REPORT},
		{"told", .after_ms = 100, .due = LOOK | REPORT},
		{"nearly all is used", .after_ms = 300, .avail_mib = -90,
		 .failed = ROUND_FAILED_ALARM | ROUND_FAILED_REPORT, .due = LOOK | ALARM | REPORT},
		{"the alarm again", .after_ms = 50, .due = LOOK | ALARM | REPORT},
		{"told, too", .after_ms = 50, .due = LOOK},
	};
	struct guest g = at_rest();
	g.round.can_grow = false;
	PLAY(&g, rows);
}
END_TEST

/* Programs come and go. A look in vain doubles the memory that they may touch until the next. */
START_TEST(touching_in_vain_is_heard_later)
{
	struct guest g = at_rest();
	g.now.uptime_ms += 100;
	struct turn woken = turn(&g, (struct round_events){.woken = true}, false, 0);
	struct turn touched = turn(&g, (struct round_events){.touched = true}, false, 0);
	ck_assert_uint_eq(woken.rest.touch_kib, announce_step_kib(g.now.avail_kib));
	ck_assert_uint_eq(touched.rest.touch_kib, 2 * woken.rest.touch_kib);
}
END_TEST

/* Looks and a glance see the same memory go, and the glance knows better since when. */
START_TEST(a_quiet_glance_tells_how_fast_memory_goes)
{
	uint64_t fill_kib_s[2];
	for (int i = 0; i < 2; i++) {
		struct guest g = at_rest();
		g.now.uptime_ms += 2000;
		turn(&g, (struct round_events){.woken = i == 0}, false, 0);
		g.round.alarm.past.uptime_ms -= 4000; /* the look before is long ago */
		g.round.alarm.recent = g.round.alarm.past;
		g.now.uptime_ms += 100;
		g.now.avail_kib -= 60 * MIB;
		g.now.free_kib -= 60 * MIB;
		turn(&g, (struct round_events){0}, false, 0);
		fill_kib_s[i] = g.round.alarm.fill_kib_s;
	}
	ck_assert_uint_lt(fill_kib_s[0], 20 * MIB);
	ck_assert_uint_eq(fill_kib_s[1], 600 * MIB);
}
END_TEST

/* --- growing on credit ------------------------------------------------------------------ */

START_TEST(an_alarm_takes_of_the_credit)
{
	static const struct row rows[] = {
		{"credit", .after_ms = 100, .events.credit = true, .due = LOOK},
		{"nearly all is used", .after_ms = 300, .avail_mib = -190,
		 .due = LOOK | ALARM | REPORT | TARGET, .most_pause_ms = SELFGROW_PAUSE_MS},
		{"it is looked at until it comes", .after_ms = 100, .due = LOOK, .may = REPORT,
		 .most_pause_ms = SELFGROW_PAUSE_MS},
		{"it does not come", .after_ms = SELFGROW_REFUSED_MS, .avail_mib = -5,
		 .due = LOOK | ALARM | TARGET, .may = REPORT},
	};
	struct guest g = at_rest();
	PLAY(&g, rows);
	ck_assert_uint_eq(g.now.balloon_target_kib, 300 * MIB);
}
END_TEST

START_TEST(a_slow_balloon_is_looked_at_until_it_has_come)
{
	static const struct row rows[] = {
		{"credit", .after_ms = 100, .events.credit = true, .due = LOOK},
		{"nearly all is used", .after_ms = 300, .avail_mib = -190,
		 .due = LOOK | ALARM | REPORT | TARGET},
		{"some of it", .after_ms = 900, .current_mib = 304, .due = LOOK,
		 .may = ALARM | REPORT | TARGET, .most_pause_ms = SELFGROW_PAUSE_MS},
		{"some more, and calm again", .after_ms = 900, .current_mib = 308, .avail_mib = 150,
		 .due = LOOK, .may = REPORT, .most_pause_ms = SELFGROW_PAUSE_MS},
		{"after the alert", .after_ms = 900, .current_mib = 312, .due = LOOK, .may = REPORT,
		 .most_pause_ms = SELFGROW_PAUSE_MS},
		{"all of it", .after_ms = 900, .current_mib = 364, .due = LOOK, .may = REPORT},
		{"at rest", .after_ms = 2000},
	};
	struct guest g = at_rest();
	PLAY(&g, rows);
	struct turn rest = turn(&g, (struct round_events){0}, false, 0);
	ck_assert_uint_gt(rest.rest.pause.pause_ms, SELFGROW_PAUSE_MS);
}
END_TEST

START_TEST(a_target_that_cannot_be_set_is_not_tried_again)
{
	static const struct row rows[] = {
		{"credit", .after_ms = 100, .events.credit = true, .due = LOOK},
		{"nearly all is used", .after_ms = 300, .avail_mib = -170,
		 .failed = ROUND_FAILED_TARGET, .due = LOOK | ALARM | REPORT | TARGET},
		{"and more", .after_ms = 300, .avail_mib = -20, .due = LOOK | ALARM | REPORT},
		{"so there is nothing to take back", .after_ms = SELFGROW_REFUSED_MS, .due = LOOK,
		 .may = ALARM | REPORT},
		{"credit anew", .after_ms = 300, .avail_mib = -5, .events.credit = true,
		 .due = LOOK | ALARM | TARGET, .may = REPORT},
	};
	struct guest g = at_rest();
	g.host.credit_kib = 1000 * MIB; /* more than is asked for at once */
	PLAY(&g, rows);
}
END_TEST

/* A look that fails, or a driver that cannot be told, does not lose what the host has given. */
START_TEST(credit_waits_for_a_look)
{
	static const struct row rows[] = {
		{"credit", .after_ms = 100, .events.credit = true, .blind = true, .due = LOOK},
		{"a look", .after_ms = 100, .due = LOOK},
		{"nearly all is used", .after_ms = 300, .avail_mib = -190,
		 .due = LOOK | ALARM | REPORT | TARGET},
	};
	struct guest g = at_rest();
	PLAY(&g, rows);
	ck_assert_uint_gt(g.now.balloon_target_kib, 300 * MIB);
	ck_assert_uint_le(g.now.balloon_target_kib, 364 * MIB);
}
END_TEST

/* --- making room ---------------------------------------------------------------------------- */

/* May be told of while memory is short. */
#define SHORT (ALARM | REPORT)

/* The host takes 100 MiB of a guest that has 40 available. */
static struct guest out_of_reach(void)
{
	struct guest g = at_rest();
	static const struct row rows[] = {
		{"told", .after_ms = 100, .target_mib = -100, .events.target = true},
		{"a look", .after_ms = 50, .avail_mib = -160, .due = LOOK, .may = SHORT,
		 .most_pause_ms = RECLAIM_PAUSE_MS},
		{"patience", .after_ms = 400, .due = LOOK, .may = SHORT,
		 .most_pause_ms = RECLAIM_PAUSE_MS},
	};
	PLAY(&g, rows);
	return g;
}

START_TEST(room_is_made_in_batches)
{
	static const struct row rows[] = {
		{"a batch", .after_ms = 200, .due = LOOK | RECLAIM, .may = SHORT},
		{"it is at work", .after_ms = 100, .may = LOOK | SHORT},
		{"it has ended", .after_ms = 10, .swap_out_pages = 200,
		 .events = {.woken = true, .batch = ROUND_BATCH_DONE}, .due = LOOK | RECLAIM,
		 .may = SHORT},
		{"nothing was to be had", .after_ms = 10,
		 .events = {.woken = true, .batch = ROUND_BATCH_REFUSED}, .due = LOOK,
		 .may = SHORT},
		{"and after a while", .after_ms = 3 * RECLAIM_REFUSED_MS, .due = LOOK | RECLAIM,
		 .may = SHORT},
	};
	struct guest g = out_of_reach();
	PLAY(&g, rows);
}
END_TEST

START_TEST(a_kernel_that_does_not_reclaim_is_asked_once)
{
	static const struct row refused[] = {
		{"a batch", .after_ms = 200, .due = LOOK | RECLAIM, .may = SHORT},
		{"it fails", .after_ms = 10, .events.batch = ROUND_BATCH_FAILED, .due = LOOK,
		 .may = SHORT},
		{"never again", .after_ms = 60000, .due = LOOK | REPORT, .may = ALARM},
	};
	static const struct row not_begun[] = {
		{"a batch", .after_ms = 200, .failed = ROUND_FAILED_RECLAIM, .due = LOOK | RECLAIM,
		 .may = SHORT},
		{"never again", .after_ms = 60000, .due = LOOK | REPORT, .may = ALARM},
	};
	struct guest g = out_of_reach(), other = out_of_reach();
	PLAY(&g, refused);
	PLAY(&other, not_begun);
}
END_TEST

/* --- numbers that cannot be ---------------------------------------------------------------- */

static uint64_t bits(void)
{
	return (uint64_t)random() << 32 ^ (uint64_t)random();
}

/* Small, large, anything, or what a guest has. */
static uint64_t amount(uint64_t usual)
{
	static const uint64_t edges[] = {0, 1, 3, 4, 2047, 2048, 1 << 20, KEYS_MAX_KIB};
	long way = random() % 8;
	if (way < 5)
		return usual + (uint64_t)random() % (usual / 4 + 1);
	return way == 5 ? edges[(unsigned)random() % N_ROWS(edges)] : bits() % (KEYS_MAX_KIB + 1);
}

/* Nothing agrees with anything, counters and the clock go back; each number is one that the
 * parsers let pass. */
static void scramble(struct guest *g)
{
	struct report *r = &g->now;
	r->uptime_ms = random() % 10 ? r->uptime_ms + (uint64_t)random() % 3000 : bits();
	r->total_kib = amount(300 * MIB);
	r->free_kib = amount(50 * MIB);
	r->avail_kib = amount(100 * MIB);
	r->swap_total_kib = amount(512 * MIB);
	r->swap_free_kib = amount(300 * MIB);
	r->balloon_current_kib = amount(300 * MIB);
	r->balloon_target_kib = amount(300 * MIB);
	r->balloon_low_kib = amount(100 * MIB);
	r->balloon_high_kib = amount(0);
	r->pswpin = r->refault_anon = amount(1000);
	r->pswpout = r->psi_full_us = r->psi_some_us = amount(1 << 20);
	r->present = random() % 4 ? r->present : bits() & ((UINT64_C(1) << REPORT_FIELDS_) - 1);
	g->host = (struct round_host){amount(50 * MIB), amount(64 * MIB), amount(1000)};
}

static struct round_events some_events(void)
{
	return (struct round_events){.woken = random() % 8 == 0,
				     .touched = random() % 8 == 0,
				     .credit = random() % 8 == 0,
				     .target = random() % 8 == 0,
				     .begins = random() % 64 == 0,
				     .batch = (enum round_batch)(random() % 3)};
}

/* `own_kib`: the guest's own target before; what is lower takes back. */
static void check_orders(const struct guest *g, const struct turn *t, bool looked, uint64_t own_kib)
{
	const struct round_orders *o = &t->orders;
	const struct report *r = &g->now;
	ck_assert(o->hello == (o->report == ANNOUNCE_FIRST));
	ck_assert(looked || (!o->target_kib && !o->reclaim_kib));
	ck_assert(g->round.can_grow || !o->target_kib);
	ck_assert(g->round.can_reclaim || !o->reclaim_kib);
	ck_assert_uint_eq(o->target_kib % 4, 0);
	if (o->target_kib && (!own_kib || o->target_kib >= own_kib))
		ck_assert_uint_le(o->target_kib, r->balloon_current_kib + r->balloon_low_kib +
							 r->balloon_high_kib);
	ck_assert_uint_le(o->reclaim_kib, RECLAIM_MAX_BATCH_KIB);
	ck_assert_uint_le(o->reclaim_kib, r->swap_free_kib);
	ck_assert_uint_ge(t->rest.pause.pause_ms, CADENCE_ALERT_MIN_MS);
	ck_assert_uint_le(t->rest.pause.pause_ms + t->rest.pause.slack_ms, 2 * CADENCE_REST_MAX_MS);
	ck_assert_uint_ge(t->rest.touch_kib, ANNOUNCE_MIN_STEP_KIB);
}

START_TEST(hostile_rounds_stay_within_bounds)
{
	srandom((unsigned)_i + 1);
	struct guest g = guest_new();
	g.round.can_grow = _i % 4 != 1;
	g.round.can_reclaim = _i % 4 != 2;
	for (int n = 0; n < 20000; n++) {
		scramble(&g);
		g.host.credit_kib *= _i % 4 != 3;
		bool blind = random() % 16 == 0;
		unsigned failed = random() % 8 ? 0 : (unsigned)random() % ROUND_FAILED_RECLAIM;
		uint64_t own_kib = g.round.grow.own_kib;
		struct turn t = turn(&g, some_events(), blind, failed);
		check_orders(&g, &t, t.wants && !blind, own_kib);
		if (_i % 4 == 3) /* nothing was granted but by the host's own target */
			ck_assert_uint_le(
				t.orders.target_kib,
				amount_max(g.now.balloon_target_kib, g.now.balloon_current_kib));
	}
}
END_TEST

static void add_tests(TCase *tests)
{
	tcase_set_timeout(tests, 60);
	tcase_add_test(tests, the_first_round_tells_everything);
	tcase_add_loop_test(tests, events_call_for_a_look, 0, N_ROWS(events));
	tcase_add_test(tests, a_look_that_fails_orders_nothing);
	tcase_add_test(tests, keys_are_written_anew_with_gaps);
	tcase_add_test(tests, what_could_not_be_written_is_due_again);
	tcase_add_test(tests, touching_in_vain_is_heard_later);
	tcase_add_test(tests, a_quiet_glance_tells_how_fast_memory_goes);
	tcase_add_test(tests, an_alarm_takes_of_the_credit);
	tcase_add_test(tests, a_slow_balloon_is_looked_at_until_it_has_come);
	tcase_add_test(tests, a_target_that_cannot_be_set_is_not_tried_again);
	tcase_add_test(tests, credit_waits_for_a_look);
	tcase_add_test(tests, room_is_made_in_batches);
	tcase_add_test(tests, a_kernel_that_does_not_reclaim_is_asked_once);
	tcase_add_loop_test(tests, hostile_rounds_stay_within_bounds, 0, 8);
}

int main(void)
{
	return suite_run("round", add_tests);
}
