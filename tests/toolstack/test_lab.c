/* SPDX-License-Identifier: MIT */
/* The toolstack lab with the stock xenstored, libxenstore and libxl. Needs root. */
#include "test_lab.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/toolstack/scenario.h"
#include "tests/unit/suite.h"

struct lab *lab;
struct lab_guest *guest;
libxl_ctx *ctx;
static xentoollog_logger *logger;

/* --- what tests ask of the lab --- */

void lab_setup(void)
{
	struct lab_options options = LAB_OPTIONS;

	must(lab_start(&options, &lab));
}

void lab_teardown(void)
{
	if (ctx)
		libxl_ctx_free(ctx);
	if (logger)
		xtl_logger_destroy(logger);
	lab_stop(lab);
}

struct lab_guest_options plain_guest(const char *name)
{
	struct lab_guest_options options = LAB_GUEST;

	strcpy(options.name, name);
	options.has_agent = false;
	return options;
}

void guest_setup(void)
{
	struct lab_guest_options options = plain_guest("a");

	lab_setup();
	must(lab_guest_boot(lab, &options, &guest));
}

void fast_guest_setup(void)
{
	struct lab_options options = LAB_OPTIONS;
	struct lab_guest_options a = plain_guest("a");

	options.speed = 10;
	must(lab_start(&options, &lab));
	must(lab_guest_boot(lab, &a, &guest));
}

int set_target(const struct lab_guest *of, uint64_t kib)
{
	if (!ctx) {
		logger = (xentoollog_logger *)xtl_createlogger_stdiostream(stderr, XTL_CRITICAL, 0);
		ck_assert_int_eq(libxl_ctx_alloc(&ctx, LIBXL_VERSION, 0, logger), 0);
	}
	return libxl_set_memory_target(ctx, lab_guest_domid(of), (int64_t)kib, 0, 1);
}

struct fakexen_domain domain_of(const struct lab_guest *of)
{
	struct fakexen_domain *d, copy;

	fakexen_lock(lab_host(lab));
	d = fakexen_find(lab_host(lab), lab_guest_domid(of));
	ck_assert_ptr_nonnull(d);
	copy = *d;
	fakexen_unlock(lab_host(lab));
	return copy;
}

void key_is(const struct lab_guest *of, const char *key, const char *value)
{
	char path[128], found[256] = "(nothing)";

	snprintf(path, sizeof path, "/local/domain/%u/%s", lab_guest_domid(of), key);
	lab_read(lab, path, found, sizeof found);
	ck_assert_str_eq(found, value);
}

bool can_write(struct xs_handle *xs, const char *path, size_t bytes)
{
	static char value[4096];

	memset(value, 'v', sizeof value);
	return xs_write(xs, XBT_NULL, path, value, (unsigned)bytes);
}

bool can_read(struct xs_handle *xs, const char *path)
{
	unsigned len;
	char *value = xs_read(xs, XBT_NULL, path, &len);

	free(value);
	return value != NULL;
}

struct simguest_stats stats_of(const struct lab_guest *of)
{
	struct simguest_stats stats;

	must(lab_guest_stats(of, &stats));
	return stats;
}

bool event_is(struct xs_handle *xs, const char *path, const char *token)
{
	struct pollfd fd = {.fd = xs_fileno(xs), .events = POLLIN};
	bool found = false;
	char **event;

	while (!found && poll(&fd, 1, SOON_MS) == 1) {
		while (!found && (event = xs_check_watch(xs)) != NULL) {
			found = !strcmp(event[XS_WATCH_PATH], path) &&
				!strcmp(event[XS_WATCH_TOKEN], token);
			free(event);
		}
	}
	return found;
}

/* --- the lab itself --- */

START_TEST(test_lab_survives_a_dead_lock_holder)
{
	struct fakexen_host *host = lab_host(lab);
	uint64_t free_kib = lab_free_kib(lab);
	pid_t pid = fork();

	if (pid == 0) {
		fakexen_lock(host);
		host->free_pages = 1; /* the change is not complete */
		raise(SIGKILL);
	}
	waitpid(pid, NULL, 0);
	ck_assert_uint_eq(lab_free_kib(lab), free_kib);
	ck_assert_uint_eq(host->repairs, 1);
	ck_assert_int_eq(set_target(guest, 200 * MIB_KIB), 0);
	ck_assert(lab_wait_alm(guest, 200 * MIB_KIB, 0, SOON_MS));
}
END_TEST

static bool is_gone(void *arg)
{
	return kill(*(pid_t *)arg, 0) < 0;
}

START_TEST(test_lab_leaves_nothing_when_killed)
{
	static const char *const sleeper[] = {"/bin/sleep", "1000", NULL};
	int pipe_fds[2];
	pid_t pid, slept = 0;

	ck_assert_int_eq(pipe(pipe_fds), 0);
	pid = fork();
	if (pid == 0) {
		lab_setup();
		must(lab_spawn(lab, LAB_ROLE_DOM0, NULL, sleeper, NULL, true, &slept));
		ck_assert_int_eq((int)write(pipe_fds[1], &slept, sizeof slept), (int)sizeof slept);
		pause();
	}
	ck_assert_int_eq((int)read(pipe_fds[0], &slept, sizeof slept), (int)sizeof slept);
	ck_assert(!is_gone(&slept));
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	ck_assert(lab_wait(is_gone, &slept, SOON_MS));
}
END_TEST

START_TEST(test_lab_hundred_guests)
{
	int64_t start = (int64_t)lab_clock_ms();
	struct lab_guest_options options = plain_guest("");
	struct lab_guest *guests[100];
	struct lab_options host = LAB_OPTIONS;
	struct xs_handle *xs;
	int i;

	host.total_mib = 40000;
	must(lab_start(&host, &lab));
	for (i = 0; i < 100; i++) {
		snprintf(options.name, sizeof options.name, "g%d", i);
		must(lab_guest_boot(lab, &options, &guests[i]));
	}
	for (i = 0; i < 100; i++) {
		xs = lab_guest_xs_open(guests[i]);
		ck_assert(can_write(xs, "data/x", 100));
		xs_close(xs);
		ck_assert_int_eq(set_target(guests[i], 200 * MIB_KIB), 0);
	}
	for (i = 0; i < 100; i++)
		ck_assert(lab_wait_alm(guests[i], 200 * MIB_KIB, 0, SOON_MS));
	ck_assert_int_lt((int64_t)lab_clock_ms() - start, 10000);
}
END_TEST

START_TEST(test_lab_runs_the_real_agent)
{
	struct lab_guest_options options = plain_guest("r");
	struct lab_guest *r;
	char path[96];

	options.has_agent = true;
	must(lab_guest_boot(lab, &options, &r));
	snprintf(path, sizeof path, "/local/domain/%u/data/cagma/report", lab_guest_domid(r));
	ck_assert(lab_wait_key(lab, path, NULL, SOON_MS));
	must(lab_guest_stop_agent(r, SIGKILL));
	ck_assert(xs_rm(lab_store(lab), XBT_NULL, path));
	must(lab_guest_start_agent(r));
	ck_assert(lab_wait_key(lab, path, NULL, SOON_MS));
}
END_TEST

static const struct {
	const char *text;
	const char *about;
} bad_scenarios[] = {
	{"memory = 1\n", ":1: the line stands before any [section]"},
	{"[host]\nmem = 1\n", ":2: the line says mem = 1, and [host] has no mem"},
	{"[host]\nmemory = -1\n", "memory is a number from"},
	{"[host]\nmemory = 1x\n", "memory is a number from"},
	{"[gost a]\n", "begins a section [gost]"},
	{"[guest ]\n", "no right name"},
	{"[guest a]\ntype = xyz\n", "type is one of: pv pvh hvm"},
	{"[guest a]\nagent = maybe\n", "agent is one of: no yes"},
	{"[guest a]\ndemand = 5\n", ":2: the line says a demand that is none"},
	{"[guest a]\ndemand = 0:1\nmemory = 600\nmax = 500\n", "is not within its min and max"},
	{"[guest a]\nstart = 5\n", "start = 5, which the toolstack lab cannot play"},
	{"[guest a]\nlies = yes\n", "the toolstack lab cannot play"},
	{"[guest a]\npause = soon\n", "pause is a number from 0 to"},
	{"[guest a]\ndemand = 0:1\ncount = 5000\nmemory = 64\n", "has not the memory"},
	{"", "there are no guests"},
};

static const char *scenario_error(const char *text, struct scenario *ret_scenario)
{
	char path[] = "/tmp/test_lab.XXXXXX";
	int fd = mkstemp(path);
	const char *error;

	ck_assert_int_eq((int)write(fd, text, strlen(text)), (int)strlen(text));
	close(fd);
	error = scenario_read(path, NULL, ret_scenario);
	unlink(path);
	return error;
}

static struct scenario scenario;

START_TEST(test_scenario_refuses)
{
	const char *error = scenario_error(bad_scenarios[_i].text, &scenario);

	ck_assert_ptr_nonnull(error);
	ck_assert_msg(strstr(error, bad_scenarios[_i].about), "%s", error);
}
END_TEST

START_TEST(test_scenario_is_the_simulators)
{
	const struct scenario_guest *g = &scenario.guests[2];
	const char *error = scenario_error("[host]\nmemory = 1000\ncall = 5\ndom0 = 300\n"
					   "[guest a]\ndemand = 0:60\n"
					   "[guest b]\ncount = 2\nmemory = 200\nmax = 700\n"
					   "min = 80\nweight = 9\nuntrusted = yes\napart = 5\n"
					   "jitter = 50\npause = 3\ntype = hvm\n"
					   "demand = 0:10 10:20\n"
					   "[cagmad]\nperiod_ms = 500 # as it is\n",
					   &scenario);

	ck_assert_msg(!error, "%s", error);
	ck_assert_uint_eq(scenario.guest_count, 3);
	ck_assert_uint_eq(scenario.host.total_mib, 1000 + 300 + 64);
	ck_assert_str_eq(g->options.name, "b2");
	ck_assert_int_eq(g->options.type, FAKEXEN_HVM);
	ck_assert_uint_eq(g->options.max_kib, 700 * 1024);
	ck_assert_double_eq_tol(g->event_s[0], 3, 1e-9);
	ck_assert_double_lt(scenario.guests[0].event_s[0], 0);
	/* It is 5 s behind b1, and no seed was given. */
	ck_assert_double_eq_tol(sim_demand_kib_at(&g->options.demand, 10), 15 * 1024, 1e-6);
	ck_assert_str_eq(scenario.cagmad,
			 "period_ms = 500 # as it is\n"
			 "guests = [\n"
			 "\t\"name=a,min_mib=128,max_mib=512,weight=256\",\n"
			 "\t\"name=b1,min_mib=80,max_mib=700,weight=9,untrusted=1\",\n"
			 "\t\"name=b2,min_mib=80,max_mib=700,weight=9,untrusted=1\",\n"
			 "]\n");
}
END_TEST

/* --- the suite --- */

static Suite *suite(void)
{
	Suite *s = suite_create("lab");
	TCase *one = tcase_create("lab"), *bare = tcase_create("bare");

	tcase_add_checked_fixture(one, guest_setup, lab_teardown);
	tcase_add_test(one, test_lab_survives_a_dead_lock_holder);
	tcase_add_test(one, test_lab_runs_the_real_agent);
	tcase_set_timeout(one, 60);
	suite_add_tcase(s, one);
	suite_add_tcase(s, xen_case());
	suite_add_tcase(s, fast_case());
	suite_add_tcase(s, store_case());
	tcase_set_timeout(bare, 60);
	tcase_add_test(bare, test_lab_leaves_nothing_when_killed);
	tcase_add_test(bare, test_lab_hundred_guests);
	tcase_add_loop_test(bare, test_scenario_refuses, 0,
			    sizeof bad_scenarios / sizeof bad_scenarios[0]);
	tcase_add_test(bare, test_scenario_is_the_simulators);
	suite_add_tcase(s, bare);
	return s;
}

int main(void)
{
	return suite_run_all(suite());
}
