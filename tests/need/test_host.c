/* SPDX-License-Identifier: MIT */
/*
 * Guests whose own numbers mislead, and xl.cfg files that say less than starting a guest takes:
 * what the host makes of them. tests/need/cases names these tests.
 */
#include "guest/sense.h"
#include "host/core/demand.h"
#include "host/reserve/need.h"
#include "host/xen/xlcfg.h"
#include "tests/unit/suite.h"

#include <stdio.h>

#define MIB UINT64_C(1024)

/* --- a guest that stands still with "enough" available ------------------------- */

struct frozen {
	struct policy_conf conf;
	struct demand demand;
	struct host_view host;
	struct guest_view guest;
	struct verdict verdict;
};

static struct frozen meet(const char *root)
{
	static struct sense sense;
	struct frozen f = {.conf = options_default(), .host = {.now_ms = 1000000}};
	struct report *r = &f.guest.report;
	ck_assert_int_eq(sense_init(&sense, root), 0);
	ck_assert(sense_look(&sense, r));
	sense_finish(&sense);
	f.guest.alm_kib = f.guest.target_kib = r->total_kib + 56 * MIB;
	f.guest.max_kib = 2 * f.guest.alm_kib;
	f.guest.at_rest = f.guest.has_report = true;
	return f;
}

/* A second in which all tasks wait for `full_ms`, and programs enter direct reclaim so often. */
static void wait_a_second(struct frozen *f, uint64_t full_ms, uint64_t stalls)
{
	struct report *r = &f->guest.report;
	r->seq++;
	r->uptime_ms += 1000;
	r->psi_full_us += full_ms * 1000;
	r->psi_some_us += full_ms * 1000;
	r->allocstall += stalls;
	f->guest.report_ms = f->host.now_ms += 1000;
	demand_observe(&f->demand, &f->conf, &f->guest);
	demand_judge(&f->demand, &f->conf, &f->host, &f->guest, &f->verdict);
}

static const struct {
	uint64_t full_ms, stalls;
	bool is_donor;
} waits[] = {
	{950, 300, false}, /* as it was reported */
	{0, 0, true},      /* the same guest at rest has 1,709 of 11,556 MiB to give of */
};

START_TEST(a_frozen_guest_is_no_donor_whatever_is_available)
{
	struct frozen f = meet("tests/need/trees/frozen-with-avail");
	ck_assert_uint_eq(f.guest.report.avail_kib, 1750016);
	for (int i = 0; i < 60; i++) {
		wait_a_second(&f, waits[_i].full_ms, waits[_i].stalls);
		if (i < 3) /* a moment is no standstill, and a guest that was never seen has no D */
			continue;
		bool is_donor = f.verdict.want_kib < f.guest.alm_kib && !f.verdict.is_spared;
		ck_assert_msg(is_donor == waits[_i].is_donor, "second %d: want %llu, ALM %llu", i,
			      (unsigned long long)f.verdict.want_kib,
			      (unsigned long long)f.guest.alm_kib);
	}
	ck_assert(waits[_i].is_donor || f.verdict.want_kib > f.guest.alm_kib);
}
END_TEST

/* --- a guest whose killer acts at a tenth ------------------------------------------ */

/* earlyoom kills at 10 % of memory available if as little of swap is free, whatever the guest
 * uses. */
static const struct {
	uint64_t total_kib, free_kib;
} swaps[] = {{0, 0}, {8387584, 0}, {8387584, 838758}, {65536, 6553}};

static void keep_its_killer_away(uint64_t swap_total_kib, uint64_t swap_free_kib, uint64_t percent)
{
	struct frozen f = meet("tests/need/trees/frozen-with-avail");
	struct report *r = &f.guest.report;
	r->swap_total_kib = swap_total_kib;
	r->swap_free_kib = swap_free_kib;
	r->swap_cached_kib = 0;
	r->avail_kib = r->total_kib * percent / 100;
	wait_a_second(&f, 0, 0);
	wait_a_second(&f, 0, 0);
	uint64_t used_kib = r->total_kib - r->avail_kib;
	uint64_t total_kib = f.verdict.want_kib - f.verdict.offset_kib;
	ck_assert_uint_gt((total_kib - used_kib) * 100, 12 * total_kib);
}

START_TEST(a_guest_that_cannot_swap_keeps_its_killer_away)
{
	for (int i = 0; i < N_ROWS(swaps); i++)
		keep_its_killer_away(swaps[i].total_kib, swaps[i].free_kib, (uint64_t)_i);
}
END_TEST

/* --- a device model in a domain of its own -------------------------------------- */

static uint64_t needed_kib(const char *path)
{
	struct xlcfg cfg;
	ck_assert(xlcfg_read(path, stderr, &cfg));
	return need_kib(&cfg.need);
}

START_TEST(a_stub_domain_is_reserved_for_too)
{
	uint64_t without_kib = needed_kib("tests/need/guests/nostub.cfg");
	ck_assert_uint_eq(without_kib, 4216832);
	ck_assert_uint_eq(needed_kib("tests/need/guests/stubdom.cfg"), without_kib + 528 * MIB);
}
END_TEST

static void add_tests(TCase *tests)
{
	tcase_add_loop_test(tests, a_frozen_guest_is_no_donor_whatever_is_available, 0,
			    N_ROWS(waits));
	tcase_add_loop_test(tests, a_guest_that_cannot_swap_keeps_its_killer_away, 5, 90);
	tcase_add_test(tests, a_stub_domain_is_reserved_for_too);
}

int main(void)
{
	return suite_run("host", add_tests);
}
