/* SPDX-License-Identifier: MIT */
/*
 * The safety contract, whatever the host, of the policies whose plans the engine
 * may have to cut. (cagma's never need it: test_policy.c.)
 */
#include "common/units.h"
#include "tests/unit/suite.h"
#include "tests/unit/world.h"

#include <stdlib.h>

#define MIB UINT64_C(1024)

static struct world w;

static const char *const policies[] = {"cagma-2017", "coordinator", "coordinator-program",
				       "mom",        "proxmox",     "qmemman",
				       "squeezed",   "static"};

static uint64_t random_kib(uint64_t below_kib)
{
	return (uint64_t)random() % (below_kib / UNITS_PAGE_KIB) * UNITS_PAGE_KIB;
}

START_TEST(random_hosts_never_break_the_contract)
{
	const struct policy *policy = policy_find(policies[_i % N_ROWS(policies)]);
	srandom((unsigned)_i + 1);
	world_init(&w, random_kib(400 * MIB));
	w.call_steps = (unsigned)random() % 3;
	w.is_raced = random() % 2;
	unsigned n = 1 + (unsigned)random() % 20;
	for (unsigned i = 0; i < n; i++) {
		world_add(&w, 130 * MIB + random_kib(900 * MIB), random_kib(900 * MIB));
		w.guest[i].speed_kib = random() % 8 ? random_kib(64 * MIB) : 0;
		w.guest[i].lies = random() % 10 == 0;
		w.view[i].max_kib = w.view[i].alm_kib + random_kib(1000 * MIB);
	}
	for (int s = 0; s < 300; s++) {
		w.guest[random() % n].used_kib = random_kib(1200 * MIB);
		if (random() % 20 == 0)
			w.view[random() % n].hold = random() % 2 ? HOLD_NONE : HOLD_PAUSED;
		w.host.xl_is_building = random() % 30 == 0;
		world_observe(&w, 20 + (uint64_t)random() % 500);
		world_decide_cut(&w, policy);
		world_move(&w);
		ck_assert_uint_eq(w.overspent_kib, 0);
		for (unsigned k = 0; k < n; k++)
			ck_assert_uint_ge(w.view[k].alm_kib, 128 * MIB);
	}
}
END_TEST

/* Makes a random guest, as none could have come about, without a past. */
static void make_any_guest(unsigned i)
{
	struct guest_view *v = &w.view[i];
	*v = (struct guest_view){.domid = i + 1,
				 .alm_kib = random_kib(1000 * MIB),
				 .target_kib = random_kib(1000 * MIB),
				 .slack_kib = (int64_t)random_kib(4 * MIB) - (int64_t)(2 * MIB),
				 .min_kib = random_kib(300 * MIB),
				 .weight = 1,
				 .has_report = random() % 8 != 0,
				 .report_ms = w.host.now_ms};
	v->max_kib = random() % 20 ? v->min_kib + random_kib(800 * MIB) : UINT64_MAX / 4096 * 4;
	v->hold = random() % 6 ? HOLD_NONE : HOLD_PAUSED;
	v->report.seq = (uint64_t)random() % 3;
	v->report.total_kib = random() % 20 ? random_kib(1000 * MIB) : KEYS_MAX_KIB;
	v->report.free_kib = random_kib(1000 * MIB);
	v->report.swap_free_kib = random() % 20 ? 0 : KEYS_MAX_KIB;
}

START_TEST(any_snapshot_gets_a_safe_plan)
{
	const struct policy *policy = policy_find(policies[_i % N_ROWS(policies)]);
	srandom((unsigned)_i + 1);
	world_init(&w, 0);
	for (int round = 0; round < 5000; round++) {
		w.host.now_ms += (uint64_t)random() % 200;
		w.host.free_kib = random_kib(500 * MIB);
		w.host.claimed_kib = random() % 3 ? 0 : random_kib(200 * MIB);
		w.host.xl_is_building = random() % 10 == 0;
		w.n = (unsigned)random() % 12;
		for (unsigned i = 0; i < w.n; i++)
			make_any_guest(i);
		world_decide_cut(&w, policy);
	}
}
END_TEST

static void add_tests(TCase *tests)
{
	tcase_add_loop_test(tests, random_hosts_never_break_the_contract, 0, 80);
	tcase_add_loop_test(tests, any_snapshot_gets_a_safe_plan, 0, 24);
}

int main(void)
{
	return suite_run("contract", add_tests);
}
