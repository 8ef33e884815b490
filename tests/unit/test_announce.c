/* SPDX-License-Identifier: MIT */
#include "guest/core/announce.h"
#include "tests/unit/fixture.h"
#include "tests/unit/suite.h"

#define MIB 1024

/* A quiet guest: 400 of 1000 MiB available, so a step is 25 MiB. */
static struct report quiet(uint64_t at_ms)
{
	return (struct report){.uptime_ms = at_ms,
			       .total_kib = 1000 * MIB,
			       .free_kib = 300 * MIB,
			       .avail_kib = 400 * MIB,
			       .pswpin = 1000,
			       .pswpout = 1000,
			       .psi_full_us = 1000000,
			       .oom_kills = 2};
}

static struct announce sent_at(uint64_t at_ms)
{
	struct announce announce = {.has_sent = false};
	struct report report = quiet(at_ms);
	announce_sent(&announce, &report);
	return announce;
}

START_TEST(the_first_is_due_at_once)
{
	struct announce announce = {.has_sent = false};
	struct report report = quiet(0);
	ck_assert_int_eq(announce_decide(&announce, &report, 0), ANNOUNCE_FIRST);
}
END_TEST

/* Each value's change, the time since the last report, and the report that is due. */
static const struct {
	int64_t avail_kib, total_kib;
	uint64_t pswpin, pswpout, psi_full_us, oom_kills;
	uint64_t after_ms;
	enum announce_reason due;
} rows[] = {
	{.after_ms = 0, .due = ANNOUNCE_NOTHING},
	{.after_ms = KEYS_HEARTBEAT_MS - 1, .due = ANNOUNCE_NOTHING},
	{.after_ms = KEYS_HEARTBEAT_MS, .due = ANNOUNCE_HEARTBEAT},

	/* the step is a sixteenth of the smaller AVM: 375/16 = 23.4 MiB here */
	{.avail_kib = -23 * MIB, .after_ms = 14999, .due = ANNOUNCE_NOTHING},
	{.avail_kib = -24 * MIB, .after_ms = 99, .due = ANNOUNCE_NOTHING},
	{.avail_kib = -24 * MIB, .after_ms = 100, .due = ANNOUNCE_FALL},
	{.avail_kib = -400 * MIB, .after_ms = 99, .due = ANNOUNCE_NOTHING},
	{.avail_kib = -400 * MIB, .after_ms = 100, .due = ANNOUNCE_FALL},
	{.avail_kib = 24 * MIB, .after_ms = 14999, .due = ANNOUNCE_NOTHING},
	{.avail_kib = 25 * MIB, .after_ms = 999, .due = ANNOUNCE_NOTHING},
	{.avail_kib = 25 * MIB, .after_ms = 1000, .due = ANNOUNCE_RISE},
	/* twice as much may be what others wait for */
	{.avail_kib = 399 * MIB, .after_ms = 999, .due = ANNOUNCE_NOTHING},
	{.avail_kib = 400 * MIB, .after_ms = 249, .due = ANNOUNCE_NOTHING},
	{.avail_kib = 400 * MIB, .after_ms = 250, .due = ANNOUNCE_RISE},

	/* the balloon: both ways, at ease; but what it takes is felt as a fall */
	{.total_kib = 24 * MIB, .after_ms = 14999, .due = ANNOUNCE_NOTHING},
	{.total_kib = 25 * MIB, .avail_kib = 24 * MIB, .after_ms = 999, .due = ANNOUNCE_NOTHING},
	{.total_kib = 27 * MIB, .avail_kib = 24 * MIB, .after_ms = 1000, .due = ANNOUNCE_SIZE},
	{.total_kib = -25 * MIB, .after_ms = 1000, .due = ANNOUNCE_SIZE},

	/* the host gives what the guest takes: AVM stands still while it uses more */
	{.total_kib = 25 * MIB, .after_ms = 99, .due = ANNOUNCE_NOTHING},
	{.total_kib = 25 * MIB, .after_ms = 100, .due = ANNOUNCE_USE},
	{.total_kib = -25 * MIB, .avail_kib = -25 * MIB, .after_ms = 100, .due = ANNOUNCE_FALL},

	{.pswpin = 255, .after_ms = 14999, .due = ANNOUNCE_NOTHING},
	{.pswpin = 256, .after_ms = 249, .due = ANNOUNCE_NOTHING},
	{.pswpin = 256, .after_ms = 250, .due = ANNOUNCE_SWAP_IN},
	{.pswpout = 256, .after_ms = 999, .due = ANNOUNCE_NOTHING},
	{.pswpout = 256, .after_ms = 1000, .due = ANNOUNCE_SWAP_OUT},
	{.psi_full_us = 49999, .after_ms = 14999, .due = ANNOUNCE_NOTHING},
	{.psi_full_us = 50000, .after_ms = 249, .due = ANNOUNCE_NOTHING},
	{.psi_full_us = 50000, .after_ms = 250, .due = ANNOUNCE_STALL},
	{.oom_kills = 1, .after_ms = 250, .due = ANNOUNCE_STALL},

	/* all at once: the most urgent */
	{.avail_kib = -100 * MIB,
	 .pswpin = 1000,
	 .pswpout = 1000,
	 .psi_full_us = 1000000,
	 .after_ms = 100,
	 .due = ANNOUNCE_FALL},
	{.pswpin = 1000,
	 .pswpout = 1000,
	 .psi_full_us = 1000000,
	 .after_ms = 1000,
	 .due = ANNOUNCE_SWAP_IN},
};

START_TEST(what_is_due)
{
	for (int i = 0; i < N_ROWS(rows); i++) {
		struct announce announce = sent_at(5000);
		struct report report = quiet(5000 + rows[i].after_ms);
		report.avail_kib += (uint64_t)rows[i].avail_kib;
		report.total_kib += (uint64_t)rows[i].total_kib;
		report.pswpin += rows[i].pswpin;
		report.pswpout += rows[i].pswpout;
		report.psi_full_us += rows[i].psi_full_us;
		report.oom_kills += rows[i].oom_kills;
		enum announce_reason due = announce_decide(&announce, &report, report.uptime_ms);
		ck_assert_msg(due == rows[i].due, "row %d: %s, not %s", i,
			      announce_reason_text(due), announce_reason_text(rows[i].due));
	}
}
END_TEST

/* With little headroom 2 MiB count; with plenty, 128 MiB do. */
START_TEST(the_step_follows_the_headroom)
{
	static const struct {
		uint64_t from_mib, to_mib;
		bool is_due;
	} falls[] = {
		{30, 29, false}, {30, 28, true},      {8, 6, true},           {2, 1, false},
		{2, 0, true},    {3200, 3073, false}, {100000, 99873, false}, {100000, 99872, true},
	};
	for (int i = 0; i < N_ROWS(falls); i++) {
		struct announce announce = {.has_sent = false};
		struct report report = quiet(0);
		report.total_kib = 200000 * MIB;
		report.avail_kib = falls[i].from_mib * MIB;
		announce_sent(&announce, &report);
		report.avail_kib = falls[i].to_mib * MIB;
		bool is_due = announce_decide(&announce, &report, 1000) == ANNOUNCE_FALL;
		ck_assert_msg(is_due == falls[i].is_due, "row %d", i);
	}
}
END_TEST

/* A change that came too soon after a report is found by asking again, without a new look. */
START_TEST(what_has_to_wait_is_not_forgotten)
{
	struct announce announce = sent_at(5000);
	struct report report = quiet(5200);
	report.avail_kib += 100 * MIB;
	ck_assert_int_eq(announce_decide(&announce, &report, 5200), ANNOUNCE_NOTHING);
	ck_assert_int_eq(announce_decide(&announce, &report, 6000), ANNOUNCE_RISE);
}
END_TEST

START_TEST(a_clock_that_goes_back)
{
	struct announce announce = sent_at(UINT64_MAX - 1);
	struct report report = quiet(10);
	ck_assert_int_eq(announce_decide(&announce, &report, 10), ANNOUNCE_HEARTBEAT);
}
END_TEST

/* Neither the counters of a restored guest nor absurd values lead to a crash. */
START_TEST(extremes)
{
	struct announce announce = {.has_sent = false};
	struct report all, none = {.uptime_ms = 1};
	memset(&all, 0xff, sizeof(all));
	all.uptime_ms = 0;
	announce_sent(&announce, &all);
	ck_assert_int_ne(announce_decide(&announce, &none, UINT64_MAX), ANNOUNCE_NOTHING);
	announce_sent(&announce, &none);
	ck_assert_int_ne(announce_decide(&announce, &all, UINT64_MAX), ANNOUNCE_NOTHING);
}
END_TEST

/*
 * A guest of 400 MiB fills 300 MiB at a steady rate and looks every 50 ms. The
 * daemon gets enough reports to tell the slope, and never more than ten a second.
 */
START_TEST(ramps)
{
	static const struct {
		uint64_t mib_per_s;
		unsigned at_least, at_most_per_s;
	} ramps_at[] = {{10, 20, 10}, {25, 20, 10}, {100, 15, 10}, {500, 5, 10}, {2000, 1, 10}};
	for (int i = 0; i < N_ROWS(ramps_at); i++) {
		struct announce announce = {.has_sent = false};
		struct report report = quiet(0);
		unsigned sent = 0;
		uint64_t ms = 0;
		announce_sent(&announce, &report);
		for (; report.avail_kib > 100 * MIB; ms += 50) {
			uint64_t filled = ms * ramps_at[i].mib_per_s * MIB / 1000;
			report.uptime_ms = ms;
			report.avail_kib = 400 * MIB - (filled < 300 * MIB ? filled : 300 * MIB);
			if (announce_decide(&announce, &report, ms) != ANNOUNCE_NOTHING) {
				announce_sent(&announce, &report);
				sent++;
			}
		}
		ck_assert_msg(sent >= ramps_at[i].at_least, "%u reports at %llu MiB/s", sent,
			      (unsigned long long)ramps_at[i].mib_per_s);
		ck_assert_uint_le(sent, 1 + ramps_at[i].at_most_per_s * ms / 1000);
	}
}
END_TEST

START_TEST(every_reason_has_a_text)
{
	for (unsigned i = 0; i < ANNOUNCE_REASONS_; i++)
		ck_assert_ptr_nonnull(announce_reason_text((enum announce_reason)i));
}
END_TEST

/* A slow write makes gaps longer, and none longer than a second. */
START_TEST(gaps_are_a_few_writes_long)
{
	static const struct {
		uint64_t write_ms, gap_ms;
	} rows_of_writes[] = {
		{0, 100},    {25, 100},    {26, 104},          {100, 400},
		{250, 1000}, {9000, 1000}, {UINT64_MAX, 1000},
	};
	for (int i = 0; i < N_ROWS(rows_of_writes); i++) {
		struct announce announce = sent_at(1000);
		uint64_t at_ms = 1000 + rows_of_writes[i].gap_ms;
		struct report report = quiet(at_ms);
		report.avail_kib -= 100 * MIB;
		announce_wrote(&announce, rows_of_writes[i].write_ms);
		ck_assert_int_eq(announce_decide(&announce, &report, at_ms - 1), ANNOUNCE_NOTHING);
		ck_assert_int_eq(announce_decide(&announce, &report, at_ms), ANNOUNCE_FALL);
	}
}
END_TEST

static void add_tests(TCase *tests)
{
	tcase_add_test(tests, the_first_is_due_at_once);
	tcase_add_test(tests, gaps_are_a_few_writes_long);
	tcase_add_test(tests, what_is_due);
	tcase_add_test(tests, the_step_follows_the_headroom);
	tcase_add_test(tests, what_has_to_wait_is_not_forgotten);
	tcase_add_test(tests, a_clock_that_goes_back);
	tcase_add_test(tests, extremes);
	tcase_add_test(tests, ramps);
	tcase_add_test(tests, every_reason_has_a_text);
}

int main(void)
{
	return suite_run("announce", add_tests);
}
