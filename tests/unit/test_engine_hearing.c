/* SPDX-License-Identifier: MIT */
/* Whom a pass reads, and for how long: hearing.h. A read takes time, as where xenstored is busy. */
#include "host/guests/hearing.h"
#include "tests/unit/suite.h"
#include "tests/unit/wishful.h"

enum {
	READ_MS = 6,
	MOST_MS = HEARING_PASS_MS + 2 * READ_MS, /* the last guest's reads begin in time */
	GUESTS = PLAYED_GUESTS,
	SOON_MS = 6 * ENGINE_GAP_MS,
};

static void begin(void)
{
	for (unsigned i = 0; i < GUESTS; i++)
		played_add(&world, 400 * MIB, 300 * MIB);
	wishful_begin();
	wishful_turn(START_MS);
	world.reads_take_ms = READ_MS;
}

/* A turn of the engine at this time. How long it took. */
static uint64_t turn_ms(uint64_t now_ms)
{
	world.clock_ms = now_ms;
	engine_turn(engine, now_ms);
	return world.clock_ms - now_ms;
}

/* The guest writes so many reports. The engine takes them in with the next turn. */
static void write_reports(uint32_t domid, unsigned n, uint64_t uptime_ms)
{
	for (unsigned i = 0; i < n; i++) {
		played_report(&world, domid, 200 * MIB, uptime_ms + i);
		played_queue(&world);
	}
}

static void write_alarm(uint32_t domid, uint64_t uptime_ms)
{
	played_alarm(&world, domid, 4 * MIB, uptime_ms);
	played_queue(&world);
}

static bool is_alarmed(uint32_t domid)
{
	return engine_state(engine).guests->view[domid - 1].is_alarmed;
}

static unsigned reports_read(void)
{
	unsigned n = 0;
	for (unsigned i = 0; i < world.n; i++)
		n += world.guest[i].n_reports_read;
	return n;
}

static uint64_t passes(void)
{
	return engine_counts(engine).passes;
}

/* Each guest has its turn, in the passes that follow. */
START_TEST(a_pass_reads_for_a_bounded_time_and_nobody_is_left_out)
{
	begin();
	unsigned before = reports_read();
	uint64_t now_ms = START_MS + ENGINE_GAP_MS, first = passes();
	for (uint32_t domid = 1; domid <= GUESTS; domid++)
		write_reports(domid, 1, 100);
	for (unsigned ms = 0; ms < SOON_MS; ms += 10)
		ck_assert_uint_le(turn_ms(now_ms + ms), MOST_MS);
	ck_assert_uint_gt(passes(), first + 1);
	ck_assert_uint_eq(reports_read(), before + GUESTS);
}
END_TEST

/* What took long before the reading leaves it as much time as ever. */
START_TEST(reading_goes_on_however_late_the_turn_is)
{
	enum { LATE_MS = 10 * HEARING_PASS_MS };
	begin();
	unsigned before = reports_read();
	for (unsigned i = 1; i <= 3; i++) {
		uint64_t now_ms = START_MS + i * ENGINE_GAP_MS;
		write_reports(1, HEARING_AHEAD_FROM, 100 * i);
		world.clock_ms = now_ms + LATE_MS;
		engine_turn(engine, now_ms);
		ck_assert_uint_ge(reports_read(), before + i);
	}
}
END_TEST

/* Guests that write without end come round, since a pass goes on where the last one stopped. */
START_TEST(nobody_is_left_out_though_others_write_again_and_again)
{
	const bool one_is_loud = _i;
	unsigned read[GUESTS];
	begin();
	for (unsigned i = 0; i < GUESTS; i++)
		read[i] = world.guest[i].n_reports_read;
	write_reports(1, one_is_loud ? GUEST_LOUD_EVENTS_S : 0, 50);
	for (unsigned ms = ENGINE_GAP_MS; ms < 2 * SOON_MS; ms += ENGINE_GAP_MS) {
		for (uint32_t domid = 1; domid <= GUESTS; domid++)
			write_reports(domid, 1, 100 + ms);
		turn_ms(START_MS + ms);
	}
	for (unsigned i = one_is_loud; i < GUESTS; i++)
		ck_assert_uint_gt(world.guest[i].n_reports_read, read[i] + 1);
}
END_TEST

/* As in a flood, before it is found to be one. */
START_TEST(an_alarm_goes_before_those_of_loud_guests)
{
	begin();
	for (uint32_t domid = 1; domid < GUESTS; domid++)
		write_reports(domid, GUEST_LOUD_EVENTS_S + 1, 100);
	for (uint32_t domid = 1; domid <= GUESTS; domid++)
		write_alarm(domid, 200);
	ck_assert_uint_le(turn_ms(START_MS + ENGINE_GAP_MS), MOST_MS);
	ck_assert(is_alarmed(GUESTS));
	unsigned loud = 0;
	for (uint32_t domid = 1; domid < GUESTS; domid++)
		loud += is_alarmed(domid);
	ck_assert_uint_lt(loud, GUESTS - 1);
	for (unsigned ms = ENGINE_GAP_MS; ms < SOON_MS; ms += 10)
		turn_ms(START_MS + ms);
	for (uint32_t domid = 1; domid <= GUESTS; domid++)
		ck_assert(is_alarmed(domid));
}
END_TEST

/* A pass answers those that it has read, and the next one follows at once. */
START_TEST(alarms_are_read_in_passes_that_follow_each_other)
{
	uint64_t now_ms = START_MS + 10;
	begin();
	for (uint32_t domid = 1; domid <= GUESTS; domid++)
		write_alarm(domid, 200);
	for (unsigned left = GUESTS; left;) {
		uint64_t first = passes();
		uint64_t took_ms = turn_ms(now_ms);
		ck_assert_uint_le(took_ms, MOST_MS);
		ck_assert_uint_eq(passes(), first + 1);
		now_ms += took_ms;
		left = GUESTS;
		for (uint32_t domid = 1; domid <= GUESTS; domid++)
			left -= is_alarmed(domid);
	}
	ck_assert_uint_le(now_ms, START_MS + 10 + 2 * GUESTS * READ_MS);
}
END_TEST

/* For how long the guest is polled after it has flooded at this time. Unwatching it takes time, so
 * that is for a turn without a pass. */
static uint64_t flood(uint32_t domid, uint64_t now_ms)
{
	const struct guest *g = &engine_state(engine).guests->guest[domid - 1];
	unsigned n_unwatched = world.n_unwatched;
	write_reports(domid, GUEST_MAX_EVENTS_S + 1, now_ms);
	turn_ms(now_ms);
	ck_assert(g->is_polled);
	ck_assert_uint_eq(world.n_unwatched, n_unwatched);
	turn_ms(now_ms + 1);
	ck_assert_uint_eq(world.n_unwatched, n_unwatched + 1);
	uint64_t end_ms = now_ms;
	for (; g->is_polled; end_ms += PERIOD_MS / 4)
		turn_ms(end_ms);
	return end_ms - now_ms;
}

/* Until it is unwatched its events come, and nobody is interested in them. */
START_TEST(who_floods_asks_for_no_pass)
{
	begin();
	world.reads_take_ms = 0;
	write_reports(1, GUEST_MAX_EVENTS_S + 1, 100);
	uint64_t now_ms = START_MS + 10, first = passes();
	turn_ms(now_ms);
	for (unsigned ms = 0; ms < PERIOD_MS / 2; ms += 10) {
		write_reports(1, 1, 200 + ms);
		write_alarm(1, 300 + ms);
		turn_ms(now_ms + ms);
	}
	ck_assert_uint_le(passes(), first + 1);
	ck_assert(!is_alarmed(1));
}
END_TEST

START_TEST(who_floods_again_and_again_is_polled_for_longer)
{
	begin();
	world.reads_take_ms = 0;
	uint64_t now_ms = START_MS + 10;
	for (uint64_t least_ms = GUEST_POLL_MS; least_ms <= GUEST_POLL_MOST_MS; least_ms *= 2) {
		uint64_t polled_ms = flood(1, now_ms);
		ck_assert_uint_ge(polled_ms, least_ms);
		ck_assert_uint_le(polled_ms, least_ms + 2 * PERIOD_MS);
		now_ms += polled_ms;
	}
	uint64_t most_ms = flood(1, now_ms);
	ck_assert_uint_le(most_ms, GUEST_POLL_MOST_MS + 2 * PERIOD_MS);
	/* after a while in which it did not, it is as if it never had */
	now_ms += most_ms + GUEST_POLL_MS;
	ck_assert_uint_le(flood(1, now_ms), GUEST_POLL_MS + 2 * PERIOD_MS);
}
END_TEST

/* A pass would read them all in one go, and keep everything else waiting meanwhile. */
START_TEST(much_that_guests_write_is_read_before_the_pass)
{
	uint32_t guest[6];
	unsigned read[2] = {0, 0};
	for (unsigned i = 0; i < 6; i++)
		guest[i] = played_add(&world, 400 * MIB, 300 * MIB);
	wishful_begin();
	wishful_turn(START_MS);
	uint64_t passes = engine_counts(engine).passes, t = START_MS;
	for (unsigned i = 0; i < 6; i++)
		read[0] += world.guest[guest[i] - 1].n_reports_read;
	for (unsigned n = 0; n < HEARING_AHEAD_FROM; n++) {
		played_report(&world, guest[n % 6], 200 * MIB, 20 + n);
		engine_turn(engine, ++t);
	}
	ck_assert_uint_eq(engine_wake_ms(engine), 0);
	engine_turn(engine, ++t);
	engine_turn(engine, ++t);
	ck_assert_uint_lt(t, START_MS + ENGINE_GAP_MS);
	ck_assert_uint_eq(engine_counts(engine).passes, passes);
	for (unsigned i = 0; i < 6; i++)
		read[1] += world.guest[guest[i] - 1].n_reports_read;
	ck_assert_uint_eq(read[1], read[0] + 6);
	engine_turn(engine, START_MS + ENGINE_GAP_MS + HEARING_AHEAD_FROM);
	ck_assert_uint_eq(engine_counts(engine).passes, passes + 1);
	for (unsigned i = 0; i < 6; i++)
		read[1] -= world.guest[guest[i] - 1].n_reports_read;
	ck_assert_uint_eq(read[1], 0);
}
END_TEST

static uint64_t others_kib(void)
{
	return engine_state(engine).host->others_kib;
}

static void set_dom0_target(uint64_t target_kib)
{
	world.dom0_target_kib = target_kib;
	world.event = (struct store_event){.kind = STORE_MEMORY, .domid = 0, .is_target = true};
	world.has_event = true;
}

/* What dom0 may still take is kept, and its key is not read for each pass. */
START_TEST(dom0s_target_is_read_when_it_has_changed)
{
	world.dom0_kib = 500 * MIB;
	world.dom0_target_kib = 500 * MIB;
	begin();
	ck_assert_uint_eq(others_kib(), 0);
	unsigned read = world.n_dom0_read;
	set_dom0_target(600 * MIB);
	wishful_turn(START_MS + PERIOD_MS);
	ck_assert_uint_eq(others_kib(), 100 * MIB);
	wishful_turn(START_MS + 2 * PERIOD_MS);
	ck_assert_uint_eq(others_kib(), 100 * MIB);
	ck_assert_uint_eq(world.n_dom0_read, read + 1);
	set_dom0_target(500 * MIB);
	wishful_turn(START_MS + 3 * PERIOD_MS);
	ck_assert_uint_eq(others_kib(), 0);
}
END_TEST

static void add_tests(TCase *tests)
{
	tcase_add_checked_fixture(tests, wishful_set_up, wishful_tear_down);
	tcase_add_test(tests, a_pass_reads_for_a_bounded_time_and_nobody_is_left_out);
	tcase_add_test(tests, reading_goes_on_however_late_the_turn_is);
	tcase_add_loop_test(tests, nobody_is_left_out_though_others_write_again_and_again, 0, 2);
	tcase_add_test(tests, an_alarm_goes_before_those_of_loud_guests);
	tcase_add_test(tests, alarms_are_read_in_passes_that_follow_each_other);
	tcase_add_test(tests, who_floods_asks_for_no_pass);
	tcase_add_test(tests, who_floods_again_and_again_is_polled_for_longer);
	tcase_add_test(tests, much_that_guests_write_is_read_before_the_pass);
	tcase_add_test(tests, dom0s_target_is_read_when_it_has_changed);
}

int main(void)
{
	return suite_run("engine_hearing", add_tests);
}
