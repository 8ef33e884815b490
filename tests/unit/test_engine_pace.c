/* SPDX-License-Identifier: MIT */
/* When passes are run, and what waits for calls. */
#include "host/core/urgency.h"
#include "host/guests/guests.h"
#include "tests/unit/fixture.h"
#include "tests/unit/suite.h"
#include "tests/unit/wishful.h"

#include <string.h>

/* A guest's alarm is answered at once, and the others' keys are not read for it. */
START_TEST(an_alarms_pass_reads_only_the_guests_in_alarm)
{
	uint32_t calm = played_add(&world, 400 * MIB, 300 * MIB);
	uint32_t short_of = played_add(&world, 400 * MIB, 300 * MIB);
	wishful_begin();
	wishful_turn(START_MS);
	played_report(&world, calm, 200 * MIB, 20);
	engine_turn(engine, START_MS + 1); /* taken in, and not due yet */
	unsigned read_before = world.guest[calm - 1].n_reports_read;
	uint64_t passes = engine_counts(engine).passes;
	played_alarm(&world, short_of, 4 * MIB, 30);
	engine_turn(engine, START_MS + 2);
	ck_assert_uint_eq(engine_counts(engine).passes, passes + 1);
	ck_assert(wish.was_urgent[passes % 64]);
	ck_assert_uint_eq(world.guest[calm - 1].n_reports_read, read_before);
	engine_turn(engine, START_MS + ENGINE_GAP_MS + 2);
	ck_assert_uint_eq(world.guest[calm - 1].n_reports_read, read_before + 1);
}
END_TEST

/* What stands in xenstore when the daemon comes may be a dead agent's last word. What comes after
 * it is not: then its agent lives, and what the guest was lent can be asked back. */
START_TEST(an_alarm_that_was_there_is_none_and_another_one_proves_the_agent)
{
	const bool was_there = _i;
	uint32_t cries = played_add(&world, 400 * MIB, 300 * MIB);
	if (was_there)
		played_alarm(&world, cries, 4 * MIB, 30);
	world.has_event = false;
	wish.action[wish.n_actions++] = (struct action){cries - 1, 380 * MIB, REASON_GIVE};
	wishful_begin();
	wishful_turn(START_MS);
	wishful_turn(START_MS + PERIOD_MS);
	for (unsigned i = 0; i < wish.passes; i++)
		ck_assert(!wish.was_urgent[i]);
	ck_assert_str_eq(world.guest[cries - 1].state, "report-unproven");
	ck_assert_uint_eq(world.guest[cries - 1].target_kib, 400 * MIB);
	uint64_t passes = wish.passes;
	played_alarm(&world, cries, 200 * MIB, 40);
	wishful_turn(START_MS + 2 * PERIOD_MS);
	ck_assert_uint_gt(wish.passes, passes);
	ck_assert(wish.was_urgent[passes]);
	ck_assert_str_eq(world.guest[cries - 1].state, "managed");
	ck_assert_uint_eq(world.guest[cries - 1].target_kib, 380 * MIB);
}
END_TEST

START_TEST(alarms_do_not_put_the_periodic_pass_off)
{
	uint32_t cries = played_add(&world, 400 * MIB, 300 * MIB);
	wishful_begin();
	wishful_turn(START_MS);
	uint64_t due_ms = START_MS + PERIOD_MS;
	for (uint64_t t = START_MS + 100; t < due_ms; t += 100) {
		played_alarm(&world, cries, 4 * MIB, t);
		wishful_turn(t);
	}
	uint64_t passes = engine_counts(engine).passes;
	wishful_turn(due_ms);
	ck_assert_uint_eq(engine_counts(engine).passes, passes + 1);
}
END_TEST

static void flood(uint32_t domid, uint64_t from_ms)
{
	for (uint64_t t = from_ms; t < from_ms + GUEST_MAX_EVENTS_S + 5; t++) {
		played_report(&world, domid, 200 * MIB, t);
		engine_turn(engine, t);
	}
}

/* No pass, and so no alarm, waits for the keys of guests that flood. */
START_TEST(guests_that_flood_are_read_between_passes_one_at_a_time)
{
	uint32_t one = played_add(&world, 400 * MIB, 300 * MIB);
	uint32_t other = played_add(&world, 400 * MIB, 300 * MIB);
	uint32_t honest = played_add(&world, 400 * MIB, 300 * MIB);
	unsigned *read_one = &world.guest[one - 1].n_reports_read,
		 *read_other = &world.guest[other - 1].n_reports_read;
	wishful_begin();
	wishful_turn(START_MS);
	flood(one, START_MS + 1);
	flood(other, START_MS + 100);
	wishful_turn(START_MS + 200);
	for (uint64_t t = START_MS + 300; t < START_MS + 310; t++)
		engine_turn(engine, t);
	unsigned before_one = *read_one, before_other = *read_other;
	uint64_t due_ms = START_MS + 1300, passes = engine_counts(engine).passes;
	ck_assert_uint_le(engine_wake_ms(engine), due_ms);
	played_alarm(&world, honest, 4 * MIB, 30);
	engine_turn(engine, due_ms);
	ck_assert_uint_eq(engine_counts(engine).passes, passes + 1);
	ck_assert_uint_eq(*read_one + *read_other, before_one + before_other);
	ck_assert_uint_eq(engine_wake_ms(engine), 0);
	engine_turn(engine, due_ms + 1);
	ck_assert_uint_eq(*read_one + *read_other, before_one + before_other + 1);
	engine_turn(engine, due_ms + 2);
	ck_assert_uint_eq(*read_one, before_one + 1);
	ck_assert_uint_eq(*read_other, before_other + 1);
	/* and once a period */
	engine_turn(engine, due_ms + 3);
	engine_turn(engine, due_ms + PERIOD_MS / 2);
	ck_assert_uint_eq(*read_one + *read_other, before_one + before_other + 2);
}
END_TEST

START_TEST(a_guest_whose_call_is_under_way_is_told_nothing_else)
{
	uint32_t guest = played_add(&world, 400 * MIB, 300 * MIB);
	wish.action[wish.n_actions++] = (struct action){guest - 1, 420 * MIB, REASON_NEED};
	wish.credit_kib[guest - 1] = PLAN_CREDIT_AS_IT_IS;
	world.calls_hang = true;
	wishful_begin();
	engine_turn(engine, START_MS);
	wish.action[0].target_kib = 430 * MIB;
	engine_turn(engine, START_MS + PERIOD_MS);
	ck_assert_uint_eq(engine_counts(engine).passes, 2);
	ck_assert_uint_eq(played_count(&world, PLAYED_CALL), 1);
	world.calls_hang = false;
	engine_turn(engine, START_MS + 2 * PERIOD_MS);
	ck_assert_uint_eq(played_count(&world, PLAYED_CALL), 2);
	ck_assert_uint_eq(world.effect[world.n_effects - 1].kib, 430 * MIB);
}
END_TEST

/* Begins with one guest, which is told to grow by a call that takes so long. Returns its domid. */
static uint32_t begin_a_call(uint64_t takes_ms)
{
	uint32_t guest = played_add(&world, 400 * MIB, 300 * MIB);
	wish.action[wish.n_actions++] = (struct action){guest - 1, 420 * MIB, REASON_NEED};
	wish.credit_kib[guest - 1] = PLAN_CREDIT_AS_IT_IS;
	world.calls_take_ms = takes_ms;
	wishful_begin();
	engine_turn(engine, START_MS);
	wish.n_actions = 0;
	return guest;
}

/* The calls of a host whose toolstack is slow take its guests' time: reports and promises are not
 * answered sooner than the answer can take effect; alarms are. */
START_TEST(slow_calls_make_fewer_passes)
{
	enum { TAKES_MS = 120 };
	uint32_t guest = begin_a_call(TAKES_MS);
	uint64_t now_ms = START_MS + TAKES_MS;
	engine_turn(engine,
		    now_ms); /* the call ends: so long was no pass that there is one at once */
	ck_assert_uint_eq(engine_counts(engine).passes, 2);
	played_report(&world, guest, 200 * MIB, now_ms);
	engine_turn(engine, now_ms + ENGINE_GAP_MS);
	engine_turn(engine, now_ms + ENGINE_GAP_CALLS * TAKES_MS - 1);
	ck_assert_uint_eq(engine_counts(engine).passes, 2);
	engine_turn(engine, now_ms + ENGINE_GAP_CALLS * TAKES_MS);
	ck_assert_uint_eq(engine_counts(engine).passes, 3);
	played_alarm(&world, guest, 4 * MIB, now_ms);
	engine_turn(engine, now_ms + ENGINE_GAP_CALLS * TAKES_MS + 1);
	ck_assert_uint_eq(engine_counts(engine).passes, 4);
}
END_TEST

/* A pass at the end of a slow call gives the credit again that the call has taken, and the guest
 * has not been told meanwhile that it is gone. */
START_TEST(credit_that_comes_back_at_once_is_not_told_to_be_gone)
{
	enum { TAKES_MS = 120 };
	uint32_t guest = played_add(&world, 400 * MIB, 300 * MIB);
	struct played_guest *played = &world.guest[guest - 1];
	wish.credit_kib[guest - 1] = 16 * MIB;
	world.calls_take_ms = TAKES_MS;
	wishful_begin();
	engine_turn(engine, START_MS);
	engine_turn(engine, START_MS);
	ck_assert_uint_eq(played->told_credit_kib, 16 * MIB);
	wish.action[wish.n_actions++] = (struct action){guest - 1, 420 * MIB, REASON_NEED};
	wish.credit_kib[guest - 1] = PLAN_CREDIT_AS_IT_IS;
	engine_turn(engine, START_MS + PERIOD_MS);
	wish.n_actions = 0;
	wish.credit_kib[guest - 1] = 16 * MIB;
	for (uint64_t ms = PERIOD_MS + 1; ms < PERIOD_MS + 2 * TAKES_MS; ms++) {
		engine_turn(engine, START_MS + ms);
		ck_assert_uint_eq(played->told_credit_kib, 16 * MIB);
	}
	ck_assert_uint_gt(played->cap_kib, 420 * MIB + 8 * MIB); /* libxl had set 421 */
}
END_TEST

/* A promise asks for the next pass at once; it comes when a call could have ended. */
START_TEST(what_waits_for_pages_waits_as_long_as_a_call_takes)
{
	enum { TAKES_MS = 120 };
	uint32_t guest = played_add(&world, 400 * MIB, 300 * MIB);
	wish.action[wish.n_actions++] = (struct action){guest - 1, 420 * MIB, REASON_NEED};
	wish.credit_kib[guest - 1] = PLAN_CREDIT_AS_IT_IS;
	wish.wake_in_ms = 20;
	world.calls_take_ms = TAKES_MS;
	wishful_begin();
	engine_turn(engine, START_MS);
	wish.n_actions = 0;
	engine_turn(engine, START_MS + 20); /* nobody knows yet how long a call takes */
	ck_assert_uint_eq(engine_counts(engine).passes, 2);
	engine_turn(engine, START_MS + TAKES_MS);
	ck_assert_uint_eq(engine_counts(engine).passes, 3);
	engine_turn(engine, START_MS + TAKES_MS + 20);
	engine_turn(engine, START_MS + 2 * TAKES_MS - 1);
	ck_assert_uint_eq(engine_counts(engine).passes, 3);
	engine_turn(engine, START_MS + 2 * TAKES_MS);
	ck_assert_uint_eq(engine_counts(engine).passes, 4);
}
END_TEST

/* libxl may wait for a guest's lock: the others are not slower for that. */
START_TEST(a_call_that_waits_does_not_make_passes_rare)
{
	enum { TAKES_MS = 4000 };
	uint32_t guest = begin_a_call(TAKES_MS);
	uint64_t now_ms = START_MS + TAKES_MS;
	engine_turn(engine, now_ms);
	uint64_t passes = engine_counts(engine).passes;
	played_report(&world, guest, 200 * MIB, now_ms);
	engine_turn(engine, now_ms + ENGINE_GAP_CALLS * URGENCY_CALL_MOST_MS);
	ck_assert_uint_eq(engine_counts(engine).passes, passes + 1);
}
END_TEST

/* A configuration in which the guest of this name has a min. */
static struct config lists(const char *name)
{
	struct config config;
	struct config_guest guest = {.min_kib = 123 * MIB};
	config_init(&config);
	config.policy = engine_state(engine).config->policy;
	strcpy(guest.name, name);
	ck_assert_int_eq(config_put_guest(&config, &guest), 0);
	return config;
}

static unsigned names_read(void)
{
	unsigned n = 0;
	for (unsigned i = 0; i < world.n; i++)
		n += world.guest[i].n_names_read;
	return n;
}

/* A reload is looked up in the pass, and no key is read for it: watches tell of new names. With a
 * thousand guests, reading them all would hold everybody up for seconds. */
START_TEST(a_reload_takes_effect_without_a_read)
{
	played_add(&world, 400 * MIB, 300 * MIB);
	played_add(&world, 400 * MIB, 300 * MIB);
	wishful_begin();
	wishful_turn(START_MS);
	unsigned before = names_read();
	struct config config = lists("g2");
	engine_reload(engine, &config);
	wishful_turn(START_MS + 1);
	ck_assert_uint_eq(engine_state(engine).guests->view[1].min_kib, 123 * MIB);
	ck_assert_uint_eq(names_read(), before);
}
END_TEST

/* `cagmactl set` changes the configuration that is in force, and takes effect at once. */
START_TEST(what_is_changed_in_force_takes_effect_without_a_read)
{
	played_add(&world, 400 * MIB, 300 * MIB);
	wishful_begin();
	wishful_turn(START_MS);
	unsigned before = names_read();
	struct config_guest guest = {.name = "g1", .min_kib = 123 * MIB};
	struct config *in_force = (struct config *)engine_state(engine).config;
	ck_assert_int_eq(config_put_guest(in_force, &guest), 0);
	engine_reconsider(engine);
	wishful_turn(START_MS + 1);
	ck_assert_uint_eq(engine_state(engine).guests->view[0].min_kib, 123 * MIB);
	ck_assert_uint_eq(names_read(), before);
}
END_TEST

static void add_tests(TCase *tests)
{
	tcase_add_checked_fixture(tests, wishful_set_up, wishful_tear_down);
	tcase_add_test(tests, an_alarms_pass_reads_only_the_guests_in_alarm);
	tcase_add_loop_test(tests, an_alarm_that_was_there_is_none_and_another_one_proves_the_agent,
			    0, 2);
	tcase_add_test(tests, alarms_do_not_put_the_periodic_pass_off);
	tcase_add_test(tests, guests_that_flood_are_read_between_passes_one_at_a_time);
	tcase_add_test(tests, a_reload_takes_effect_without_a_read);
	tcase_add_test(tests, what_is_changed_in_force_takes_effect_without_a_read);
	tcase_add_test(tests, a_guest_whose_call_is_under_way_is_told_nothing_else);
	tcase_add_test(tests, slow_calls_make_fewer_passes);
	tcase_add_test(tests, credit_that_comes_back_at_once_is_not_told_to_be_gone);
	tcase_add_test(tests, what_waits_for_pages_waits_as_long_as_a_call_takes);
	tcase_add_test(tests, a_call_that_waits_does_not_make_passes_rare);
}

int main(void)
{
	return suite_run("engine_pace", add_tests);
}
