/* SPDX-License-Identifier: MIT */
/* Guests without our agent, in the whole loop with policy cagma: what is believed of another's
 * agent, and what is done and left alone on its word. */
#include "common/system/log.h"
#include "tests/unit/played.h"
#include "tests/unit/suite.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define MIB UINT64_C(1024)

enum { START_MS = 1000000, PERIOD_MS = 1000 };

static struct played world;
static struct engine *engine;
static struct config config;
static uint64_t now_ms;

static void set_up(void)
{
	world = (struct played){.host = {.total_kib = 4096 * MIB, .free_kib = 64 * MIB}};
	now_ms = START_MS;
	config_init(&config);
	log_silence(true);
}

static void tear_down(void)
{
	engine_close(engine);
	engine = NULL;
}

static struct played_guest *guest(uint32_t domid)
{
	return &world.guest[domid - 1];
}

/* Balloons follow at once, after each turn. */
static void move_balloons(void)
{
	for (unsigned i = 0; i < world.n; i++) {
		struct played_guest *g = &world.guest[i];
		world.host.free_kib += g->alm_kib;
		g->alm_kib = g->target_kib;
		ck_assert_uint_le(g->alm_kib, world.host.free_kib);
		world.host.free_kib -= g->alm_kib;
	}
}

static void turn(void)
{
	for (int i = 0; i < 64; i++) {
		engine_turn(engine, now_ms);
		world.n_effects = 0;
		if (engine_wake_ms(engine) > now_ms)
			break;
	}
	move_balloons();
}

static void run_s(unsigned seconds)
{
	for (unsigned k = 0; k < 20 * seconds; k++) {
		now_ms += 50;
		turn();
	}
}

static void begin(void)
{
	struct io io = played_io(&world);
	engine = engine_open(&config, &(struct engine_options){0}, &io);
	ck_assert_ptr_nonnull(engine);
	run_s(3);
}

static void tell(uint32_t domid, enum source_id source, uint64_t kib)
{
	char value[KEYS_MAX_VALUE];
	snprintf(value, sizeof(value), "%" PRIu64, kib);
	played_foreign(&world, domid, source, value);
	run_s(1);
}

/* The guest uses so much, and its agent of data/meminfo_free says so. */
static void use(uint32_t domid, uint64_t use_kib)
{
	tell(domid, SOURCE_MEMINFO, guest(domid)->alm_kib - use_kib);
}

/* A neighbour that has our agent, and of its memory so little available that it wants more than
 * there is. */
static uint32_t add_needy(void)
{
	return played_add(&world, 400 * MIB, 4 * MIB);
}

static void need_more(uint32_t domid)
{
	for (unsigned k = 0; k < 8; k++) {
		played_report(&world, domid, 4 * MIB, now_ms);
		run_s(1);
	}
}

START_TEST(a_guest_of_another_agent_gives_and_grows)
{
	uint32_t g = played_add_plain(&world, 800 * MIB), needy = add_needy();
	begin();
	ck_assert_str_eq(guest(g)->state, "no-agent");
	ck_assert_str_eq(guest(g)->source, "none");
	use(g, 300 * MIB);
	ck_assert_str_eq(guest(g)->state, "managed");
	ck_assert_str_eq(guest(g)->source, "meminfo");
	need_more(needy);
	ck_assert_uint_gt(guest(needy)->alm_kib, 420 * MIB);
	ck_assert_uint_lt(guest(g)->alm_kib, 800 * MIB);
	world.host.free_kib += 512 * MIB;
	uint64_t before_kib = guest(g)->alm_kib;
	use(g, before_kib - 8 * MIB);
	run_s(2);
	ck_assert_uint_ge(guest(g)->alm_kib, before_kib - 8 * MIB + before_kib / 4);
}
END_TEST

/* MemTotal of an agent is not that of the moment; the ALM is. */
START_TEST(total_is_not_read)
{
	uint32_t g = played_add_plain(&world, 400 * MIB);
	world.host.free_kib = 512 * MIB;
	begin();
	use(g, 390 * MIB); /* grows */
	run_s(2);
	uint64_t alm_kib = guest(g)->alm_kib;
	ck_assert_uint_gt(alm_kib, 500 * MIB);
	use(g, 390 * MIB);
	run_s(30);
	ck_assert_uint_eq(guest(g)->alm_kib, alm_kib);
}
END_TEST

/* The agent looked before its balloon gave 200 MiB, and its number is read after that. */
START_TEST(a_balloon_that_moves_makes_use_look_no_smaller)
{
	uint32_t g = played_add_plain(&world, 800 * MIB);
	begin();
	use(g, 290 * MIB);
	played_foreign(&world, g, SOURCE_MEMINFO, "512000"); /* 300 MiB are in use */
	guest(g)->alm_kib = 600 * MIB;
	now_ms += 100;
	engine_turn(engine, now_ms);
	run_s(3);
	ck_assert_uint_ge(guest(g)->alm_kib - guest(g)->avm_kib, 250 * MIB);
	ck_assert_uint_le(guest(g)->alm_kib - guest(g)->avm_kib, 350 * MIB);
}
END_TEST

/* The value may have been left behind by an agent that is gone. */
START_TEST(a_value_that_is_found_is_not_believed_until_it_changes)
{
	uint32_t g = played_add_plain(&world, 800 * MIB), needy = add_needy();
	strcpy(guest(g)->foreign[SOURCE_MEMINFO], "716800");
	begin();
	ck_assert_str_eq(guest(g)->state, "report-old");
	ck_assert_str_eq(guest(g)->source, "none");
	played_foreign(&world, g, SOURCE_MEMINFO, "716800"); /* as every watch begins */
	need_more(needy);
	ck_assert_uint_eq(guest(g)->alm_kib, 800 * MIB);
	tell(g, SOURCE_MEMINFO, 716801);
	ck_assert_str_eq(guest(g)->state, "managed");
	need_more(needy);
	ck_assert_uint_lt(guest(g)->alm_kib, 800 * MIB);
}
END_TEST

START_TEST(the_next_shrink_waits_for_a_number)
{
	uint32_t g = played_add_plain(&world, 1200 * MIB), needy = add_needy();
	begin();
	use(g, 300 * MIB);
	need_more(needy);
	uint64_t once_kib = guest(g)->alm_kib;
	ck_assert_uint_lt(once_kib, 1200 * MIB);
	need_more(needy);
	need_more(needy);
	ck_assert_uint_eq(guest(g)->alm_kib, once_kib);
	use(g, 300 * MIB);
	need_more(needy);
	ck_assert_uint_lt(guest(g)->alm_kib, once_kib);
}
END_TEST

START_TEST(no_shrink_takes_what_may_be_in_use)
{
	uint32_t g = played_add_plain(&world, 800 * MIB), needy = add_needy();
	begin();
	for (unsigned k = 0; k < 20; k++) {
		use(g, 400 * MIB);
		need_more(needy);
		ck_assert_uint_ge(guest(g)->alm_kib, 400 * MIB + 100 * MIB);
	}
	ck_assert_uint_lt(guest(g)->alm_kib, 800 * MIB);
}
END_TEST

/* Whatever it claims, and if it claims nothing more from then on, it can be asked back what its
 * neighbours' level needs. */
START_TEST(a_liar_keeps_no_more_than_its_level)
{
	uint32_t liar = played_add_plain(&world, 300 * MIB), victim;
	victim = played_add(&world, 700 * MIB, 600 * MIB);
	begin();
	played_report(&world, victim, 600 * MIB, now_ms);
	run_s(1);
	for (unsigned k = 0; k < 20; k++)
		tell(liar, SOURCE_MEMINFO, k % 2);
	ck_assert_uint_gt(guest(liar)->alm_kib, 600 * MIB);
	for (unsigned k = 0; k < 40; k++) {
		played_report(&world, victim, 2 * MIB, now_ms);
		run_s(1);
		if (_i == 0)
			tell(liar, SOURCE_MEMINFO, k % 2);
	}
	ck_assert_uint_ge(guest(victim)->alm_kib, 470 * MIB);
}
END_TEST

/* The next chance comes a minute later, so it gives more than is asked for at first. */
START_TEST(a_shrink_that_has_to_last_takes_more_than_is_asked)
{
	uint32_t g = played_add_plain(&world, 1200 * MIB);
	uint32_t needy = played_add(&world, 400 * MIB, 48 * MIB);
	/* what it asks for is little, and hardly more than what is free */
	config.conf.noswap_share_permyriad = config.conf.cma_share_permyriad;
	begin();
	use(g, 300 * MIB);
	played_report(&world, needy, 40 * MIB, now_ms);
	run_s(1);
	uint64_t taken_kib = 1200 * MIB - guest(g)->alm_kib;
	ck_assert_uint_gt(guest(needy)->alm_kib, 400 * MIB);
	/* a part of what it gets is free already */
	ck_assert_uint_ge(taken_kib, 3 * (guest(needy)->alm_kib - 400 * MIB));
	ck_assert_uint_le(taken_kib, 450 * MIB);
}
END_TEST

/* An agent that writes only what has changed is silent as if it were dead. A small change of the
 * guest's memory makes it write if it lives. */
START_TEST(a_silent_agent_is_probed)
{
	uint32_t g = played_add_plain(&world, 800 * MIB);
	world.host.free_kib = 80 * MIB;
	begin();
	use(g, 300 * MIB);
	for (unsigned k = 0; k < 4; k++) {
		uint64_t before_kib = guest(g)->alm_kib;
		run_s(149);
		ck_assert_uint_eq(guest(g)->alm_kib, before_kib);
		run_s(2);
		ck_assert_uint_eq(guest(g)->alm_kib, (k % 2 ? 800 : 796) * MIB);
		run_s(60);
		use(g, 300 * MIB);
		ck_assert_str_eq(guest(g)->state, "managed");
	}
}
END_TEST

START_TEST(nothing_is_taken_on_news_that_is_too_old)
{
	uint32_t g = played_add_plain(&world, 800 * MIB), needy = add_needy();
	begin();
	use(g, 300 * MIB);
	run_s(299);
	ck_assert_str_eq(guest(g)->state, "managed"); /* silence is not death */
	run_s(3);
	ck_assert_str_eq(guest(g)->state, "report-old");
	uint64_t alm_kib = guest(g)->alm_kib;
	need_more(needy);
	ck_assert_uint_eq(guest(g)->alm_kib, alm_kib);
	use(g, 300 * MIB);
	ck_assert_str_eq(guest(g)->state, "managed");
}
END_TEST

START_TEST(our_own_agent_takes_over_and_hands_back)
{
	uint32_t g = played_add(&world, 400 * MIB, 200 * MIB);
	char hello[KEYS_MAX_VALUE + 1];
	strcpy(hello, guest(g)->hello);
	guest(g)->hello[0] = '\0';
	begin();
	use(g, 100 * MIB);
	ck_assert_str_eq(guest(g)->source, "meminfo");
	strcpy(guest(g)->hello, hello);
	world.event = (struct store_event){.kind = STORE_CAGMA,
					   .domid = g,
					   .generation = guest(g)->generation,
					   .is_agent = true};
	world.has_event = true;
	run_s(1);
	ck_assert_str_eq(guest(g)->source, "cagma");
	ck_assert_str_eq(guest(g)->state, "managed");
	use(g, 200 * MIB);
	ck_assert_str_eq(guest(g)->source, "cagma");
	guest(g)->hello[0] = '\0';
	world.event.is_agent = world.has_event = true;
	run_s(1);
	ck_assert_str_eq(guest(g)->state, "report-old"); /* found, as at a start */
	use(g, 100 * MIB);
	ck_assert_str_eq(guest(g)->state, "managed");
	ck_assert_str_eq(guest(g)->source, "meminfo");
}
END_TEST

static void check_source(uint32_t domid, const char *source, const char *state)
{
	ck_assert_str_eq(guest(domid)->source, source);
	ck_assert_str_eq(guest(domid)->state, state);
}

/* Our own agent was killed, and its key stays. A number that is found says nothing: somebody has to
 * be seen to write. Until our own agent is silent, nobody else's key is read. */
START_TEST(our_own_agent_that_is_silent_yields_to_one_that_lives)
{
	uint32_t g = played_add(&world, 400 * MIB, 200 * MIB);
	world.host.free_kib = 1024 * MIB;
	begin();
	played_report(&world, g, 60 * MIB, now_ms);
	run_s(1);
	for (unsigned k = 0; k < 20; k++)
		use(g, 100 * MIB + k);
	check_source(g, "cagma", "managed");
	ck_assert_uint_eq(guest(g)->n_foreign_read, 0);
	ck_assert_uint_gt(guest(g)->told_credit_kib, 0);
	run_s(90); /* the guest was short, so its silence is borne for longer */
	check_source(g, "cagma", "agent-silent");
	unsigned n_read = guest(g)->n_foreign_read;
	run_s(30);
	ck_assert_uint_eq(guest(g)->n_foreign_read, n_read);
	uint64_t use_kib = guest(g)->alm_kib - 60 * MIB;
	use(g, use_kib);
	run_s(3);
	check_source(g, "meminfo", "managed");
	ck_assert_uint_eq(guest(g)->alm_kib - guest(g)->avm_kib, use_kib);
	ck_assert_uint_eq(guest(g)->told_credit_kib, 0); /* nobody would use it */
	played_report(&world, g, 120 * MIB, now_ms);
	run_s(1);
	check_source(g, "cagma", "managed");
	run_s(3);
	ck_assert_uint_eq(guest(g)->avm_kib, 120 * MIB);
	use(g, 160 * MIB);
	check_source(g, "cagma", "managed");
}
END_TEST

/* What our own agent's key may hold, or come to hold, while the agent is dead. */
static const char *const remains[] = {NULL, "", "seq=1",
				      "seq=9 uptime_ms=9 total_kib=8388608 free_kib=0 avail_kib=0"};

START_TEST(what_is_left_of_our_own_agent_takes_nothing_over)
{
	uint32_t g = played_add(&world, 400 * MIB, 200 * MIB);
	begin();
	run_s(50);
	use(g, 100 * MIB);
	use(g, 101 * MIB);
	check_source(g, "meminfo", "managed");
	if (remains[_i])
		strcpy(guest(g)->report, remains[_i]);
	world.event = (struct store_event){.kind = STORE_CAGMA,
					   .domid = g,
					   .generation = guest(g)->generation,
					   .is_agent = true,
					   .is_report = true};
	world.has_event = true;
	run_s(2);
	check_source(g, "meminfo", "managed");
	played_foreign(&world, g, SOURCE_MEMINFO, NULL); /* nor does it when the other one goes */
	run_s(2);
	check_source(g, "none", "no-agent");
	played_report(&world, g, 100 * MIB, now_ms);
	run_s(1);
	check_source(g, "cagma", "managed");
}
END_TEST

START_TEST(a_number_that_is_found_hides_no_agent_that_lives)
{
	uint32_t g = played_add_plain(&world, 800 * MIB);
	strcpy(guest(g)->foreign[SOURCE_MEMINFO], _i ? "no number" : "716800");
	begin();
	check_source(g, "none", _i ? "bad-report" : "report-old");
	tell(g, SOURCE_QUBES, 100 * MIB);
	check_source(g, "meminfo-writer", "managed");
	use(g, 200 * MIB);
	use(g, 201 * MIB); /* it lives, too, and goes before the other one */
	check_source(g, "meminfo", "managed");
	tell(g, SOURCE_QUBES, 110 * MIB);
	check_source(g, "meminfo", "managed");
}
END_TEST

/* Of a hostile guest nothing is believed, and everything is kept as it is. */
static const char *const hostile[] = {"-1",
				      "1e3",
				      " 4096",
				      "4096\n",
				      "99999999999999999999",
				      "4194304",
				      "0x1000",
				      "nan",
				      "1234567890123456789012345678901234567890"};

START_TEST(what_is_no_number_is_absent)
{
	uint32_t g = played_add_plain(&world, 800 * MIB), needy = add_needy();
	begin();
	use(g, 100 * MIB);
	played_foreign(&world, g, SOURCE_MEMINFO, hostile[_i]);
	run_s(1);
	ck_assert_str_eq(guest(g)->state, "bad-report");
	uint64_t alm_kib = guest(g)->alm_kib;
	need_more(needy);
	ck_assert_uint_eq(guest(g)->alm_kib, alm_kib);
	use(g, 100 * MIB);
	ck_assert_str_eq(guest(g)->state, "managed");
	played_foreign(&world, g, SOURCE_MEMINFO, NULL);
	run_s(1);
	ck_assert_str_eq(guest(g)->state, "no-agent");
}
END_TEST

START_TEST(only_sources_of_the_configuration_are_believed)
{
	uint32_t g = played_add_plain(&world, 800 * MIB);
	config.sources = SOURCE_BIT(SOURCE_CAGMA) | SOURCE_BIT(SOURCE_QUBES);
	begin();
	use(g, 100 * MIB);
	ck_assert_str_eq(guest(g)->state, "no-agent");
	tell(g, SOURCE_QUBES, 100 * MIB);
	ck_assert_str_eq(guest(g)->state, "managed");
	ck_assert_str_eq(guest(g)->source, "meminfo-writer");
}
END_TEST

/* It tells changes within a second, so its silence after a shrink says that all is well. */
START_TEST(an_agent_that_tells_at_once_need_not_write_between_shrinks)
{
	uint32_t g = played_add_plain(&world, 4000 * MIB), needy = add_needy();
	begin();
	tell(g, SOURCE_QUBES, 300 * MIB);
	need_more(needy);
	uint64_t once_kib = guest(g)->alm_kib;
	ck_assert_uint_lt(once_kib, 4000 * MIB);
	need_more(needy);
	ck_assert_uint_lt(guest(g)->alm_kib, once_kib);
	for (unsigned k = 0; k < 20; k++)
		need_more(needy);
	ck_assert_uint_ge(guest(g)->alm_kib, 330 * MIB + 30000);
}
END_TEST

static void add_tests(TCase *tests)
{
	tcase_add_checked_fixture(tests, set_up, tear_down);
	tcase_add_loop_test(tests, what_is_no_number_is_absent, 0, N_ROWS(hostile));
	tcase_add_test(tests, a_guest_of_another_agent_gives_and_grows);
	tcase_add_test(tests, total_is_not_read);
	tcase_add_test(tests, a_balloon_that_moves_makes_use_look_no_smaller);
	tcase_add_test(tests, a_value_that_is_found_is_not_believed_until_it_changes);
	tcase_add_test(tests, the_next_shrink_waits_for_a_number);
	tcase_add_test(tests, no_shrink_takes_what_may_be_in_use);
	tcase_add_loop_test(tests, a_liar_keeps_no_more_than_its_level, 0, 2);
	tcase_add_test(tests, a_shrink_that_has_to_last_takes_more_than_is_asked);
	tcase_add_test(tests, a_silent_agent_is_probed);
	tcase_add_test(tests, nothing_is_taken_on_news_that_is_too_old);
	tcase_add_test(tests, our_own_agent_takes_over_and_hands_back);
	tcase_add_test(tests, our_own_agent_that_is_silent_yields_to_one_that_lives);
	tcase_add_loop_test(tests, what_is_left_of_our_own_agent_takes_nothing_over, 0,
			    N_ROWS(remains));
	tcase_add_loop_test(tests, a_number_that_is_found_hides_no_agent_that_lives, 0, 2);
	tcase_add_test(tests, only_sources_of_the_configuration_are_believed);
	tcase_add_test(tests, an_agent_that_tells_at_once_need_not_write_between_shrinks);
}

int main(void)
{
	return suite_run("foreign", add_tests);
}
