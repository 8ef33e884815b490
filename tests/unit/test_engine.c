/* SPDX-License-Identifier: MIT */
/* The pass: which effects there are, and in which order. The policies here are the test's own. */
#include "common/system/log.h"
#include "host/core/plan.h"
#include "tests/unit/fixture.h"
#include "host/core/urgency.h"
#include "tests/unit/played.h"
#include "tests/unit/suite.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define MIB UINT64_C(1024)

enum { START_MS = 1000000, PERIOD_MS = 1000 };

static struct played world;
static struct engine *engine;

/* What the next plans say. */
static struct {
	unsigned n_actions;
	struct action action[PLAYED_GUESTS];
	uint64_t credit_kib[PLAYED_GUESTS];
	uint64_t passes;
	bool was_urgent[64]; /* is one in alarm? */
	uint64_t wake_in_ms; /* 0: after the period */
} wish;

static void decide(const struct policy_conf *conf, const struct snapshot *snap,
		   struct memory *memory, struct plan *plan)
{
	(void)conf;
	(void)memory;
	if (wish.wake_in_ms)
		plan->wake_ms = snap->host.now_ms + wish.wake_in_ms;
	wish.was_urgent[wish.passes++ % 64] = model_is_alarmed(snap);
	for (unsigned i = 0; i < wish.n_actions; i++)
		plan->action[plan->n_actions++] = wish.action[i];
	for (unsigned i = 0; i < snap->n_guests; i++)
		plan->credit_kib[i] = wish.credit_kib[i];
}

static const struct policy wishful = {.name = "wishful", .decide = decide};

static void set_up(void)
{
	world = (struct played){.host = {.total_kib = 4096 * MIB, .free_kib = 512 * MIB}};
	memset(&wish, 0, sizeof(wish));
	log_silence(true);
}

static void begin_with(unsigned max_guests)
{
	struct config config;
	struct io io = played_io(&world);
	config_init(&config);
	config.policy = &wishful;
	config.max_guests = max_guests;
	engine = engine_open(&config, &(struct engine_options){0}, &io);
	ck_assert_ptr_nonnull(engine);
}

static void begin(void)
{
	begin_with(256);
}

static void tear_down(void)
{
	engine_close(engine);
	engine = NULL;
}

/* Turns until nothing is left to be said; no pass is due meanwhile. */
static void turn(uint64_t now_ms)
{
	engine_turn(engine, now_ms);
	for (int i = 0; i < 64; i++) {
		uint64_t passes = engine_counts(engine).passes;
		if (engine_wake_ms(engine) > now_ms)
			return;
		engine_turn(engine, now_ms);
		ck_assert_uint_le(engine_counts(engine).passes, passes + 1);
	}
}

START_TEST(caps_are_lowered_before_anybody_grows_and_raised_behind)
{
	uint32_t lowered = played_add(&world, 400 * MIB, 300 * MIB);
	uint32_t grows = played_add(&world, 400 * MIB, 300 * MIB);
	uint32_t raised = played_add(&world, 400 * MIB, 300 * MIB);
	world.guest[lowered - 1].cap_kib = 450 * MIB; /* credit of a former run */
	wish.action[wish.n_actions++] = (struct action){grows - 1, 410 * MIB, REASON_NEED};
	wish.credit_kib[grows - 1] = PLAN_CREDIT_AS_IT_IS;
	wish.credit_kib[raised - 1] = 8 * MIB;
	begin();
	engine_turn(engine, START_MS);
	int first = played_first(&world, PLAYED_CAP, lowered);
	int then = played_first(&world, PLAYED_CALL, grows);
	int last = played_first(&world, PLAYED_CAP, raised);
	ck_assert_int_ge(first, 0);
	ck_assert_int_gt(then, first);
	ck_assert_int_gt(last, then);
	ck_assert_uint_eq(world.effect[first].kib, 401 * MIB);
	ck_assert_uint_eq(world.effect[last].kib, 409 * MIB);
}
END_TEST

/* A run of the daemon was ended while a guest had credit, or in the middle of a call. The guest may
 * say of itself what it likes. */
START_TEST(a_raised_cap_is_taken_back_whatever_the_guest_says)
{
	static const char *const hellos[] = {"", "protocol=1 version=0 abilities=report",
					     "protocol=1 version=0 abilities=report,self-grow"};
	uint32_t guest = played_add(&world, 400 * MIB, 300 * MIB);
	world.guest[guest - 1].cap_kib = 496 * MIB;
	strcpy(world.guest[guest - 1].hello, hellos[_i]);
	begin();
	engine_turn(engine, START_MS);
	ck_assert_uint_eq(world.guest[guest - 1].cap_kib, 401 * MIB);
}
END_TEST

START_TEST(the_cap_of_another_balancers_guest_is_left)
{
	uint32_t guest = played_add(&world, 400 * MIB, 300 * MIB);
	world.guest[guest - 1].cap_kib = 800 * MIB;
	world.guest[guest - 1].dynamic_min_kib = 200 * MIB;
	begin();
	engine_turn(engine, START_MS);
	ck_assert_int_eq(played_first(&world, PLAYED_CAP, guest), -1);
}
END_TEST

/* Xen lets a guest beyond max_guests take 100 MiB, so they are nobody else's. */
START_TEST(what_guests_beyond_the_table_may_take_is_not_given_away)
{
	uint32_t grows = played_add(&world, 400 * MIB, 300 * MIB);
	uint32_t beyond = played_add(&world, 400 * MIB, 300 * MIB);
	world.guest[beyond - 1].cap_kib = 500 * MIB;
	wish.action[wish.n_actions++] = (struct action){grows - 1, 840 * MIB, REASON_NEED};
	wish.credit_kib[grows - 1] = PLAN_CREDIT_AS_IT_IS;
	begin_with(1);
	engine_turn(engine, START_MS);
	int i = played_first(&world, PLAYED_CALL, grows);
	ck_assert_int_ge(i, 0);
	ck_assert_uint_gt(world.effect[i].kib, 700 * MIB);
	ck_assert_uint_le(world.effect[i].kib, (400 + 512 - 64 - 100) * MIB);
}
END_TEST

/* What it was built with is its own, for a later run of the daemon and after a reboot, too. */
START_TEST(what_a_guest_was_built_with_is_kept)
{
	uint32_t guest = played_add(&world, 400 * MIB, 300 * MIB);
	begin();
	engine_turn(engine, START_MS);
	ck_assert_uint_eq(world.guest[guest - 1].built.built_kib, 400 * MIB);
	engine_close(engine);
	world.guest[guest - 1].target_kib = 700 * MIB;
	begin();
	engine_turn(engine, START_MS + 1000);
	ck_assert_uint_eq(world.guest[guest - 1].built.built_kib, 400 * MIB);
	engine_close(engine);
	world.guest[guest - 1].static_max_kib += MIB; /* it was configured anew */
	begin();
	engine_turn(engine, START_MS + 2000);
	ck_assert_uint_eq(world.guest[guest - 1].built.built_kib, 700 * MIB);
}
END_TEST

/* Whatever a policy wants: what is not there is not given, and nobody goes below his min. */
START_TEST(an_unsafe_plan_is_cut_and_counted)
{
	uint32_t poor = played_add(&world, 400 * MIB, 300 * MIB);
	uint32_t rich = played_add(&world, 400 * MIB, 300 * MIB);
	wish.action[wish.n_actions++] = (struct action){poor - 1, 4 * MIB, REASON_GIVE};
	wish.action[wish.n_actions++] = (struct action){rich - 1, 4000 * MIB, REASON_NEED};
	begin();
	engine_turn(engine, START_MS);
	ck_assert_int_eq(played_first(&world, PLAYED_CALL, poor), -1);
	int i = played_first(&world, PLAYED_CALL, rich);
	if (i >= 0)
		ck_assert_uint_le(world.effect[i].kib, 400 * MIB + world.host.free_kib);
	ck_assert_uint_gt(engine_counts(engine).cuts, 0);
}
END_TEST

/* Each kind of breach is worth a word of its own, once. */
START_TEST(each_kind_of_unsafe_plan_is_said_once)
{
	char text[4096];
	FILE *file = tmpfile();
	dup2(fileno(file), STDERR_FILENO);
	uint32_t guest = played_add(&world, 400 * MIB, 300 * MIB);
	log_silence(false);
	begin();
	for (unsigned i = 0; i < 6; i++) {
		uint64_t target_kib = i % 2 ? 410 * MIB + 1 : 5000 * MIB;
		wish.n_actions = 1;
		wish.action[0] = (struct action){guest - 1, target_kib, REASON_NEED};
		turn(START_MS + i * PERIOD_MS);
	}
	log_silence(true);
	rewind(file);
	text[fread(text, 1, sizeof(text) - 1, file)] = '\0';
	unsigned n = 0;
	for (const char *at = text; (at = strstr(at, "its plans are cut")); at++)
		n++;
	ck_assert_msg(n == 2, "%s", text);
}
END_TEST

/* A guest's alarm is answered at once, and the others' keys are not read for it. */
START_TEST(an_alarms_pass_reads_only_the_guests_in_alarm)
{
	uint32_t calm = played_add(&world, 400 * MIB, 300 * MIB);
	uint32_t short_of = played_add(&world, 400 * MIB, 300 * MIB);
	begin();
	turn(START_MS);
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

/* However often a guest says so, and whatever it says in between. */
START_TEST(a_kernel_that_is_not_believed_is_told_of_once)
{
	uint32_t leaks = played_add(&world, 400 * MIB, 300 * MIB);
	char *line = world.guest[leaks - 1].report;
	begin();
	turn(START_MS);
	fixture_begin_log("cagmad");
	log_silence(false);
	for (unsigned i = 1; i < 8; i++) {
		played_report(&world, leaks, (200 + i) * MIB, 20 * i);
		if (i % 2)
			strcat(line, " said_avail_kib=23598896");
		turn(START_MS + i * PERIOD_MS);
	}
	log_silence(true);
	const char *log = fixture_end_log(), *first = strstr(log, "23598896 KiB are available");
	ck_assert_ptr_nonnull(first);
	ck_assert_ptr_null(strstr(first + 1, "23598896"));
}
END_TEST

START_TEST(alarms_do_not_put_the_periodic_pass_off)
{
	uint32_t cries = played_add(&world, 400 * MIB, 300 * MIB);
	begin();
	turn(START_MS);
	uint64_t due_ms = START_MS + PERIOD_MS;
	for (uint64_t t = START_MS + 100; t < due_ms; t += 100) {
		played_alarm(&world, cries, 4 * MIB, t);
		turn(t);
	}
	uint64_t passes = engine_counts(engine).passes;
	turn(due_ms);
	ck_assert_uint_eq(engine_counts(engine).passes, passes + 1);
}
END_TEST

START_TEST(a_guest_whose_call_is_under_way_is_told_nothing_else)
{
	uint32_t guest = played_add(&world, 400 * MIB, 300 * MIB);
	wish.action[wish.n_actions++] = (struct action){guest - 1, 420 * MIB, REASON_NEED};
	wish.credit_kib[guest - 1] = PLAN_CREDIT_AS_IT_IS;
	world.calls_hang = true;
	begin();
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

/* The calls of a host whose toolstack is slow take its guests' time: reports and promises are not
 * answered sooner than the answer can take effect; alarms are. */
START_TEST(slow_calls_make_fewer_passes)
{
	enum { TAKES_MS = 120 };
	uint32_t guest = played_add(&world, 400 * MIB, 300 * MIB);
	wish.action[wish.n_actions++] = (struct action){guest - 1, 420 * MIB, REASON_NEED};
	wish.credit_kib[guest - 1] = PLAN_CREDIT_AS_IT_IS;
	world.calls_take_ms = TAKES_MS;
	begin();
	engine_turn(engine, START_MS);
	wish.n_actions = 0;
	uint64_t now_ms = START_MS + TAKES_MS;
	engine_turn(engine, now_ms); /* the call ends, and another look is wanted */
	ck_assert_uint_eq(engine_counts(engine).passes, 1);
	now_ms = START_MS + ENGINE_GAP_CALLS * TAKES_MS;
	engine_turn(engine, now_ms);
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

/* A promise asks for the next pass at once; it comes when a call could have ended. */
START_TEST(what_waits_for_pages_waits_as_long_as_a_call_takes)
{
	enum { TAKES_MS = 120 };
	uint32_t guest = played_add(&world, 400 * MIB, 300 * MIB);
	wish.action[wish.n_actions++] = (struct action){guest - 1, 420 * MIB, REASON_NEED};
	wish.credit_kib[guest - 1] = PLAN_CREDIT_AS_IT_IS;
	wish.wake_in_ms = 20;
	world.calls_take_ms = TAKES_MS;
	begin();
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
	uint32_t guest = played_add(&world, 400 * MIB, 300 * MIB);
	wish.action[wish.n_actions++] = (struct action){guest - 1, 420 * MIB, REASON_NEED};
	wish.credit_kib[guest - 1] = PLAN_CREDIT_AS_IT_IS;
	world.calls_take_ms = TAKES_MS;
	begin();
	engine_turn(engine, START_MS);
	wish.n_actions = 0;
	uint64_t now_ms = START_MS + TAKES_MS;
	engine_turn(engine, now_ms);
	uint64_t passes = engine_counts(engine).passes;
	played_report(&world, guest, 200 * MIB, now_ms);
	engine_turn(engine, now_ms + ENGINE_GAP_CALLS * URGENCY_CALL_MOST_MS);
	ck_assert_uint_eq(engine_counts(engine).passes, passes + 1);
}
END_TEST

START_TEST(a_lost_xenstored_is_waited_for_and_all_is_read_anew)
{
	uint32_t guest = played_add(&world, 400 * MIB, 300 * MIB);
	begin();
	turn(START_MS);
	world.is_lost = true;
	turn(START_MS + ENGINE_ALIVE_MS);
	uint64_t passes = engine_counts(engine).passes;
	turn(START_MS + ENGINE_ALIVE_MS + ENGINE_RECONNECT_MS);
	ck_assert_uint_eq(engine_counts(engine).passes, passes);
	ck_assert_uint_eq(engine_counts(engine).lost_connections, 2);
	world.is_lost = false;
	unsigned read_before = world.guest[guest - 1].n_reports_read;
	turn(START_MS + ENGINE_ALIVE_MS + 2 * ENGINE_RECONNECT_MS);
	ck_assert_uint_eq(world.n_connects, 2);
	ck_assert_uint_gt(engine_counts(engine).passes, passes);
	ck_assert_uint_gt(world.guest[guest - 1].n_reports_read, read_before);
}
END_TEST

/* What was in xenstore before the daemon came may be the last word of an agent that is dead. */
START_TEST(nothing_is_taken_before_a_second_report)
{
	uint32_t guest = played_add(&world, 400 * MIB, 300 * MIB);
	wish.action[wish.n_actions++] = (struct action){guest - 1, 380 * MIB, REASON_GIVE};
	begin();
	turn(START_MS);
	turn(START_MS + PERIOD_MS);
	ck_assert_uint_eq(world.guest[guest - 1].target_kib, 400 * MIB);
	played_report(&world, guest, 300 * MIB, 1); /* the same again */
	turn(START_MS + 2 * PERIOD_MS);
	ck_assert_uint_eq(world.guest[guest - 1].target_kib, 400 * MIB);
	played_report(&world, guest, 300 * MIB, 2);
	turn(START_MS + 3 * PERIOD_MS);
	ck_assert_uint_eq(world.guest[guest - 1].target_kib, 380 * MIB);
}
END_TEST

START_TEST(a_report_that_comes_after_the_daemon_is_believed)
{
	uint32_t guest = played_add(&world, 400 * MIB, 300 * MIB);
	world.guest[guest - 1].report[0] = '\0';
	wish.action[wish.n_actions++] = (struct action){guest - 1, 380 * MIB, REASON_GIVE};
	begin();
	turn(START_MS);
	played_report(&world, guest, 300 * MIB, 1);
	turn(START_MS + PERIOD_MS);
	ck_assert_uint_eq(world.guest[guest - 1].target_kib, 380 * MIB);
}
END_TEST

START_TEST(a_first_report_may_be_of_number_and_time_0)
{
	uint32_t guest = played_add(&world, 400 * MIB, 300 * MIB);
	played_report(&world, guest, 300 * MIB, 0);
	wish.credit_kib[guest - 1] = 8 * MIB;
	begin();
	turn(START_MS);
	ck_assert_uint_eq(world.guest[guest - 1].cap_kib, 409 * MIB);
}
END_TEST

/* A domid may be another guest's by the time that a call ends, or that an event is read. */
START_TEST(an_answer_for_another_uuid_is_not_the_guests)
{
	uint32_t guest = played_add(&world, 400 * MIB, 300 * MIB);
	world.calls_hang = true;
	wish.action[wish.n_actions++] = (struct action){guest - 1, 410 * MIB, REASON_NEED};
	begin();
	turn(START_MS);
	ck_assert_uint_eq(world.n_calls, 1);
	world.call[0].uuid[0] ^= 0xff;
	world.calls_hang = false;
	wish.action[0].target_kib = 420 * MIB;
	turn(START_MS + PERIOD_MS);
	turn(START_MS + 2 * PERIOD_MS);
	ck_assert_uint_eq(engine_counts(engine).passes, 3);
	ck_assert_uint_eq(played_count(&world, PLAYED_CALL), 1); /* its own is still under way */
}
END_TEST

/* libxl reports success if its transaction has failed. */
START_TEST(a_target_that_was_not_set_is_a_failed_call)
{
	uint32_t guest = played_add(&world, 400 * MIB, 300 * MIB);
	world.calls_lie = true;
	wish.action[wish.n_actions++] = (struct action){guest - 1, 410 * MIB, REASON_NEED};
	begin();
	turn(START_MS);
	ck_assert_uint_eq(engine_counts(engine).failed_calls, 1);
}
END_TEST

START_TEST(events_of_a_former_domain_are_passed_over)
{
	uint32_t guest = played_add(&world, 400 * MIB, 300 * MIB);
	begin();
	turn(START_MS);
	unsigned n_read = world.guest[guest - 1].n_reports_read;
	played_report(&world, guest, 200 * MIB, 20);
	world.event.generation--;
	turn(START_MS + PERIOD_MS);
	ck_assert_uint_eq(world.guest[guest - 1].n_reports_read, n_read);
	played_report(&world, guest, 200 * MIB, 20);
	turn(START_MS + 2 * PERIOD_MS);
	ck_assert_uint_eq(world.guest[guest - 1].n_reports_read, n_read + 1);
}
END_TEST

START_TEST(credit_is_withdrawn_at_the_end)
{
	uint32_t guest = played_add(&world, 400 * MIB, 300 * MIB);
	wish.credit_kib[guest - 1] = 8 * MIB;
	begin();
	engine_turn(engine, START_MS);
	ck_assert_uint_eq(world.guest[guest - 1].cap_kib, 409 * MIB);
	engine_close(engine);
	engine = NULL;
	ck_assert_uint_eq(world.guest[guest - 1].cap_kib, 401 * MIB);
}
END_TEST

/* libxl sets max_pages with the target. A call may end before anything was said of the pass that
 * started it. */
START_TEST(a_call_that_has_ended_leaves_no_credit_to_tell_of)
{
	uint32_t guest = played_add(&world, 400 * MIB, 300 * MIB);
	wish.credit_kib[guest - 1] = 16 * MIB;
	begin();
	turn(START_MS);
	ck_assert_uint_eq(world.guest[guest - 1].told_credit_kib, 16 * MIB);
	played_report(&world, guest, 300 * MIB, 2); /* now it may be told to shrink */
	wish.action[wish.n_actions++] = (struct action){guest - 1, 380 * MIB, REASON_GIVE};
	wish.credit_kib[guest - 1] = PLAN_CREDIT_AS_IT_IS;
	turn(START_MS + PERIOD_MS);
	ck_assert_uint_eq(world.guest[guest - 1].cap_kib, 381 * MIB);
	ck_assert_uint_eq(world.guest[guest - 1].told_credit_kib, 0);
}
END_TEST

static void add_tests(TCase *tests)
{
	tcase_add_checked_fixture(tests, set_up, tear_down);
	tcase_add_test(tests, caps_are_lowered_before_anybody_grows_and_raised_behind);
	tcase_add_loop_test(tests, a_raised_cap_is_taken_back_whatever_the_guest_says, 0, 3);
	tcase_add_test(tests, the_cap_of_another_balancers_guest_is_left);
	tcase_add_test(tests, what_guests_beyond_the_table_may_take_is_not_given_away);
	tcase_add_test(tests, what_a_guest_was_built_with_is_kept);
	tcase_add_test(tests, an_unsafe_plan_is_cut_and_counted);
	tcase_add_test(tests, each_kind_of_unsafe_plan_is_said_once);
	tcase_add_test(tests, an_alarms_pass_reads_only_the_guests_in_alarm);
	tcase_add_test(tests, a_kernel_that_is_not_believed_is_told_of_once);
	tcase_add_test(tests, alarms_do_not_put_the_periodic_pass_off);
	tcase_add_test(tests, a_guest_whose_call_is_under_way_is_told_nothing_else);
	tcase_add_test(tests, slow_calls_make_fewer_passes);
	tcase_add_test(tests, what_waits_for_pages_waits_as_long_as_a_call_takes);
	tcase_add_test(tests, a_call_that_waits_does_not_make_passes_rare);
	tcase_add_test(tests, a_lost_xenstored_is_waited_for_and_all_is_read_anew);
	tcase_add_test(tests, nothing_is_taken_before_a_second_report);
	tcase_add_test(tests, a_report_that_comes_after_the_daemon_is_believed);
	tcase_add_test(tests, a_first_report_may_be_of_number_and_time_0);
	tcase_add_test(tests, an_answer_for_another_uuid_is_not_the_guests);
	tcase_add_test(tests, a_target_that_was_not_set_is_a_failed_call);
	tcase_add_test(tests, events_of_a_former_domain_are_passed_over);
	tcase_add_test(tests, credit_is_withdrawn_at_the_end);
	tcase_add_test(tests, a_call_that_has_ended_leaves_no_credit_to_tell_of);
}

int main(void)
{
	return suite_run("engine", add_tests);
}
