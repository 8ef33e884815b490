/* SPDX-License-Identifier: MIT */
/* The pure pieces of the toolstack lab: demand scripts, the memory model, the balloon driver's
 * schedule. */
#include <check.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/toolstack/bytes.h"
#include "host/sim/balloon.h"
#include "host/sim/demand.h"
#include "host/sim/memory.h"
#include "tests/toolstack/simguest.h"
#include "tests/unit/suite.h"

#define MIB        1024.0
#define STEP_S     0.01
#define DISK_KIB_S 20480.0

static const struct sim_memory_config config = {
	.reserve_kib = 40 * MIB,
	.kernel_kib = 12 * MIB,
	.cache_kib = 24 * MIB,
	.swap_kib = 256 * MIB,
	.populate_kib_s = 1024 * MIB,
	.passes_s = 1,
	.hot_share = 1,
};

static const struct sim_balloon_config driver = {
	.speed_kib_s = 1024 * MIB, .latency_s = 0, .max_retries = 4};

/* --- demand --- */

static const char *const bad_scripts[] = {
	"",
	" ",
	"x",
	"1",
	"1:",
	":1",
	"1:2x",
	"5:1 4:1",
	"-1:5",
	"1:-5",
	"1:1e30",
	"0:1 repeat",
	"0:1 5:2 repeat 3",
	"random",
	"random 1 2 3",
	"random 5 1 10 1",
	"random 1 2 0 1",
	"random 1 2 10 1 x",
	"0:1,5:2",
};

START_TEST(test_demand_refuses)
{
	struct sim_demand demand;

	memset(&demand, 0x5a, sizeof demand);
	ck_assert_msg(!sim_demand_parse(bad_scripts[_i], &demand), "%s", bad_scripts[_i]);
	ck_assert_uint_eq(demand.count, 0x5a5a5a5a);
}
END_TEST

static const struct {
	const char *script;
	double at_s, mib;
} demand_cases[] = {
	{"0:60", 0, 60},
	{"0:60", 99, 60},
	{"5:60", 0, 60},
	{"0:60 10:160", 5, 110},
	{"0:60 10:160", 11, 160},
	{"0:60 5:60 5:200", 4.99, 60},
	{"0:60 5:60 5:200", 5, 200},
	{"0:0 10:100 repeat", 12.5, 25},
	{"0:0 10:100 repeat", 10, 100},
	{"0:10 4:10 4:20 8:20 repeat", 13, 20},
};

START_TEST(test_demand_follows)
{
	struct sim_demand demand;

	ck_assert(sim_demand_parse(demand_cases[_i].script, &demand));
	ck_assert_double_eq_tol(sim_demand_kib_at(&demand, demand_cases[_i].at_s) / MIB,
				demand_cases[_i].mib, 0.5);
}
END_TEST

START_TEST(test_demand_random_is_bounded_and_repeatable)
{
	struct sim_demand a, b;
	double at, last = -1;
	int changes = 0;

	ck_assert(sim_demand_parse("random 50 200 10 7", &a));
	ck_assert(sim_demand_parse("random 50 200 10 7", &b));
	for (at = 0; at < 500; at += 0.5) {
		double kib = sim_demand_kib_at(&a, at), again = sim_demand_kib_at(&b, at);

		ck_assert(kib >= 50 * MIB && kib <= 200 * MIB);
		ck_assert(!(kib < again) && !(kib > again));
		changes += last >= 0 && (kib < last || kib > last);
		last = kib;
	}
	ck_assert_int_ge(changes, 40);
}
END_TEST

/* --- model --- */

static void run(struct sim_memory *m, double demand_mib, double seconds)
{
	double at, wanted, room = DISK_KIB_S * STEP_S;

	for (at = 0; at < seconds; at += STEP_S) {
		wanted = sim_memory_plan(m, demand_mib * MIB, STEP_S);
		sim_memory_step(m, wanted > room ? room / wanted : 1, DISK_KIB_S);
		ck_assert_double_eq_tol(
			m->managed_kib,
			m->config.kernel_kib + m->anon_kib + m->cache_kib + m->free_kib, 1);
		ck_assert(m->free_kib >= -0.001 && m->anon_kib >= -0.001 && m->cache_kib >= -0.001);
		ck_assert(m->swapped_kib >= -0.001 && m->swapped_kib <= m->config.swap_kib + 0.001);
	}
}

START_TEST(test_model_fits_without_swap)
{
	struct sim_memory m;

	sim_memory_init(&m, &config, 256 * MIB, 60 * MIB);
	run(&m, 150, 5);
	ck_assert_double_eq_tol(m.anon_kib, 150 * MIB, 16);
	ck_assert_double_eq_tol(m.counters.pswpout + m.counters.pswpin, 0, 0.5);
	ck_assert_double_eq_tol(m.counters.some_us, 0, 2e4);
}
END_TEST

START_TEST(test_model_swaps_and_stalls_above_memory)
{
	struct sim_memory m;
	double before;

	sim_memory_init(&m, &config, 200 * MIB, 60 * MIB);
	run(&m, 220, 10);
	ck_assert(m.swapped_kib > 50 * MIB);
	ck_assert(m.counters.pswpout > 10000);
	ck_assert(m.counters.pswpin > 1000);
	ck_assert(m.counters.refault_anon > 1000);
	ck_assert(m.counters.pgscan_direct > 0 && m.counters.pgscan_kswapd > 0);
	ck_assert(m.counters.some_us > 3e6);
	ck_assert(m.counters.full_us < m.counters.some_us);
	ck_assert(m.some.avg10 > 20);
	ck_assert(sim_memory_available_kib(&m) < 8 * MIB);
	/* With the balloon's memory the working set fits: its pages come back, and then nothing
	 * moves. */
	sim_memory_deflate(&m, 100 * MIB);
	run(&m, 220, 15);
	before = m.counters.pswpin;
	run(&m, 220, 5);
	ck_assert(m.swapped_kib < MIB);
	ck_assert_double_eq_tol(m.counters.pswpin, before, 1);
	ck_assert(m.some.avg10 < 20);
}
END_TEST

START_TEST(test_model_leaves_cold_pages_out)
{
	struct sim_memory_config cold = config;
	struct sim_memory m;
	double before;

	cold.hot_share = 0.3;
	sim_memory_init(&m, &cold, 200 * MIB, 60 * MIB);
	run(&m, 220, 10);
	before = m.counters.pswpin;
	run(&m, 220, 5);
	ck_assert(m.swapped_kib > 50 * MIB);
	ck_assert(m.counters.pswpin - before < 256);
}
END_TEST

START_TEST(test_model_reading_files_is_no_pressure)
{
	struct sim_memory_config reading = config;
	struct sim_memory m;

	reading.read_kib_s = 20 * MIB;
	sim_memory_init(&m, &reading, 256 * MIB, 60 * MIB);
	run(&m, 60, 20);
	ck_assert(m.counters.pgscan_kswapd > 5000);
	ck_assert_double_eq_tol(m.counters.pswpout, 0, 0.5);
	ck_assert(m.counters.some_us < 1e5);
	ck_assert(sim_memory_available_kib(&m) > 90 * MIB);
}
END_TEST

START_TEST(test_model_kills_when_swap_is_full)
{
	struct sim_memory_config small = config;
	struct sim_memory m;

	small.swap_kib = 16 * MIB;
	sim_memory_init(&m, &small, 200 * MIB, 60 * MIB);
	run(&m, 400, 20);
	ck_assert(m.counters.oom_kill >= 1);
}
END_TEST

START_TEST(test_model_available_is_what_inflating_gets)
{
	struct sim_memory m;
	double available, got;

	sim_memory_init(&m, &config, 256 * MIB, 60 * MIB);
	available = sim_memory_available_kib(&m);
	got = sim_memory_inflate(&m, 1000 * MIB);
	ck_assert(got > available * 0.95);
	ck_assert(sim_memory_available_kib(&m) < 4 * MIB);
	run(&m, 60, 1);
	ck_assert_double_eq_tol(m.counters.oom_kill, 0, 0.5);
}
END_TEST

/* --- balloon, over a played host in a directory of its own --- */

static char dir[] = "/tmp/test_labmodel.XXXXXX";
static struct fakexen_host *host;
static uint32_t domid;

static void host_setup(void)
{
	static const uint8_t handle[16] = {1};

	ck_assert_ptr_nonnull(mkdtemp(dir));
	/* 512 MiB: 128 for dom0, 256 for the guest, 128 free. */
	ck_assert_int_eq(fakexen_host_create(dir, 512 * 256, 0, 128 * 256), 0);
	ck_assert_int_eq(fakexen_host_open(dir, &host), 0);
	ck_assert_int_eq(fakexen_domain_create(host, FAKEXEN_PV, handle, &domid), 0);
	ck_assert_int_eq(fakexen_domain_set_max(host, domid, 257 * 256), 0);
	ck_assert_int_eq((int)fakexen_domain_populate(host, domid, 256 * 256), 256 * 256);
}

static void host_teardown(void)
{
	static const char *const names[] = {FAKEXEN_HOST_FILE, FAKEXEN_STORE_FIFO,
					    FAKEXEN_GUESTS_FIFO};
	char path[128];
	size_t i;

	fakexen_host_close(host);
	for (i = 0; i < sizeof names / sizeof names[0]; i++) {
		snprintf(path, sizeof path, "%s/%s", dir, names[i]);
		unlink(path);
	}
	rmdir(dir);
}

static double balloon_time_s;

static void balloon_for(struct sim_balloon *b, struct sim_memory *m, double seconds)
{
	double until = balloon_time_s + seconds;
	struct sim_pages pages = simguest_pages(host, domid);

	for (; balloon_time_s < until; balloon_time_s += STEP_S)
		sim_balloon_run(b, m, &pages, balloon_time_s, STEP_S);
}

static void balloon_setup(struct sim_balloon *b, struct sim_memory *m,
			  const struct sim_balloon_config *balloon_config)
{
	balloon_time_s = 0;
	sim_memory_init(m, &config, 256 * MIB, 60 * MIB);
	sim_balloon_init(b, balloon_config, 256 << 10, 512 << 10, 0);
}

START_TEST(test_balloon_shrinks_at_its_speed)
{
	struct sim_balloon_config slow = driver;
	struct sim_balloon b;
	struct sim_memory m;

	slow.speed_kib_s = 20 * MIB;
	balloon_setup(&b, &m, &slow);
	sim_balloon_set_target(&b, 200 << 10, 0);
	balloon_for(&b, &m, 1);
	ck_assert_int_gt(b.current_kib, 230 << 10);
	ck_assert_int_lt(b.current_kib, 242 << 10);
	balloon_for(&b, &m, 3);
	ck_assert_int_eq(b.current_kib, 200 << 10);
	ck_assert_uint_eq(fakexen_find(host, domid)->tot_pages, 200 * 256);
	ck_assert_uint_eq(host->free_pages, (128 + 56) * 256);
}
END_TEST

/* The balloon takes all that is available, and then a little at each of its tries, as pages are
 * swapped out. */
START_TEST(test_balloon_crawls_below_what_is_available)
{
	struct sim_balloon b;
	struct sim_memory m;
	int64_t waits_kib;

	balloon_setup(&b, &m, &driver);
	sim_balloon_set_target(&b, 16 << 10, 0);
	balloon_for(&b, &m, 3); /* nothing is swapped out meanwhile */
	waits_kib = b.current_kib;
	ck_assert_int_gt(waits_kib, 80 << 10);
	ck_assert_double_lt(sim_memory_available_kib(&m), 6 * MIB);
	ck_assert_int_eq(b.state, SIM_BALLOON_WAITS);
	for (int i = 0; i < 60 / STEP_S; i++) {
		run(&m, 60, STEP_S);
		balloon_for(&b, &m, STEP_S);
	}
	ck_assert_int_lt(b.current_kib, waits_kib);
	ck_assert_int_gt(b.current_kib, waits_kib - 5 * 6 * 1024);
	ck_assert_double_gt(m.counters.pswpout, 0);
	ck_assert_uint_eq(b.give_ups, 1);
	waits_kib = b.current_kib;
	balloon_for(&b, &m, 60);
	ck_assert_int_eq(b.current_kib, waits_kib);
}
END_TEST

/* As a real one does (make result-waiting-balloon): who reclaims a page takes it, whatever the
 * guest's programs miss. */
START_TEST(test_balloon_of_a_guest_that_thrashes_gives_a_little)
{
	struct sim_balloon b;
	struct sim_memory m;

	balloon_setup(&b, &m, &driver);
	for (int i = 0; i < 10 / STEP_S; i++)
		run(&m, 400, STEP_S);
	sim_balloon_set_target(&b, 254 << 10, balloon_time_s);
	for (int i = 0; i < 3 / STEP_S; i++) {
		run(&m, 400, STEP_S);
		balloon_for(&b, &m, STEP_S);
	}
	ck_assert_int_lt(b.current_kib, (256 << 10) - 512); /* no more than was available at once */
	sim_balloon_set_target(&b, 300 << 10, balloon_time_s);
	balloon_for(&b, &m, 1);
	ck_assert_int_eq(b.current_kib, 257 << 10); /* max_pages */
}
END_TEST

START_TEST(test_balloon_gets_what_was_reclaimed_for_it)
{
	struct sim_balloon b;
	struct sim_memory m;

	balloon_setup(&b, &m, &driver);
	m.config.hot_share = 0;
	sim_balloon_set_target(&b, 80 << 10, 0);
	for (int i = 0; i < 20 / STEP_S; i++) {
		sim_memory_reclaim(&m, fmax(0, (double)(b.current_kib - b.target_kib)));
		run(&m, 60, STEP_S);
		balloon_for(&b, &m, STEP_S);
	}
	ck_assert_int_eq(b.current_kib, 80 << 10);
	ck_assert_double_eq(m.counters.pswpin, 0);
}
END_TEST

START_TEST(test_balloon_gives_up_and_wakes)
{
	struct sim_balloon b;
	struct sim_memory m;

	balloon_setup(&b, &m, &driver);
	sim_balloon_set_target(&b, 300 << 10, 0); /* max_pages is 257 MiB */
	balloon_for(&b, &m, 13);
	ck_assert_int_eq(b.current_kib, 257 << 10);
	ck_assert_int_eq(b.state, SIM_BALLOON_EAGAIN);
	balloon_for(&b, &m, 2); /* attempts at 0, 2, 6 and 14 s */
	ck_assert_int_eq(b.state, SIM_BALLOON_ECANCELED);
	fakexen_domain_set_max(host, domid, 400 * 256);
	sim_balloon_set_target(&b, 300 << 10, balloon_time_s); /* the same: wakes nobody */
	balloon_for(&b, &m, 60);
	ck_assert_int_eq(b.current_kib, 257 << 10);
	sim_balloon_set_target(&b, (300 << 10) + 4, balloon_time_s);
	balloon_for(&b, &m, 1);
	ck_assert_int_eq(b.current_kib, (300 << 10) + 4);
}
END_TEST

/* It is woken between two tries that are seconds apart. */
START_TEST(test_balloon_that_is_woken_works_on)
{
	struct sim_balloon b;
	struct sim_memory m;

	balloon_setup(&b, &m, &driver);
	sim_balloon_set_target(&b, 300 << 10, 0); /* max_pages is 257 MiB */
	balloon_for(&b, &m, 7);
	ck_assert_int_eq(b.current_kib, 257 << 10);
	fakexen_domain_set_max(host, domid, 400 * 256);
	sim_balloon_set_target(&b, 350 << 10, balloon_time_s);
	balloon_for(&b, &m, 1);
	ck_assert_int_eq(b.current_kib, 350 << 10);
}
END_TEST

START_TEST(test_balloon_is_bounded_by_free_memory_and_claims)
{
	static const uint8_t handle[16] = {2};
	struct sim_balloon b;
	struct sim_memory m;
	uint32_t other;

	balloon_setup(&b, &m, &driver);
	fakexen_domain_set_max(host, domid, 512 * 256);
	ck_assert_int_eq(fakexen_domain_create(host, FAKEXEN_PV, handle, &other), 0);
	fakexen_domain_set_max(host, other, 100 * 256);
	ck_assert_int_eq(fakexen_domain_claim(host, other, 100 * 256), 0);
	ck_assert_int_eq(fakexen_domain_claim(host, other, 100 * 256), -EINVAL);
	sim_balloon_set_target(&b, 500 << 10, 0);
	balloon_for(&b, &m, 1);
	ck_assert_int_eq(b.current_kib, (256 + 28) << 10);
	ck_assert_int_eq(fakexen_domain_claim(host, other, 0), 0);
	balloon_for(&b, &m, 2);
	ck_assert_int_eq(b.current_kib, (256 + 128) << 10);
	ck_assert_uint_eq(host->free_pages, 0);
}
END_TEST

static const struct {
	struct sim_balloon_config config;
	int target_mib, reached_mib;
} balloon_faults[] = {
	{{.speed_kib_s = 1e6, .is_stuck = true, .max_retries = 4}, 200, 256},
	{{.speed_kib_s = 1e6, .floor_kib = 230 * MIB, .max_retries = 4}, 200, 230},
};

START_TEST(test_balloon_faults)
{
	struct sim_balloon b;
	struct sim_memory m;

	balloon_setup(&b, &m, &balloon_faults[_i].config);
	sim_balloon_set_target(&b, balloon_faults[_i].target_mib << 10, 0);
	balloon_for(&b, &m, 20);
	ck_assert_int_eq(b.current_kib, balloon_faults[_i].reached_mib << 10);
}
END_TEST

START_TEST(test_bytes)
{
	struct bytes b = {0};
	char block[700];
	int i;

	memset(block, 'x', sizeof block);
	for (i = 0; i < 50; i++) {
		ck_assert(bytes_append(&b, block, sizeof block));
		ck_assert(bytes_append(&b, "end", 3));
		bytes_consume(&b, 650);
	}
	ck_assert_uint_eq(b.len, 50 * 53);
	ck_assert_mem_eq(bytes_head(&b) + b.len - 3, "end", 3);
	bytes_finish(&b);
}
END_TEST

static Suite *suite(void)
{
	Suite *s = suite_create("sim_memory");
	TCase *pure = tcase_create("pure"), *balloon = tcase_create("balloon");

	tcase_add_loop_test(pure, test_demand_refuses, 0,
			    sizeof bad_scripts / sizeof bad_scripts[0]);
	tcase_add_loop_test(pure, test_demand_follows, 0,
			    sizeof demand_cases / sizeof demand_cases[0]);
	tcase_add_test(pure, test_demand_random_is_bounded_and_repeatable);
	tcase_add_test(pure, test_model_fits_without_swap);
	tcase_add_test(pure, test_model_swaps_and_stalls_above_memory);
	tcase_add_test(pure, test_model_leaves_cold_pages_out);
	tcase_add_test(pure, test_model_reading_files_is_no_pressure);
	tcase_add_test(pure, test_model_kills_when_swap_is_full);
	tcase_add_test(pure, test_model_available_is_what_inflating_gets);
	tcase_add_test(pure, test_bytes);
	suite_add_tcase(s, pure);
	tcase_add_checked_fixture(balloon, host_setup, host_teardown);
	tcase_add_test(balloon, test_balloon_shrinks_at_its_speed);
	tcase_add_test(balloon, test_balloon_crawls_below_what_is_available);
	tcase_add_test(balloon, test_balloon_of_a_guest_that_thrashes_gives_a_little);
	tcase_add_test(balloon, test_balloon_gets_what_was_reclaimed_for_it);
	tcase_add_test(balloon, test_balloon_gives_up_and_wakes);
	tcase_add_test(balloon, test_balloon_that_is_woken_works_on);
	tcase_add_test(balloon, test_balloon_is_bounded_by_free_memory_and_claims);
	tcase_add_loop_test(balloon, test_balloon_faults, 0,
			    sizeof balloon_faults / sizeof balloon_faults[0]);
	suite_add_tcase(s, balloon);
	return s;
}

int main(void)
{
	return suite_run_all(suite());
}
