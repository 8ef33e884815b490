/* SPDX-License-Identifier: MIT */
/* A guest that does not run any more and was promised memory, from Xen's word to libxl's
 * call. */
#include "host/core/balloon.h"
#include "tests/unit/suite.h"
#include "tests/unit/wishful.h"

/* It holds 400 MiB, was promised 300 more, and does not run. */
static const struct {
	const char *what;
	bool is_paused, is_shut_down, is_torn_down;
	uint64_t target_mib;
} ends[] = {
	{"suspends itself", false, true, false, 400},
	{"suspends itself, and is paused", true, true, false, 400},
	{"is taken down", false, true, true, 700},
	{"is paused", true, false, false, 700},
};

START_TEST(what_it_was_promised_is_taken_back_once)
{
	struct config config;
	struct io io = played_io(&world);
	struct played_guest *guest = &world.guest[played_add(&world, 400 * MIB, 200 * MIB) - 1];
	guest->target_kib = 700 * MIB;
	guest->cap_kib = 701 * MIB;
	guest->is_paused = ends[_i].is_paused;
	guest->is_shut_down = ends[_i].is_shut_down;
	guest->is_torn_down = ends[_i].is_torn_down;
	config_init(&config);
	engine = engine_open(&config, &(struct engine_options){0}, &io);
	ck_assert_ptr_nonnull(engine);
	uint64_t until_ms = START_MS;
	for (; until_ms < START_MS + BALLOON_STUCK_MS; until_ms += PERIOD_MS)
		wishful_turn(until_ms);
	ck_assert_uint_eq(guest->target_kib, 700 * MIB);
	for (unsigned i = 0; i < 20; i++)
		wishful_turn(until_ms + i * PERIOD_MS);
	ck_assert_msg(guest->target_kib == ends[_i].target_mib * MIB, "who %s: %lu MiB",
		      ends[_i].what, (unsigned long)(guest->target_kib / MIB));
	ck_assert_uint_eq(played_count(&world, PLAYED_CALL), ends[_i].target_mib == 400);
}
END_TEST

static void add_tests(TCase *tests)
{
	tcase_add_checked_fixture(tests, wishful_set_up, wishful_tear_down);
	tcase_add_loop_test(tests, what_it_was_promised_is_taken_back_once, 0, N_ROWS(ends));
}

int main(void)
{
	return suite_run("shut_down", add_tests);
}
