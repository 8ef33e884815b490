/* SPDX-License-Identifier: MIT */
/* Guests whose agent is not ours, on the stock toolstack. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "tests/toolstack/foreign.h"
#include "tests/toolstack/stage.h"

static void write_as(struct xs_handle *h, const char *path, const char *value)
{
	ck_assert_msg(xs_write(h, XBT_NULL, path, value, (unsigned)strlen(value)), "%s", path);
}

static struct xs_handle *connect_as(const struct lab_guest *guest)
{
	struct xs_handle *h = lab_guest_xs_open(guest);
	ck_assert_ptr_nonnull(h);
	return h;
}

static const struct {
	enum sim_foreign_id id;
	const char *source;
} agents[] = {{SIM_FOREIGN_XCP_5S, "meminfo"}, {SIM_FOREIGN_QUBES, "meminfo-writer"}};

struct served {
	struct foreign *foreign;
	const struct lab_guest *guest;
	uint64_t kib;
};

/* The other's agent goes on reporting meanwhile. */
static bool is_served(void *arg)
{
	const struct served *s = arg;
	return foreign_run(s->foreign, lab_clock_ms()) == 0 &&
	       lab_guest_alm_kib(s->guest) >= s->kib;
}

START_TEST(a_guest_with_anothers_agent_gives_to_others)
{
	struct foreign foreign;
	stage_open(200 + 600 + 8);
	struct lab_guest *a = stage_boot("a", 200, "0:60", true);
	struct lab_guest *b = stage_boot("b", 600, "0:60", false);
	stage_start(stage_config, NULL);
	ck_assert(stage_key_is(b, "cagma/state", "no-agent"));
	ck_assert(stage_key_is(b, "cagma/source", "none"));
	ck_assert_int_eq(foreign_begin(&foreign, stage_lab(), b, agents[_i].id), 0);
	ck_assert_int_eq(foreign_run(&foreign, lab_clock_ms()), 0);
	ck_assert(stage_key_is(b, "cagma/state", "managed"));
	ck_assert(stage_key_is(b, "cagma/source", agents[_i].source));
	ck_assert(stage_key_is(a, "cagma/source", "cagma"));
	lab_guest_set_demand(a, "0:300");
	struct served served = {&foreign, a, 300 * MIB};
	ck_assert(lab_wait(is_served, &served, 2 * SOON_MS));
	ck_assert_uint_ge(lab_guest_alm_kib(b), 120 * MIB);
	lab_guest_start_agent(b);
	ck_assert(stage_key_is(b, "cagma/source", "cagma"));
	foreign_end(&foreign);
}
END_TEST

START_TEST(what_a_dead_agent_left_behind_is_not_believed)
{
	stage_open(200 + 600 + 8);
	struct lab_guest *a = stage_boot("a", 200, "0:60", true);
	struct lab_guest *b = stage_boot("b", 600, "0:480", false);
	struct xs_handle *h = connect_as(b);
	write_as(h, "data/meminfo_free", "552960");
	stage_start(stage_config, NULL);
	ck_assert(stage_key_is(b, "cagma/state", "report-old"));
	lab_guest_set_demand(a, "0:300");
	sleep(2);
	ck_assert_uint_eq(stage_key_number(b, "memory/target"), 600 * MIB);
	xs_close(h);
}
END_TEST

/* Its toolstack has given the guest a key below memory/, where all else is dom0's. */
START_TEST(a_guest_that_writes_too_much_does_not_set_the_daemons_rate)
{
	enum { WRITES = 20000 };
	struct foreign foreign;
	char value[SOURCE_MAX_VALUE + 1];
	stage_open(200 + 400 + 400 + 12);
	struct lab_guest *a = stage_boot("a", 200, "0:60", true);
	struct lab_guest *c = stage_boot("c", 400, "0:60", true);
	struct lab_guest *b = stage_boot("b", 400, "0:60", false);
	stage_start(stage_config, NULL);
	ck_assert(stage_key_is(b, "cagma/state", "no-agent"));
	ck_assert_int_eq(foreign_begin(&foreign, stage_lab(), b, SIM_FOREIGN_QUBES), 0);
	for (unsigned i = 0; i < WRITES; i++) {
		snprintf(value, sizeof(value), "%u", 200000 + i % 7);
		write_as(foreign.xs, "memory/meminfo", value);
		if (i == WRITES / 2)
			lab_guest_set_demand(a, "0:300");
	}
	ck_assert(stage_wait_at_least(a, 300 * MIB));
	ck_assert(stage_wait_said("it is now read once a period"));
	ck_assert_uint_eq(stage_said("it is now read once a period"), 1);
	ck_assert(stage_key_is(c, "cagma/state", "managed"));
	foreign_end(&foreign);
}
END_TEST

static void add_tests(TCase *tests)
{
	tcase_set_timeout(tests, 60);
	tcase_add_checked_fixture(tests, NULL, stage_close);
	tcase_add_loop_test(tests, a_guest_with_anothers_agent_gives_to_others, 0, N_ROWS(agents));
	tcase_add_test(tests, what_a_dead_agent_left_behind_is_not_believed);
	tcase_add_test(tests, a_guest_that_writes_too_much_does_not_set_the_daemons_rate);
}

int main(void)
{
	return suite_run("foreign", add_tests);
}
