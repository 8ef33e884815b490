/* SPDX-License-Identifier: MIT */
/* The simulated guest: containers, zswap, ZFS's cache and killers behave as they do in a kernel. */
#include "host/sim/agent.h"
#include "host/sim/memory.h"
#include "tests/unit/suite.h"

#include <math.h>

#define MIB        1024.0
#define STEP_S     0.01
#define DISK_KIB_S (20 * MIB)

static struct sim_memory_config plain(void)
{
	return (struct sim_memory_config){.reserve_kib = 40 * MIB,
					  .kernel_kib = 12 * MIB,
					  .cache_kib = 24 * MIB,
					  .swap_kib = 512 * MIB,
					  .populate_kib_s = 1024 * MIB,
					  .passes_s = 1,
					  .hot_share = 1,
					  .tells_zswap = true};
}

static struct sim_memory guest(const struct sim_memory_config *config, double demand_mib)
{
	struct sim_memory m;
	sim_memory_init(&m, config, 300 * MIB, demand_mib * MIB);
	return m;
}

/* Runs the guest alone on the disk. Returns the KiB that the disk has moved. */
static double run(struct sim_memory *m, double demand_mib, double seconds)
{
	double moved_kib = 0, room_kib = DISK_KIB_S * STEP_S;
	for (double at_s = 0; at_s < seconds; at_s += STEP_S) {
		double wanted_kib = sim_memory_plan(m, demand_mib * MIB, STEP_S);
		double share = wanted_kib > room_kib ? room_kib / wanted_kib : 1;
		sim_memory_step(m, share, DISK_KIB_S);
		moved_kib += wanted_kib * share;
		double sum_kib = m->config.kernel_kib + m->anon_kib + m->cache_kib + m->arc_kib +
				 m->packed_kib + m->free_kib;
		ck_assert_double_eq_tol(sum_kib, m->managed_kib, 1);
		ck_assert(m->packed_kib >= -0.001 && m->arc_kib >= -0.001);
	}
	return moved_kib;
}

/* --- a container at its own limit --- */

START_TEST(a_container_keeps_the_disk_busy_and_its_guest_has_plenty)
{
	struct sim_memory_config config = plain();
	config.container_kib_s = 40 * MIB; /* in and out: four times what the disk moves */
	struct sim_memory m = guest(&config, 60);
	double available_kib = sim_memory_available_kib(&m);
	ck_assert_double_ge(run(&m, 60, 10), 9.9 * DISK_KIB_S);
	ck_assert_double_eq_tol(m.counters.contained * 4, 10 * DISK_KIB_S / 2, DISK_KIB_S / 10);
	ck_assert_double_ge(m.counters.pgscan_direct, 2 * m.counters.contained - 1);
	ck_assert_double_eq_tol(m.counters.allocstall, 0, 0.5);
	ck_assert_double_ge(m.counters.some_us, 8.9e6);
	ck_assert_double_le(m.counters.full_us, 1.1e6);
	ck_assert_double_eq_tol(m.counters.pswpin + m.counters.pswpout, 0, 0.5);
	ck_assert_double_ge(sim_memory_available_kib(&m), available_kib - MIB);
}
END_TEST

/* --- zswap --- */

/* 60 MiB too much for the guest: compressed to a third, they need no disk. */
START_TEST(what_zswap_keeps_needs_no_disk_and_takes_a_third)
{
	struct sim_memory_config config = plain();
	config.zswap_percent = 20;
	struct sim_memory m = guest(&config, 60);
	ck_assert_double_eq_tol(run(&m, 300, 10), 0, MIB);
	ck_assert_double_ge(m.swapped_kib, 60 * MIB);
	ck_assert_double_eq_tol(m.packed_kib, m.swapped_kib / 3, 16);
	ck_assert_double_eq_tol(m.counters.pswpout, 0, 0.5);
	ck_assert_double_ge(m.counters.zswpout, 60 * 256);
	ck_assert_double_ge(m.counters.refault_anon, 60 * 256);
	run(&m, 100, 10); /* programs free what they had */
	ck_assert_double_le(m.packed_kib, 30 * MIB);
}
END_TEST

START_TEST(what_zswap_has_no_room_for_goes_to_the_disk)
{
	struct sim_memory_config config = plain();
	config.zswap_percent = 2;
	struct sim_memory m = guest(&config, 60);
	run(&m, 300, 20);
	ck_assert_double_le(m.packed_kib, 260 * MIB * 0.02 + 1);
	ck_assert_double_ge(m.packed_kib, 260 * MIB * 0.01);
	ck_assert_double_ge(m.counters.pswpout, 20 * 256);
}
END_TEST

/* --- ZFS --- */

START_TEST(the_cache_of_zfs_is_not_available_and_yet_given_up)
{
	struct sim_memory_config config = plain();
	config.arc_kib = 150 * MIB;
	config.arc_least_kib = 30 * MIB;
	struct sim_memory m = guest(&config, 50);
	ck_assert_double_eq_tol(m.arc_kib, 150 * MIB, 1);
	ck_assert_double_le(sim_memory_available_kib(&m), 50 * MIB);
	ck_assert_double_eq_tol(sim_memory_arc_spare_kib(&m), 120 * MIB, 1);
	run(&m, 50, 1);
	for (double mib = 50; mib < 180; mib++) /* 100 MiB/s: ZFS keeps up with that */
		run(&m, mib, STEP_S);
	run(&m, 180, 2);
	ck_assert_double_ge(m.arc_kib, 30 * MIB - 1);
	ck_assert_double_le(m.arc_kib, 60 * MIB);
	ck_assert_double_eq_tol(m.counters.pswpout, 0, 0.5);
	run(&m, 50, 2); /* it waits before it grows again */
	ck_assert_double_le(m.arc_kib, 60 * MIB);
	run(&m, 50, 30);
	ck_assert_double_ge(m.arc_kib, 140 * MIB);
}
END_TEST

/* Who asks the kernel to reclaim gets ZFS's cache, and pages of programs only when that is gone. */
START_TEST(what_is_asked_for_comes_from_zfs_first)
{
	struct sim_memory_config config = plain();
	config.arc_kib = 150 * MIB;
	config.arc_least_kib = 30 * MIB;
	struct sim_memory m = guest(&config, 50);
	double arc_kib = m.arc_kib;
	sim_memory_reclaim(&m, 40 * MIB);
	run(&m, 50, 1);
	ck_assert_double_eq_tol(m.arc_kib, arc_kib - 40 * MIB, 64);
	ck_assert_double_eq_tol(m.counters.pswpout, 0, 0.5);
	ck_assert_double_eq_tol(m.reclaim_kib, 0, 1);
}
END_TEST

/* --- killers --- */

static const struct {
	double swap_mib, demand_mib;
	bool kills;
} pressed[] = {
	{0, 190, false},  /* 248 MiB beside the kernel: about 50 available */
	{0, 230, true},   /* 10 available of 260 */
	{64, 260, false}, /* most of the swap is free */
	{64, 310, true},  /* and here next to nothing is */
};

START_TEST(a_killer_looks_at_what_is_available_and_at_swap)
{
	struct sim_memory_config config = plain();
	config.killer_percent = 10;
	config.swap_kib = pressed[_i].swap_mib * MIB;
	struct sim_memory m = guest(&config, 60);
	run(&m, pressed[_i].demand_mib, 8);
	ck_assert_msg((m.counters.oom_kill > 0.5) == pressed[_i].kills,
		      "%.0f kills, %.1f MiB swapped", m.counters.oom_kill, m.swapped_kib / MIB);
}
END_TEST

/* --- what the agent makes of it --- */

static struct report report_of(struct sim_memory *m)
{
	struct sim_balloon balloon;
	struct sim_agent agent = {.kind = SIM_AGENT_POLLED, .poll_ms = 1};
	struct sim_agent_sight sight = {.now_ms = 1000, .memory = m, .balloon = &balloon};
	sim_balloon_init(&balloon, &(struct sim_balloon_config){.speed_kib_s = MIB}, 300 << 10,
			 600 << 10, 0);
	sim_agent_run(&agent, &sight);
	ck_assert(agent.has_report);
	return agent.report;
}

/* Pages that the kernel keeps to itself are counted by what comes back. */
START_TEST(zswap_is_seen_also_where_it_is_not_told_of)
{
	struct sim_memory_config config = plain();
	config.zswap_percent = 20;
	config.tells_zswap = _i;
	struct sim_memory m = guest(&config, 60);
	run(&m, 300, 5);
	struct report r = report_of(&m);
	ck_assert_uint_ge(r.pswpin, (uint64_t)m.counters.zswpin);
	ck_assert_uint_ge(r.pswpout, r.pswpin);
	ck_assert_uint_eq(r.packed_kib > 0, (uint64_t)_i);
}
END_TEST

START_TEST(the_cache_of_zfs_is_reported_as_available)
{
	struct sim_memory_config config = plain();
	config.arc_kib = 150 * MIB;
	config.arc_least_kib = 30 * MIB;
	struct sim_memory m = guest(&config, 50);
	struct report r = report_of(&m);
	ck_assert_uint_eq(r.arc_kib, 120 << 10);
	ck_assert_double_eq_tol((double)r.avail_kib, sim_memory_available_kib(&m) + 120 * MIB, 8);
}
END_TEST

static void add_tests(TCase *tests)
{
	tcase_add_test(tests, a_container_keeps_the_disk_busy_and_its_guest_has_plenty);
	tcase_add_test(tests, what_zswap_keeps_needs_no_disk_and_takes_a_third);
	tcase_add_test(tests, what_zswap_has_no_room_for_goes_to_the_disk);
	tcase_add_test(tests, the_cache_of_zfs_is_not_available_and_yet_given_up);
	tcase_add_test(tests, what_is_asked_for_comes_from_zfs_first);
	tcase_add_loop_test(tests, a_killer_looks_at_what_is_available_and_at_swap, 0,
			    N_ROWS(pressed));
	tcase_add_loop_test(tests, zswap_is_seen_also_where_it_is_not_told_of, 0, 2);
	tcase_add_test(tests, the_cache_of_zfs_is_reported_as_available);
}

int main(void)
{
	return suite_run("sim-kinds", add_tests);
}
