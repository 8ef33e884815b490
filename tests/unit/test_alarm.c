/* SPDX-License-Identifier: MIT */
#include "guest/core/alarm.h"
#include "common/report.h"
#include "tests/unit/fixture.h"
#include "tests/unit/suite.h"

#define MIB 1024

static const struct alarm_terms terms = {.cma_kib = 40 * MIB, .ahead_ms = 1500};

/* A guest of 200 MiB that has rested for long, all of its AVM free. */
static struct report memory(uint64_t at_ms, uint64_t avail_kib)
{
	return (struct report){.uptime_ms = at_ms,
			       .total_kib = 200 * MIB,
			       .free_kib = avail_kib,
			       .avail_kib = avail_kib,
			       .pswpin = 1000,
			       .pswpout = 1000,
			       .scan_kswapd = 1000,
			       .steal_kswapd = 1000,
			       .scan_direct = 1000,
			       .refault_anon = 1000,
			       .allocstall = 1000,
			       .psi_full_us = 1000000};
}

static struct alarm rested(const struct report *report)
{
	struct alarm alarm = {.has_looked = false};
	ck_assert_int_eq(alarm_looked(&alarm, report, &terms, 0), ALARM_NOTHING);
	return alarm;
}

/* --- numbers that cannot be --- */

START_TEST(extremes)
{
	struct report all, none = {0}, good = memory(5000, 30 * MIB);
	const struct report *reports[] = {&all, &none, &good, &none, &all, &good, &all, &all};
	static const struct alarm_terms odd[] = {
		{0, 0}, {KEYS_MAX_KIB, UINT32_MAX}, {1, 1}, {UINT64_MAX, UINT64_MAX}};
	memset(&all, 0xff, sizeof(all));
	for (int t = 0; t < N_ROWS(odd); t++) {
		struct alarm alarm = {.has_looked = false};
		for (int i = 0; i < N_ROWS(reports); i++) {
			enum alarm_reason reason =
				alarm_looked(&alarm, reports[i], &odd[t], i % 2 ? UINT64_MAX : 1);
			ck_assert_int_le(reason, ALARM_NOTHING);
			if (reason != ALARM_NOTHING)
				alarm_raised(&alarm, reports[i], reason);
			alarm_lack_kib(&alarm, reports[i], &odd[t]);
		}
	}
}
END_TEST

/* The CMA and the time to look ahead of a guest with 168 of 200 MiB in use. */
START_TEST(the_hosts_word_and_none)
{
	static const struct {
		uint64_t total_mib, avail_mib, host_cma_kib, host_period_ms;
		uint64_t cma_kib, ahead_ms;
	} words[] = {
		{200, 32, 0, 0, 32 * MIB, 1500},
		{200, 0, 0, 0, 32 * MIB, 1500},
		{4096, 1024, 0, 0, 384 * MIB, 1500},
		{200, 32, 50 * MIB, 200, 50 * MIB, 700},
		{200, 32, 1, 1, 1, 501},
		/* a garbled one: no more than there is, and the default */
		{200, 32, KEYS_MAX_KIB, KEYS_MAX_KIB, 200 * MIB, 1500},
		{200, 32, 0, ALARM_MAX_PERIOD_MS, 32 * MIB, ALARM_MAX_PERIOD_MS + 500},
		{200, 32, 0, ALARM_MAX_PERIOD_MS + 1, 32 * MIB, 1500},
		{20, 10, 0, 0, 20 * MIB, 1500},
		{0, 0, 0, 0, 0, 1500},
	};
	for (int i = 0; i < N_ROWS(words); i++) {
		struct report report = {.total_kib = words[i].total_mib * MIB,
					.avail_kib = words[i].avail_mib * MIB};
		struct alarm_terms t =
			alarm_terms(&report, words[i].host_cma_kib, words[i].host_period_ms);
		ck_assert_msg(t.cma_kib == words[i].cma_kib, "row %d: %llu", i,
			      (unsigned long long)t.cma_kib);
		ck_assert_msg(t.ahead_ms == words[i].ahead_ms, "row %d: %llu", i,
			      (unsigned long long)t.ahead_ms);
	}
}
END_TEST

START_TEST(a_clock_that_goes_back)
{
	struct report report = memory(5000, 30 * MIB);
	struct alarm alarm = rested(&report);
	report = memory(4000, 10 * MIB);
	ck_assert_int_eq(alarm_looked(&alarm, &report, &terms, 0), ALARM_NOTHING);
	report = memory(4200, 5 * MIB);
	ck_assert_int_eq(alarm_looked(&alarm, &report, &terms, 0), ALARM_RUNNING_OUT);
}
END_TEST

/* --- what is evidence --- */

/* AVM at the first look, and at the second one `after_ms` later; the counters' rises; the
 * answer. */
static const struct {
	uint64_t avail_kib, now_kib, after_ms;
	uint64_t pswpin, refault_anon, psi_full_us, allocstall, scan_direct, scan_kswapd,
		steal_kswapd, pswpout;
	enum alarm_reason reason;
} sights[] = {
	/* nothing but little memory, however little */
	{30, 30, 1000, .reason = ALARM_NOTHING},
	{0, 0, 1000, .reason = ALARM_NOTHING},
	{30 * MIB, 39 * MIB, 1000, .reason = ALARM_NOTHING},
	{30 * MIB, 28 * MIB + 1, 200, .reason = ALARM_NOTHING},
	{30 * MIB, 30 * MIB, 1000, .pswpout = 100000, .reason = ALARM_NOTHING},
	/* above the CMA nothing of all that */
	{80 * MIB, 40 * MIB, 5000, 10000, 10000, 5000000, 1000, 10000, 10000, 10000, 10000,
	 ALARM_NOTHING},
	/* each by itself, just enough and just not, just below the CMA */
	{40 * MIB, 40 * MIB - 1, 500, .pswpin = 64, .reason = ALARM_SWAP_IN},
	{40 * MIB, 40 * MIB - 1, 500, .pswpin = 63, .reason = ALARM_NOTHING},
	{40 * MIB, 40 * MIB - 1, 500, .refault_anon = 64, .reason = ALARM_ANON_REFAULT},
	{40 * MIB, 40 * MIB - 1, 500, .refault_anon = 63, .reason = ALARM_NOTHING},
	{40 * MIB, 40 * MIB - 1, 500, .psi_full_us = 10000, .reason = ALARM_STALL},
	{40 * MIB, 40 * MIB - 1, 500, .psi_full_us = 9999, .reason = ALARM_NOTHING},
	{40 * MIB, 40 * MIB - 1, 500, .allocstall = 1, .reason = ALARM_DIRECT_RECLAIM},
	{40 * MIB, 40 * MIB - 1, 500, .scan_direct = 32, .reason = ALARM_DIRECT_RECLAIM},
	{40 * MIB, 40 * MIB - 1, 500, .scan_direct = 31, .reason = ALARM_NOTHING},
	{42 * MIB, 40 * MIB - 1, 500, .reason = ALARM_FALLING},
	/* kswapd from an eighth below */
	{40 * MIB, 40 * MIB - 1, 500, .scan_kswapd = 10000, .reason = ALARM_NOTHING},
	{40 * MIB, 35 * MIB, 5000, .scan_kswapd = 10000, .reason = ALARM_NOTHING},
	{35 * MIB, 35 * MIB - 1, 500, .scan_kswapd = 128, .reason = ALARM_KSWAPD},
	{35 * MIB, 35 * MIB - 1, 500, .steal_kswapd = 128, .reason = ALARM_KSWAPD},
	{35 * MIB, 35 * MIB - 1, 500, .scan_kswapd = 127, .reason = ALARM_NOTHING},
	/* old evidence is spread over the time since */
	{30 * MIB, 30 * MIB, 1999, .pswpin = 64, .reason = ALARM_SWAP_IN},
	{30 * MIB, 30 * MIB, 10000, .pswpin = 639, .reason = ALARM_NOTHING},
	{30 * MIB, 30 * MIB, 10000, .pswpin = 640, .reason = ALARM_SWAP_IN},
	{30 * MIB, 30 * MIB, 10000, .allocstall = 9, .reason = ALARM_NOTHING},
	/* a fall by a step, and by a step a second */
	{30 * MIB, 28 * MIB, 200, .reason = ALARM_FALLING},
	{30 * MIB, 28 * MIB, 1000, .reason = ALARM_FALLING},
	{30 * MIB, 28 * MIB, 1001, .reason = ALARM_NOTHING},
	{30 * MIB, 20 * MIB, 5000, .reason = ALARM_FALLING},
	{30 * MIB, 20 * MIB, 5002, .reason = ALARM_NOTHING},
	/* used up before help is there, from anywhere */
	{120 * MIB, 90 * MIB, 500, .reason = ALARM_RUNNING_OUT},
	{120 * MIB, 90 * MIB, 501, .reason = ALARM_NOTHING},
	{30 * MIB, 20 * MIB, 500, .reason = ALARM_RUNNING_OUT},
	{30 * MIB, 0, 10000, .reason = ALARM_RUNNING_OUT},
	/* all at once: the strongest */
	{40 * MIB, 20 * MIB, 500, 1000, 1000, 100000, 10, 1000, 1000, 1000, 1000, ALARM_SWAP_IN},
	{40 * MIB, 20 * MIB, 500, 0, 1000, 100000, 10, 1000, 1000, 1000, 1000, ALARM_ANON_REFAULT},
	{40 * MIB, 20 * MIB, 500, 0, 0, 100000, 10, 1000, 1000, 1000, 1000, ALARM_STALL},
	{40 * MIB, 20 * MIB, 500, 0, 0, 0, 10, 1000, 1000, 1000, 1000, ALARM_DIRECT_RECLAIM},
	{40 * MIB, 20 * MIB, 500, 0, 0, 0, 0, 0, 1000, 1000, 1000, ALARM_RUNNING_OUT},
	{40 * MIB, 30 * MIB, 1000, 0, 0, 0, 0, 0, 1000, 1000, 1000, ALARM_FALLING},
};

START_TEST(what_is_evidence)
{
	for (int i = 0; i < N_ROWS(sights); i++) {
		struct report report = memory(5000, sights[i].avail_kib);
		struct alarm alarm = rested(&report);
		report = memory(5000 + sights[i].after_ms, sights[i].now_kib);
		report.pswpin += sights[i].pswpin;
		report.pswpout += sights[i].pswpout;
		report.refault_anon += sights[i].refault_anon;
		report.psi_full_us += sights[i].psi_full_us;
		report.allocstall += sights[i].allocstall;
		report.scan_direct += sights[i].scan_direct;
		report.scan_kswapd += sights[i].scan_kswapd;
		report.steal_kswapd += sights[i].steal_kswapd;
		enum alarm_reason reason = alarm_looked(&alarm, &report, &terms, 0);
		ck_assert_msg(reason == sights[i].reason, "row %d: %s, not %s", i,
			      alarm_reason_word(reason), alarm_reason_word(sights[i].reason));
	}
}
END_TEST

/* Of large pages fewer are as much, but no fewer than are read ahead for one stray. */
START_TEST(pages_back_from_swap_count_by_their_size)
{
	static const struct {
		uint64_t page_kib, pages;
	} rows[] = {{0, 64}, {4, 64}, {16, 16}, {64, 16}};
	for (int i = 0; i < 2 * N_ROWS(rows); i++) {
		bool is_refault = i % 2;
		for (uint64_t less = 0; less <= 1; less++) {
			struct report report = memory(5000, 40 * MIB);
			struct alarm alarm = rested(&report);
			report = memory(5500, 40 * MIB - 1);
			report.page_kib = rows[i / 2].page_kib;
			*(is_refault ? &report.refault_anon : &report.pswpin) +=
				rows[i / 2].pages - less;
			enum alarm_reason reason = alarm_looked(&alarm, &report, &terms, 0);
			ck_assert_msg((reason != ALARM_NOTHING) == !less, "row %d", i);
		}
	}
}
END_TEST

/* A large guest's AVM moves by more without meaning much: a 32nd of it counts. */
START_TEST(the_step_follows_avm)
{
	struct alarm_terms large = {.cma_kib = 2000 * MIB, .ahead_ms = 1500};
	struct report report = memory(5000, 1000 * MIB);
	report.total_kib = 16000 * MIB;
	struct alarm alarm = rested(&report);
	report.uptime_ms += 500;
	report.avail_kib -= 30 * MIB;
	ck_assert_int_eq(alarm_looked(&alarm, &report, &large, 0), ALARM_NOTHING);
	report.avail_kib -= 2 * MIB;
	ck_assert_int_eq(alarm_looked(&alarm, &report, &large, 0), ALARM_FALLING);
}
END_TEST

/* A slow fall is measured over a span of looks, and not from one look to the next. */
START_TEST(a_fall_is_seen_over_several_looks)
{
	struct report report = memory(5000, 39 * MIB);
	struct alarm alarm = rested(&report);
	unsigned n = 0;
	for (unsigned i = 1; i <= 10 && n == 0; i++) {
		report = memory(5000 + 50 * i, 39 * MIB - 512 * i);
		n += alarm_looked(&alarm, &report, &terms, 0) == ALARM_FALLING;
	}
	ck_assert_uint_eq(n, 1);
	ck_assert_uint_le(report.uptime_ms, 5200);
	report = memory(6000, 35 * MIB);
	alarm = rested(&report);
	for (unsigned i = 1; i <= 100; i++) { /* 1 MiB a second */
		report = memory(6000 + 50 * i, 35 * MIB - 51 * i);
		ck_assert_int_eq(alarm_looked(&alarm, &report, &terms, 0), ALARM_NOTHING);
	}
}
END_TEST

/* After a rest the look before is old, but a glance has seen free memory where it was. */
START_TEST(a_jump_after_a_rest_has_its_real_speed)
{
	struct report report = memory(5000, 90 * MIB);
	struct alarm alarm = rested(&report);
	report = memory(19000, 80 * MIB);
	ck_assert_int_eq(alarm_looked(&alarm, &report, &terms, 100), ALARM_RUNNING_OUT);
	ck_assert_uint_eq(alarm.fill_kib_s, 100 * MIB);
	ck_assert_uint_eq(alarm_lack_kib(&alarm, &report, &terms), 150 * MIB);

	report = memory(5000, 90 * MIB);
	alarm = rested(&report);
	report = memory(19000, 80 * MIB);
	report.free_kib = 90 * MIB; /* what no glance sees may have gone at any time */
	ck_assert_int_eq(alarm_looked(&alarm, &report, &terms, 100), ALARM_NOTHING);
	ck_assert_uint_eq(alarm.fill_kib_s, 10 * MIB * 1000 / 14000);
}
END_TEST

START_TEST(what_is_lacking)
{
	struct report report = memory(5000, 30 * MIB);
	struct alarm alarm = rested(&report);
	ck_assert_uint_eq(alarm_lack_kib(&alarm, &report, &terms), 10 * MIB);
	report = memory(5500, 20 * MIB); /* 20 MiB/s for 1.5 s, and 20 MiB up to the CMA */
	alarm_looked(&alarm, &report, &terms, 0);
	ck_assert_uint_eq(alarm_lack_kib(&alarm, &report, &terms), 50 * MIB);
	report = memory(9000, 50 * MIB);
	alarm_looked(&alarm, &report, &terms, 0);
	ck_assert_uint_eq(alarm_lack_kib(&alarm, &report, &terms), 0);
}
END_TEST

/* --- while the balloon moves --- */

static void balloon(struct report *report, uint64_t current_kib, uint64_t target_kib)
{
	report->balloon_current_kib = current_kib;
	report->balloon_target_kib = target_kib;
	report->present |= REPORT_BIT(balloon_current_kib) | REPORT_BIT(balloon_target_kib);
}

/* The host takes memory away: AVM goes with it, reclaim runs for it, and neither is need. */
START_TEST(the_hosts_own_shrink_is_no_evidence)
{
	struct report report = memory(5000, 150 * MIB);
	balloon(&report, 200 * MIB, 80 * MIB);
	struct alarm alarm = rested(&report);
	report = memory(5500, 36 * MIB);
	balloon(&report, 86 * MIB, 80 * MIB);
	report.total_kib -= 114 * MIB;
	report.allocstall += 100;
	report.psi_full_us += 400000;
	report.scan_kswapd += 10000;
	ck_assert_int_eq(alarm_looked(&alarm, &report, &terms, 0), ALARM_NOTHING);
	report.uptime_ms += 500;
	report.allocstall += 100;
	balloon(&report, 80 * MIB, 80 * MIB); /* nor just after it */
	ck_assert_int_eq(alarm_looked(&alarm, &report, &terms, 0), ALARM_NOTHING);
	report.uptime_ms += ALARM_SHRINK_MS;
	report.allocstall += 100;
	ck_assert_int_eq(alarm_looked(&alarm, &report, &terms, 0), ALARM_DIRECT_RECLAIM);
}
END_TEST

START_TEST(a_shrink_that_hurts_is_an_alarm)
{
	static const struct {
		uint64_t avail_mib, used_more_mib;
		uint64_t pswpin, refault_anon, allocstall;
		enum alarm_reason reason;
	} hurts[] = {
		{36, 0, 0, 0, 100, ALARM_NOTHING},       {36, 0, 64, 0, 100, ALARM_SWAP_IN},
		{36, 0, 0, 64, 100, ALARM_ANON_REFAULT}, {34, 0, 0, 0, 100, ALARM_DIRECT_RECLAIM},
		{36, 3, 0, 0, 0, ALARM_FALLING}, /* what the guest itself takes */
	};
	for (int i = 0; i < N_ROWS(hurts); i++) {
		struct report report = memory(5000, 60 * MIB);
		balloon(&report, 200 * MIB, 80 * MIB);
		struct alarm alarm = rested(&report);
		report = memory(5500, hurts[i].avail_mib * MIB);
		report.total_kib -= (60 - hurts[i].avail_mib - hurts[i].used_more_mib) * MIB;
		balloon(&report, 160 * MIB, 80 * MIB);
		report.pswpin += hurts[i].pswpin;
		report.refault_anon += hurts[i].refault_anon;
		report.allocstall += hurts[i].allocstall;
		enum alarm_reason reason = alarm_looked(&alarm, &report, &terms, 0);
		ck_assert_msg(reason == hurts[i].reason, "row %d: %s", i,
			      alarm_reason_word(reason));
	}
}
END_TEST

/* A balloon that is half there does not shrink. */
START_TEST(without_a_balloon_nothing_is_discounted)
{
	struct report report = memory(5000, 39 * MIB);
	balloon(&report, 200 * MIB, 80 * MIB);
	report.present &= ~REPORT_BIT(balloon_target_kib);
	struct alarm alarm = rested(&report);
	report.uptime_ms += 500;
	report.allocstall++;
	ck_assert_int_eq(alarm_looked(&alarm, &report, &terms, 0), ALARM_DIRECT_RECLAIM);
}
END_TEST

/* The guest uses all that it is given: AVM stands still, and is not enough. */
START_TEST(what_is_given_and_used_at_once_is_a_fall)
{
	struct report report = memory(5000, 20 * MIB);
	struct alarm alarm = rested(&report);
	report.uptime_ms += 500;
	report.total_kib += 4 * MIB;
	ck_assert_int_eq(alarm_looked(&alarm, &report, &terms, 0), ALARM_FALLING);
}
END_TEST

/* --- again and again --- */

/* The number of alarms in `ms` of a guest that has evidence at every look, every 50 ms. */
static unsigned count_alarms(struct alarm *alarm, struct report *report, unsigned ms,
			     int64_t avail_kib_per_look)
{
	unsigned n = 0;
	for (unsigned i = 0; i < ms / 50; i++) {
		report->uptime_ms += 50;
		report->pswpin += 100;
		report->avail_kib += (uint64_t)avail_kib_per_look;
		enum alarm_reason reason = alarm_looked(alarm, report, &terms, 0);
		if (reason != ALARM_NOTHING) {
			alarm_raised(alarm, report, reason);
			n++;
		}
	}
	return n;
}

START_TEST(what_lasts_is_told_in_growing_gaps)
{
	struct report report = memory(5000, 20 * MIB);
	struct alarm alarm = rested(&report);
	for (unsigned gap_ms = 400; gap_ms <= 800; gap_ms *= 2) {
		ck_assert_uint_eq(count_alarms(&alarm, &report, 50, 0), 1);
		ck_assert_uint_eq(count_alarms(&alarm, &report, gap_ms - 50, 0), 0);
	}
	ck_assert_uint_eq(count_alarms(&alarm, &report, 50, 0), 1);
	ck_assert_uint_eq(count_alarms(&alarm, &report, 60000, 0), 60);
}
END_TEST

/* A fall that is over raises one alarm. Spans differ in length, and over a shorter one the fall
 * would seem faster. */
START_TEST(what_was_told_is_no_evidence_any_more)
{
	static const unsigned looks_ms[] = {5000, 5240, 5360, 5440, 5560, 5620, 5680, 5760};
	static const struct alarm_terms t = {.cma_kib = 100000, .ahead_ms = 1500};
	struct alarm alarm = {.has_looked = false};
	for (int i = 0; i < N_ROWS(looks_ms); i++) {
		struct report report = memory(looks_ms[i], looks_ms[i] < 5360 ? 110000 : 90000);
		enum alarm_reason reason = alarm_looked(&alarm, &report, &t, 0);
		ck_assert_int_eq(reason, looks_ms[i] == 5360 ? ALARM_FALLING : ALARM_NOTHING);
		if (reason != ALARM_NOTHING)
			alarm_raised(&alarm, &report, reason);
	}
}
END_TEST

START_TEST(what_gets_worse_is_told_at_once_but_not_in_a_flood)
{
	struct report report = memory(5000, 39 * MIB);
	struct alarm alarm = rested(&report);
	/* 0.5 MiB a look: a step in each 200 ms */
	ck_assert_uint_eq(count_alarms(&alarm, &report, 3000, -512), 15);
}
END_TEST

START_TEST(what_gets_better_is_told_less)
{
	struct report report = memory(5000, 10 * MIB);
	struct alarm alarm = rested(&report);
	ck_assert_uint_eq(count_alarms(&alarm, &report, 1000, 512), 1);
	ck_assert_uint_eq(count_alarms(&alarm, &report, 50, 512), 1);
}
END_TEST

START_TEST(stronger_evidence_is_worse)
{
	struct report report = memory(5000, 20 * MIB);
	struct alarm alarm = rested(&report);
	report.uptime_ms += 200;
	report.scan_kswapd += 1000;
	ck_assert_int_eq(alarm_looked(&alarm, &report, &terms, 0), ALARM_KSWAPD);
	alarm_raised(&alarm, &report, ALARM_KSWAPD);
	report.uptime_ms += 199;
	report.allocstall++;
	ck_assert_int_eq(alarm_looked(&alarm, &report, &terms, 0), ALARM_NOTHING);
	report.uptime_ms += 1;
	ck_assert_int_eq(alarm_looked(&alarm, &report, &terms, 0), ALARM_DIRECT_RECLAIM);
}
END_TEST

/* An alarm that could not be written is due at the next look. */
START_TEST(what_was_not_raised_is_still_due)
{
	struct report report = memory(5000, 20 * MIB);
	struct alarm alarm = rested(&report);
	report.uptime_ms += 200;
	report.pswpin += 1000;
	ck_assert_int_eq(alarm_looked(&alarm, &report, &terms, 0), ALARM_SWAP_IN);
	report.uptime_ms += 50;
	ck_assert_int_eq(alarm_looked(&alarm, &report, &terms, 0), ALARM_SWAP_IN);
}
END_TEST

/* AVM that plays around the CMA is one shortage; after a calm second the next is another. */
START_TEST(a_new_shortage_is_told_at_once)
{
	struct report report = memory(5000, 39 * MIB);
	struct alarm alarm = rested(&report);
	unsigned n = 0;
	for (unsigned i = 0; i < 100; i++)
		n += count_alarms(&alarm, &report, 50, i % 2 ? -1024 : 1024);
	ck_assert_uint_le(n, 8);

	report.avail_kib = 45 * MIB;
	for (unsigned i = 0; i <= ALARM_CALM_MS / 50; i++) {
		report.uptime_ms += 50;
		ck_assert_int_eq(alarm_looked(&alarm, &report, &terms, 0), ALARM_NOTHING);
	}
	report.avail_kib = 39 * MIB;
	ck_assert_uint_eq(count_alarms(&alarm, &report, 50, 0), 1);
}
END_TEST

/* Every reason has a word that the alarm's line can hold. */
START_TEST(words)
{
	for (unsigned i = 0; i < ALARM_REASONS_; i++) {
		struct alarm_call call = {.seq = 1}, read;
		char line[KEYS_MAX_VALUE + 1];
		uint64_t all = (UINT64_C(1) << keys_alarm_format.n_fields) - 1, present;
		const char *word = alarm_reason_word((enum alarm_reason)i);
		ck_assert_uint_le(strlen(word), KEYS_MAX_WORD);
		memcpy(call.reason, word, strlen(word) + 1);
		size_t len = line_write(&keys_alarm_format, &call, all, line, sizeof(line));
		ck_assert_uint_gt(len, 0);
		ck_assert_int_eq(
			line_parse(&keys_alarm_format, (struct text){line, len}, &read, &present),
			LINE_OK);
		ck_assert_str_eq(read.reason, word);
	}
}
END_TEST

static void add_tests(TCase *tests)
{
	tcase_add_test(tests, extremes);
	tcase_add_test(tests, the_hosts_word_and_none);
	tcase_add_test(tests, a_clock_that_goes_back);
	tcase_add_test(tests, what_is_evidence);
	tcase_add_test(tests, pages_back_from_swap_count_by_their_size);
	tcase_add_test(tests, the_step_follows_avm);
	tcase_add_test(tests, a_fall_is_seen_over_several_looks);
	tcase_add_test(tests, a_jump_after_a_rest_has_its_real_speed);
	tcase_add_test(tests, what_is_lacking);
	tcase_add_test(tests, the_hosts_own_shrink_is_no_evidence);
	tcase_add_test(tests, a_shrink_that_hurts_is_an_alarm);
	tcase_add_test(tests, without_a_balloon_nothing_is_discounted);
	tcase_add_test(tests, what_is_given_and_used_at_once_is_a_fall);
	tcase_add_test(tests, what_lasts_is_told_in_growing_gaps);
	tcase_add_test(tests, what_was_told_is_no_evidence_any_more);
	tcase_add_test(tests, what_gets_worse_is_told_at_once_but_not_in_a_flood);
	tcase_add_test(tests, what_gets_better_is_told_less);
	tcase_add_test(tests, stronger_evidence_is_worse);
	tcase_add_test(tests, what_was_not_raised_is_still_due);
	tcase_add_test(tests, a_new_shortage_is_told_at_once);
	tcase_add_test(tests, words);
}

int main(void)
{
	return suite_run("alarm", add_tests);
}
