/* SPDX-License-Identifier: MIT */
/*
 * The daemon on the stock toolstack: what it does to guests, and what guests,
 * tools and failures can do to it.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/report.h"
#include "tests/lab1/lab1.h"
#include "tests/unit/suite.h"

#include <xen/sched.h>

#define MIB UINT64_C(1024)
#define SOON_MS 10000

/* 512 MiB for guests beyond what a test's guests hold is more than any of them wants. */
static struct lab1 *lab;
static pid_t cagmad;
static char log_dir[] = "/tmp/cagma-test-XXXXXX";

static const char plain_config[] = "period_ms = 200\nreserve_mib = 64\ndefault_min_mib = 96\n"
				   "call_timeout_ms = 500\n";

static void start_lab(uint64_t total_mib)
{
	struct lab1_options options = LAB1_OPTIONS;
	options.total_mib = total_mib;
	options.log_dir = mkdtemp(log_dir);
	ck_assert_msg(lab1_start(&options, &lab) == 0, "%s", lab1_error());
}

static void start_cagmad(const char *config, const char *const extra_argv[])
{
	ck_assert_msg(lab1_cagmad_start(lab, config, extra_argv, &cagmad) == 0, "%s", lab1_error());
}

static void stop_lab(void)
{
	if (lab)
		lab1_stop(lab);
	lab = NULL;
}

static struct lab1_guest *boot(const char *name, uint64_t memory_mib, const char *demand,
			       bool has_agent)
{
	struct lab1_guest_options options = LAB1_GUEST;
	struct lab1_guest *guest;
	snprintf(options.name, sizeof(options.name), "%s", name);
	options.memory_kib = memory_mib * MIB;
	options.max_kib = 1024 * MIB;
	options.has_agent = has_agent;
	options.demand = demand;
	ck_assert_msg(lab1_guest_boot(lab, &options, &guest) == 0, "%s", lab1_error());
	return guest;
}

static bool key_is(const struct lab1_guest *guest, const char *name, const char *value)
{
	char path[96];
	snprintf(path, sizeof(path), "/local/domain/%u/%s", lab1_guest_domid(guest), name);
	return lab1_wait_key(lab, path, value, SOON_MS);
}

static uint64_t key_number(const struct lab1_guest *guest, const char *name)
{
	char path[96], text[32];
	snprintf(path, sizeof(path), "/local/domain/%u/%s", lab1_guest_domid(guest), name);
	ck_assert_msg(lab1_read(lab, path, text, sizeof(text)), "%s is not there", path);
	return strtoull(text, NULL, 10);
}

/* How often `text` stands in what cagmad has logged. */
static unsigned said(const char *text)
{
	static char log[1 << 20];
	char path[96];
	unsigned n = 0;
	snprintf(path, sizeof(path), "%s/cagmad.log", log_dir);
	FILE *file = fopen(path, "r");
	if (!file)
		return 0;
	log[fread(log, 1, sizeof(log) - 1, file)] = '\0';
	fclose(file);
	for (const char *at = log; (at = strstr(at, text)); at++)
		n++;
	return n;
}

static bool has_said(void *text)
{
	return said(text) > 0;
}

static bool wait_said(const char *text)
{
	return lab1_wait(has_said, (void *)(uintptr_t)text, SOON_MS);
}

struct at_least {
	const struct lab1_guest *guest;
	uint64_t kib;
};

static bool holds_at_least(void *arg)
{
	const struct at_least *a = arg;
	return lab1_guest_alm_kib(a->guest) >= a->kib;
}

static bool wait_at_least(const struct lab1_guest *guest, uint64_t kib)
{
	struct at_least a = {guest, kib};
	return lab1_wait(holds_at_least, &a, 2 * SOON_MS);
}

static struct xs_handle *as_guest(const struct lab1_guest *guest)
{
	static const char hello[] = "protocol=1 version=0 abilities=report";
	struct xs_handle *h = lab1_guest_xs_open(guest);
	ck_assert_ptr_nonnull(h);
	ck_assert(xs_write(h, XBT_NULL, "data/cagma/agent", hello, sizeof(hello) - 1));
	return h;
}

static void write_report(struct xs_handle *h, uint64_t seq, uint64_t total_kib, uint64_t avail_kib)
{
	char line[KEYS_MAX_VALUE + 1];
	struct report r = {.seq = seq, .uptime_ms = seq, .total_kib = total_kib,
			   .free_kib = avail_kib, .avail_kib = avail_kib,
			   .present = REPORT_BIT(seq) | REPORT_BIT(uptime_ms) |
				      REPORT_BIT(total_kib) | REPORT_BIT(free_kib) |
				      REPORT_BIT(avail_kib)};
	size_t len = report_write(&r, line, sizeof(line));
	ck_assert_uint_gt(len, 0);
	ck_assert(xs_write(h, XBT_NULL, "data/cagma/report", line, (unsigned)len));
}

/* --- the job -------------------------------------------------------------- */

START_TEST(a_guest_that_needs_memory_gets_its_neighbours)
{
	start_lab(256 + 64 + 64 + 200 + 600);
	struct lab1_guest *a = boot("a", 200, "0:60", true);
	struct lab1_guest *b = boot("b", 600, "0:60", true);
	start_cagmad(plain_config, NULL);
	ck_assert(key_is(a, "cagma/state", "managed"));
	ck_assert(key_is(b, "cagma/state", "managed"));
	lab1_guest_set_demand(a, "0:60 5:260");
	ck_assert(wait_at_least(a, 320 * MIB));
	ck_assert_uint_lt(lab1_guest_alm_kib(b), 520 * MIB);
	ck_assert_uint_ge(lab1_free_kib(lab), 63 * MIB);
	ck_assert(key_is(a, "cagma/reason", "need"));
	ck_assert(key_is(b, "cagma/reason", "give"));
	struct simguest_stats stats;
	lab1_guest_stats(a, &stats);
	ck_assert_msg(stats.swapped_kib < 1024, "a swapped %g KiB", stats.swapped_kib);
}
END_TEST

START_TEST(nothing_moves_without_need)
{
	start_lab(2048);
	struct lab1_guest *a = boot("a", 400, "0:60", true);
	struct lab1_guest *b = boot("b", 600, "0:100", true);
	start_cagmad(plain_config, NULL);
	ck_assert(key_is(b, "cagma/state", "managed"));
	sleep(2); /* ten periods: the time in which nothing is to happen */
	ck_assert_uint_eq(key_number(a, "memory/target"), 400 * MIB);
	ck_assert_uint_eq(key_number(b, "memory/target"), 600 * MIB);
	ck_assert_uint_eq(said("target"), 0);
}
END_TEST

/* memory/target leaves the video memory out, ALM does not. */
static bool rests_with_video_memory(void *guest)
{
	uint64_t alm_kib = lab1_guest_alm_kib(guest);
	uint64_t expected_kib = key_number(guest, "memory/target") + 16 * MIB;
	return alm_kib <= expected_kib + 2 * MIB && alm_kib + 2 * MIB >= expected_kib;
}

START_TEST(an_hvm_guests_video_memory_is_counted)
{
	struct lab1_guest_options options = LAB1_GUEST;
	struct lab1_guest *a;
	start_lab(2048);
	options.type = FAKEXEN_HVM;
	options.memory_kib = 256 * MIB;
	options.max_kib = 1024 * MIB;
	options.videoram_kib = 16 * MIB;
	options.demand = "0:100";
	ck_assert_msg(lab1_guest_boot(lab, &options, &a) == 0, "%s", lab1_error());
	start_cagmad(plain_config, (const char *const[]){"-v", NULL});
	ck_assert(key_is(a, "cagma/state", "managed"));
	lab1_guest_set_demand(a, "0:100 3:300");
	ck_assert(wait_at_least(a, 340 * MIB));
	ck_assert(lab1_wait(rests_with_video_memory, a, SOON_MS));
}
END_TEST

START_TEST(dry_run_says_and_does_not)
{
	const char *const dry[] = {"-n", NULL};
	start_lab(2048);
	struct lab1_guest *a = boot("a", 200, "0:180", true);
	start_cagmad(plain_config, dry);
	ck_assert(wait_said("(not set: dry run)"));
	ck_assert_uint_eq(key_number(a, "memory/target"), 200 * MIB);
	char path[64], text[16];
	snprintf(path, sizeof(path), "/local/domain/%u/cagma/state", lab1_guest_domid(a));
	ck_assert(!lab1_read(lab, path, text, sizeof(text)));
}
END_TEST

START_TEST(sigterm_leaves_targets_and_takes_its_keys)
{
	start_lab(2048);
	struct lab1_guest *a = boot("a", 200, "0:180", true);
	start_cagmad(plain_config, NULL);
	ck_assert(wait_at_least(a, 220 * MIB));
	int status = lab1_end(cagmad, SIGTERM, SOON_MS);
	ck_assert_msg(WIFEXITED(status) && WEXITSTATUS(status) == 0, "status %x", (unsigned)status);
	ck_assert_uint_ge(key_number(a, "memory/target"), 220 * MIB);
	char path[64], text[16];
	snprintf(path, sizeof(path), "/local/domain/%u/cagma", lab1_guest_domid(a));
	ck_assert(!lab1_read(lab, path, text, sizeof(text)));
	ck_assert_uint_eq(said("passes, "), 1);
}
END_TEST

START_TEST(sighup_reads_the_configuration_and_refuses_a_bad_one)
{
	start_lab(2048);
	boot("a", 200, "0:60", true);
	start_cagmad(plain_config, NULL);
	ck_assert(wait_said("runs"));
	char path[128];
	snprintf(path, sizeof(path), "/proc/%d/cmdline", cagmad);
	char argv[256] = "", *config = argv;
	FILE *file = fopen(path, "r");
	ck_assert_ptr_nonnull(file);
	ck_assert_uint_gt(fread(argv, 1, sizeof(argv) - 1, file), 0);
	fclose(file);
	while (strcmp(config, "-c") != 0)
		config += strlen(config) + 1;
	config += strlen(config) + 1;
	file = fopen(config, "w");
	ck_assert_ptr_nonnull(file);
	fputs("min_mib = 3\n", file);
	fclose(file);
	kill(cagmad, SIGHUP);
	ck_assert(wait_said("unknown option \"min_mib\""));
	ck_assert(wait_said("the configuration stays as it was"));
	file = fopen(config, "w");
	fputs("policy = \"static\"\n", file);
	fclose(file);
	kill(cagmad, SIGHUP);
	ck_assert(wait_said("configuration read: policy static"));
}
END_TEST

START_TEST(minimums_that_do_not_fit_are_refused_with_the_sum)
{
	start_lab(1024);
	start_cagmad("guests = [ \"name=a,min_mib=500\", \"name=b,min_mib=300\" ]\n", NULL);
	int status = lab1_end(cagmad, 0, SOON_MS);
	ck_assert_msg(WIFEXITED(status) && WEXITSTATUS(status) == 1, "status %x", (unsigned)status);
	ck_assert_uint_eq(said("500 (a) + 300 (b) + 64 (reserve_mib) = 864 MiB, but the host has 768"), 1);
}
END_TEST

/* --- guests that are not ours to move ------------------------------------- */

START_TEST(a_guest_without_an_agent_keeps_what_it_has)
{
	start_lab(256 + 64 + 64 + 200 + 600);
	struct lab1_guest *a = boot("a", 200, "0:60", true);
	struct lab1_guest *b = boot("b", 600, "0:60", false);
	start_cagmad(plain_config, NULL);
	ck_assert(key_is(b, "cagma/state", "no-agent"));
	lab1_guest_set_demand(a, "0:300");
	sleep(2);
	ck_assert_uint_eq(key_number(b, "memory/target"), 600 * MIB);
	lab1_guest_start_agent(b);
	ck_assert(key_is(b, "cagma/state", "managed"));
	ck_assert(wait_at_least(a, 300 * MIB));
}
END_TEST

START_TEST(a_paused_guest_is_left_alone)
{
	start_lab(256 + 64 + 64 + 200 + 600);
	struct lab1_guest *a = boot("a", 200, "0:60", true);
	struct lab1_guest *b = boot("b", 600, "0:60", true);
	start_cagmad(plain_config, NULL);
	ck_assert(key_is(b, "cagma/state", "managed"));
	lab1_guest_pause(b);
	ck_assert(key_is(b, "cagma/state", "paused"));
	lab1_guest_set_demand(a, "0:300");
	sleep(2);
	ck_assert_uint_eq(key_number(b, "memory/target"), 600 * MIB);
	lab1_guest_unpause(b);
	ck_assert(wait_at_least(a, 300 * MIB));
}
END_TEST

START_TEST(a_guest_of_another_balancer_is_left_alone)
{
	char path[64];
	start_lab(2048);
	struct lab1_guest *a = boot("a", 200, "0:180", true);
	snprintf(path, sizeof(path), "/local/domain/%u/memory/dynamic-min", lab1_guest_domid(a));
	ck_assert(xs_write(lab1_store(lab), XBT_NULL, path, "102400", 6));
	start_cagmad(plain_config, NULL);
	ck_assert(key_is(a, "cagma/state", "foreign-balancer"));
	ck_assert_uint_eq(key_number(a, "memory/target"), 200 * MIB);
}
END_TEST

START_TEST(a_target_set_by_hand_is_left_alone_for_a_time)
{
	char path[64];
	start_lab(2048);
	struct lab1_guest *a = boot("a", 200, "0:180", true);
	start_cagmad("period_ms = 200\nby_hand_s = 3\ndefault_min_mib = 96\n", NULL);
	ck_assert(wait_at_least(a, 220 * MIB));
	snprintf(path, sizeof(path), "/local/domain/%u/memory/target", lab1_guest_domid(a));
	ck_assert(xs_write(lab1_store(lab), XBT_NULL, path, "215040", 6));
	ck_assert(key_is(a, "cagma/state", "moved-by-hand"));
	ck_assert_uint_eq(key_number(a, "memory/target"), 210 * MIB);
	ck_assert(key_is(a, "cagma/state", "managed"));
	ck_assert(wait_at_least(a, 220 * MIB));
	ck_assert_uint_eq(said("by hand"), 1);
}
END_TEST

START_TEST(a_rebooting_guest_finds_its_memory_again)
{
	start_lab(256 + 64 + 64 + 500 + 200);
	struct lab1_guest *rebooting = boot("rebooting", 500, "0:60", true);
	struct lab1_guest *greedy = boot("greedy", 200, "0:60", true);
	start_cagmad(plain_config, NULL);
	ck_assert(key_is(greedy, "cagma/state", "managed"));
	ck_assert_int_eq(lab1_guest_shutdown(rebooting, SHUTDOWN_reboot), 0);
	lab1_guest_set_demand(greedy, "0:600");
	ck_assert_msg(lab1_guest_reboot(rebooting) == 0, "%s", lab1_error());
	ck_assert(key_is(rebooting, "cagma/state", "managed"));
	ck_assert_uint_le(lab1_guest_alm_kib(greedy), 210 * MIB);
}
END_TEST

START_TEST(a_guest_with_passthrough_is_left_alone_as_soon_as_it_has_it)
{
	char path[64];
	start_lab(2048);
	struct lab1_guest *a = boot("a", 200, "0:60", true);
	start_cagmad(plain_config, NULL);
	ck_assert(key_is(a, "cagma/state", "managed"));
	snprintf(path, sizeof(path), "/libxl/%u/device/pci/%u/0", lab1_guest_domid(a),
		 lab1_guest_domid(a));
	ck_assert(xs_write(lab1_store(lab), XBT_NULL, path, "", 0));
	ck_assert(key_is(a, "cagma/state", "passthrough"));
}
END_TEST

START_TEST(a_destroyed_guest_leaves_no_keys_behind)
{
	char path[64], text[16];
	start_lab(2048);
	struct lab1_guest *a = boot("a", 200, "0:180", true);
	struct lab1_guest *b = boot("b", 200, "0:60", true);
	start_cagmad(plain_config, NULL);
	ck_assert(key_is(a, "cagma/state", "managed"));
	/* as libxl does it: xenstore first, the domain later */
	snprintf(path, sizeof(path), "/local/domain/%u", lab1_guest_domid(a));
	ck_assert(xs_rm(lab1_store(lab), XBT_NULL, path));
	lab1_guest_set_demand(b, "0:200");
	ck_assert(wait_at_least(b, 260 * MIB));
	ck_assert(!lab1_read(lab, path, text, sizeof(text)));
}
END_TEST

START_TEST(a_guest_that_goes_to_and_fro_does_not_fill_the_log)
{
	start_lab(2048);
	struct lab1_guest *bad = boot("bad", 400, "0:60", false);
	struct xs_handle *h = as_guest(bad);
	start_cagmad(plain_config, NULL);
	for (uint64_t seq = 1; seq < 30; seq++) {
		ck_assert(xs_write(h, XBT_NULL, "data/cagma/report", "x", 1));
		usleep(60000);
		write_report(h, seq, 300 * MIB, 200 * MIB);
		usleep(60000);
	}
	ck_assert(key_is(bad, "cagma/state", "managed"));
	ck_assert_uint_eq(said("guest bad (domain"), 2);
	xs_close(h);
}
END_TEST

START_TEST(a_rebooted_guest_is_managed_again)
{
	start_lab(2048);
	struct lab1_guest *a = boot("a", 200, "0:60", true);
	start_cagmad(plain_config, NULL);
	ck_assert(key_is(a, "cagma/state", "managed"));
	ck_assert_int_eq(lab1_guest_reboot(a), 0);
	ck_assert(key_is(a, "cagma/state", "managed"));
	lab1_guest_set_demand(a, "0:250");
	ck_assert(wait_at_least(a, 300 * MIB));
}
END_TEST

/* --- guests that lie, and guests that flood -------------------------------- */

static char huge[1900];

static const struct {
	const char *value;
	unsigned len;
	const char *says;
} bad_reports[] = {
	{"", 0, "is empty"},
	{huge, sizeof(huge), "is too long"},
	{"\0\1\2\377\376", 5, "not printable ASCII"},
	{"seq=1 uptime_ms=1 total_kib=-5 free_kib=1 avail_kib=1", 53, "out of its range"},
	{"seq=1 uptime_ms=1 total_kib=99999999999999999999999 free_kib=1 avail_kib=1", 74,
	 "out of its range"},
	{"seq=1 uptime_ms=1 total_kib=100 free_kib=1 avail_kib=200", 56, "more is available"},
	{"seq=1 uptime_ms=1 total_kib=99999999 free_kib=1 avail_kib=2", 59, "more memory than Xen gave"},
	{"seq=1 seq=2 uptime_ms=1 total_kib=100 free_kib=1 avail_kib=2", 60, "a field twice"},
	{"hello", 5, "not a list of name=value words"},
};

START_TEST(a_bad_report_is_said_once_and_disturbs_nobody)
{
	memset(huge, '7', sizeof(huge));
	start_lab(2048);
	struct lab1_guest *bad = boot("bad", 400, "0:60", false);
	struct lab1_guest *a = boot("a", 200, "0:60", true);
	struct xs_handle *h = as_guest(bad);
	start_cagmad(plain_config, NULL);
	ck_assert(key_is(a, "cagma/state", "managed"));
	for (int i = 0; i < 5; i++) {
		ck_assert(xs_write(h, XBT_NULL, "data/cagma/report", bad_reports[_i].value,
				   bad_reports[_i].len));
		ck_assert(key_is(bad, "cagma/state", "bad-report"));
		usleep(120000); /* so that each is read, and not only the last */
	}
	ck_assert_uint_eq(said("guest bad (domain"), 1);
	ck_assert_uint_eq(said(bad_reports[_i].says), 1);
	ck_assert_uint_eq(key_number(bad, "memory/target"), 400 * MIB);
	lab1_guest_set_demand(a, "0:200");
	ck_assert(wait_at_least(a, 260 * MIB));
	write_report(h, 2, 300 * MIB, 200 * MIB);
	ck_assert(key_is(bad, "cagma/state", "managed"));
	ck_assert_uint_eq(said("reports sensibly again, after"), 1);
	xs_close(h);
}
END_TEST

START_TEST(a_guest_that_claims_everything_cannot_take_anothers_minimum)
{
	static const char config[] = "period_ms = 200\nreserve_mib = 64\n"
				     "guests = [ \"name=honest,min_mib=250\" ]\n";
	start_lab(256 + 64 + 64 + 300 + 300);
	struct lab1_guest *honest = boot("honest", 300, "0:150", true);
	struct lab1_guest *liar = boot("liar", 300, "0:20", false);
	struct xs_handle *h = as_guest(liar);
	start_cagmad(config, NULL);
	for (uint64_t seq = 1; seq < 60; seq++) {
		write_report(h, seq, lab1_guest_alm_kib(liar), 0);
		usleep(50000);
		ck_assert_uint_ge(lab1_guest_alm_kib(honest), 250 * MIB);
		ck_assert_uint_ge(lab1_free_kib(lab), 60 * MIB);
	}
	xs_close(h);
}
END_TEST

START_TEST(a_flood_is_said_once_and_disturbs_nobody)
{
	start_lab(2048);
	struct lab1_guest *bad = boot("bad", 400, "0:60", false);
	struct lab1_guest *a = boot("a", 200, "0:60", true);
	struct xs_handle *h = as_guest(bad);
	start_cagmad(plain_config, NULL);
	ck_assert(key_is(a, "cagma/state", "managed"));
	for (int i = 0; i < 2000; i++)
		ck_assert(xs_write(h, XBT_NULL, i % 2 ? "data/cagma/report" : "data/cagma/junk", "x", 1));
	ck_assert(wait_said("more than 50 times a second"));
	lab1_guest_set_demand(a, "0:200");
	for (int i = 0; i < 2000; i++)
		ck_assert(xs_write(h, XBT_NULL, "data/cagma/report", "x", 1));
	ck_assert(wait_at_least(a, 260 * MIB));
	ck_assert_uint_eq(said("more than 50 times a second"), 1);
	ck_assert_uint_eq(said("guest bad (domain"), 2); /* the flood, and the bad report */
	xs_close(h);
}
END_TEST

/* --- tools and failures ----------------------------------------------------- */

START_TEST(a_lock_held_on_one_guest_does_not_stop_the_others)
{
	start_lab(2048);
	struct lab1_guest *locked = boot("locked", 200, "0:60", true);
	struct lab1_guest *a = boot("a", 200, "0:60", true);
	start_cagmad(plain_config, NULL);
	ck_assert(key_is(locked, "cagma/state", "managed"));
	ck_assert(key_is(a, "cagma/state", "managed"));
	ck_assert_int_eq(lab1_guest_hold_libxl_lock(locked, true), 0);
	lab1_guest_set_demand(locked, "0:200");
	ck_assert(key_is(locked, "cagma/state", "libxl-failed"));
	lab1_guest_set_demand(a, "0:200");
	ck_assert(wait_at_least(a, 260 * MIB));
	ck_assert_uint_eq(said("did not answer in time"), 1);
	ck_assert_int_eq(lab1_guest_hold_libxl_lock(locked, false), 0);
	ck_assert(wait_at_least(locked, 260 * MIB));
	ck_assert(wait_said("its target can be set again"));
}
END_TEST

START_TEST(a_stuck_balloon_is_set_aside)
{
	start_lab(256 + 64 + 64 + 200 + 600 + 400);
	struct lab1_guest *a = boot("a", 200, "0:60", true);
	struct lab1_guest *stuck = boot("stuck", 600, "0:60", true);
	struct lab1_guest *other = boot("other", 400, "0:60", true);
	struct labballoon_config held = {.speed_kib_s = 1 << 20, .is_stuck = true, .max_retries = 4};
	ck_assert_int_eq(lab1_guest_set_balloon(stuck, &held), 0);
	start_cagmad(plain_config, NULL);
	ck_assert(key_is(other, "cagma/state", "managed"));
	lab1_guest_set_demand(a, "0:350");
	ck_assert(key_is(stuck, "cagma/state", "balloon-stuck"));
	ck_assert(wait_at_least(a, 400 * MIB));
	ck_assert_uint_lt(lab1_guest_alm_kib(other), 390 * MIB);
}
END_TEST

START_TEST(a_lost_xenstored_is_said_once)
{
	start_lab(2048);
	boot("a", 200, "0:60", true);
	start_cagmad(plain_config, NULL);
	ck_assert(wait_said("runs"));
	ck_assert_int_eq(lab1_kill_store(lab), 0);
	ck_assert(wait_said("xenstored is not answering"));
	sleep(3); /* three more tries */
	ck_assert_uint_eq(said("xenstored is not answering"), 1);
	ck_assert_int_eq(kill(cagmad, 0), 0);
	int status = lab1_end(cagmad, SIGTERM, SOON_MS);
	ck_assert_msg(WIFEXITED(status) && WEXITSTATUS(status) == 0, "status %x", (unsigned)status);
}
END_TEST

START_TEST(an_unanswering_hypervisor_is_said_once)
{
	start_lab(2048);
	struct lab1_guest *a = boot("a", 200, "0:60", true);
	start_cagmad(plain_config, NULL);
	ck_assert(key_is(a, "cagma/state", "managed"));
	struct fakexen_fault broken = {.error = EIO, .times = -1};
	ck_assert_int_eq(lab1_fault(lab, NULL, FAKEXEN_OP_GETINFOLIST, broken), 0);
	ck_assert(wait_said("Xen's domains could not be read"));
	sleep(1);
	ck_assert_uint_eq(said("Xen's domains could not be read"), 1);
	ck_assert_int_eq(lab1_fault(lab, NULL, FAKEXEN_OP_GETINFOLIST, (struct fakexen_fault){0}), 0);
	ck_assert(wait_said("can be read again"));
	lab1_guest_set_demand(a, "0:200");
	ck_assert(wait_at_least(a, 260 * MIB));
}
END_TEST

static void add_tests(TCase *tests)
{
	tcase_add_checked_fixture(tests, NULL, stop_lab);
	tcase_add_test(tests, a_guest_that_needs_memory_gets_its_neighbours);
	tcase_add_test(tests, nothing_moves_without_need);
	tcase_add_test(tests, an_hvm_guests_video_memory_is_counted);
	tcase_add_test(tests, dry_run_says_and_does_not);
	tcase_add_test(tests, sigterm_leaves_targets_and_takes_its_keys);
	tcase_add_test(tests, sighup_reads_the_configuration_and_refuses_a_bad_one);
	tcase_add_test(tests, minimums_that_do_not_fit_are_refused_with_the_sum);
	tcase_add_test(tests, a_guest_without_an_agent_keeps_what_it_has);
	tcase_add_test(tests, a_paused_guest_is_left_alone);
	tcase_add_test(tests, a_guest_of_another_balancer_is_left_alone);
	tcase_add_test(tests, a_target_set_by_hand_is_left_alone_for_a_time);
	tcase_add_test(tests, a_rebooting_guest_finds_its_memory_again);
	tcase_add_test(tests, a_guest_with_passthrough_is_left_alone_as_soon_as_it_has_it);
	tcase_add_test(tests, a_destroyed_guest_leaves_no_keys_behind);
	tcase_add_test(tests, a_guest_that_goes_to_and_fro_does_not_fill_the_log);
	tcase_add_test(tests, a_rebooted_guest_is_managed_again);
	tcase_add_loop_test(tests, a_bad_report_is_said_once_and_disturbs_nobody, 0,
			    N_ROWS(bad_reports));
	tcase_add_test(tests, a_guest_that_claims_everything_cannot_take_anothers_minimum);
	tcase_add_test(tests, a_flood_is_said_once_and_disturbs_nobody);
	tcase_add_test(tests, a_lock_held_on_one_guest_does_not_stop_the_others);
	tcase_add_test(tests, a_stuck_balloon_is_set_aside);
	tcase_add_test(tests, a_lost_xenstored_is_said_once);
	tcase_add_test(tests, an_unanswering_hypervisor_is_said_once);
}

int main(void)
{
	return suite_run("cagmad", add_tests);
}
