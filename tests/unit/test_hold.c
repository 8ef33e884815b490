/* SPDX-License-Identifier: MIT */
/* Whether a guest may be moved, and within which bounds. */
#include "host/core/hold.h"
#include "tests/unit/suite.h"

#define MIB UINT64_C(1024)

enum { NOW = 5000000, LATER = NOW + 1 };

/* A guest that is ours, and had reported just now. */
#define WELL                    REPORTED, .report_ms = NOW
#define FOREIGN_OF(who, age_ms) REPORTED, .source = SOURCE_##who, .report_ms = NOW - (age_ms)
#define REPORTED                .has_memory = true, .has_agent = true, .has_report = true, .is_report_proven = true

static const struct hold_row {
	const char *what;
	struct hold_facts facts;
	enum guest_hold hold;
} holds[] = {
	{"well", {WELL}, HOLD_NONE},
	{"nothing known", {.has_memory = false}, HOLD_BUILDING},
	{"not built, paused", {.is_paused = true}, HOLD_BUILDING},
	{"paused", {WELL, .is_paused = true}, HOLD_PAUSED},
	{"dying, and everything else too",
	 {.is_dying = true, .is_paused = true, .is_foreign = true, .has_bad_report = true},
	 HOLD_DYING},
	{"suspended while it is saved",
	 {WELL, .is_dying = true, .migrating_until_ms = LATER},
	 HOLD_MIGRATING},
	{"saved, and not destroyed",
	 {WELL, .is_dying = true, .migrating_until_ms = NOW},
	 HOLD_DYING},
	{"migrating", {WELL, .migrating_until_ms = LATER}, HOLD_MIGRATING},
	{"has migrated", {WELL, .migrating_until_ms = NOW}, HOLD_NONE},
	{"passthrough", {WELL, .has_passthrough = true}, HOLD_PASSTHROUGH},
	{"another balancer's", {WELL, .is_foreign = true, .by_hand_until_ms = LATER}, HOLD_FOREIGN},
	{"moved by hand", {WELL, .by_hand_until_ms = LATER}, HOLD_BY_HAND},
	{"moved by hand long ago", {WELL, .by_hand_until_ms = NOW}, HOLD_NONE},
	{"its call failed", {WELL, .call_paused_until_ms = LATER}, HOLD_CALL_FAILED},
	{"bad report",
	 {.has_memory = true, .has_agent = true, .has_bad_report = true},
	 HOLD_BAD_REPORT},
	{"no agent", {.has_memory = true}, HOLD_NO_AGENT},
	{"an agent's report, and no agent",
	 {.has_memory = true, .has_report = true, .report_ms = NOW},
	 HOLD_NO_AGENT},
	{"an agent without a report", {.has_memory = true, .has_agent = true}, HOLD_NO_AGENT},
	{"boots without an agent",
	 {.has_memory = true, .boot_kib = 64 * MIB, .boot_until_ms = LATER},
	 HOLD_BOOTING},
	{"boots, and its agent has come",
	 {.has_memory = true, .has_agent = true, .boot_kib = 64 * MIB, .boot_until_ms = LATER},
	 HOLD_BOOTING},
	{"has rebooted and reports",
	 {WELL, .boot_kib = 64 * MIB, .boot_until_ms = LATER},
	 HOLD_NONE},
	{"has had its time to boot",
	 {.has_memory = true, .boot_kib = 64 * MIB, .boot_until_ms = NOW},
	 HOLD_NO_AGENT},
	{"a report that was there before the daemon",
	 {.has_memory = true, .has_agent = true, .has_report = true, .report_ms = NOW},
	 HOLD_UNPROVEN},
	{"silent", {REPORTED, .report_ms = NOW - KEYS_STALE_MS - 1}, HOLD_SILENT},
	{"nearly silent", {REPORTED, .report_ms = NOW - KEYS_STALE_MS}, HOLD_NONE},
	{"silent while it was short",
	 {REPORTED, .is_short = true, .report_ms = NOW - KEYS_STALE_MS - HOLD_SHORT_MS},
	 HOLD_NONE},
	{"silent for long while it was short",
	 {REPORTED, .is_short = true, .report_ms = NOW - KEYS_STALE_MS - HOLD_SHORT_MS - 1},
	 HOLD_SILENT},
	{"a foreign agent's number of a while ago", {FOREIGN_OF(MEMINFO, 300000)}, HOLD_NONE},
	{"a foreign agent's number of too long ago", {FOREIGN_OF(MEMINFO, 300001)}, HOLD_OLD},
	{"the same of a guest that was short",
	 {FOREIGN_OF(MEMINFO, 300001), .is_short = true},
	 HOLD_OLD},
	{"an agent that tells changes at once has been quiet",
	 {FOREIGN_OF(QUBES, 300001)},
	 HOLD_NONE},
	{"nobody was seen to write the number",
	 {.has_memory = true, .has_agent = true, .source = SOURCE_QUBES, .is_unproved = true},
	 HOLD_OLD},
	{"a foreign agent's number is none",
	 {FOREIGN_OF(QUBES, 0), .has_bad_report = true},
	 HOLD_BAD_REPORT},
};

START_TEST(the_first_rule_that_applies_decides)
{
	const struct hold_row *row = &holds[_i];
	enum guest_hold hold = hold_judge(&row->facts, NOW);
	ck_assert_msg(hold == row->hold, "%s: is %s, not %s", row->what, model_hold_word(hold),
		      model_hold_word(row->hold));
}
END_TEST

START_TEST(pauses_after_refused_calls_grow_to_their_most)
{
	static const uint64_t pauses_ms[] = {1000, 2000, 4000, 8000, 10000, 10000};
	for (unsigned i = 0; i < sizeof(pauses_ms) / sizeof(pauses_ms[0]); i++)
		ck_assert_uint_eq(hold_call_pause_ms(i + 1), pauses_ms[i]);
	ck_assert_uint_eq(hold_call_pause_ms(UINT64_MAX), HOLD_CALL_MOST_MS);
}
END_TEST

START_TEST(a_guest_that_reports_does_not_boot_any_more)
{
	struct hold_facts facts = {
		.has_memory = true, .boot_kib = 64 * MIB, .boot_until_ms = LATER};
	ck_assert_uint_eq(hold_boot_kib(&facts, NOW), 64 * MIB);
	ck_assert_uint_eq(hold_boot_kib(&facts, LATER), 0);
	facts.is_dying = true; /* it has shut itself down, and boots no further */
	ck_assert_uint_eq(hold_boot_kib(&facts, NOW), 0);
	facts.is_dying = false;
	facts.has_report = true;
	ck_assert_uint_eq(hold_boot_kib(&facts, NOW), 0);
}
END_TEST

START_TEST(only_a_guest_that_runs_says_something_by_its_balloon)
{
	ck_assert(hold_is_running(&(struct hold_facts){.has_memory = true}));
	ck_assert(!hold_is_running(&(struct hold_facts){.has_memory = false}));
	ck_assert(!hold_is_running(&(struct hold_facts){.has_memory = true, .is_paused = true}));
	ck_assert(!hold_is_running(&(struct hold_facts){.has_memory = true, .is_dying = true}));
}
END_TEST

static const struct {
	const char *what;
	struct hold_facts facts;
	bool stands;
} shut_downs[] = {
	{"runs", {WELL}, false},
	{"suspended itself", {WELL, .is_dying = true}, true},
	{"suspended itself, and is paused", {WELL, .is_dying = true, .is_paused = true}, true},
	{"saved", {WELL, .is_dying = true, .migrating_until_ms = LATER}, false},
	{"torn down", {WELL, .is_dying = true, .is_torn_down = true}, false},
	{"its call failed", {WELL, .is_dying = true, .call_paused_until_ms = LATER}, false},
	{"not built", {.is_dying = true}, false},
};

START_TEST(who_has_shut_itself_down_stands_unless_somebody_has_it_in_hand)
{
	ck_assert_msg(hold_stands_shut_down(&shut_downs[_i].facts, NOW) == shut_downs[_i].stands,
		      "%s", shut_downs[_i].what);
}
END_TEST

START_TEST(a_lock_of_xl_counts_for_a_time)
{
	ck_assert(!hold_xl_is_building(0, NOW));
	ck_assert(hold_xl_is_building(NOW, NOW));
	ck_assert(hold_xl_is_building(NOW, NOW + HOLD_XL_MS - 1));
	ck_assert(!hold_xl_is_building(NOW, NOW + HOLD_XL_MS));
}
END_TEST

static const struct bounds_row {
	struct hold_bounds bounds;
	uint64_t min_kib, max_kib;
} bounds[] = {
	{{.static_max_kib = 400 * MIB, .conf_min_kib = 100 * MIB}, 100 * MIB, 400 * MIB},
	{{.static_max_kib = 400 * MIB, .videoram_kib = 16 * MIB}, 0, 416 * MIB},
	{{.static_max_kib = 400 * MIB, .conf_max_kib = 300 * MIB}, 0, 300 * MIB},
	{{.static_max_kib = 400 * MIB, .conf_max_kib = 500 * MIB}, 0, 400 * MIB},
	/* a min that is more than the guest can hold */
	{{.static_max_kib = 100 * MIB, .conf_min_kib = UINT64_MAX}, 100 * MIB, 100 * MIB},
	/* whole pages */
	{{.static_max_kib = 403, .conf_min_kib = 7}, 4, 400},
	/* a balloon that rests below its target is never told more than static-max */
	{{.static_max_kib = 400 * MIB, .slack_kib = -(int64_t)(8 * MIB)}, 0, 392 * MIB},
	/* one that rests above it, as in a shim, keeps what it holds */
	{{.static_max_kib = 400 * MIB, .slack_kib = 8 * MIB}, 0, 408 * MIB},
	{{.static_max_kib = 400 * MIB, .conf_max_kib = 300 * MIB, .slack_kib = 68 * MIB},
	 0,
	 300 * MIB},
	{{.static_max_kib = 400 * MIB, .slack_kib = INT64_MAX}, 0, 800 * MIB},
	{{.static_max_kib = 4, .conf_min_kib = 4, .slack_kib = -(int64_t)(8 * MIB)}, 0, 0},
	{{.static_max_kib = 400 * MIB, .slack_kib = INT64_MIN}, 0, 0},
};

START_TEST(bounds_are_within_what_the_guest_can_hold)
{
	uint64_t min_kib, max_kib;
	hold_bounds(&bounds[_i].bounds, &min_kib, &max_kib);
	ck_assert_uint_eq(min_kib, bounds[_i].min_kib);
	ck_assert_uint_eq(max_kib, bounds[_i].max_kib);
	ck_assert_uint_le(min_kib, max_kib);
}
END_TEST

START_TEST(a_target_that_nobody_here_has_set_is_by_hand)
{
	ck_assert(!hold_target_is_by_hand(400, 0, 0)); /* the first that is seen */
	ck_assert(!hold_target_is_by_hand(400, 400, 0));
	ck_assert(!hold_target_is_by_hand(500, 400, 500));
	ck_assert(hold_target_is_by_hand(500, 400, 0));
	ck_assert(hold_target_is_by_hand(500, 400, 600));
}
END_TEST

START_TEST(most_guests_at_once_are_moved_by_a_sweep)
{
	static const struct {
		unsigned moved, all;
		bool is_sweep;
	} rows[] = {
		{0, 0, false}, {0, 2, false}, {1, 1, false},    {1, 2, false},
		{2, 2, true},  {2, 3, false}, {3, 3, true},     {3, 4, true},
		{3, 6, false}, {4, 6, true},  {50, 100, false}, {51, 100, true},
	};
	for (int i = 0; i < N_ROWS(rows); i++)
		ck_assert_msg(hold_is_sweep(rows[i].moved, rows[i].all) == rows[i].is_sweep,
			      "%u of %u", rows[i].moved, rows[i].all);
}
END_TEST

enum { STEP_KIB = 2048, VIDEORAM_KIB = 8192 };

/* How far max_pages is above what libxl sets with a target of 400 MiB. */
static const struct {
	int64_t above_kib;
	uint64_t videoram_kib;
	bool is_raised;
} caps[] = {
	{0, 0, false},
	{-(int64_t)(400 * MIB), 0, false},
	{UNITS_PAGE_KIB, 0, false}, /* the target was no whole page */
	{2 * UNITS_PAGE_KIB, 0, true},
	{STEP_KIB, 0, true}, /* the least credit */
	{HOLD_CAP_NOISE_KIB, VIDEORAM_KIB, false},
	{HOLD_CAP_NOISE_KIB + UNITS_PAGE_KIB, VIDEORAM_KIB, true},
};

START_TEST(a_raised_cap_is_told_from_libxls_own)
{
	uint64_t cap_kib =
		(uint64_t)((int64_t)(400 * MIB + MODEL_LIBXL_SLACK_KIB) + caps[_i].above_kib);
	ck_assert_int_eq(hold_cap_is_raised(cap_kib, 400 * MIB, caps[_i].videoram_kib),
			 caps[_i].is_raised);
}
END_TEST

START_TEST(nobody_has_more_than_xen_let_him_have)
{
	struct report report = {.total_kib = 400 * MIB};
	ck_assert_ptr_null(hold_check_report(&report, 400 * MIB));
	ck_assert_ptr_null(hold_check_report(&report, 400 * MIB - HOLD_REPORT_SLACK_KIB));
	ck_assert_ptr_nonnull(hold_check_report(&report, 400 * MIB - HOLD_REPORT_SLACK_KIB - 1));
	report.total_kib = KEYS_MAX_KIB;
	ck_assert_ptr_nonnull(hold_check_report(&report, 400 * MIB));
}
END_TEST

static void add_tests(TCase *tests)
{
	tcase_add_test(tests, a_lock_of_xl_counts_for_a_time);
	tcase_add_loop_test(tests, who_has_shut_itself_down_stands_unless_somebody_has_it_in_hand,
			    0, N_ROWS(shut_downs));
	tcase_add_loop_test(tests, the_first_rule_that_applies_decides, 0, N_ROWS(holds));
	tcase_add_test(tests, pauses_after_refused_calls_grow_to_their_most);
	tcase_add_test(tests, a_guest_that_reports_does_not_boot_any_more);
	tcase_add_test(tests, only_a_guest_that_runs_says_something_by_its_balloon);
	tcase_add_loop_test(tests, bounds_are_within_what_the_guest_can_hold, 0, N_ROWS(bounds));
	tcase_add_test(tests, a_target_that_nobody_here_has_set_is_by_hand);
	tcase_add_test(tests, most_guests_at_once_are_moved_by_a_sweep);
	tcase_add_loop_test(tests, a_raised_cap_is_told_from_libxls_own, 0, N_ROWS(caps));
	tcase_add_test(tests, nobody_has_more_than_xen_let_him_have);
}

int main(void)
{
	return suite_run("hold", add_tests);
}
