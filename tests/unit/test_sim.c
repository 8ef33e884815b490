/* SPDX-License-Identifier: MIT */
/* The simulator refuses bad scenarios and loses no page, and no policy beats the bound. */
#include "host/sim/bound.h"
#include "host/simcmd/play.h"
#include "tests/unit/suite.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define GUEST "[guest a]\ndemand = 0:60\n"

enum { WHY = GRAMMAR_WRONG + 16 };

static struct sim_scenario scenario;
static struct sim_bound_guest room[SIM_SCENARIO_GUESTS];

/* What is wrong with a line is told as "line 3: …". */
static bool read_bytes(struct text text, char why[WHY])
{
	struct grammar_reader reader = {.player = GRAMMAR_BY_SIMULATOR};
	struct grammar_statement statement;
	struct text line;
	const char *wrong = NULL;
	unsigned number = 0;
	sim_scenario_begin(&scenario);
	while (!wrong && text_cut(&text, '\n', &line)) {
		number++;
		wrong = grammar_read(&reader, line, &statement);
		if (!wrong)
			wrong = sim_scenario_take(&scenario, &statement);
	}
	if (!wrong)
		return sim_scenario_end(&scenario, why);
	snprintf(why, WHY, "line %u: %s", number, wrong);
	return false;
}

static bool read_text(const char *text, char why[WHY])
{
	return read_bytes((struct text){text, strlen(text)}, why);
}

static void must_read(const char *text)
{
	char why[WHY] = "";
	ck_assert_msg(read_text(text, why), "%s", why);
}

/* --- what is refused --- */

static const struct {
	const char *text, *why;
} hostile[] = {
	{"", "no guests"},
	{"memory = 3\n", "line 1"},
	{"[host\n", "section"},
	{"[disk]\n", "section"},
	{"[disk]\n", "there are [host] [guest NAME] [cagmad] [experiment] [policy NAME]"},
	{"[host a]\n", "name"},
	{"[guest ]\n", "name"},
	{"[guest abcdefghijklmnopqrstuvwxyz]\n", "name"},
	{"[host]\nmemory = -1\n", "line 2"},
	{"[host]\nmemory = 1e3\n", "memory"},
	{"[host]\nmemory = nan\n", "memory"},
	{"[host]\nmemory = inf\n", "memory"},
	{"[host]\nmemory = 0x400\n", "memory"},
	{"[host]\nmemory =\n", "memory"},
	{"[host]\nmemory = 99999999999999999999\n", "memory"},
	{"[host]\nspede = 1\n", "[host] has no spede"},
	{"[host]\nspeed = 0\n", "whole number from 1 to 1000"},
	{"[host]\nmemory = 1g\n",
	 "says memory = 1g, and memory is a number from 1 to 100000000 MiB"},
	{"[host]\ntime = 1000000\n", "time"},
	{GUEST "count = 10001\n", "count"},
	{GUEST "count = 1.5\n", "count"},
	{GUEST "count = 9000\n[guest b]\ndemand = 0:1\ncount = 9000\nstart = 5\n", "too many"},
	{GUEST "weight = 0\n", "weight"},
	{GUEST "hot = 1.1\n", "hot"},
	{GUEST "lies = perhaps\n", "lies is one of: no yes"},
	{GUEST "pause = 5\n", "the simulator cannot play"},
	{GUEST "type = xen\n", "type is one of: pv pvh hvm"},
	{GUEST "demand = 0:60 repeat\n", "demand"},
	{GUEST "demand = diurnal 5 1 10\n", "demand"},
	{GUEST "demand = spikes 1 5 10 11\n", "demand"},
	{GUEST "demand = random 1 5 10 1 1\n", "demand"},
	{"[guest a]\nmemory = 256\n", "no demand"},
	{GUEST "memory = 256\nmin = 300\n", "min and max"},
	{GUEST "memory = 256\nmax = 200\n", "min and max"},
	{GUEST "memory = 2000\nmax = 3000\n", "has not the memory"},
	{GUEST "overhead = 300\n",
	 "overhead and kernel of guest a, 312 MiB, is more than memory, 256"},
	{GUEST "kernel = 220\n", "overhead and kernel"},
	{GUEST "balloon_floor = 300\n", "balloon_floor of guest a, 300 MiB, is more than memory"},
	{GUEST "balloon_ceiling = 200\n", "is more than balloon_ceiling, 200"},
	{GUEST "arc = 50\narc_least = 60\n", "arc_least of guest a, 60 MiB, is more than arc, 50"},
	{GUEST "guaranteed = 600\n", "guaranteed of guest a, 600 MiB, is more than max, 512"},
	{GUEST "x\xff\x01y = 1\n", "x??y"},
};

START_TEST(hostile_files_are_refused_with_the_reason)
{
	char why[WHY] = "";
	ck_assert_msg(!read_text(hostile[_i].text, why), "%s", hostile[_i].text);
	ck_assert_msg(strstr(why, hostile[_i].why) != NULL, "\"%s\" does not say \"%s\"", why,
		      hostile[_i].why);
}
END_TEST

START_TEST(long_lines_zero_bytes_and_many_sections_are_refused)
{
	char why[WHY], text[4096];
	memset(text, 'x', sizeof(text));
	ck_assert(!read_bytes((struct text){text, sizeof(text)}, why));
	memset(text, 0, sizeof(text));
	ck_assert(!read_bytes((struct text){text, sizeof(text)}, why));
	size_t len = 0;
	for (unsigned i = 0; i <= SIM_SCENARIO_SECTIONS; i++)
		len += (size_t)snprintf(&text[len], sizeof(text) - len, GUEST);
	ck_assert(!read_bytes((struct text){text, len}, why));
	ck_assert_ptr_nonnull(strstr(why, "too many sections"));
}
END_TEST

/* Any bytes: neither a crash nor a scenario beyond the limits. */
START_TEST(random_bytes_are_survived)
{
	static const char alphabet[] = "[]=:#. 0129aehimnorst\ngudk-\t\xff";
	char text[300], why[WHY];
	for (int round = 0; round < 20000; round++) {
		size_t len = (size_t)random() % sizeof(text);
		for (size_t i = 0; i < len; i++)
			text[i] = alphabet[(size_t)random() % (sizeof(alphabet) - 1)];
		if (round % 2)
			memcpy(text, "[guest a]\n", len < 10 ? len : 10);
		if (read_bytes((struct text){text, len}, why))
			ck_assert_uint_le(scenario.n_guests, SIM_SCENARIO_GUESTS);
	}
}
END_TEST

START_TEST(a_guest_is_what_its_section_says)
{
	struct sim_guest_config g;
	must_read("[host]\nmemory = 2000 # MiB\n[guest a]\nmemory=100\ndemand = 0:10 10:20\n"
		  "[guest b]\ncount = 3\nevery = 4\napart = 5\nstart = 1\nlies = yes\n"
		  "demand = spikes 10 50 10 2\n");
	ck_assert_uint_eq(scenario.n_guests, 4);
	sim_scenario_guest(&scenario, 0, 1, &g);
	ck_assert_str_eq(g.name, "a");
	ck_assert_double_eq_tol(sim_demand_kib_at(&g.demand, 5), 15 * 1024, 1e-6);
	sim_scenario_guest(&scenario, 3, 1, &g);
	ck_assert_str_eq(g.name, "b3");
	ck_assert(g.lies);
	ck_assert_double_eq_tol(g.start_s, 9, 1e-9);
	ck_assert_double_eq_tol(sim_demand_kib_at(&g.demand, 17), 10 * 1024, 1e-6);
	ck_assert_double_eq_tol(sim_demand_kib_at(&g.demand, 19), 50 * 1024, 1e-6);
}
END_TEST

/* A day is measured every 100 ms: few points are kept, and no other one is far from their lines. */
START_TEST(measured_points_become_a_demand)
{
	static struct sim_demand_point point[6000];
	struct sim_demand day, fitted;
	ck_assert(sim_demand_parse("diurnal 100 500 60", &day));
	for (unsigned i = 0; i < N_ROWS(point); i++)
		point[i] = (struct sim_demand_point){i / 100.0, sim_demand_kib_at(&day, i / 100.0)};
	sim_demand_fit(point, N_ROWS(point), 8192, &fitted);
	ck_assert_uint_le(fitted.count, 20);
	for (unsigned i = 0; i < N_ROWS(point); i++)
		ck_assert_double_le(fabs(sim_demand_kib_at(&fitted, point[i].at_s) - point[i].kib),
				    8192);
	sim_demand_fit(point, N_ROWS(point), 0, &fitted);
	ck_assert_uint_eq(fitted.count, SIM_DEMAND_POINTS);
	sim_demand_fit(point, 1, 0, &fitted);
	ck_assert_uint_eq(fitted.count, 1);
}
END_TEST

/* --- what holds under every policy --- */

#define SHORT_HOST "[host]\nmemory = 700\ntime = 40\n"
#define RISING     "jitter = 10\ndemand = 0:60 5:60 12:300 30:300 31:60\n"

static const char *const worlds[] = {
	SHORT_HOST "[guest g]\ncount = 2\nmax = 600\n" RISING "[guest idle]\nmemory = 150\n"
		   "demand = 0:40\n",
	SHORT_HOST "[guest g]\nmax = 600\n" RISING "[guest s]\nmax = 500\nstuck = 2\nunstuck = 30\n"
		   "demand = 0:40\n",
	SHORT_HOST "[guest g]\nmax = 600\n" RISING "[guest l]\nmax = 600\nlies = yes\n"
		   "demand = 0:40\n",
	SHORT_HOST "[guest g]\nmemory = 300\nmax = 600\n" RISING "[guest n]\ncount = 3\nstart = 4\n"
		   "every = 2\nmax = 500\n" RISING,
	SHORT_HOST "[guest g]\ncount = 2\nmemory = 300\nmax = 600\nfiles = 20000\ncache = 200\n"
		   "io = 3000\n" RISING,
	SHORT_HOST "[guest g]\ncount = 2\nmemory = 300\nmax = 600\nballoon_speed = 10\nsticky = 1\n"
		   "hot = 0.3\nballoon_floor = 200\n" RISING,
	SHORT_HOST "[guest g]\nmemory = 300\nmax = 600\nagent = no\n" RISING
		   "[guest u]\nuntrusted = yes\nmax = 600\n" RISING,
};

static void assert_adds_up(void *arg, double at_s, const struct sim_host *host)
{
	(void)arg;
	ck_assert_msg(sim_host_adds_up(host), "the pages do not add up at %.2f s", at_s);
}

static struct sim_result run(const struct policy *policy, uint64_t seed)
{
	struct sim_watch watch = {SIM_HOST_STEP_MS, assert_adds_up, NULL};
	struct sim_system system = sim_system_of(policy);
	struct sim_result result;
	ck_assert_int_eq(sim_run(&scenario, &system, seed, &watch, &result), 0);
	return result;
}

START_TEST(no_page_is_lost_and_none_saved_beyond_the_bound)
{
	const struct policy *policy;
	must_read(worlds[_i]);
	for (uint64_t seed = 1; seed <= 3; seed++)
		for (unsigned p = 0; (policy = policy_at(p)); p++) {
			struct sim_result r = run(policy, seed);
			ck_assert(r.adds_up);
			ck_assert_uint_ge(sim_result_pages(&r),
					  sim_bound_pages(&scenario, seed, room));
		}
}
END_TEST

/* The policy that knows all gains, unless fixed memory keeps guests from being started. */
START_TEST(knowing_all_loses_no_page_and_gains)
{
	struct sim_watch watch = {SIM_HOST_STEP_MS, assert_adds_up, NULL};
	struct sim_system system = sim_system_of(policy_find("static"));
	struct sim_result known, fixed;
	must_read(worlds[_i]);
	system.knows_all = true;
	ck_assert_int_eq(sim_run(&scenario, &system, 1, &watch, &known), 0);
	fixed = run(policy_find("static"), 1);
	ck_assert(known.adds_up);
	ck_assert_uint_ge(sim_result_pages(&known), sim_bound_pages(&scenario, 1, room));
	ck_assert(fixed.unstarted || sim_result_pages(&known) <= sim_result_pages(&fixed));
}
END_TEST

START_TEST(the_same_seed_gives_the_same_and_another_does_not)
{
	const struct policy *policy = policy_at((unsigned)_i);
	struct sim_result a, b, other;
	must_read(worlds[0]);
	memset(&a, 0, sizeof(a));
	memset(&b, 0, sizeof(b));
	a = run(policy, 1);
	b = run(policy, 1);
	other = run(policy, 2);
	ck_assert_uint_eq(a.swapped_in, b.swapped_in);
	ck_assert_uint_eq(a.swapped_out, b.swapped_out);
	ck_assert_uint_eq(a.stalled_ms, b.stalled_ms);
	ck_assert_uint_eq(a.n_passes, b.n_passes);
	ck_assert_uint_eq(a.n_targets, b.n_targets);
	ck_assert_uint_ne(a.swapped_out, other.swapped_out);
}
END_TEST

START_TEST(cagma_is_not_cut)
{
	must_read(worlds[_i]);
	for (uint64_t seed = 1; seed <= 3; seed++)
		ck_assert_uint_eq(run(policy_find("cagma"), seed).n_cuts, 0);
}
END_TEST

/* --- the bound --- */

/* 300 MiB for 200 of demand beside 52 of kernel and overhead; pages are touched once a second. A
 * guest of 200 MiB keeps 2.6 more, free and of its cache, and one of 100. */
static const struct {
	const char *text;
	uint64_t least, most; /* pages */
} bounds[] = {
	{"[host]\nmemory = 300\n[guest a]\nmemory = 300\ndemand = 0:60 5:60 6:200\n", 0, 0},
	/* 54.6 MiB swapped once; all are cold */
	{"[host]\nmemory = 200\n[guest a]\nmemory = 200\nhot = 0\ndemand = 0:60 5:60 10:200\n",
	 54 * 256, 55 * 256},
	/* the same, but gone through all the time: then it is the disk, 20 MiB a second for 50 s */
	{"[host]\nmemory = 200\n[guest a]\nmemory = 200\ndemand = 0:60 5:60 10:200\n", 900 * 256,
	 1035 * 256},
	/* max, where the host has plenty */
	{"[host]\nmemory = 900\n[guest a]\nmemory = 200\nmax = 200\nhot = 0\n"
	 "demand = 0:60 5:60 10:200\n",
	 54 * 256, 55 * 256},
	/* another guest's min, and one that never moves */
	{"[host]\nmemory = 500\n[guest a]\nmemory = 200\nhot = 0\ndemand = 0:60 5:60 10:200\n"
	 "[guest b]\nmemory = 300\nmin = 290\ndemand = 0:20\n",
	 44 * 256, 45 * 256},
	{"[host]\nmemory = 500\n[guest a]\nmemory = 200\nhot = 0\ndemand = 0:60 5:60 10:200\n"
	 "[guest b]\nmemory = 300\nmin = 64\nunstuck = 100000\ndemand = 0:20\n",
	 54 * 256, 55 * 256},
	/* a disk that cannot write so much in the time */
	{"[host]\nmemory = 200\ndisk = 100\n[guest a]\nmemory = 200\nhot = 0\n"
	 "demand = 0:60 5:60 10:200\n",
	 1200, 1400},
};

START_TEST(the_bound_is_what_can_be_worked_out_by_hand)
{
	must_read(bounds[_i].text);
	uint64_t pages = sim_bound_pages(&scenario, 1, room);
	ck_assert_uint_ge(pages, bounds[_i].least);
	ck_assert_uint_le(pages, bounds[_i].most);
}
END_TEST

/* --- the host --- */

static uint64_t slowest(const char *text, const char *policy)
{
	must_read(text);
	return run(policy_find(policy), 1).slowest_permille;
}

START_TEST(one_guests_swapping_slows_another_ones_disk)
{
#define DISK_GUEST "[guest d]\nmemory = 200\nio = 15000\ndemand = 0:20\n[guest s]\nmemory = 200\n"
	uint64_t alone = slowest("[host]\nmemory = 400\n" DISK_GUEST "demand = 0:60\n", "static");
	uint64_t beside = slowest("[host]\nmemory = 400\n" DISK_GUEST "demand = 0:300\n", "static");
	ck_assert_uint_ge(alone, 990);
	ck_assert_uint_le(beside, 900);
}
END_TEST

START_TEST(files_in_use_are_read_the_faster_the_more_of_them_is_cached)
{
#define FILES "files = 60000\ncache = 300\ndemand = 0:40\n"
	uint64_t small = slowest("[host]\nmemory = 500\n[guest f]\nmemory = 200\n" FILES, "static");
	uint64_t large = slowest("[host]\nmemory = 500\n[guest f]\nmemory = 450\n" FILES, "static");
	ck_assert_uint_lt(small, 800);
	ck_assert_uint_gt(large, small + 150);
}
END_TEST

START_TEST(a_guest_that_does_not_fit_is_started_when_others_have_given)
{
	static const char text[] = "[host]\nmemory = 700\n[guest old]\nmemory = 600\nmin = 200\n"
				   "demand = 0:40\n[guest new]\nstart = 5\ndemand = 0:40\n";
	must_read(text);
	ck_assert_uint_eq(run(policy_find("cagma"), 1).unstarted, 0);
	ck_assert_uint_eq(run(policy_find("static"), 1).unstarted, 1);
}
END_TEST

static void add_tests(TCase *tests)
{
	const struct policy *policy;
	int n_policies = 0;
	while ((policy = policy_at((unsigned)n_policies)))
		n_policies++;
	tcase_set_timeout(tests, 60);
	tcase_add_loop_test(tests, hostile_files_are_refused_with_the_reason, 0, N_ROWS(hostile));
	tcase_add_test(tests, long_lines_zero_bytes_and_many_sections_are_refused);
	tcase_add_test(tests, random_bytes_are_survived);
	tcase_add_test(tests, a_guest_is_what_its_section_says);
	tcase_add_test(tests, measured_points_become_a_demand);
	tcase_add_loop_test(tests, knowing_all_loses_no_page_and_gains, 0, N_ROWS(worlds));
	tcase_add_loop_test(tests, no_page_is_lost_and_none_saved_beyond_the_bound, 0,
			    N_ROWS(worlds));
	tcase_add_loop_test(tests, the_same_seed_gives_the_same_and_another_does_not, 0,
			    n_policies);
	tcase_add_loop_test(tests, cagma_is_not_cut, 0, N_ROWS(worlds));
	tcase_add_loop_test(tests, the_bound_is_what_can_be_worked_out_by_hand, 0, N_ROWS(bounds));
	tcase_add_test(tests, one_guests_swapping_slows_another_ones_disk);
	tcase_add_test(tests, files_in_use_are_read_the_faster_the_more_of_them_is_cached);
	tcase_add_test(tests, a_guest_that_does_not_fit_is_started_when_others_have_given);
}

int main(void)
{
	return suite_run("sim", add_tests);
}
