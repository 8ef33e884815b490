/* SPDX-License-Identifier: MIT */
/* Guests that call much available and are short, and guests that swap and are not. */
#include "tests/unit/suite.h"
#include "host/core/demand.h"

#define MIB    INT64_C(1024)
#define OFFSET ((uint64_t)(56 * MIB))

static struct policy_conf conf;
static struct demand demand;
static struct host_view host;
static struct guest_view guest;
static struct verdict verdict;

/* What a guest does in a second. */
struct pace {
	uint64_t swapped_in_pages, swapped_out_pages, stalls, full_ms;
	/* beyond full_ms; and of the pages that direct reclaim looked at, 32 an entry, it freed so
	 * many permille */
	uint64_t some_ms, found_permille;
	bool has_no_psi;
	/* if it tells of kswapd: that it looked at so many pages */
	bool tells_kswapd;
	uint64_t kswapd_pages;
};
#define PACE(in, out, entries, full)                                                               \
	.swapped_in_pages = in, .swapped_out_pages = out, .stalls = entries, .full_ms = full

static void start(uint64_t total_kib, uint64_t avail_kib, uint64_t swap_kib, uint64_t swap_free_kib)
{
	uint64_t alm_kib = total_kib + OFFSET;
	conf = options_default();
	demand = (struct demand){0};
	host = (struct host_view){.now_ms = 1000000};
	guest = (struct guest_view){.alm_kib = alm_kib,
				    .target_kib = alm_kib,
				    .min_kib = 64 * MIB,
				    .max_kib = 8 * alm_kib,
				    .latency_ms = 200,
				    .at_rest = true,
				    .has_report = true,
				    .report_ms = 1000000,
				    .report = {.total_kib = total_kib,
					       .avail_kib = avail_kib,
					       .swap_total_kib = swap_kib,
					       .swap_free_kib = swap_free_kib,
					       .pswpin = 3000000,
					       .pswpout = 5000000,
					       .allocstall = 490000,
					       .psi_some_us = 600000000,
					       .psi_full_us = 550000000}};
	demand_observe(&demand, &conf, &guest);
	demand_judge(&demand, &conf, &host, &guest, &verdict);
}

/* A report after `ms` of that. */
static void go_on(const struct pace *pace, uint64_t ms)
{
	struct report *r = &guest.report;
	r->seq++;
	r->uptime_ms += ms;
	r->pswpin += pace->swapped_in_pages * ms / 1000;
	r->pswpout += pace->swapped_out_pages * ms / 1000;
	r->allocstall += pace->stalls * ms / 1000;
	r->scan_direct += pace->stalls * 32 * ms / 1000;
	r->steal_direct += pace->stalls * 32 * pace->found_permille / 1000 * ms / 1000;
	r->psi_full_us += pace->full_ms * ms;
	r->psi_some_us += (pace->full_ms + pace->some_ms) * ms;
	r->present = REPORT_BIT(allocstall) | REPORT_BIT(scan_direct) | REPORT_BIT(steal_direct);
	r->scan_kswapd += pace->kswapd_pages * ms / 1000;
	if (pace->tells_kswapd)
		r->present |= REPORT_BIT(scan_kswapd);
	if (!pace->has_no_psi)
		r->present |= REPORT_BIT(psi_some_us) | REPORT_BIT(psi_full_us);
	guest.report_ms = host.now_ms += ms;
	demand_observe(&demand, &conf, &guest);
	demand_judge(&demand, &conf, &host, &guest, &verdict);
}

static int64_t need_kib(void)
{
	return (int64_t)verdict.want_kib - (int64_t)guest.alm_kib;
}

enum answer { GIVES, KEEPS, NEEDS };

/* The guest neither grows nor shrinks meanwhile. */
static const struct {
	const char *name;
	uint64_t total_kib, avail_kib, swap_kib, swap_free_kib;
	struct pace pace;
	uint64_t report_ms, for_ms;
	enum answer answer;
} series[] = {
	{"frozen", 11833344, 1750016, 8387584, 0, {PACE(0, 0, 300, 950)}, 1000, 60000, NEEDS},
	{"frozen, reports come fast",
	 11833344,
	 1750016,
	 8387584,
	 0,
	 {PACE(0, 0, 300, 950)},
	 100,
	 10000,
	 NEEDS},
	{"frozen, reports come slowly",
	 11833344,
	 1750016,
	 8387584,
	 0,
	 {PACE(0, 0, 300, 950)},
	 15000,
	 60000,
	 NEEDS},
	{"frozen, without swap", 4000000, 900000, 0, 0, {PACE(0, 0, 100, 800)}, 1000, 30000, NEEDS},
	{"frozen, swap half full",
	 4000000,
	 900000,
	 4000000,
	 2000000,
	 {PACE(0, 0, 100, 800)},
	 1000,
	 30000,
	 NEEDS},
	{"frozen, its stalls take a second each",
	 11833344,
	 1750016,
	 8387584,
	 0,
	 {PACE(0, 0, 2, 950)},
	 1000,
	 60000,
	 NEEDS},
	{"frozen, and kswapd alone looks for memory",
	 11833344,
	 1750016,
	 8387584,
	 0,
	 {PACE(0, 0, 0, 950), .tells_kswapd = true, .kswapd_pages = 20000},
	 1000,
	 60000,
	 NEEDS},
	{"a third available", 4000000, 1300000, 8000, 0, {PACE(0, 0, 40, 600)}, 1000, 30000, NEEDS},
	{"stands still for a moment",
	 4000000,
	 1300000,
	 8000,
	 0,
	 {PACE(0, 0, 300, 950)},
	 500,
	 1500,
	 KEEPS},
	{"waits for its disk", 4000000, 1300000, 8000, 0, {PACE(0, 0, 0, 950)}, 1000, 60000, GIVES},
	{"reads files", 4000000, 1300000, 8000, 0, {PACE(0, 0, 300, 50)}, 1000, 60000, GIVES},
	{"idle", 4000000, 1300000, 8000, 0, {PACE(0, 0, 0, 0)}, 1000, 60000, GIVES},
	{"a container at its limit",
	 2000000,
	 1400000,
	 2000000,
	 1000000,
	 {PACE(10240, 10240, 0, 100)},
	 1000,
	 30000,
	 GIVES},
	{"the same, more in swap",
	 2000000,
	 1400000,
	 4000000,
	 1000000,
	 {PACE(10240, 10240, 0, 100)},
	 1000,
	 30000,
	 GIVES},
	{"the same, all wait for it",
	 2000000,
	 1400000,
	 2000000,
	 1000000,
	 {PACE(10240, 10240, 0, 900)},
	 1000,
	 30000,
	 GIVES},
	{"the same, seen ten times a second",
	 2000000,
	 1400000,
	 2000000,
	 1000000,
	 {PACE(10240, 10240, 0, 100)},
	 100,
	 30000,
	 GIVES},
	{"the same, less available",
	 2000000,
	 500000,
	 2000000,
	 1000000,
	 {PACE(10240, 10240, 0, 100)},
	 1000,
	 30000,
	 GIVES},
	{"the same, a stray stall",
	 2000000,
	 1400000,
	 2000000,
	 1000000,
	 {PACE(10240, 10240, 2, 100)},
	 1000,
	 30000,
	 GIVES},
	{"frozen, a kernel without PSI",
	 11833344,
	 1750016,
	 8387584,
	 0,
	 {.stalls = 300, .found_permille = 100, .has_no_psi = true},
	 1000,
	 60000,
	 NEEDS},
	{"the same, without swap",
	 4000000,
	 900000,
	 0,
	 0,
	 {.stalls = 100, .found_permille = 150, .has_no_psi = true},
	 1000,
	 60000,
	 NEEDS},
	{"the same, with swap left",
	 11833344,
	 1750016,
	 8387584,
	 4000000,
	 {.stalls = 300, .found_permille = 100, .has_no_psi = true},
	 1000,
	 60000,
	 GIVES},
	{"reads files, without PSI and swap",
	 4000000,
	 1300000,
	 0,
	 0,
	 {.stalls = 300, .found_permille = 900, .has_no_psi = true},
	 1000,
	 60000,
	 GIVES},
	{"frozen but for one program",
	 11833344,
	 1750016,
	 8387584,
	 0,
	 {.stalls = 300, .full_ms = 20, .some_ms = 930, .found_permille = 100},
	 1000,
	 60000,
	 NEEDS},
	{"reads files with many programs",
	 11833344,
	 1750016,
	 8387584,
	 0,
	 {.stalls = 300, .full_ms = 20, .some_ms = 930, .found_permille = 900},
	 1000,
	 60000,
	 GIVES},
	{"a container at its limit, beside a reader of files",
	 2000000,
	 1400000,
	 4000000,
	 1000000,
	 {PACE(10240, 10240, 50, 100), .some_ms = 800, .found_permille = 900},
	 1000,
	 60000,
	 GIVES},
	{"the same, without PSI",
	 2000000,
	 1400000,
	 4000000,
	 1000000,
	 {PACE(10240, 10240, 50, 0), .found_permille = 900, .has_no_psi = true},
	 1000,
	 60000,
	 GIVES},
	{"the guest itself, without PSI",
	 2000000,
	 300000,
	 2000000,
	 1000000,
	 {PACE(10240, 10240, 200, 0), .found_permille = 200, .has_no_psi = true},
	 1000,
	 30000,
	 NEEDS},
	{"the guest itself",
	 2000000,
	 60000,
	 2000000,
	 1000000,
	 {PACE(10240, 10240, 0, 600)},
	 1000,
	 30000,
	 NEEDS},
	{"the guest itself, by its stalls",
	 2000000,
	 300000,
	 2000000,
	 1000000,
	 {PACE(10240, 10240, 200, 300)},
	 1000,
	 30000,
	 NEEDS},
};

START_TEST(evidence_decides_who_is_short)
{
	static const char *const words[] = {"gives", "keeps", "needs"};
	start(series[_i].total_kib, series[_i].avail_kib, series[_i].swap_kib,
	      series[_i].swap_free_kib);
	for (uint64_t ms = 0; ms < series[_i].for_ms; ms += series[_i].report_ms)
		go_on(&series[_i].pace, series[_i].report_ms);
	enum answer answer = need_kib() <= -2 * MIB ? GIVES : need_kib() < 2 * MIB ? KEEPS : NEEDS;
	ck_assert_msg(answer == series[_i].answer, "%s: it %s, by %lld KiB", series[_i].name,
		      words[answer], (long long)need_kib());
}
END_TEST

/* A guest has its base CMA and no more, and foresees or misses something beside a container at its
 * own limit: as long as its kernel does not reclaim for it, the container's swapping adds nothing.
 */
START_TEST(a_containers_swapping_beside_little_is_not_the_guests)
{
	static const struct {
		uint64_t avail_kib;
		struct pace pace;
		bool is_the_guests;
	} rows[] = {
		{250000, {PACE(10240, 10240, 0, 100), .tells_kswapd = true}, false},
		{250000, {PACE(10240, 10240, 0, 600), .tells_kswapd = true}, false},
		{250000, {PACE(10240, 10240, 0, 9), .tells_kswapd = true, .kswapd_pages = 1}, true},
		{250000, {PACE(10240, 10240, 5, 100), .tells_kswapd = true}, true},
		{250000, {PACE(10240, 10240, 0, 100)}, true}, /* an agent that does not tell */
		{60000, {PACE(10240, 10240, 0, 600), .tells_kswapd = true}, true},
	};
	static const struct pace quiet = {.tells_kswapd = true};
	start(2000000, rows[_i].avail_kib, 2000000, 1000000);
	guest.fill_kib_s = 400 * MIB;
	go_on(&quiet, 1000);
	int64_t least_kib = need_kib();
	start(2000000, rows[_i].avail_kib, 2000000, 1000000);
	guest.fill_kib_s = 400 * MIB;
	for (int i = 0; i < 30; i++)
		go_on(&rows[_i].pace, 1000);
	if (rows[_i].is_the_guests)
		ck_assert_int_gt(need_kib(), least_kib + 400 * MIB);
	else
		ck_assert_int_le(need_kib(), least_kib + MIB);
}
END_TEST

/* 48 of 64 GiB are a pool: pressure is a share of what programs have, as the base is. */
START_TEST(pressure_leaves_pools_out)
{
	static const struct pace waits = {PACE(10240, 10240, 200, 600)};
	start(64000 * MIB, 1000 * MIB, 8000 * MIB, 4000 * MIB);
	guest.report.fixed_kib = 48000 * MIB;
	for (int i = 0; i < 30; i++)
		go_on(&waits, 1000);
	ck_assert_uint_gt(verdict.cma_kib, verdict.base_kib + 1000 * MIB);
	ck_assert_uint_lt(verdict.cma_kib, verdict.base_kib + 2500 * MIB);
}
END_TEST

static const struct pace frozen = {.stalls = 300, .full_ms = 950}, calm = {0};

static void follow(void)
{
	uint64_t by_kib = verdict.want_kib > guest.alm_kib ? verdict.want_kib - guest.alm_kib : 0;
	guest.alm_kib = guest.target_kib = guest.alm_kib + by_kib;
	guest.report.total_kib += by_kib;
	guest.report.avail_kib += by_kib;
}

START_TEST(a_guest_that_stands_still_grows_in_steps_that_end)
{
	start(4000 * MIB, 600 * MIB, 4000 * MIB, 0);
	for (int i = 1; i <= 600; i++) {
		int64_t step_kib = need_kib();
		ck_assert_int_le(step_kib, 4000 * MIB / 6);
		follow();
		go_on(&frozen, i % 2 ? 100 : 1000);
		if (i > 10)
			ck_assert_int_ge(need_kib(), -MIB);
	}
	/* half as much again as it had, and the CMA and the pressure of that */
	ck_assert_uint_gt(guest.alm_kib, 5500 * MIB);
	ck_assert_uint_lt(guest.alm_kib, 7000 * MIB);
}
END_TEST

START_TEST(a_standstill_that_is_over_is_forgotten)
{
	start(4000 * MIB, 600 * MIB, 4000 * MIB, 0);
	int64_t before_kib = need_kib();
	for (int i = 0; i < 10; i++)
		go_on(&frozen, 1000);
	ck_assert_int_gt(need_kib(), 0);
	for (int i = 0; i < 300; i++)
		go_on(&calm, 1000);
	ck_assert_int_le(need_kib(), before_kib + MIB);
}
END_TEST

/* Another's agent tells of use alone, even if the guest uses all that it holds. */
START_TEST(what_is_not_told_is_no_standstill)
{
	struct standstill s = {0};
	struct guest_view g = {.source = SOURCE_MEMINFO,
			       .has_report = true,
			       .alm_kib = 600 * MIB,
			       .target_kib = 600 * MIB,
			       .report = {.total_kib = 600 * MIB}};
	for (uint64_t ms = 1; ms < 100000; ms += 1 + ms % 5000) {
		g.report_ms = g.report.uptime_ms = ms;
		standstill_observe(&s, &g);
		ck_assert(!s.is_on && !s.is_spared && !s.asks);
	}
}
END_TEST

/* A guest may claim to stand still for ever, and others are guaranteed their share. */
START_TEST(a_guest_that_stands_still_is_spared_for_a_time)
{
	static const struct {
		const struct pace *pace;
		int seconds;
		bool is_spared;
	} steps[] = {{&frozen, 100, true}, {&frozen, 100, false}, {&calm, 30, false},
		     {&frozen, 10, false}, {&calm, 1200, false},  {&frozen, 100, true}};
	start(4000 * MIB, 600 * MIB, 4000 * MIB, 0);
	for (int k = 0; k < N_ROWS(steps); k++) {
		for (int i = 0; i < steps[k].seconds; i++)
			go_on(steps[k].pace, 1000);
		ck_assert_msg(verdict.is_spared == steps[k].is_spared, "step %d", k);
	}
}
END_TEST

/* A balloon waits as a guest that stands still does; but not long, and not for what it cannot
 * have. */
START_TEST(a_shrink_is_stopped_if_the_guest_stands_still)
{
	static const struct {
		uint64_t swap_free_kib;
		int seconds;
		bool is_stopped;
	} rows[] = {
		{0, 2, false},
		{0, 4, true},
		{3000 * MIB, 4, false},
	};
	start(4000 * MIB, 900 * MIB, 4000 * MIB, rows[_i].swap_free_kib);
	guest.target_kib -= 400 * MIB;
	guest.at_rest = false;
	for (int i = 0; i < rows[_i].seconds; i++)
		go_on(&frozen, 1000);
	ck_assert_int_eq(need_kib() >= 0, rows[_i].is_stopped);
}
END_TEST

/* What came back while the guest was short stays hot, though memory for it has arrived. */
START_TEST(memory_that_has_arrived_for_hot_pages_ends_no_need)
{
	static const struct pace thrashing = {PACE(10240, 10240, 100, 400)},
				 last = {PACE(10240, 0, 0, 50)};
	start(2000 * MIB, 40 * MIB, 2000 * MIB, 1200 * MIB);
	for (int i = 0; i < 10; i++)
		go_on(&thrashing, 1000);
	uint64_t hot_kib = verdict.use_kib - 1960 * MIB;
	ck_assert_uint_ge(hot_kib, 300 * MIB);
	guest.report.avail_kib += 200 * MIB; /* more than its CMA, less than what is hot */
	guest.report.total_kib += 200 * MIB;
	go_on(&last, 1000);
	ck_assert_uint_ge(verdict.use_kib, 1960 * MIB + hot_kib - hot_kib / 20);
}
END_TEST

static void add_tests(TCase *tests)
{
	tcase_add_loop_test(tests, evidence_decides_who_is_short, 0, N_ROWS(series));
	tcase_add_test(tests, pressure_leaves_pools_out);
	tcase_add_loop_test(tests, a_containers_swapping_beside_little_is_not_the_guests, 0, 6);
	tcase_add_test(tests, a_guest_that_stands_still_grows_in_steps_that_end);
	tcase_add_test(tests, a_standstill_that_is_over_is_forgotten);
	tcase_add_test(tests, what_is_not_told_is_no_standstill);
	tcase_add_test(tests, a_guest_that_stands_still_is_spared_for_a_time);
	tcase_add_loop_test(tests, a_shrink_is_stopped_if_the_guest_stands_still, 0, 3);
	tcase_add_test(tests, memory_that_has_arrived_for_hot_pages_ends_no_need);
}

int main(void)
{
	return suite_run("misleading", add_tests);
}
