/* SPDX-License-Identifier: MIT */
/* The pass: which effects there are, and in which order. The policies here are the test's own. */
#include "common/system/log.h"
#include "host/core/plan.h"
#include "host/guests/guests.h"
#include "tests/unit/fixture.h"
#include "tests/unit/suite.h"
#include "tests/unit/wishful.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

START_TEST(caps_are_lowered_before_anybody_grows_and_raised_behind)
{
	uint32_t lowered = played_add(&world, 400 * MIB, 300 * MIB);
	uint32_t grows = played_add(&world, 400 * MIB, 300 * MIB);
	uint32_t raised = played_add(&world, 400 * MIB, 300 * MIB);
	world.guest[lowered - 1].cap_kib = 450 * MIB; /* credit of a former run */
	wish.action[wish.n_actions++] = (struct action){grows - 1, 410 * MIB, REASON_NEED};
	wish.credit_kib[grows - 1] = PLAN_CREDIT_AS_IT_IS;
	wish.credit_kib[raised - 1] = 8 * MIB;
	wishful_begin();
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
	wishful_begin();
	engine_turn(engine, START_MS);
	ck_assert_uint_eq(world.guest[guest - 1].cap_kib, 401 * MIB);
}
END_TEST

START_TEST(the_cap_of_another_balancers_guest_is_left)
{
	uint32_t guest = played_add(&world, 400 * MIB, 300 * MIB);
	world.guest[guest - 1].cap_kib = 800 * MIB;
	world.guest[guest - 1].dynamic_min_kib = 200 * MIB;
	wishful_begin();
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
	wishful_begin_with(1);
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
	wishful_begin();
	engine_turn(engine, START_MS);
	ck_assert_uint_eq(world.guest[guest - 1].built.built_kib, 400 * MIB);
	engine_close(engine);
	world.guest[guest - 1].target_kib = 700 * MIB;
	wishful_begin();
	engine_turn(engine, START_MS + 1000);
	ck_assert_uint_eq(world.guest[guest - 1].built.built_kib, 400 * MIB);
}
END_TEST

#define WITH_DOMID (BUILT_BIT(built_kib) | BUILT_BIT(max_kib) | BUILT_BIT(domid))

/* What is kept of a guest with 700 MiB when a run of the daemon finds it, and what it was built
 * with by that. A record without a domid is an older daemon's. */
static const struct {
	const char *what;
	struct toolkeys_built kept;
	uint64_t built_kib;
} built[] = {
	{"as it was", {400 * MIB, 4096 * MIB, 1, WITH_DOMID}, 400 * MIB},
	{"it came out of a reboot", {400 * MIB, 4096 * MIB, 9, WITH_DOMID}, 400 * MIB},
	{"its static-max was changed meanwhile", {400 * MIB, 2048 * MIB, 1, WITH_DOMID}, 400 * MIB},
	{"it was configured anew", {400 * MIB, 2048 * MIB, 9, WITH_DOMID}, 700 * MIB},
	{"an older daemon's",
	 {400 * MIB, 4096 * MIB, 0, WITH_DOMID & ~BUILT_BIT(domid)},
	 400 * MIB},
	{"an older daemon's, of another static-max",
	 {400 * MIB, 2048 * MIB, 0, WITH_DOMID & ~BUILT_BIT(domid)},
	 700 * MIB},
	{"nothing", {.present = 0}, 700 * MIB},
};

START_TEST(what_is_kept_of_a_guest_counts_if_it_is_of_that_guest)
{
	uint32_t guest = played_add(&world, 700 * MIB, 300 * MIB);
	struct toolkeys_built *kept = &world.guest[guest - 1].built;
	*kept = built[_i].kept;
	wishful_begin();
	engine_turn(engine, START_MS);
	ck_assert_msg(kept->built_kib == built[_i].built_kib, "%s", built[_i].what);
	ck_assert_uint_eq(kept->max_kib, 4096 * MIB);
	ck_assert_uint_eq(kept->domid, guest);
	ck_assert_uint_eq(kept->present, WITH_DOMID);
}
END_TEST

/* A guest whose static-max was changed while it ran has that one after a reboot, too. */
START_TEST(what_is_kept_of_a_guest_follows_its_static_max)
{
	uint32_t guest = played_add(&world, 400 * MIB, 300 * MIB);
	struct played_guest *g = &world.guest[guest - 1];
	wishful_begin();
	engine_turn(engine, START_MS);
	g->static_max_kib = 2048 * MIB;
	g->target_kib = 700 * MIB;
	world.event = (struct store_event){
		.kind = STORE_MEMORY, .domid = guest, .generation = g->generation};
	world.has_event = true;
	wishful_turn(START_MS + PERIOD_MS);
	ck_assert_uint_eq(g->built.built_kib, 400 * MIB);
	ck_assert_uint_eq(g->built.max_kib, 2048 * MIB);
}
END_TEST

/* Whatever a policy wants: what is not there is not given, and nobody goes below his min. */
START_TEST(an_unsafe_plan_is_cut_and_counted)
{
	uint32_t poor = played_add(&world, 400 * MIB, 300 * MIB);
	uint32_t rich = played_add(&world, 400 * MIB, 300 * MIB);
	wish.action[wish.n_actions++] = (struct action){poor - 1, 4 * MIB, REASON_GIVE};
	wish.action[wish.n_actions++] = (struct action){rich - 1, 4000 * MIB, REASON_NEED};
	wishful_begin();
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
	wishful_begin();
	for (unsigned i = 0; i < 6; i++) {
		uint64_t target_kib = i % 2 ? 410 * MIB + 1 : 5000 * MIB;
		wish.n_actions = 1;
		wish.action[0] = (struct action){guest - 1, target_kib, REASON_NEED};
		wishful_turn(START_MS + i * PERIOD_MS);
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

/* However often a guest says so, and whatever it says in between. */
START_TEST(a_kernel_that_is_not_believed_is_told_of_once)
{
	uint32_t leaks = played_add(&world, 400 * MIB, 300 * MIB);
	char *line = world.guest[leaks - 1].report;
	wishful_begin();
	wishful_turn(START_MS);
	fixture_begin_log("cagmad");
	log_silence(false);
	for (unsigned i = 1; i < 8; i++) {
		played_report(&world, leaks, (200 + i) * MIB, 20 * i);
		if (i % 2)
			strcat(line, " said_avail_kib=23598896");
		wishful_turn(START_MS + i * PERIOD_MS);
	}
	log_silence(true);
	const char *log = fixture_end_log(), *first = strstr(log, "23598896 KiB are available");
	ck_assert_ptr_nonnull(first);
	ck_assert_ptr_null(strstr(first + 1, "23598896"));
}
END_TEST

START_TEST(a_lost_xenstored_is_waited_for_and_all_is_read_anew)
{
	uint32_t guest = played_add(&world, 400 * MIB, 300 * MIB);
	wishful_begin();
	wishful_turn(START_MS);
	world.is_lost = true;
	wishful_turn(START_MS + ENGINE_ALIVE_MS);
	uint64_t passes = engine_counts(engine).passes;
	wishful_turn(START_MS + ENGINE_ALIVE_MS + ENGINE_RECONNECT_MS);
	ck_assert_uint_eq(engine_counts(engine).passes, passes);
	ck_assert_uint_eq(engine_counts(engine).lost_connections, 2);
	world.is_lost = false;
	unsigned read_before = world.guest[guest - 1].n_reports_read;
	wishful_turn(START_MS + ENGINE_ALIVE_MS + 2 * ENGINE_RECONNECT_MS);
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
	wishful_begin();
	wishful_turn(START_MS);
	wishful_turn(START_MS + PERIOD_MS);
	ck_assert_uint_eq(world.guest[guest - 1].target_kib, 400 * MIB);
	played_report(&world, guest, 300 * MIB, 1); /* the same again */
	wishful_turn(START_MS + 2 * PERIOD_MS);
	ck_assert_uint_eq(world.guest[guest - 1].target_kib, 400 * MIB);
	played_report(&world, guest, 300 * MIB, 2);
	wishful_turn(START_MS + 3 * PERIOD_MS);
	ck_assert_uint_eq(world.guest[guest - 1].target_kib, 380 * MIB);
}
END_TEST

START_TEST(a_report_that_comes_after_the_daemon_is_believed)
{
	uint32_t guest = played_add(&world, 400 * MIB, 300 * MIB);
	world.guest[guest - 1].report[0] = '\0';
	wish.action[wish.n_actions++] = (struct action){guest - 1, 380 * MIB, REASON_GIVE};
	wishful_begin();
	wishful_turn(START_MS);
	played_report(&world, guest, 300 * MIB, 1);
	wishful_turn(START_MS + PERIOD_MS);
	ck_assert_uint_eq(world.guest[guest - 1].target_kib, 380 * MIB);
}
END_TEST

/* Nobody can have left it there, unless the daemon has not looked for as long as an agent is
 * believed. */
START_TEST(a_report_of_a_guest_that_has_just_come_is_believed)
{
	static const uint64_t after_ms[] = {PERIOD_MS, KEYS_STALE_MS};
	played_add(&world, 400 * MIB, 300 * MIB);
	wishful_begin();
	wishful_turn(START_MS);
	uint32_t guest = played_add(&world, 400 * MIB, 300 * MIB);
	wish.action[wish.n_actions++] = (struct action){guest - 1, 380 * MIB, REASON_GIVE};
	wishful_turn(START_MS + after_ms[_i]);
	ck_assert_uint_eq(world.guest[guest - 1].target_kib, (_i ? 400 : 380) * MIB);
}
END_TEST

START_TEST(a_first_report_may_be_of_number_and_time_0)
{
	uint32_t guest = played_add(&world, 400 * MIB, 300 * MIB);
	played_report(&world, guest, 300 * MIB, 0);
	wish.credit_kib[guest - 1] = 8 * MIB;
	wishful_begin();
	wishful_turn(START_MS);
	ck_assert_uint_eq(world.guest[guest - 1].cap_kib, 409 * MIB);
}
END_TEST

/* A domid may be another guest's by the time that a call ends, or that an event is read. */
START_TEST(an_answer_for_another_uuid_is_not_the_guests)
{
	uint32_t guest = played_add(&world, 400 * MIB, 300 * MIB);
	world.calls_hang = true;
	wish.action[wish.n_actions++] = (struct action){guest - 1, 410 * MIB, REASON_NEED};
	wishful_begin();
	wishful_turn(START_MS);
	ck_assert_uint_eq(world.n_calls, 1);
	world.call[0].uuid[0] ^= 0xff;
	world.calls_hang = false;
	wish.action[0].target_kib = 420 * MIB;
	wishful_turn(START_MS + PERIOD_MS);
	wishful_turn(START_MS + 2 * PERIOD_MS);
	ck_assert_uint_eq(engine_counts(engine).passes, 3);
	ck_assert_uint_eq(played_count(&world, PLAYED_CALL), 1); /* its own is still under way */
}
END_TEST

/* The call waits for libxl's lock, which `xl mem-set` has, and sets its target behind that. */
START_TEST(a_target_set_by_hand_while_a_call_runs_is_put_back)
{
	uint32_t guest = played_add(&world, 400 * MIB, 300 * MIB);
	world.calls_hang = true;
	wish.action[wish.n_actions++] = (struct action){guest - 1, 410 * MIB, REASON_NEED};
	wishful_begin();
	wishful_turn(START_MS);
	ck_assert_uint_eq(world.n_calls, 1);
	world.guest[guest - 1].target_kib = 350 * MIB;
	world.event = (struct store_event){.kind = STORE_MEMORY,
					   .domid = guest,
					   .generation = world.guest[guest - 1].generation,
					   .is_target = true};
	world.has_event = true;
	wishful_turn(START_MS + PERIOD_MS);
	world.calls_hang = false;
	wishful_turn(START_MS + 2 * PERIOD_MS);
	wishful_turn(START_MS + 3 * PERIOD_MS);
	wishful_turn(START_MS + 4 * PERIOD_MS);
	ck_assert_uint_eq(world.guest[guest - 1].target_kib, 350 * MIB);
	ck_assert_uint_eq(played_count(&world, PLAYED_CALL), 2);
}
END_TEST

/* xl does not bound names; 63 bytes are what a host name may have. */
START_TEST(a_guest_of_a_long_name_is_listed_by_it)
{
	struct config config;
	struct config_guest listed = {.min_kib = 123 * MIB};
	uint32_t guest = played_add(&world, 400 * MIB, 300 * MIB);
	memset(world.guest[guest - 1].name, 'n', 200);
	memset(listed.name, 'n', 200);
	config_init(&config);
	ck_assert_int_eq(config_put_guest(&config, &listed), 0);
	wishful_begin_as(&config);
	wishful_turn(START_MS);
	ck_assert_uint_eq(engine_state(engine).guests->view[0].min_kib, 123 * MIB);
}
END_TEST

/* libxl reports success if its transaction has failed. */
START_TEST(a_target_that_was_not_set_is_a_failed_call)
{
	uint32_t guest = played_add(&world, 400 * MIB, 300 * MIB);
	world.calls_lie = true;
	wish.action[wish.n_actions++] = (struct action){guest - 1, 410 * MIB, REASON_NEED};
	wishful_begin();
	wishful_turn(START_MS);
	ck_assert_uint_eq(engine_counts(engine).failed_calls, 1);
}
END_TEST

START_TEST(events_of_a_former_domain_are_passed_over)
{
	uint32_t guest = played_add(&world, 400 * MIB, 300 * MIB);
	wishful_begin();
	wishful_turn(START_MS);
	unsigned n_read = world.guest[guest - 1].n_reports_read;
	played_report(&world, guest, 200 * MIB, 20);
	world.event.generation--;
	wishful_turn(START_MS + PERIOD_MS);
	ck_assert_uint_eq(world.guest[guest - 1].n_reports_read, n_read);
	played_report(&world, guest, 200 * MIB, 20);
	wishful_turn(START_MS + 2 * PERIOD_MS);
	ck_assert_uint_eq(world.guest[guest - 1].n_reports_read, n_read + 1);
}
END_TEST

START_TEST(credit_is_withdrawn_at_the_end)
{
	uint32_t guest = played_add(&world, 400 * MIB, 300 * MIB);
	wish.credit_kib[guest - 1] = 8 * MIB;
	wishful_begin();
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
	wishful_begin();
	wishful_turn(START_MS);
	ck_assert_uint_eq(world.guest[guest - 1].told_credit_kib, 16 * MIB);
	played_report(&world, guest, 300 * MIB, 2); /* now it may be told to shrink */
	wish.action[wish.n_actions++] = (struct action){guest - 1, 380 * MIB, REASON_GIVE};
	wish.credit_kib[guest - 1] = PLAN_CREDIT_AS_IT_IS;
	wishful_turn(START_MS + PERIOD_MS);
	ck_assert_uint_eq(world.guest[guest - 1].cap_kib, 381 * MIB);
	ck_assert_uint_eq(world.guest[guest - 1].told_credit_kib, 0);
}
END_TEST

/* Such a guest is believed for longer when it falls silent: it is probably thrashing. */
START_TEST(a_guest_that_stands_still_is_short_whatever_is_available)
{
	static const struct {
		uint64_t avail_kib;
		bool is_spared, is_short;
	} rows[] = {{500 * MIB, false, false}, {500 * MIB, true, true}, {50 * MIB, false, true}};
	static struct guest guest;
	for (int i = 0; i < N_ROWS(rows); i++) {
		struct guest_view view = {.has_report = true,
					  .report.avail_kib = rows[i].avail_kib};
		struct verdict verdict = {.cma_kib = 100 * MIB, .is_spared = rows[i].is_spared};
		struct guests guests = {.guest = &guest, .view = &view, .n = 1};
		guests_note_verdicts(&guests, &verdict, START_MS);
		ck_assert_msg(guest.facts.is_short == rows[i].is_short, "row %d", i);
	}
}
END_TEST

static void add_tests(TCase *tests)
{
	tcase_add_checked_fixture(tests, wishful_set_up, wishful_tear_down);
	tcase_add_test(tests, caps_are_lowered_before_anybody_grows_and_raised_behind);
	tcase_add_loop_test(tests, a_raised_cap_is_taken_back_whatever_the_guest_says, 0, 3);
	tcase_add_test(tests, the_cap_of_another_balancers_guest_is_left);
	tcase_add_test(tests, what_guests_beyond_the_table_may_take_is_not_given_away);
	tcase_add_test(tests, what_a_guest_was_built_with_is_kept);
	tcase_add_loop_test(tests, what_is_kept_of_a_guest_counts_if_it_is_of_that_guest, 0,
			    N_ROWS(built));
	tcase_add_test(tests, what_is_kept_of_a_guest_follows_its_static_max);
	tcase_add_test(tests, a_guest_that_stands_still_is_short_whatever_is_available);
	tcase_add_test(tests, an_unsafe_plan_is_cut_and_counted);
	tcase_add_test(tests, each_kind_of_unsafe_plan_is_said_once);
	tcase_add_test(tests, a_kernel_that_is_not_believed_is_told_of_once);
	tcase_add_test(tests, a_lost_xenstored_is_waited_for_and_all_is_read_anew);
	tcase_add_test(tests, nothing_is_taken_before_a_second_report);
	tcase_add_test(tests, a_report_that_comes_after_the_daemon_is_believed);
	tcase_add_loop_test(tests, a_report_of_a_guest_that_has_just_come_is_believed, 0, 2);
	tcase_add_test(tests, a_first_report_may_be_of_number_and_time_0);
	tcase_add_test(tests, an_answer_for_another_uuid_is_not_the_guests);
	tcase_add_test(tests, a_target_set_by_hand_while_a_call_runs_is_put_back);
	tcase_add_test(tests, a_guest_of_a_long_name_is_listed_by_it);
	tcase_add_test(tests, a_target_that_was_not_set_is_a_failed_call);
	tcase_add_test(tests, events_of_a_former_domain_are_passed_over);
	tcase_add_test(tests, credit_is_withdrawn_at_the_end);
	tcase_add_test(tests, a_call_that_has_ended_leaves_no_credit_to_tell_of);
}

int main(void)
{
	return suite_run("engine", add_tests);
}
