/* SPDX-License-Identifier: MIT */
/* The daemon and guests whose numbers mislead. The test itself is their agent. */
#include <stdio.h>
#include <unistd.h>

#include "common/system/clock.h"
#include "tests/toolstack/stage.h"

START_TEST(memory_that_does_not_arrive_is_given_once)
{
	stage_open(300 + 700 +
		   8); /* what libxl lets guests take above their targets is there, too */
	struct lab_guest *a = stage_boot("a", 300, "0:60", false);
	struct lab_guest *b = stage_boot("b", 700, "0:60", true);
	stage_start(stage_config, NULL);
	struct xs_handle *h = stage_be_agent(a);
	ck_assert(stage_key_is(b, "cagma/state", "managed"));
	for (uint64_t seq = 1; seq <= 50; seq++) {
		stage_report(h, seq, 260 * MIB, 10 * MIB); /* 22 MiB short, for ever */
		usleep(200000);
	}
	ck_assert(stage_key_is(a, "cagma/state", "not-arriving"));
	ck_assert_uint_le(lab_guest_alm_kib(a), 350 * MIB);
	ck_assert_uint_ge(lab_guest_alm_kib(b), 640 * MIB);
	xs_close(h);
}
END_TEST

static const struct {
	const char *what;
	uint64_t full_permille, stalls_s;
	bool gives;
} waits[] = {
	{"stands still", 950, 300, false},
	{"waits for its disk", 950, 0, true},
};

/* With much available, while its neighbour is short. */
START_TEST(a_guest_that_stands_still_gives_nothing)
{
	stage_open(800 + 200 + 8);
	struct lab_guest *a = stage_boot("a", 800, "0:60", false);
	struct lab_guest *b = stage_boot("b", 200, "0:60", true);
	stage_start(stage_config, NULL);
	struct xs_handle *h = stage_be_agent(a);
	ck_assert(stage_key_is(b, "cagma/state", "managed"));
	struct report r = {.total_kib = 760 * MIB,
			   .avail_kib = 300 * MIB,
			   .swap_total_kib = 512 * MIB,
			   .present = (UINT64_C(1) << REPORT_FIELDS_) - 1};
	for (uint64_t seq = 1; seq <= 40; seq++) {
		if (seq == 10)
			lab_guest_set_demand(b, "0:300");
		r.seq++;
		r.uptime_ms = clock_monotonic_ms();
		r.psi_full_us = r.psi_some_us = r.uptime_ms * waits[_i].full_permille;
		r.allocstall = r.uptime_ms * waits[_i].stalls_s / 1000;
		stage_report_all(h, &r);
		usleep(200000);
	}
	ck_assert_msg((lab_guest_alm_kib(a) < 790 * MIB) == waits[_i].gives, "%s: %lu KiB",
		      waits[_i].what, (unsigned long)lab_guest_alm_kib(a));
	xs_close(h);
}
END_TEST

static void set_target(const struct lab_guest *guest, uint64_t kib)
{
	char path[64], text[24];
	snprintf(path, sizeof(path), "/local/domain/%u/memory/target", lab_guest_domid(guest));
	int len = snprintf(text, sizeof(text), "%lu", (unsigned long)kib);
	ck_assert(xs_write(lab_store(stage_lab()), XBT_NULL, path, text, (unsigned)len));
}

/* As Pacemaker's agent does when it starts a guest; and one guest alone. */
START_TEST(a_sweep_over_guests_is_told_from_a_guest_moved_by_hand)
{
	struct lab_guest *guest[4];
	char name[] = "a";
	stage_open(4 * 200 + 64);
	for (int i = 0; i < 4; i++, name[0]++)
		guest[i] = stage_boot(name, 200, "0:60", true);
	stage_start("period_ms = 200\nby_hand_s = 600\ndefault_min_mib = 96\n", NULL);
	for (int i = 0; i < 4; i++)
		ck_assert(stage_key_is(guest[i], "cagma/state", "managed"));
	for (int i = 0; i < 3; i++)
		set_target(guest[i], 190 * MIB);
	ck_assert(stage_wait_said("the targets of 3 of 4 guests"));
	for (int i = 0; i < 3; i++)
		ck_assert(stage_key_is(guest[i], "cagma/state", "moved-by-hand"));
	for (int i = 0; i < 3; i++)
		ck_assert(stage_key_is(guest[i], "cagma/state", "managed"));
	ck_assert_uint_eq(stage_said("by hand"), 0);
	set_target(guest[3], 190 * MIB);
	ck_assert(stage_wait_said("by hand"));
	ck_assert(stage_key_is(guest[3], "cagma/state", "moved-by-hand"));
	ck_assert_uint_eq(stage_said("one after the other"), 1);
}
END_TEST

static void add_tests(TCase *tests)
{
	tcase_add_checked_fixture(tests, NULL, stage_close);
	tcase_add_test(tests, memory_that_does_not_arrive_is_given_once);
	tcase_add_loop_test(tests, a_guest_that_stands_still_gives_nothing, 0, N_ROWS(waits));
	tcase_add_test(tests, a_sweep_over_guests_is_told_from_a_guest_moved_by_hand);
	tcase_set_timeout(tests, 120);
}

int main(void)
{
	return suite_run("misleading", add_tests);
}
