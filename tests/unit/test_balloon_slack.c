/* SPDX-License-Identifier: MIT */
/* Where balloons rest, by type of guest: what is known at first sight, and what a guest that was
 * found away from its target is told meanwhile. */
#include "tests/unit/balloon_looked_at.h"
#include "host/core/credit.h"

/* The agent reports, and says what the driver has and wants. */
static void report(uint64_t current_kib, uint64_t target_kib)
{
	guest.has_report = true;
	guest.report_ms = now_ms;
	guest.report.balloon_current_kib = current_kib;
	guest.report.balloon_target_kib = target_kib;
	guest.report.present = REPORT_BIT(balloon_current_kib) | REPORT_BIT(balloon_target_kib);
}

/* Guests as they were seen to rest on Xen 4.17 under Linux 6.1, and one in a PVH shim. */
static const struct {
	uint64_t videoram_kib, target_kib; /* libxl's, and memory/target */
	int64_t alm_less_target_kib;
	uint64_t driver_less_kib; /* memory/target less the driver's own count */
	int64_t slack_kib;
} rests[] = {
	{0, 716800, 0, 0, 0},                      /* PV */
	{0, 716800, 64, 388, 64},                  /* PVH */
	{0, 716800, -20, 396, -20},                /* HVM without a screen */
	{8192, 708608, 44, 8588, 44 - 8192},       /* xl's default */
	{16384, 700416, 44, 16780, 44 - 16384},    /* stdvga */
	{65536, 651264, 44, 65932, 44 - 65536},    /* qxl */
	{131072, 585728, 44, 131468, 44 - 131072}, /* two screens */
	{0, 716800, 68 * 1024, 0, 68 * 1024},      /* PV in a shim of 68 MiB */
	{0, 716800, 300 * 1024, 0, 300 * 1024},    /* and of 300 */
	{16384, 700416, 16384, 1048, 0},           /* a driver that leaves no video memory out */
};
enum { N_RESTS = sizeof(rests) / sizeof(rests[0]) };

static void start_at_rest(int i, bool driver_tells)
{
	uint64_t target_kib = rests[i].target_kib;
	start(target_kib + (uint64_t)rests[i].alm_less_target_kib,
	      target_kib + rests[i].videoram_kib);
	balloon = (struct balloon){0};
	guest.videoram_kib = rests[i].videoram_kib;
	guest.max_kib = 2000 * MIB;
	if (driver_tells)
		report(target_kib - rests[i].driver_less_kib,
		       target_kib - rests[i].driver_less_kib);
	look(0);
}

/* The guest is to be told nothing: no target is wrong for it, whoever looks. */
static void is_left_alone(void)
{
	ck_assert(!guest.gave_up);
	ck_assert(!guest.does_not_take);
	ck_assert(!guest.grew_itself);
	ck_assert(!model_gives(&guest) || !model_is_shrinking(&guest));
	ck_assert(guest.hold == HOLD_NONE || guest.hold == HOLD_UNMEASURED);
	ck_assert_uint_eq(guest.max_kib, 2000 * MIB);
	ck_assert_uint_le(model_pending_kib(&guest), MODEL_NEAR_KIB);
}

START_TEST(a_balloon_at_rest_is_known_to_rest)
{
	uint64_t by_word_ms = BALLOON_REST_MS, by_time_ms = BALLOON_GIVE_UP_MS;
	for (int told = 0; told < 2; told++) {
		start_at_rest(_i, told != 0);
		for (unsigned n = 0; n < 200; n++) {
			is_left_alone();
			look(100);
			if (n * UINT64_C(100) < (told ? by_word_ms : by_time_ms))
				continue;
			ck_assert_int_eq(guest.hold, HOLD_NONE);
			ck_assert_int_eq(guest.slack_kib, (int)rests[_i].slack_kib);
			ck_assert_uint_eq(model_keep_kib(&guest), guest.target_kib);
		}
	}
}
END_TEST

/* It has no report yet: what it holds while its kernel boots says nothing about its balloon. */
START_TEST(a_guest_that_boots_is_not_measured)
{
	start(700 * MIB, 699 * MIB); /* as libxl builds it, with 16 MiB of video memory */
	guest = (struct guest_view){
		.alm_kib = 700 * MIB, .target_kib = 699 * MIB, .videoram_kib = 16 * MIB};
	balloon = (struct balloon){0};
	for (int i = 0; i < 300; i++)
		look(100); /* it waits at its boot menu */
	guest.alm_kib = 683 * MIB + 44;
	report(682 * MIB, 682 * MIB);
	look(100);
	report(682 * MIB, 682 * MIB);
	look(BALLOON_REST_MS);
	ck_assert_int_eq(guest.slack_kib, 44 - 16 * (int)MIB);
	ck_assert_int_eq(guest.hold, HOLD_NONE);
}
END_TEST

/* Without an agent nobody knows whether a driver leaves the video memory out. Wherever the guest
 * stands between the two, it neither gives nor awaits anything. */
START_TEST(who_never_reported_rests_where_it_stands)
{
	for (uint64_t above_kib = 0; above_kib <= 16 * MIB; above_kib += 2 * MIB) {
		start(684 * MIB + above_kib, 700 * MIB);
		balloon = (struct balloon){0};
		guest.videoram_kib = 16 * MIB;
		guest.has_report = false;
		for (int i = 0; i < 30; i++) {
			look(1000);
			ck_assert(!model_is_shrinking(&guest));
			ck_assert_uint_eq(model_pending_kib(&guest), 0);
			ck_assert_int_eq(guest.hold, HOLD_NONE);
		}
	}
}
END_TEST

/* Its driver wants to go down and finds nothing: that is no slack, however long it lasts. */
START_TEST(a_driver_that_is_on_its_way_has_no_slack)
{
	start(300 * MIB, 200 * MIB);
	for (int i = 0; i < 60; i++) {
		report(300 * MIB, 200 * MIB);
		look(1000);
		ck_assert_int_eq(guest.slack_kib, 0);
	}
	ck_assert_int_eq(guest.hold, HOLD_STUCK);
}
END_TEST

/* Not even if it stops near what is usual, with a driver that says it wants more. */
START_TEST(a_driver_that_is_not_where_it_wants_to_be_is_not_measured_there)
{
	start(268 * MIB, 200 * MIB);
	guest.target_kib = 268 * MIB;
	guest.alm_kib = 269 * MIB;
	for (int i = 0; i < 30; i++) {
		report(201 * MIB, 268 * MIB);
		look(1000);
		ck_assert_int_eq(guest.slack_kib, 0);
	}
	guest.target_kib = 200 * MIB;
	guest.alm_kib = 268 * MIB;
	look(1000);
	report(200 * MIB, 200 * MIB);
	look(BALLOON_REST_MS);
	ck_assert_int_eq(guest.slack_kib, 68 * (int)MIB);
}
END_TEST

/* A former run of the daemon gave it credit, and it has used that. */
START_TEST(a_guest_found_above_its_target_grew_before_if_its_driver_says_so)
{
	start(250 * MIB, 200 * MIB);
	ck_assert_int_eq(guest.hold, HOLD_UNMEASURED);
	report(250 * MIB, 250 * MIB);
	look(100);
	ck_assert(guest.grew_itself);
	ck_assert_int_eq(guest.hold, HOLD_NONE);
	guest.alm_kib = 248 * MIB; /* no: it was on its way down */
	look(100);
	ck_assert(!guest.grew_itself);
}
END_TEST

START_TEST(a_guest_that_is_being_measured_may_grow_and_does_not_give)
{
	start(268 * MIB, 200 * MIB);
	look(1000);
	ck_assert(model_grows(&guest));
	ck_assert(!model_gives(&guest));
	ck_assert(!model_holds[guest.hold].returns);
	guest.hold = HOLD_NO_AGENT;
	balloon_observe(&balloon, now_ms, &guest);
	ck_assert_int_eq(guest.hold, HOLD_NO_AGENT);
}
END_TEST

/* Guests that were found 100 MiB above their target and never tell where their drivers stand. */
static const struct {
	bool has_report;
	uint64_t avail_kib;
	uint64_t falls_kib; /* each second, so that the balloon never stands still */
} secretives[] = {
	{false, 0, 0},        /* no agent, or nonsense */
	{true, 10 * MIB, 0},  /* it may have found nothing more to give */
	{true, 100 * MIB, 4}, /* it never stands still */
	{false, 0, 4},
};

START_TEST(what_was_found_away_is_judged_after_a_time)
{
	start(300 * MIB, 200 * MIB);
	guest.has_report = secretives[_i].has_report;
	guest.report.avail_kib = secretives[_i].avail_kib;
	for (unsigned n = 1; now_ms < 5000 + BALLOON_FOUND_MS - 1000; n++) {
		guest.alm_kib = 300 * MIB - n * secretives[_i].falls_kib;
		look(1000);
		ck_assert_int_eq(guest.hold, HOLD_UNMEASURED);
		ck_assert(!guest.is_doubted);
	}
	for (unsigned n = 0; n < 30; n++) {
		look(100);
		guest.report_ms = now_ms;
	}
	ck_assert_int_eq(guest.hold, HOLD_NONE);
	ck_assert(model_gives(&guest));
	ck_assert(guest.is_doubted);
	ck_assert_int_eq(guest.slack_kib, 0);
}
END_TEST

START_TEST(slack_outlasts_a_pause)
{
	start_at_rest(7, true);
	look(BALLOON_REST_MS);
	ck_assert_int_eq(guest.slack_kib, 68 * (int)MIB);
	balloon_pause(&balloon);
	look(10);
	ck_assert_int_eq(guest.slack_kib, 68 * (int)MIB);
	ck_assert_int_eq(guest.hold, HOLD_NONE);
}
END_TEST

/* libxl lets it hold 1 MiB more than its target, and it rests 68 MiB above that. */
START_TEST(a_guest_that_rests_above_its_target_is_let_there)
{
	uint64_t cap_kib = 0;
	start_at_rest(7, true);
	look(BALLOON_REST_MS);
	guest.target_kib += 100 * MIB;
	guest.cap_kib = guest.target_kib + MODEL_LIBXL_SLACK_KIB;
	ck_assert_int_eq(credit_cap_kib(&guest, 0, 2 * MIB, &cap_kib), CREDIT_RAISES);
	ck_assert_uint_eq(cap_kib, model_reach_kib(&guest, guest.target_kib));
	ck_assert_uint_le(cap_kib, guest.alm_kib + model_room_kib(&guest));
	guest.cap_kib = cap_kib;
	ck_assert_int_eq(credit_cap_kib(&guest, 0, 2 * MIB, &cap_kib), CREDIT_STAYS);
	guest.cap_kib = 0;
	ck_assert_int_eq(credit_cap_kib(&guest, PLAN_CREDIT_AS_IT_IS, 2 * MIB, &cap_kib),
			 CREDIT_STAYS);
	start_at_rest(1, true); /* on PVH libxl's cap is enough */
	look(BALLOON_REST_MS);
	guest.cap_kib = guest.target_kib + MODEL_LIBXL_SLACK_KIB;
	ck_assert_int_eq(credit_cap_kib(&guest, 0, 2 * MIB, &cap_kib), CREDIT_STAYS);
}
END_TEST

/* A guest with locked pages goes down to 330 MiB, and is asked for more. Its agent does not say
 * where its driver stands, or said it before. */
static void stop_half_way(void)
{
	guest.target_kib = 80 * MIB;
	for (unsigned alm_mib = 450; alm_mib >= 330; alm_mib -= 40) {
		guest.alm_kib = alm_mib * MIB;
		look(100);
	}
	for (int i = 0; i < 60; i++)
		look(1000);
}

/* It is told to shrink soon after its first report. */
START_TEST(where_a_balloon_stops_half_way_is_no_slack)
{
	bool is_told_at_once = _i == 0;
	start(500 * MIB, 500 * MIB);
	if (_i == 2)
		report(500 * MIB, 500 * MIB);
	look(is_told_at_once ? BALLOON_PAUSE_MS : BALLOON_REST_MS);
	stop_half_way();
	ck_assert_int_eq(guest.slack_kib, 0);
	balloon_pause(&balloon);
	for (int i = 0; i < 60; i++)
		look(1000);
	ck_assert_int_eq(guest.slack_kib, 0);
}
END_TEST

/* It begins late, and follows that target and others then: its slack is found again. Its agent does
 * not tell of its driver. */
START_TEST(a_true_slack_that_was_doubted_is_found_again)
{
	start(268 * MIB, 200 * MIB);
	for (unsigned ms = 0; ms <= BALLOON_GIVE_UP_MS; ms += 1000)
		look(1000);
	ck_assert_int_eq(guest.slack_kib, 68 * (int)MIB);
	guest.target_kib = 240 * MIB;
	look(0);
	for (unsigned ms = 0; ms <= BALLOON_STUCK_MS; ms += 100)
		look(100);
	ck_assert_int_eq(guest.slack_kib, 0);
	guest.alm_kib = 308 * MIB; /* as if it took its credit */
	look(1000);
	guest.target_kib = 250 * MIB;
	look(0);
	guest.alm_kib = 318 * MIB;
	look(1000);
	guest.target_kib = 249 * MIB;
	look(0);
	guest.alm_kib = 317 * MIB;
	for (unsigned ms = 0; ms <= BALLOON_GIVE_UP_MS; ms += 1000)
		look(1000);
	ck_assert_int_eq(guest.slack_kib, 68 * (int)MIB);
}
END_TEST

/* It is told to keep what it holds, by its full video memory, and goes on after a pause: its driver
 * leaves none out. */
START_TEST(a_target_that_comes_to_the_balloon_is_no_rest)
{
	start(316 * MIB, 300 * MIB);
	balloon = (struct balloon){0};
	guest.videoram_kib = 16 * MIB;
	guest.alm_kib = 320 * MIB;
	look(100);
	guest.alm_kib = 316 * MIB;
	look(100);
	guest.target_kib = 332 * MIB;
	for (unsigned ms = 0; ms < BALLOON_REST_MS; ms += 100)
		look(100);
	ck_assert(!balloon.rests_as_usual);
}
END_TEST

/* A guest whose driver's rest is far above its target is seen near that on its way there. */
START_TEST(who_passes_by_its_target_does_not_rest_there)
{
	start(190 * MIB, 200 * MIB);
	for (unsigned alm_mib = 190; alm_mib <= 268; alm_mib++) {
		guest.alm_kib = alm_mib * MIB;
		look(10);
		look(10);
	}
	for (unsigned ms = 0; ms <= BALLOON_GIVE_UP_MS; ms += 1000) {
		guest.alm_kib = 268 * MIB;
		guest.report_ms = now_ms;
		look(1000);
	}
	ck_assert(!balloon.rests_as_usual);
}
END_TEST

/* A daemon that starts finds it there, and hears from its driver once. */
START_TEST(what_a_driver_has_said_is_remembered)
{
	start(330 * MIB, 204 * MIB);
	report(330 * MIB, 204 * MIB);
	look(BALLOON_REST_MS);
	look(100);
	guest.target_kib = 80 * MIB;
	for (int i = 0; i < 60; i++)
		look(1000);
	ck_assert_int_eq(guest.slack_kib, 0);
	ck_assert_int_eq(guest.hold, HOLD_STUCK);
}
END_TEST

/* A daemon that starts finds it there, and nobody says more. */
START_TEST(a_slack_is_forgotten_if_the_balloon_does_not_follow)
{
	start(330 * MIB, 80 * MIB);
	for (unsigned ms = 0; ms <= BALLOON_GIVE_UP_MS; ms += 1000)
		look(1000);
	ck_assert_int_eq(guest.slack_kib, 250 * (int)MIB);
	guest.target_kib = 272 * MIB;
	look(0);
	for (unsigned ms = 0; ms < BALLOON_STUCK_MS; ms += 100)
		look(100);
	look(100);
	ck_assert_int_eq(guest.slack_kib, 0);
	guest.target_kib = 522 * MIB;
	look(100);
	ck_assert_uint_eq(model_pending_kib(&guest), 192 * MIB);
	for (unsigned alm_mib = 350; alm_mib <= 522; alm_mib += 43) {
		guest.alm_kib = alm_mib * MIB;
		look(100);
	}
	for (int i = 0; i < 60; i++)
		look(1000);
	ck_assert_int_eq(guest.slack_kib, 0);
}
END_TEST

static void add_tests(TCase *tests)
{
	tcase_add_loop_test(tests, a_balloon_at_rest_is_known_to_rest, 0, N_RESTS);
	tcase_add_test(tests, a_guest_that_boots_is_not_measured);
	tcase_add_test(tests, who_never_reported_rests_where_it_stands);
	tcase_add_test(tests, a_driver_that_is_on_its_way_has_no_slack);
	tcase_add_test(tests, a_driver_that_is_not_where_it_wants_to_be_is_not_measured_there);
	tcase_add_test(tests, a_guest_found_above_its_target_grew_before_if_its_driver_says_so);
	tcase_add_test(tests, a_guest_that_is_being_measured_may_grow_and_does_not_give);
	tcase_add_loop_test(tests, what_was_found_away_is_judged_after_a_time, 0,
			    N_ROWS(secretives));
	tcase_add_test(tests, slack_outlasts_a_pause);
	tcase_add_loop_test(tests, where_a_balloon_stops_half_way_is_no_slack, 0, 3);
	tcase_add_test(tests, a_true_slack_that_was_doubted_is_found_again);
	tcase_add_test(tests, a_target_that_comes_to_the_balloon_is_no_rest);
	tcase_add_test(tests, who_passes_by_its_target_does_not_rest_there);
	tcase_add_test(tests, what_a_driver_has_said_is_remembered);
	tcase_add_test(tests, a_slack_is_forgotten_if_the_balloon_does_not_follow);
	tcase_add_test(tests, a_guest_that_rests_above_its_target_is_let_there);
}

int main(void)
{
	return suite_run("balloon_slack", add_tests);
}
