/* SPDX-License-Identifier: MIT */
/* What the engine keeps of its passes: a target that was not set does not stand there as set. */
#include "host/core/passline.h"
#include "host/daemon/record.h"
#include "tests/unit/suite.h"
#include "tests/unit/wishful.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char path[64];

/* How many actions the record has that were set, and that were not. */
static struct counts {
	unsigned n_set, n_not_set;
} counts;

static void set_up(void)
{
	wishful_set_up();
	strcpy(path, "/tmp/cagma-engine-record-XXXXXX");
	int fd = mkstemp(path);
	ck_assert_int_ge(fd, 0);
	close(fd);
}

static void tear_down(void)
{
	wishful_tear_down();
	unlink(path);
}

static const char *take_line(void *arg, struct text line)
{
	struct counts *n = arg;
	struct passline part;
	const char *wrong = NULL;
	while (line.at && !(wrong = passline_read(&line, &part)))
		if (part.kind == PASSLINE_ACTION)
			++*(part.record.action.not_set ? &n->n_not_set : &n->n_set);
	return wrong;
}

static void count_actions(void)
{
	struct lines_fault fault;
	counts = (struct counts){0};
	ck_assert_msg(record_read(path, 1 << 16, take_line, &counts, &fault), "%s", fault.what);
}

/* Opens an engine that keeps a record, over a guest that is to grow in each pass. */
static void begin(bool is_dry)
{
	struct engine_options options = {.record_path = path, .is_dry = is_dry};
	uint32_t grows = played_add(&world, 400 * MIB, 300 * MIB);
	wish.action[wish.n_actions++] = (struct action){grows - 1, 410 * MIB, REASON_NEED};
	wish.credit_kib[grows - 1] = PLAN_CREDIT_AS_IT_IS;
	wishful_begin_with_options(&options);
}

START_TEST(a_target_that_was_set_is_recorded_as_set)
{
	begin(false);
	engine_turn(engine, START_MS);
	count_actions();
	ck_assert_uint_eq(counts.n_set, 1);
	ck_assert_uint_eq(counts.n_not_set, 0);
}
END_TEST

/* The plan is kept, so that the pass can be decided again. */
START_TEST(a_plan_that_is_not_carried_out_is_recorded_as_not_set)
{
	bool is_dry = _i == 1;
	begin(is_dry);
	engine_pause(engine, !is_dry);
	engine_turn(engine, START_MS);
	engine_turn(engine, START_MS + PERIOD_MS);
	ck_assert_uint_eq(played_count(&world, PLAYED_CALL), 0);
	count_actions();
	ck_assert_uint_eq(counts.n_set, 0);
	ck_assert_uint_eq(counts.n_not_set, 2);
}
END_TEST

START_TEST(a_call_that_has_to_wait_for_another_is_recorded_as_not_set)
{
	world.calls_hang = true;
	begin(false);
	engine_turn(engine, START_MS);
	wish.action[0].target_kib = 420 * MIB;
	engine_turn(engine, START_MS + PERIOD_MS);
	ck_assert_uint_eq(played_count(&world, PLAYED_CALL), 1);
	count_actions();
	ck_assert_uint_eq(counts.n_set, 1);
	ck_assert_uint_eq(counts.n_not_set, 1);
}
END_TEST

static void add_tests(TCase *tests)
{
	tcase_add_checked_fixture(tests, set_up, tear_down);
	tcase_add_test(tests, a_target_that_was_set_is_recorded_as_set);
	tcase_add_loop_test(tests, a_plan_that_is_not_carried_out_is_recorded_as_not_set, 0, 2);
	tcase_add_test(tests, a_call_that_has_to_wait_for_another_is_recorded_as_not_set);
}

int main(void)
{
	return suite_run("engine-record", add_tests);
}
