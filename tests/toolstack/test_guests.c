/* SPDX-License-Identifier: MIT */
/* The daemon and guests that it must not move, that lie, that write too much, and that come and
 * go. */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "host/xen/store.h"
#include "tests/toolstack/stage.h"

#include <xen/sched.h>

/* --- guests that are not ours to move --- */

START_TEST(a_guest_without_an_agent_keeps_what_it_has)
{
	stage_open(200 + 600 +
		   8); /* what libxl lets guests take above their targets is there, too */
	struct lab_guest *a = stage_boot("a", 200, "0:60", true);
	struct lab_guest *b = stage_boot("b", 600, "0:60", false);
	stage_start(stage_config, NULL);
	ck_assert(stage_key_is(b, "cagma/state", "no-agent"));
	lab_guest_set_demand(a, "0:300");
	sleep(2);
	ck_assert_uint_eq(stage_key_number(b, "memory/target"), 600 * MIB);
	lab_guest_start_agent(b);
	ck_assert(stage_key_is(b, "cagma/state", "managed"));
	ck_assert(stage_wait_at_least(a, 300 * MIB));
}
END_TEST

START_TEST(a_paused_guest_is_left_alone)
{
	stage_open(200 + 600 +
		   8); /* what libxl lets guests take above their targets is there, too */
	struct lab_guest *a = stage_boot("a", 200, "0:60", true);
	struct lab_guest *b = stage_boot("b", 600, "0:60", true);
	stage_start(stage_config, NULL);
	ck_assert(stage_key_is(b, "cagma/state", "managed"));
	lab_guest_pause(b);
	ck_assert(stage_key_is(b, "cagma/state", "paused"));
	lab_guest_set_demand(a, "0:300");
	sleep(2);
	ck_assert_uint_eq(stage_key_number(b, "memory/target"), 600 * MIB);
	lab_guest_unpause(b);
	ck_assert(stage_wait_at_least(a, 300 * MIB));
}
END_TEST

START_TEST(a_guest_of_another_balancer_is_left_alone)
{
	char path[64];
	stage_open(1664);
	struct lab_guest *a = stage_boot("a", 200, "0:180", true);
	snprintf(path, sizeof(path), "/local/domain/%u/memory/dynamic-min", lab_guest_domid(a));
	ck_assert(xs_write(lab_store(stage_lab()), XBT_NULL, path, "102400", 6));
	stage_start(stage_config, NULL);
	ck_assert(stage_key_is(a, "cagma/state", "foreign-balancer"));
	ck_assert_uint_eq(stage_key_number(a, "memory/target"), 200 * MIB);
}
END_TEST

static bool target_rests(void *guest)
{
	uint64_t before_kib = stage_key_number(guest, "memory/target");
	usleep(500000); /* longer than a period and a call */
	return stage_key_number(guest, "memory/target") == before_kib;
}

/* The target is set while the daemon has no call under way, which would overwrite it. */
START_TEST(a_target_set_by_hand_is_left_alone_for_a_time)
{
	char path[64];
	stage_open(1664);
	struct lab_guest *a = stage_boot("a", 200, "0:180", true);
	stage_start("period_ms = 200\nby_hand_s = 3\ndefault_min_mib = 96\n", NULL);
	ck_assert(stage_wait_at_least(a, 220 * MIB));
	ck_assert(lab_wait(target_rests, a, 2 * SOON_MS));
	snprintf(path, sizeof(path), "/local/domain/%u/memory/target", lab_guest_domid(a));
	ck_assert(xs_write(lab_store(stage_lab()), XBT_NULL, path, "215040", 6));
	ck_assert(stage_key_is(a, "cagma/state", "moved-by-hand"));
	ck_assert_uint_eq(stage_key_number(a, "memory/target"), 210 * MIB);
	ck_assert(stage_key_is(a, "cagma/state", "managed"));
	ck_assert(stage_wait_at_least(a, 220 * MIB));
	ck_assert_uint_eq(stage_said("by hand"), 1);
}
END_TEST

/* So does one that crashes, for on_crash= may be "restart". */
START_TEST(a_rebooting_guest_finds_its_memory_again)
{
	static const uint32_t codes[] = {SHUTDOWN_reboot, SHUTDOWN_crash, SHUTDOWN_watchdog};
	stage_open(500 + 200);
	struct lab_guest *rebooting = stage_boot("rebooting", 500, "0:60", true);
	struct lab_guest *greedy = stage_boot("greedy", 200, "0:60", true);
	stage_start(stage_config, NULL);
	ck_assert(stage_key_is(greedy, "cagma/state", "managed"));
	ck_assert(stage_key_is(rebooting, "cagma/state", "managed"));
	ck_assert_int_eq(lab_guest_shutdown(rebooting, codes[_i]), 0);
	sleep(1); /* five periods in which it is seen to reboot */
	ck_assert_int_eq(lab_guest_destroy(rebooting), 0);
	lab_guest_set_demand(greedy, "0:600");
	sleep(2); /* ten periods in which its memory is free */
	/* its own and, by its alarms, the reserve */
	ck_assert_uint_le(lab_guest_alm_kib(greedy), (200 + 64 + 4) * MIB);
	rebooting = stage_boot("rebooting", 500, "0:60", true); /* the name makes the UUID */
	ck_assert(stage_key_is(rebooting, "cagma/state", "managed"));
	ck_assert(stage_wait_at_least(greedy, 300 * MIB));
}
END_TEST

START_TEST(a_rebooted_guest_has_what_it_was_built_with_until_it_reports)
{
	stage_open(500 + 200);
	stage_start(stage_config, (const char *const[]){"-v", NULL});
	struct lab_guest_options options = LAB_GUEST;
	struct lab_guest *a;
	options.memory_kib = 400 * MIB;
	options.max_kib = 1024 * MIB;
	options.has_agent = false;
	ck_assert_int_eq(lab_guest_make(stage_lab(), &options, &a), 0);
	ck_assert_int_eq(lab_guest_build(a), 0);
	ck_assert(stage_key_is(a, "cagma/state", "paused")); /* as long as xl builds */
	ck_assert_int_eq(lab_guest_start(a), 0);
	struct lab_guest *greedy = stage_boot("greedy", 200, "0:500", true);
	struct xs_handle *h = stage_be_agent(a);
	stage_report(h, 1, 340 * MIB, 280 * MIB);
	ck_assert(stage_wait_at_least(greedy, 400 * MIB));
	ck_assert(stage_wait_below(a, 300 * MIB));
	xs_close(h);
	lab_guest_set_demand(greedy, "0:60");
	uint64_t target_mib = stage_key_number(a, "memory/target") / MIB;
	ck_assert_int_eq(lab_guest_shutdown(a, SHUTDOWN_reboot), 0);
	ck_assert(stage_wait_said("is dying"));
	ck_assert_int_eq(lab_guest_destroy(a), 0);
	a = stage_boot("a", target_mib, "0:60", false); /* as xl does; the name makes the UUID */
	ck_assert(stage_key_is(a, "cagma/state", "booting"));
	ck_assert(stage_wait_at_least(a, 384 * MIB)); /* but for what is not worth a change */
}
END_TEST

#define SAVE_HELPER STAGE_FILE("libxl-save-helper")

/* The program that libxl runs to save a guest or migrate it away, and other programs of that
 * name. */
enum helper {
	HELPER_REAL,
	HELPER_NOBODYS, /* another user's, which has asked not to be dumped, so that root owns its
			   /proc directory */
	HELPER_BY_NAME, /* root's, but another program */
};

/* It ends with the lab. */
static void start_save_helper(const struct lab_guest *guest, enum helper helper)
{
	static const char *const words[] = {"real", "nobodys", "by-name"};
	char domid[16], log[32], self[256], copy[320];
	const char *path = helper == HELPER_BY_NAME ? self : SAVE_HELPER;
	const char *const argv[] = {path, "--save-domain", "8", "9", domid, words[helper], NULL};
	pid_t pid;
	ssize_t len = readlink("/proc/self/exe", self, sizeof(self) - 1);
	ck_assert_int_gt(len, 0);
	self[len] = '\0';
	snprintf(copy, sizeof(copy), "cp --remove-destination %s " SAVE_HELPER, self);
	ck_assert_int_eq(system(copy), 0);
	snprintf(domid, sizeof(domid), "%u", lab_guest_domid(guest));
	snprintf(log, sizeof(log), "helper-%s", words[helper]);
	ck_assert_int_eq(lab_spawn(stage_lab(), LAB_ROLE_DOM0, NULL, argv, log, true, &pid), 0);
	ck_assert(stage_wait_said_in(log, "saves"));
}

static int play_save_helper(const char *word)
{
	prctl(PR_SET_NAME, "libxl-save-helper");
	if (strcmp(word, "nobodys") == 0 && (setgid(65534) < 0 || setuid(65534) < 0))
		return 1;
	puts("saves");
	fflush(stdout);
	return pause();
}

START_TEST(a_guest_that_migrates_away_is_left_alone)
{
	stage_open(200 + 600 +
		   8); /* what libxl lets guests take above their targets is there, too */
	struct lab_guest *a = stage_boot("a", 200, "0:60", true);
	struct lab_guest *b = stage_boot("b", 600, "0:60", true);
	stage_start(stage_config, NULL);
	ck_assert(stage_key_is(b, "cagma/state", "managed"));
	start_save_helper(b, HELPER_REAL);
	lab_guest_set_demand(a, "0:100 10:400"); /* so slowly that it is found in time */
	ck_assert(stage_key_is(b, "cagma/state", "migrating"));
	sleep(1); /* a call that was under way when it was found */
	uint64_t target_kib = stage_key_number(b, "memory/target");
	sleep(3); /* fifteen periods in which nothing is to happen */
	ck_assert_uint_eq(stage_key_number(b, "memory/target"), target_kib);
	ck_assert(stage_key_is(b, "cagma/state", "migrating"));
}
END_TEST

START_TEST(who_only_calls_himself_the_helper_stops_nothing)
{
	stage_open(200 + 600 +
		   8); /* what libxl lets guests take above their targets is there, too */
	struct lab_guest *a = stage_boot("a", 200, "0:60", true);
	struct lab_guest *b = stage_boot("b", 600, "0:60", true);
	stage_start(stage_config, NULL);
	ck_assert(stage_key_is(b, "cagma/state", "managed"));
	start_save_helper(b, HELPER_NOBODYS);
	start_save_helper(b, HELPER_BY_NAME);
	lab_guest_set_demand(a, "0:100 10:400");
	ck_assert(stage_wait_at_least(a, 400 * MIB)); /* there is nothing but what b gives */
	ck_assert(stage_key_is(b, "cagma/state", "managed"));
}
END_TEST

/* cagma-migrate says so before it begins, and may set the target itself then. */
START_TEST(a_guest_said_to_be_migrated_is_left_alone_at_once)
{
	char key[64], path[64];
	stage_open(200 + 600 +
		   8); /* what libxl lets guests take above their targets is there, too */
	struct lab_guest *a = stage_boot("a", 200, "0:60", true);
	struct lab_guest *b = stage_boot("b", 600, "0:60", true);
	struct xs_handle *dom0 = lab_store(stage_lab());
	stage_start(stage_config, NULL);
	ck_assert(stage_key_is(b, "cagma/state", "managed"));
	snprintf(key, sizeof(key), "/tool/cagma/migrating/%u", lab_guest_domid(b));
	ck_assert(xs_write(dom0, XBT_NULL, key, "1", 1));
	ck_assert(stage_key_is(b, "cagma/state", "migrating"));
	lab_guest_set_demand(a, "0:400");
	snprintf(path, sizeof(path), "/local/domain/%u/memory/target", lab_guest_domid(b));
	for (int i = 0; i < 5; i++) { /* longer than one word of it is believed */
		ck_assert(xs_write(dom0, XBT_NULL, key, "1", 1));
		ck_assert(xs_write(dom0, XBT_NULL, path, "512000", 6));
		sleep(1);
		ck_assert_uint_eq(stage_key_number(b, "memory/target"), 500 * MIB);
	}
	ck_assert(stage_key_is(b, "cagma/state", "migrating"));
	ck_assert(stage_key_is(b, "cagma/state", "managed")); /* not told any more */
	ck_assert(stage_wait_at_least(a, 300 * MIB));
	ck_assert_uint_eq(stage_said("by hand"), 0);
}
END_TEST

/* libxl removes what a guest has in xenstore before it destroys the guest. */
START_TEST(nothing_is_written_for_a_guest_that_is_being_removed)
{
	static const struct store_value value = {KEY_STATE, "managed"};
	struct store *store;
	char path[64];
	stage_open(1600);
	struct lab_guest *a = stage_boot("a", 200, "0:60", false);
	unsigned domid = lab_guest_domid(a);
	ck_assert_int_eq(store_open(&store), 0);
	ck_assert_int_eq(store_write(store, domid, &value, 1, false), 0);
	ck_assert(stage_key_is(a, "cagma/state", "managed"));
	snprintf(path, sizeof(path), "/local/domain/%u", domid);
	ck_assert(xs_rm(lab_store(stage_lab()), XBT_NULL, path));
	ck_assert_int_eq(store_write(store, domid, &value, 1, false), -ENOENT);
	char text[16];
	ck_assert(!lab_read(stage_lab(), path, text, sizeof(text)));
	store_close(store);
}
END_TEST

static bool has_event(void *store)
{
	struct pollfd polled = {.fd = store_fd(store, STORE_GUESTS), .events = POLLIN};
	return poll(&polled, 1, 0) > 0;
}

static void drop_events(struct store *store)
{
	struct store_event event;
	while (store_next(store, STORE_GUESTS, &event) > 0)
		;
}

START_TEST(a_write_gives_way_to_a_guest)
{
	static const struct store_value value[] = {{KEY_STATE, "managed"}, {KEY_REASON, "need"}};
	struct store *store;
	char path[64], text[16];
	stage_open(1600);
	struct lab_guest *a = stage_boot("a", 200, "0:60", false);
	unsigned domid = lab_guest_domid(a);
	struct xs_handle *h = stage_be_agent(a);
	ck_assert_int_eq(store_open(&store), 0);
	ck_assert_int_eq(store_watch_cagma(store, domid, 1), 0);
	ck_assert(lab_wait(has_event, store, SOON_MS)); /* of the watch itself */
	drop_events(store);
	ck_assert(xs_write(h, XBT_NULL, "data/cagma/alarm", "x", 1));
	ck_assert(lab_wait(has_event, store, SOON_MS));
	ck_assert_int_eq(store_write(store, domid, value, 2, true), -EINTR);
	snprintf(path, sizeof(path), "/local/domain/%u/cagma", domid);
	ck_assert(!lab_read(stage_lab(), path, text, sizeof(text)));
	ck_assert_int_eq(store_write(store, domid, value, 1, false), 0);
	drop_events(store);
	ck_assert_int_eq(store_write(store, domid, value, 2, true), 0);
	ck_assert(stage_key_is(a, "cagma/reason", "need"));
	store_close(store);
	xs_close(h);
}
END_TEST

START_TEST(a_guest_with_passthrough_is_left_alone_as_soon_as_it_has_it)
{
	char path[64];
	stage_open(1664);
	struct lab_guest *a = stage_boot("a", 200, "0:60", true);
	stage_start(stage_config, NULL);
	ck_assert(stage_key_is(a, "cagma/state", "managed"));
	snprintf(path, sizeof(path), "/libxl/%u/device/pci/%u/0", lab_guest_domid(a),
		 lab_guest_domid(a));
	ck_assert(xs_write(lab_store(stage_lab()), XBT_NULL, path, "", 0));
	ck_assert(stage_key_is(a, "cagma/state", "passthrough"));
}
END_TEST

START_TEST(a_destroyed_guest_leaves_no_keys_behind)
{
	char path[64], text[16];
	stage_open(1664);
	struct lab_guest *a = stage_boot("a", 200, "0:180", true);
	struct lab_guest *b = stage_boot("b", 200, "0:60", true);
	stage_start(stage_config, NULL);
	ck_assert(stage_key_is(a, "cagma/state", "managed"));
	/* as libxl does it: xenstore first, the domain later */
	snprintf(path, sizeof(path), "/local/domain/%u", lab_guest_domid(a));
	ck_assert(xs_rm(lab_store(stage_lab()), XBT_NULL, path));
	lab_guest_set_demand(b, "0:200");
	ck_assert(stage_wait_at_least(b, 260 * MIB));
	ck_assert(!lab_read(stage_lab(), path, text, sizeof(text)));
}
END_TEST

START_TEST(a_guest_that_goes_to_and_fro_does_not_fill_the_log)
{
	stage_open(1664);
	struct lab_guest *bad = stage_boot("bad", 400, "0:60", false);
	struct xs_handle *h = stage_be_agent(bad);
	stage_start(stage_config, NULL);
	for (uint64_t seq = 1; seq < 30; seq++) {
		ck_assert(xs_write(h, XBT_NULL, "data/cagma/report", "x", 1));
		usleep(60000);
		stage_report(h, seq, 300 * MIB, 200 * MIB);
		usleep(60000);
	}
	ck_assert(stage_key_is(bad, "cagma/state", "managed"));
	ck_assert_uint_eq(stage_said("guest bad (domain"), 2);
	xs_close(h);
}
END_TEST

START_TEST(a_rebooted_guest_is_managed_again)
{
	stage_open(1664);
	struct lab_guest *a = stage_boot("a", 200, "0:60", true);
	stage_start(stage_config, NULL);
	ck_assert(stage_key_is(a, "cagma/state", "managed"));
	ck_assert_int_eq(lab_guest_reboot(a), 0);
	ck_assert(stage_key_is(a, "cagma/state", "managed"));
	lab_guest_set_demand(a, "0:250");
	ck_assert(stage_wait_at_least(a, 300 * MIB));
}
END_TEST

/* --- guests that lie, and guests that flood --- */

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
	{"seq=1 uptime_ms=1 total_kib=99999999 free_kib=1 avail_kib=2", 59,
	 "more memory than Xen gave"},
	{"seq=1 seq=2 uptime_ms=1 total_kib=100 free_kib=1 avail_kib=2", 60, "a field twice"},
	{"hello", 5, "not a list of name=value words"},
};

START_TEST(a_bad_report_is_said_once_and_disturbs_nobody)
{
	memset(huge, '7', sizeof(huge));
	stage_open(1664);
	struct lab_guest *bad = stage_boot("bad", 400, "0:60", false);
	struct lab_guest *a = stage_boot("a", 200, "0:60", true);
	struct xs_handle *h = stage_be_agent(bad);
	stage_start(stage_config, NULL);
	ck_assert(stage_key_is(a, "cagma/state", "managed"));
	for (int i = 0; i < 5; i++) {
		ck_assert(xs_write(h, XBT_NULL, "data/cagma/report", bad_reports[_i].value,
				   bad_reports[_i].len));
		ck_assert(stage_key_is(bad, "cagma/state", "bad-report"));
		usleep(120000); /* so that each is read, and not only the last */
	}
	ck_assert_uint_eq(stage_said("guest bad (domain"), 1);
	ck_assert_uint_eq(stage_said(bad_reports[_i].says), 1);
	ck_assert_uint_eq(stage_key_number(bad, "memory/target"), 400 * MIB);
	lab_guest_set_demand(a, "0:200");
	ck_assert(stage_wait_at_least(a, 260 * MIB));
	stage_report(h, 2, 300 * MIB, 200 * MIB);
	ck_assert(stage_key_is(bad, "cagma/state", "managed"));
	ck_assert_uint_eq(stage_said("reports sensibly again, after"), 1);
	xs_close(h);
}
END_TEST

START_TEST(a_guest_that_claims_everything_cannot_take_anothers_minimum)
{
	static const char config[] = "period_ms = 200\nreserve_mib = 64\n"
				     "guests = [ \"name=honest,min_mib=250\" ]\n";
	stage_open(300 + 300);
	struct lab_guest *honest = stage_boot("honest", 300, "0:150", true);
	struct lab_guest *liar = stage_boot("liar", 300, "0:20", false);
	struct xs_handle *h = stage_be_agent(liar);
	stage_start(config, NULL);
	for (uint64_t seq = 1; seq < 60; seq++) {
		stage_report(h, seq, lab_guest_alm_kib(liar), 0);
		usleep(50000);
		ck_assert_uint_ge(lab_guest_alm_kib(honest), 250 * MIB);
		/* nor the reserve, which the honest one's alarms may use */
		ck_assert_uint_le(lab_guest_alm_kib(liar), 350 * MIB);
	}
	xs_close(h);
}
END_TEST

START_TEST(a_flood_is_said_once_and_disturbs_nobody)
{
	stage_open(1664);
	struct lab_guest *bad = stage_boot("bad", 400, "0:60", false);
	struct lab_guest *a = stage_boot("a", 200, "0:60", true);
	struct xs_handle *h = stage_be_agent(bad);
	stage_start(stage_config, NULL);
	ck_assert(stage_key_is(a, "cagma/state", "managed"));
	for (int i = 0; i < 2000; i++)
		ck_assert(xs_write(h, XBT_NULL, i % 2 ? "data/cagma/report" : "data/cagma/junk",
				   "x", 1));
	ck_assert(stage_wait_said("more than 50 times a second"));
	lab_guest_set_demand(a, "0:200");
	for (int i = 0; i < 2000; i++)
		ck_assert(xs_write(h, XBT_NULL, "data/cagma/report", "x", 1));
	ck_assert(stage_wait_at_least(a, 260 * MIB));
	ck_assert_uint_eq(stage_said("more than 50 times a second"), 1);
	ck_assert_uint_eq(stage_said("guest bad (domain"), 2); /* the flood, and the bad report */
	xs_close(h);
}
END_TEST

static void add_tests(TCase *tests)
{
	tcase_add_checked_fixture(tests, NULL, stage_close);
	tcase_add_test(tests, a_guest_without_an_agent_keeps_what_it_has);
	tcase_add_test(tests, a_paused_guest_is_left_alone);
	tcase_add_test(tests, a_guest_of_another_balancer_is_left_alone);
	tcase_add_test(tests, a_target_set_by_hand_is_left_alone_for_a_time);
	tcase_add_test(tests, a_guest_that_migrates_away_is_left_alone);
	tcase_add_test(tests, who_only_calls_himself_the_helper_stops_nothing);
	tcase_add_test(tests, a_guest_said_to_be_migrated_is_left_alone_at_once);
	tcase_add_loop_test(tests, a_rebooting_guest_finds_its_memory_again, 0, 3);
	tcase_add_test(tests, a_rebooted_guest_has_what_it_was_built_with_until_it_reports);
	tcase_add_test(tests, nothing_is_written_for_a_guest_that_is_being_removed);
	tcase_add_test(tests, a_write_gives_way_to_a_guest);
	tcase_add_test(tests, a_guest_with_passthrough_is_left_alone_as_soon_as_it_has_it);
	tcase_add_test(tests, a_destroyed_guest_leaves_no_keys_behind);
	tcase_add_test(tests, a_guest_that_goes_to_and_fro_does_not_fill_the_log);
	tcase_add_test(tests, a_rebooted_guest_is_managed_again);
	tcase_add_loop_test(tests, a_bad_report_is_said_once_and_disturbs_nobody, 0,
			    N_ROWS(bad_reports));
	tcase_add_test(tests, a_guest_that_claims_everything_cannot_take_anothers_minimum);
	tcase_add_test(tests, a_flood_is_said_once_and_disturbs_nobody);
}

int main(int argc, char **argv)
{
	if (argc == 6 && strcmp(argv[1], "--save-domain") == 0)
		return play_save_helper(argv[5]);
	return suite_run("guests", add_tests);
}
