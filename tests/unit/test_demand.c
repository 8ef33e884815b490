/* SPDX-License-Identifier: MIT */
#include "tests/unit/suite.h"
#include "host/core/demand.h"

#include <stdlib.h>
#include <string.h>

#define MIB UINT64_C(1024)

static struct policy_conf conf;
static struct demand demand;
static struct host_view host;
static struct guest_view guest;
static struct verdict verdict;

static void judge(void)
{
	demand_observe(&demand, &conf, &guest);
	demand_judge(&demand, &conf, &host, &guest, &verdict);
}

static void report(uint64_t ms, uint64_t used_kib)
{
	host.now_ms += ms;
	guest.report_ms = host.now_ms;
	guest.report.uptime_ms += ms;
	guest.report.avail_kib = guest.report.total_kib - used_kib;
	judge();
}

static void start(uint64_t used_kib)
{
	conf = options_default();
	demand = (struct demand){0};
	host = (struct host_view){.now_ms = 1000000};
	guest = (struct guest_view){.alm_kib = 556 * MIB,
				    .target_kib = 556 * MIB,
				    .min_kib = 64 * MIB,
				    .max_kib = 2048 * MIB,
				    .latency_ms = 500,
				    .at_rest = true,
				    .has_report = true,
				    .report = {.total_kib = 500 * MIB,
					       .swap_total_kib = 1024 * MIB,
					       .swap_free_kib = 1024 * MIB}};
	report(0, used_kib);
}

START_TEST(want_is_offset_and_demand_and_cma)
{
	start(100 * MIB);
	ck_assert_uint_eq(verdict.offset_kib, 56 * MIB);
	ck_assert_uint_eq(verdict.demand_kib, 100 * MIB);
	ck_assert_uint_eq(verdict.cma_kib, 32 * MIB);
	ck_assert_uint_eq(verdict.want_kib, 188 * MIB);
	start(400 * MIB);
	ck_assert_uint_eq(verdict.cma_kib, 50 * MIB); /* an eighth */
}
END_TEST

START_TEST(want_stays_within_min_and_max)
{
	start(400 * MIB);
	guest.max_kib = 450 * MIB;
	judge();
	ck_assert_uint_eq(verdict.want_kib, 450 * MIB);
	guest.min_kib = guest.max_kib = 2000 * MIB;
	judge();
	ck_assert_uint_eq(verdict.want_kib, 2000 * MIB);
}
END_TEST

START_TEST(a_guest_without_a_report_wants_what_it_holds)
{
	start(100 * MIB);
	guest.has_report = false;
	judge();
	ck_assert_uint_eq(verdict.want_kib, 556 * MIB);
}
END_TEST

START_TEST(the_offset_is_taken_only_at_rest)
{
	start(100 * MIB);
	guest.at_rest = false;
	guest.alm_kib = 700 * MIB; /* Xen has given pages the guest does not count yet */
	report(100, 100 * MIB);
	ck_assert_uint_eq(verdict.offset_kib, 56 * MIB);
	guest.at_rest = true;
	guest.report.total_kib = 650 * MIB;
	report(100, 100 * MIB);
	ck_assert_uint_eq(verdict.offset_kib, 50 * MIB);
}
END_TEST

START_TEST(what_is_given_before_the_first_rest_is_no_offset)
{
	start(100 * MIB);
	guest.at_rest = false;
	demand = (struct demand){0};
	for (uint64_t i = 0; i < 10; i++) {
		guest.alm_kib += 20 * MIB; /* and its MemTotal stays */
		report(100, 450 * MIB);
	}
	ck_assert_uint_eq(verdict.offset_kib, 76 * MIB);
}
END_TEST

/* A guest that gives 100 MiB between its report and our look at Xen does not have 100 MiB less of
 * what its kernel does not count. An HVM guest's driver leaves its video memory out. */
static const struct {
	int64_t slack_kib;
	uint64_t videoram_kib, driver_kib;
} drivers[] = {
	{0, 0, 556 * MIB},
	{68 * MIB, 0, 488 * MIB},
	{0, 16 * MIB, 540 * MIB},
	{-16 * (int64_t)MIB, 16 * MIB, 540 * MIB}, /* Linux, whose target is without it, too */
	{-4096, 0, 560 * MIB},
};

START_TEST(what_was_given_since_the_report_is_no_less_offset)
{
	start(100 * MIB);
	guest.slack_kib = drivers[_i].slack_kib;
	guest.videoram_kib = drivers[_i].videoram_kib;
	guest.at_rest = false;
	demand = (struct demand){0};
	report(100, 400 * MIB);
	ck_assert_uint_eq(verdict.offset_kib, 56 * MIB);
	guest.alm_kib -= 100 * MIB;
	guest.report.balloon_current_kib = drivers[_i].driver_kib;
	guest.report.present |= REPORT_BIT(balloon_current_kib);
	report(100, 400 * MIB);
	ck_assert_uint_eq(verdict.offset_kib, 56 * MIB);
	/* what it was given and does not count yet is still no offset */
	guest.report.balloon_current_kib += 50 * MIB;
	report(100, 400 * MIB);
	ck_assert_uint_eq(verdict.offset_kib, 56 * MIB);
}
END_TEST

START_TEST(demand_rises_at_once_and_falls_slowly)
{
	start(100 * MIB);
	report(1000, 300 * MIB);
	ck_assert_uint_eq(verdict.demand_kib, 300 * MIB);
	report(1000, 100 * MIB);
	ck_assert_uint_gt(verdict.demand_kib, 280 * MIB);
	report(10000, 100 * MIB);
	ck_assert_uint_lt(verdict.demand_kib, 210 * MIB);
	report(20000, 100 * MIB);
	ck_assert_uint_eq(verdict.demand_kib, 100 * MIB);
}
END_TEST

static void squeeze(uint64_t kib)
{
	guest.report.pswpout += kib / 4;
	guest.report.swap_free_kib -= kib;
}

START_TEST(what_is_squeezed_out_is_in_use_until_it_is_not_missed)
{
	start(300 * MIB);
	for (uint64_t i = 1; i <= 10; i++) {
		squeeze(10 * MIB);
		report(100, 300 * MIB - i * 10 * MIB);
	}
	ck_assert_uint_ge(verdict.use_kib, 295 * MIB);
	ck_assert_uint_le(verdict.use_kib, 300 * MIB);
	report(5000, 200 * MIB);
	ck_assert_uint_ge(verdict.use_kib, 245 * MIB);
	report(10000, 200 * MIB); /* nothing came back: it was cold */
	ck_assert_uint_eq(verdict.use_kib, 200 * MIB);
}
END_TEST

/* A guest that is squeezed while it needs less every second. */
START_TEST(what_is_freed_is_no_use_though_other_pages_are_swapped_out)
{
	start(300 * MIB);
	for (uint64_t i = 1; i <= 60; i++) {
		squeeze(100);
		report(1000, 300 * MIB - i * 3 * MIB);
	}
	ck_assert_uint_le(verdict.use_kib, 122 * MIB);
}
END_TEST

START_TEST(demand_does_not_fall_in_an_alarm)
{
	start(300 * MIB);
	guest.is_alarmed = true;
	report(200, 200 * MIB); /* more may have gone to swap than the alarm says */
	ck_assert_uint_eq(verdict.use_kib, 300 * MIB);
	guest.report.seq++; /* the report after it tells */
	report(200, 200 * MIB);
	ck_assert_uint_eq(verdict.use_kib, 200 * MIB);
}
END_TEST

START_TEST(what_goes_to_swap_and_comes_back_is_demand)
{
	start(460 * MIB);
	guest.report.swap_free_kib -= 80 * MIB;
	guest.report.pswpout = guest.report.pswpin = 50 * MIB / 4;
	report(1000, 460 * MIB);
	ck_assert_uint_eq(verdict.demand_kib, 510 * MIB);
	start(460 * MIB);
	guest.report.swap_free_kib -= 80 * MIB;
	guest.report.swap_cached_kib = 70 * MIB; /* in memory as well: no demand */
	guest.report.pswpout = guest.report.pswpin = 50 * MIB / 4;
	report(1000, 460 * MIB);
	ck_assert_uint_eq(verdict.demand_kib, 470 * MIB);
}
END_TEST

/* Pages that only come back, or only go, are not missed: the guest has, or gets, room for them. The
 * second guest has so little available that what comes back would count. */
START_TEST(what_flows_one_way_is_no_demand)
{
	uint64_t used_kib = (_i / 2 ? 480 : 100) * MIB;
	start(used_kib);
	guest.report.swap_free_kib -= 300 * MIB;
	report(1000, used_kib);
	if (_i % 2)
		guest.report.pswpin += 50 * MIB / 4;
	else
		guest.report.pswpout += 50 * MIB / 4;
	report(1000, used_kib);
	ck_assert_uint_eq(verdict.use_kib, used_kib);
}
END_TEST

/* The memory by which a ramp is ahead of its balloon is there before, or is missing; but what the
 * balloon cannot bring soon is not asked for. */
START_TEST(growth_that_a_balloon_cannot_follow_is_foreseen)
{
	uint64_t cma_kib[4];
	static const uint64_t speed_kib_s[4] = {0, 100 * MIB, 10 * MIB, 2 * MIB};
	for (int i = 0; i < 4; i++) {
		start(200 * MIB);
		guest.speed_kib_s = speed_kib_s[i];
		for (uint64_t s = 1; s <= 5; s++)
			report(1000, (200 + 20 * s) * MIB);
		cma_kib[i] = verdict.cma_kib;
	}
	ck_assert_uint_eq(cma_kib[1], cma_kib[0]);
	ck_assert_uint_ge(cma_kib[2], cma_kib[0] + 100 * MIB);
	ck_assert_uint_le(cma_kib[2], cma_kib[0] + 300 * MIB);
	ck_assert_uint_gt(cma_kib[3], cma_kib[0]);
	ck_assert_uint_le(cma_kib[3], cma_kib[0] + 2 * MIB * DEMAND_BEHIND_MS / 1000);
}
END_TEST

START_TEST(cold_swapped_pages_are_no_demand)
{
	start(100 * MIB);
	guest.report.swap_free_kib -= 500 * MIB;
	guest.report.pswpout = 500 * MIB / 4;
	report(1000, 100 * MIB);
	ck_assert_uint_eq(verdict.demand_kib, 100 * MIB);
}
END_TEST

START_TEST(growth_looks_ahead_and_fades)
{
	start(100 * MIB);
	for (int i = 1; i <= 50; i++)
		report(100, 100 * MIB + (uint64_t)i * 2560); /* 25 MiB/s */
	uint64_t growth_kib = verdict.cma_kib - 32 * MIB;
	ck_assert_uint_ge(growth_kib, 30 * MIB); /* 1.5 s ahead: 37.5 MiB */
	ck_assert_uint_le(growth_kib, 40 * MIB);
	host.now_ms += DEMAND_SLOPE_HOLD_MS;
	judge();
	ck_assert_uint_eq(verdict.cma_kib, 32 * MIB);
}
END_TEST

START_TEST(an_alarm_tells_how_fast_memory_is_used_up)
{
	start(100 * MIB);
	guest.fill_kib_s = 40 * MIB;
	report(15000, 106 * MIB);                            /* long after the last report */
	ck_assert_uint_eq(verdict.cma_kib, (32 + 53) * MIB); /* no more than half of D */
	guest.can_alarm = true; /* then it need not last until the next period */
	report(200, 106 * MIB);
	/* and its balloon takes half a second here */
	ck_assert_uint_eq(verdict.cma_kib, 32 * MIB + 40 * MIB * (DEMAND_ALARM_MS + 500) / 1000);
	host.call_us = 100000; /* a call to tell it, and the next one */
	report(200, 106 * MIB);
	ck_assert_uint_eq(verdict.cma_kib, 32 * MIB + 40 * MIB * (DEMAND_ALARM_MS + 700) / 1000);
	guest.fill_kib_s = KEYS_MAX_KIB; /* whatever it claims */
	report(200, 106 * MIB);
	ck_assert_uint_eq(verdict.cma_kib, (32 + 53) * MIB);
}
END_TEST

/* The report is read in a pass of its own, after the alarm's, and has another clock than the
 * looks. */
START_TEST(the_report_after_an_alarm_is_of_the_same_look)
{
	start(100 * MIB);
	guest.can_alarm = true;
	guest.fill_kib_s = 40 * MIB;
	report(15000, 106 * MIB);
	uint64_t cma_kib = verdict.cma_kib;
	guest.fill_kib_s = 0;
	guest.report_ms = host.now_ms += 150;
	judge();
	ck_assert_uint_eq(verdict.cma_kib, cma_kib);
	guest.report_ms = host.now_ms += 50;
	guest.report.uptime_ms += 200;
	guest.report.avail_kib -= 8 * MIB; /* 40 MiB/s go on */
	judge();
	ck_assert_uint_ge(verdict.cma_kib, cma_kib);
	ck_assert_uint_le(verdict.cma_kib, cma_kib + MIB);
}
END_TEST

START_TEST(stalls_with_little_available_raise_the_cma_and_calm_lowers_it)
{
	uint64_t last_kib;
	start(490 * MIB);
	last_kib = verdict.cma_kib;
	for (int i = 0; i < 2; i++) { /* 32 MiB, and all that the cap allows */
		guest.report.psi_full_us += 50000;
		report(200, 490 * MIB);
		ck_assert_uint_gt(verdict.cma_kib, last_kib);
		last_kib = verdict.cma_kib;
	}
	for (int i = 0; i < 20; i++) {
		guest.report.allocstall++;
		report(200, 490 * MIB);
	}
	ck_assert_uint_le(verdict.cma_kib, (490 / 8 + 490 / 10 + 2) * MIB); /* base and its cap */
	for (int i = 0; i < 20; i++)
		report(1000, 490 * MIB);
	ck_assert_uint_le(verdict.cma_kib, (490 / 8 + 20) * MIB);
}
END_TEST

START_TEST(what_a_guest_stalled_at_is_its_floor_for_a_time_that_doubles)
{
	uint64_t pause_ms = DEMAND_FLOOR_MS;
	start(490 * MIB);
	for (int i = 0; i < 3; i++) {
		guest.alm_kib = guest.target_kib = 556 * MIB;
		guest.report.total_kib = 500 * MIB;
		guest.report.pswpin += 1000;
		report(200, 490 * MIB);
		/* its programs end: it wants less, but is not tried below that yet */
		report(200, 20 * MIB);
		host.now_ms += pause_ms - 300;
		demand.demand_kib = 20 * MIB;
		demand.pressure_kib = 0;
		judge();
		ck_assert_uint_eq(verdict.want_kib, 556 * MIB);
		host.now_ms += 200;
		judge();
		ck_assert_uint_lt(verdict.want_kib, 200 * MIB);
		pause_ms *= 2;
	}
	/* a stall long after that begins anew */
	host.now_ms += 4 * pause_ms;
	guest.report.pswpin += 1000;
	report(200, 490 * MIB);
	host.now_ms += DEMAND_FLOOR_MS + 100;
	demand.demand_kib = 20 * MIB;
	demand.pressure_kib = 0;
	judge();
	ck_assert_uint_lt(verdict.want_kib, 556 * MIB);
}
END_TEST

START_TEST(what_the_balloon_causes_while_it_takes_is_no_stall)
{
	start(470 * MIB);
	uint64_t calm_kib = verdict.cma_kib;
	guest.target_kib = 400 * MIB; /* on its way there */
	for (int i = 0; i < 10; i++) {
		guest.report.psi_full_us += 100000;
		guest.report.allocstall += 10;
		report(200, 470 * MIB);
		ck_assert_uint_eq(verdict.cma_kib, calm_kib);
	}
	guest.report.pswpin += 1000; /* but this is */
	report(200, 470 * MIB);
	ck_assert_uint_gt(verdict.cma_kib, calm_kib);
	ck_assert_uint_ge(verdict.want_kib, 556 * MIB);
}
END_TEST

START_TEST(a_guest_that_boots_wants_its_boot_floor)
{
	start(100 * MIB);
	guest.has_report = false;
	guest.boot_kib = 700 * MIB;
	judge();
	ck_assert_uint_eq(verdict.want_kib, 700 * MIB);
	guest.max_kib = 600 * MIB;
	judge();
	ck_assert_uint_eq(verdict.want_kib, 600 * MIB);
}
END_TEST

START_TEST(a_guest_that_reads_files_gets_no_pressure)
{
	start(100 * MIB); /* 400 MiB available: all of it page cache */
	for (int i = 0; i < 100; i++) {
		guest.report.scan_kswapd += 10000;
		guest.report.steal_kswapd += 10000;
		guest.report.scan_direct += 100;
		guest.report.refault_file += 1000;
		guest.report.allocstall++;
		guest.report.psi_full_us += 20000;
		guest.report.pswpout += 10;
		report(200, 100 * MIB);
	}
	ck_assert_uint_eq(verdict.cma_kib, 32 * MIB);
}
END_TEST

START_TEST(the_same_report_is_taken_in_once)
{
	start(300 * MIB);
	report(1000, 100 * MIB);
	uint64_t demand_kib = verdict.demand_kib;
	for (int i = 0; i < 100; i++)
		judge();
	ck_assert_uint_eq(verdict.demand_kib, demand_kib);
}
END_TEST

START_TEST(no_report_can_do_more_than_ask_for_the_maximum)
{
	srandom((unsigned)_i);
	start(100 * MIB);
	for (int i = 0; i < 20000; i++) {
		uint64_t *field = (uint64_t *)&guest.report;
		for (unsigned k = 0; k < REPORT_FIELDS_; k++)
			if (random() % 3 == 0)
				field[k] =
					(uint64_t)random() << (random() % 32) & (KEYS_MAX_KIB - 1);
		host.now_ms += (uint64_t)random() % (random() % 7 ? 300 : 300000);
		guest.report_ms = host.now_ms;
		judge();
		ck_assert_uint_ge(verdict.want_kib, guest.min_kib);
		ck_assert_uint_le(verdict.want_kib, guest.max_kib);
	}
}
END_TEST

static void add_tests(TCase *tests)
{
	tcase_add_test(tests, want_is_offset_and_demand_and_cma);
	tcase_add_test(tests, want_stays_within_min_and_max);
	tcase_add_test(tests, a_guest_without_a_report_wants_what_it_holds);
	tcase_add_test(tests, the_offset_is_taken_only_at_rest);
	tcase_add_test(tests, what_is_given_before_the_first_rest_is_no_offset);
	tcase_add_loop_test(tests, what_was_given_since_the_report_is_no_less_offset, 0,
			    N_ROWS(drivers));
	tcase_add_test(tests, demand_rises_at_once_and_falls_slowly);
	tcase_add_test(tests, what_is_squeezed_out_is_in_use_until_it_is_not_missed);
	tcase_add_test(tests, what_is_freed_is_no_use_though_other_pages_are_swapped_out);
	tcase_add_test(tests, demand_does_not_fall_in_an_alarm);
	tcase_add_test(tests, what_goes_to_swap_and_comes_back_is_demand);
	tcase_add_test(tests, cold_swapped_pages_are_no_demand);
	tcase_add_loop_test(tests, what_flows_one_way_is_no_demand, 0, 4);
	tcase_add_test(tests, growth_that_a_balloon_cannot_follow_is_foreseen);
	tcase_add_test(tests, growth_looks_ahead_and_fades);
	tcase_add_test(tests, an_alarm_tells_how_fast_memory_is_used_up);
	tcase_add_test(tests, the_report_after_an_alarm_is_of_the_same_look);
	tcase_add_test(tests, stalls_with_little_available_raise_the_cma_and_calm_lowers_it);
	tcase_add_test(tests, what_a_guest_stalled_at_is_its_floor_for_a_time_that_doubles);
	tcase_add_test(tests, what_the_balloon_causes_while_it_takes_is_no_stall);
	tcase_add_test(tests, a_guest_that_boots_wants_its_boot_floor);
	tcase_add_test(tests, a_guest_that_reads_files_gets_no_pressure);
	tcase_add_test(tests, the_same_report_is_taken_in_once);
	tcase_add_loop_test(tests, no_report_can_do_more_than_ask_for_the_maximum, 0, 10);
}

int main(void)
{
	return suite_run("demand", add_tests);
}
