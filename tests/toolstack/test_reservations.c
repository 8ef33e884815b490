/* SPDX-License-Identifier: MIT */
/* Starting guests: a reservation makes room, for its own guest and for no other. */
#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>

#include "tests/toolstack/ctl.h"

#include <xen/sched.h>

/* --- reserving --- */

START_TEST(idle_guests_make_room)
{
	ctl_open_idle();
	struct lab_guest *c = ctl_make("c", 512);
	ck_assert_int_eq(lab_guest_build(c), -ENOMEM); /* what plain `xl create` meets */
	lab_guest_destroy(c);
	ck_assert_int_eq(CTL_CODE("reserve", "512"), 0);
	ck_assert_uint_ge(lab_free_kib(stage_lab()), 512 * MIB);
	ck_assert_uint_eq(CTL_SAID("1\n"), 1);
	ck_assert(ctl_state_is(1, "state=ready there_kib=524288"));
	c = ctl_make("c", 510);
	ck_assert_msg(lab_guest_build(c) == 0, "%s", lab_error());
	ck_assert(ctl_state_is(1, "state=in-use"));
	ck_assert_int_eq(lab_guest_unpause(c), 0);
	ck_assert(ctl_state_is(1, NULL));
	ck_assert(stage_wait_said("reservation 1 is over: domain"));
	struct simguest_stats stats;
	lab_guest_stats(ctl_a, &stats);
	ck_assert_msg(stats.swapped_kib < 1024, "a swapped %g KiB", stats.swapped_kib);
	ck_assert_uint_ge(lab_guest_alm_kib(ctl_a), 150 * MIB);
	ck_assert_uint_ge(lab_guest_alm_kib(ctl_b), 150 * MIB);
}
END_TEST

START_TEST(what_cannot_be_had_is_refused_with_the_sum)
{
	ctl_open_idle();
	ck_assert_int_eq(CTL_CODE("reserve", "2g"), 1);
	ck_assert_uint_eq(CTL_SAID("refused: 2048 MiB wanted; 48 free + "), 1);
	ck_assert_uint_eq(stage_said("reservation 1 is refused: 2048 MiB wanted; 48 free + "), 1);
	ck_assert(ctl_state_is(1, NULL));
	ck_assert_uint_eq(stage_said("target"), 0); /* nobody was disturbed */
}
END_TEST

START_TEST(what_a_policy_does_not_free_is_refused)
{
	stage_open(1200);
	stage_boot("a", 1000, "0:60", true);
	stage_start("policy = \"static\"\nperiod_ms = 200\n", NULL);
	ck_assert(lab_wait_key(stage_lab(), TOOLKEYS_ROOT "/daemon", NULL, SOON_MS));
	ck_assert_int_eq(CTL_CODE("reserve", "300"), 1);
	ck_assert_uint_eq(CTL_SAID("300 MiB wanted; 247 free + 0 that guests could give"), 1);
	ck_assert_int_eq(CTL_CODE("reserve", "240"), 0);
}
END_TEST

START_TEST(several_at_once_do_not_share)
{
	ctl_open_idle();
	pid_t first = CTL("reserve", "300"), second = CTL("reserve", "350");
	ck_assert_int_eq(ctl_exit_status(first), 0);
	ck_assert_int_eq(ctl_exit_status(second), 0);
	ck_assert_uint_ge(lab_free_kib(stage_lab()), 650 * MIB);
	ck_assert_int_eq(CTL_CODE("reserve", "500"), 1); /* there were 1,150, and 880 to be had */
	ck_assert_int_eq(CTL_CODE("reservations"), 0);
	ck_assert_uint_eq(CTL_SAID("1  ready          3"), 1);
	ck_assert_uint_eq(CTL_SAID("2  ready          3"), 1);
	ck_assert_int_eq(CTL_CODE("release", "1"), 0);
	ck_assert_int_eq(CTL_CODE("release", "1"), 1);
	ck_assert(stage_wait_said("reservation 1 is released"));
	ck_assert_int_eq(CTL_CODE("reserve", "500"), 0);
	ck_assert(ctl_state_is(4, "state=ready")); /* numbers are given once */
}
END_TEST

START_TEST(a_guest_that_grows_meanwhile_does_not_take_it)
{
	ctl_open_idle();
	pid_t pid = CTL("reserve", "400");
	lab_guest_set_demand(ctl_a, "0:60 2:500");
	ck_assert_int_eq(ctl_exit_status(pid), 0);
	ck_assert(stage_wait_at_least(ctl_a, 610 * MIB));
	ctl_assert_stays_free(400 * MIB, 2000);
	ck_assert_uint_le(lab_guest_alm_kib(ctl_b), 300 * MIB); /* balancing goes on */
}
END_TEST

START_TEST(memory_that_does_not_come_is_said_to_be_missing)
{
	struct sim_balloon_config held = {
		.speed_kib_s = 1 << 20, .is_stuck = true, .max_retries = 4};
	ctl_open_idle();
	ck_assert_int_eq(lab_guest_set_balloon(ctl_a, &held), 0);
	ck_assert_int_eq(lab_guest_set_balloon(ctl_b, &held), 0);
	ck_assert_int_eq(CTL_CODE("reserve", "264", "--timeout", "2"), 1);
	ck_assert_uint_eq(CTL_SAID("not there after 2 s: of 264 MiB, 50 came free, 214 are miss"),
			  1);
	ck_assert(ctl_state_is(1, NULL));
}
END_TEST

/* Only the reservation can wake the daemon: no period ends, and no guest reports by itself. */
START_TEST(nobody_waits_for_the_period)
{
	stage_open(1200);
	ctl_a = stage_boot("a", 600, "0:60", false);
	ctl_b = stage_boot("b", 600, "0:60", false);
	struct xs_handle *h[] = {stage_be_agent(ctl_a), stage_be_agent(ctl_b)};
	for (int i = 0; i < 2; i++)
		stage_report(h[i], 1, 540 * MIB, 480 * MIB);
	stage_start("period_ms = 60000\nreserve_mib = 64\ndefault_min_mib = 96\n", NULL);
	ck_assert(stage_key_is(ctl_a, "cagma/state", "report-unproven"));
	ck_assert(stage_key_is(ctl_b, "cagma/state", "report-unproven"));
	for (int i = 0; i < 2; i++)
		stage_report(h[i], 2, 540 * MIB, 480 * MIB);
	ck_assert(stage_key_is(ctl_a, "cagma/state", "managed"));
	ck_assert(stage_key_is(ctl_b, "cagma/state", "managed"));
	uint64_t begun_ms = lab_clock_ms();
	ck_assert_int_eq(CTL_CODE("reserve", "20"), 0);
	ck_assert_int_eq(CTL_CODE("reserve", "512"), 0); /* donors' pages are awaited */
	ck_assert_uint_lt(lab_clock_ms() - begun_ms, SOON_MS);
	for (int i = 0; i < 2; i++)
		xs_close(h[i]);
}
END_TEST

START_TEST(a_terminal_shows_how_much_is_there)
{
	struct sim_balloon_config slow = {.speed_kib_s = 256 << 10, .latency_s = 0.01};
	char command[PATH_MAX + 32];
	pid_t pid;
	ctl_open_idle();
	ck_assert_int_eq(lab_guest_set_balloon(ctl_a, &slow), 0);
	ck_assert_int_eq(lab_guest_set_balloon(ctl_b, &slow), 0);
	snprintf(command, sizeof(command), "%s reserve 520", ctl_path());
	const char *const argv[] = {"/usr/bin/script", "-qec", command, "/dev/null", NULL};
	ck_assert_int_eq(lab_spawn(stage_lab(), LAB_ROLE_DOM0, NULL, argv, "cagmactl", true, &pid),
			 0);
	ck_assert_int_eq(ctl_exit_status(pid), 0);
	ck_assert_uint_ge(CTL_SAID(" of 520 MiB"), 3);
	ck_assert_uint_eq(CTL_SAID("\rreservation 1: 520 of 520 MiB\r\n"), 1);
}
END_TEST

/* --- its guest --- */

START_TEST(memory_of_a_guest_being_built_is_counted_once)
{
	ctl_open_idle();
	ck_assert_int_eq(CTL_CODE("reserve", "--config", ctl_write_xlcfg("c", 400)), 0);
	ck_assert_uint_ge(lab_free_kib(stage_lab()), 404 * MIB);
	struct lab_guest *c = ctl_make("c", 400);
	ck_assert(ctl_state_is(1, "state=in-use"));
	lab_guest_set_demand(ctl_a, "0:600");
	ck_assert(stage_wait_at_least(ctl_a, 610 * MIB)); /* b gives what a lacks */
	ctl_assert_stays_free(404 * MIB, 1000);           /* c's reservation is not touched */
	ck_assert_msg(lab_guest_build(c) == 0, "%s", lab_error());
	/* beside c's memory there are 800 MiB; if c's were kept twice, half of them would stay
	 * free */
	lab_guest_set_demand(ctl_a, "0:100");
	lab_guest_set_demand(ctl_b, "0:500");
	ck_assert(stage_wait_at_least(ctl_b, 510 * MIB));
	ck_assert(ctl_state_is(1, "state=in-use"));
	ck_assert_int_eq(lab_guest_unpause(c), 0);
	ck_assert(ctl_state_is(1, NULL));
}
END_TEST

START_TEST(a_guest_of_another_name_leaves_it_alone)
{
	ctl_open_idle();
	ck_assert_int_eq(CTL_CODE("reserve", "--config", ctl_write_xlcfg("c", 400)), 0);
	ck_assert_int_eq(CTL_CODE("reserve", "300"), 0);
	struct lab_guest *d = ctl_make("d", 298);
	ck_assert_msg(lab_guest_build(d) == 0, "%s", lab_error());
	ck_assert(ctl_state_is(2, "state=in-use"));
	ck_assert(ctl_state_is(1, "state=ready"));
	ck_assert_int_eq(lab_guest_unpause(d), 0);
	ck_assert(ctl_state_is(2, NULL));
	ck_assert(ctl_state_is(1, "state=ready"));
	ctl_assert_stays_free(404 * MIB, 500);
}
END_TEST

START_TEST(a_guest_that_dies_before_it_runs_may_be_tried_again)
{
	ctl_open_idle();
	ck_assert_int_eq(CTL_CODE("reserve", "400"), 0);
	struct lab_guest *c = ctl_make("c", 398);
	ck_assert_msg(lab_guest_build(c) == 0, "%s", lab_error());
	ck_assert(ctl_state_is(1, "state=in-use"));
	lab_guest_destroy(c);
	ck_assert(ctl_state_is(1, "state=ready there_kib=409600"));
	c = ctl_make("c", 398);
	ck_assert_msg(lab_guest_build(c) == 0, "%s", lab_error());
	ck_assert(ctl_state_is(1, "state=in-use"));
}
END_TEST

START_TEST(a_reboot_meanwhile_uses_its_own_memory)
{
	ctl_open_idle_with((const char *const[]){"-v", NULL});
	ck_assert_int_eq(CTL_CODE("reserve", "500"), 0);
	ck_assert_int_eq(lab_guest_shutdown(ctl_a, SHUTDOWN_reboot), 0);
	ck_assert(stage_wait_said("is dying"));
	ck_assert_int_eq(lab_guest_reboot(ctl_a), 0);
	ck_assert(stage_key_is(ctl_a, "cagma/state", "managed"));
	ck_assert(ctl_state_is(1, "state=ready"));
	ctl_assert_stays_free(500 * MIB, 500);
}
END_TEST

/* It says of itself that 1 PiB is there for it: while cagmad runs, or before a cagmad is started.
 */
START_TEST(what_calls_itself_ready_is_not_believed)
{
	static const char request[] = "size_kib=1099511627776 wait_until_ms=99999999999 "
				      "until_ms=99999999999";
	static const char state[] = "state=ready there_kib=1099511627776";
	ctl_open_idle();
	if (_i)
		lab_end(stage_cagmad(), SIGKILL, SOON_MS);
	struct xs_handle *h = lab_store(stage_lab());
	ck_assert(xs_write(h, XBT_NULL, CTL_RESERVATION "7/state", state, sizeof(state) - 1));
	ck_assert(xs_write(h, XBT_NULL, CTL_RESERVATION "7/request", request, sizeof(request) - 1));
	if (_i)
		stage_start(stage_config, NULL);
	ck_assert(ctl_state_is(7, "state=refused"));
	ck_assert(stage_wait_said("reservation 7 is refused: 1073741824 MiB wanted; "));
	ck_assert_uint_eq(stage_said("target"), 0); /* nobody was disturbed */
	ck_assert_uint_eq(lab_guest_alm_kib(ctl_a), 600 * MIB);
}
END_TEST

static void add_tests(TCase *tests)
{
	tcase_add_checked_fixture(tests, NULL, stage_close);
	tcase_add_test(tests, idle_guests_make_room);
	tcase_add_test(tests, what_cannot_be_had_is_refused_with_the_sum);
	tcase_add_test(tests, what_a_policy_does_not_free_is_refused);
	tcase_add_test(tests, several_at_once_do_not_share);
	tcase_add_test(tests, a_guest_that_grows_meanwhile_does_not_take_it);
	tcase_add_test(tests, memory_that_does_not_come_is_said_to_be_missing);
	tcase_add_test(tests, nobody_waits_for_the_period);
	tcase_add_test(tests, a_terminal_shows_how_much_is_there);
	tcase_add_test(tests, memory_of_a_guest_being_built_is_counted_once);
	tcase_add_test(tests, a_guest_of_another_name_leaves_it_alone);
	tcase_add_test(tests, a_guest_that_dies_before_it_runs_may_be_tried_again);
	tcase_add_test(tests, a_reboot_meanwhile_uses_its_own_memory);
	tcase_add_loop_test(tests, what_calls_itself_ready_is_not_believed, 0, 2);
}

int main(void)
{
	return suite_run("reservations", add_tests);
}
