/* SPDX-License-Identifier: MIT */
/* The daemon's answer to alarms, and the credit it gives, on the stock toolstack. */
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "host/core/credit.h"
#include "tests/toolstack/stage.h"

/* A period so long that nothing happens by itself while a test waits. */
#define SLOW_PERIOD "period_ms = 60000\nreserve_mib = 64\ndefault_min_mib = 96\n"

/* libxl lets a guest hold so much more than its target. */
#define SLACK_KIB MIB

static uint64_t cap_kib(const struct lab_guest *guest)
{
	struct fakexen_host *host = lab_host(stage_lab());
	fakexen_lock(host);
	const struct fakexen_domain *d = fakexen_find(host, lab_guest_domid(guest));
	uint64_t kib = d ? d->max_pages * FAKEXEN_PAGE_KIB : 0;
	fakexen_unlock(host);
	return kib;
}

struct cap_is {
	const struct lab_guest *guest;
	uint64_t least_kib, most_kib;
};

static bool cap_is_within(void *arg)
{
	const struct cap_is *c = arg;
	uint64_t kib = cap_kib(c->guest);
	return kib >= c->least_kib && kib <= c->most_kib;
}

static bool wait_cap(const struct lab_guest *guest, uint64_t least_kib, uint64_t most_kib)
{
	struct cap_is c = {guest, least_kib, most_kib};
	return lab_wait(cap_is_within, &c, SOON_MS);
}

static void write_line(struct xs_handle *h, const char *path, const char *line)
{
	ck_assert_msg(xs_write(h, XBT_NULL, path, line, (unsigned)strlen(line)), "%s", path);
}

/* An agent with all abilities. 32 MiB of the guest's 140 are available, which is its critical
 * amount. */
static struct xs_handle *be_agent(const struct lab_guest *guest)
{
	struct xs_handle *h = lab_guest_xs_open(guest);
	ck_assert_ptr_nonnull(h);
	write_line(h, "data/cagma/agent", "protocol=1 version=0 abilities=report,alarm,self-grow");
	stage_report(h, 1, 140 * MIB, 32 * MIB);
	return h;
}

static void alarm_with(struct xs_handle *h, unsigned seq, uint64_t avail_kib)
{
	char line[160];
	snprintf(line, sizeof(line),
		 "seq=%u uptime_ms=%u reason=falling total_kib=%llu avail_kib=%llu", seq, 100 + seq,
		 140 * (unsigned long long)MIB, (unsigned long long)avail_kib);
	write_line(h, "data/cagma/alarm", line);
}

/* The state of a guest whose report was there before cagmad: it may grow. */
#define BELIEVED "report-unproven"

/* --- alarms --- */

START_TEST(an_alarm_is_answered_at_once)
{
	stage_open(200);
	struct lab_guest *a = stage_boot("a", 200, "0:60", false);
	struct xs_handle *h = be_agent(a);
	stage_start(SLOW_PERIOD, NULL);
	ck_assert(stage_key_is(a, "cagma/state", BELIEVED));
	alarm_with(h, 1, 8 * MIB);
	ck_assert(
		stage_wait_at_least(a, 220 * MIB)); /* out of the reserve: there is nothing else */
	ck_assert_uint_lt(lab_free_kib(stage_lab()), 60 * MIB);
	xs_close(h);
}
END_TEST

/* The numbers of its alarms and reports begin anew. */
START_TEST(an_alarm_of_an_agent_that_was_started_anew_is_answered)
{
	stage_open(200);
	struct lab_guest *a = stage_boot("a", 200, "0:60", false);
	struct xs_handle *h = be_agent(a);
	stage_start(SLOW_PERIOD, NULL);
	ck_assert(stage_key_is(a, "cagma/state", BELIEVED));
	alarm_with(h, 1, 28 * MIB);
	ck_assert(stage_wait_at_least(a, 202 * MIB));
	write_line(h, "data/cagma/alarm",
		   "seq=1 uptime_ms=2000 reason=falling total_kib=143360 avail_kib=4096");
	ck_assert(stage_wait_at_least(a, 222 * MIB));
	xs_close(h);
}
END_TEST

/* A pass for an alarm reads no other guest's report, but reports must not wait for ever. */
START_TEST(alarms_do_not_keep_others_reports_from_being_read)
{
	/* no guest writes so often that it is a flood, and together they leave no ENGINE_GAP_MS
	 * free */
	enum { CRYING = 4, ALARM_MS = 25, ROUNDS = 4000 / ALARM_MS };
	struct xs_handle *crying[CRYING];
	char name[8];
	stage_open(1600);
	struct lab_guest *quiet = stage_boot("quiet", 200, "0:60", false);
	struct xs_handle *h = be_agent(quiet);
	for (unsigned i = 0; i < CRYING; i++) {
		snprintf(name, sizeof(name), "g%u", i);
		crying[i] = be_agent(stage_boot(name, 200, "0:60", false));
	}
	stage_start(SLOW_PERIOD, NULL);
	ck_assert(stage_key_is(quiet, "cagma/state", BELIEVED));
	unsigned seq = 1;
	for (; seq <= ROUNDS && lab_guest_alm_kib(quiet) < 220 * MIB; seq++) {
		for (unsigned i = 0; i < CRYING; i++) {
			alarm_with(crying[i], seq, 28 * MIB);
			usleep(ALARM_MS * 1000 / CRYING);
		}
		if (seq == 10)
			stage_report(h, 2, 140 * MIB, 4 * MIB);
	}
	ck_assert_uint_le(seq, ROUNDS);
	ck_assert_uint_eq(stage_said("times a second"), 0);
	for (unsigned i = 0; i < CRYING; i++)
		xs_close(crying[i]);
	xs_close(h);
}
END_TEST

static const char *const no_alarms[] = {
	"",
	"seq=1",
	"seq=1 uptime_ms=200 reason=falling total_kib=143360 avail_kib=143361",
	"seq=1 uptime_ms=200 reason=falling total_kib=0 avail_kib=0",
	"seq=1 uptime_ms=200 reason=falling total_kib=99999999 avail_kib=0",
	"seq=1 uptime_ms=200 reason=FALLING total_kib=143360 avail_kib=8192",
	"seq=1 uptime_ms=0 reason=falling total_kib=143360 avail_kib=8192", /* too old */
	"seq=-1 uptime_ms=200 reason=falling total_kib=143360 avail_kib=8192",
};

START_TEST(what_breaks_the_contract_is_no_alarm)
{
	stage_open(200);
	struct lab_guest *a = stage_boot("a", 200, "0:60", false);
	struct xs_handle *h = be_agent(a);
	stage_start(stage_config, NULL);
	ck_assert(stage_key_is(a, "cagma/state", BELIEVED));
	for (unsigned i = 0; i < sizeof(no_alarms) / sizeof(no_alarms[0]); i++) {
		write_line(h, "data/cagma/alarm", no_alarms[i]);
		usleep(300000); /* a period and more, in which nothing is to happen */
		ck_assert_msg(lab_guest_alm_kib(a) <= 201 * MIB, "\"%s\"", no_alarms[i]);
		ck_assert(stage_key_is(a, "cagma/state", BELIEVED));
	}
	alarm_with(h, 2, 8 * MIB);
	ck_assert(stage_wait_at_least(a, 220 * MIB));
	xs_close(h);
}
END_TEST

START_TEST(the_reserve_is_not_for_alarms_of_untrusted_guests)
{
	stage_open(200);
	struct lab_guest *a = stage_boot("a", 200, "0:60", false);
	struct xs_handle *h = be_agent(a);
	stage_start("period_ms = 200\nguests = [ \"name=a,min_mib=96,untrusted=1\" ]\n", NULL);
	ck_assert(stage_key_is(a, "cagma/state", BELIEVED));
	for (unsigned i = 1; i <= 10; i++) {
		alarm_with(h, i, 8 * MIB);
		usleep(200000);
	}
	ck_assert_uint_le(lab_guest_alm_kib(a), 201 * MIB);
	ck_assert_uint_le(cap_kib(a), 201 * MIB);
	xs_close(h);
}
END_TEST

/* --- credit --- */

/* A third of what can be lent: of the 64 MiB that are free 16 are the reserve's floor, and 1 is
 * what libxl lets the guest take above its target. */
#define STEP_KIB (2 * MIB) /* by default; credit comes in whole ones */
#define LENT_KIB ((64 - 16 - 1) * MIB / CREDIT_POOL_SHARE / STEP_KIB * STEP_KIB)

static bool has_all_credit(const struct lab_guest *guest)
{
	char text[24];
	snprintf(text, sizeof(text), "%llu", (unsigned long long)LENT_KIB);
	return stage_key_is(guest, "cagma/credit_kib", text);
}

START_TEST(credit_is_given_said_and_withdrawn)
{
	stage_open(200);
	struct lab_guest *a = stage_boot("a", 200, "0:60", false);
	struct xs_handle *h = be_agent(a);
	stage_start(stage_config, NULL);
	ck_assert(has_all_credit(a));
	ck_assert_uint_eq(cap_kib(a), 200 * MIB + LENT_KIB + SLACK_KIB);
	ck_assert_uint_eq(stage_key_number(a, "memory/target"), 200 * MIB);
	lab_end(stage_cagmad(), SIGTERM, SOON_MS);
	ck_assert_uint_eq(cap_kib(a), 200 * MIB + SLACK_KIB);
	xs_close(h);
}
END_TEST

START_TEST(credit_is_only_for_agents_that_can_use_it)
{
	stage_open(200 + 200);
	struct lab_guest *plain = stage_boot("plain", 200, "0:60", false);
	struct lab_guest *a = stage_boot("a", 200, "0:60", false);
	struct xs_handle *h = be_agent(a), *other = stage_be_agent(plain);
	stage_report(other, 1, 140 * MIB, 32 * MIB);
	stage_start(stage_config, NULL);
	ck_assert(wait_cap(a, 208 * MIB, 240 * MIB));
	ck_assert(stage_key_is(plain, "cagma/credit_kib", "0"));
	ck_assert_uint_eq(cap_kib(plain), 200 * MIB + SLACK_KIB);
	/* and not for one that cannot any more */
	write_line(h, "data/cagma/agent",
		   "protocol=1 version=0 abilities=report,alarm,self-grower");
	ck_assert(stage_key_is(a, "cagma/credit_kib", "0"));
	ck_assert(wait_cap(a, 0, 200 * MIB + SLACK_KIB));
	xs_close(h);
	xs_close(other);
}
END_TEST

START_TEST(credit_that_libxl_has_reset_is_given_anew)
{
	char path[64];
	stage_open(200);
	struct lab_guest *a = stage_boot("a", 200, "0:60", false);
	struct xs_handle *h = be_agent(a);
	stage_start(stage_config, NULL);
	ck_assert(wait_cap(a, 200 * MIB + LENT_KIB, 240 * MIB));
	struct fakexen_host *host = lab_host(stage_lab());
	ck_assert_int_eq(fakexen_domain_set_max(host, lab_guest_domid(a), 201 * MIB / 4), 0);
	ck_assert(wait_cap(a, 200 * MIB + LENT_KIB, 240 * MIB));
	/* a target set by hand is the operator's wish, so there is no credit beside it */
	snprintf(path, sizeof(path), "/local/domain/%u/memory/target", lab_guest_domid(a));
	write_line(lab_store(stage_lab()), path, "194560");
	ck_assert(stage_key_is(a, "cagma/state", "moved-by-hand"));
	ck_assert(wait_cap(a, 0, 190 * MIB + SLACK_KIB));
	xs_close(h);
}
END_TEST

START_TEST(a_killed_daemons_credit_is_found_and_kept_within_bounds)
{
	stage_open(200);
	struct lab_guest *a = stage_boot("a", 200, "0:60", false);
	struct xs_handle *h = be_agent(a);
	stage_start(stage_config, NULL);
	ck_assert(wait_cap(a, 200 * MIB + LENT_KIB, 240 * MIB));
	lab_end(stage_cagmad(), SIGKILL, SOON_MS);
	ck_assert_uint_ge(cap_kib(a), 200 * MIB + LENT_KIB);
	stage_start("period_ms = 200\ncredit_mib = 0\ndefault_min_mib = 96\n", NULL);
	ck_assert(wait_cap(a, 0, 200 * MIB + SLACK_KIB));
	xs_close(h);
}
END_TEST

/* Plays a hostile guest, which takes all memory that Xen gives it, all the time, and reports
 * nonsense. */
static void grab(struct lab_guest *a, struct xs_handle *h, unsigned seq)
{
	struct fakexen_host *host = lab_host(stage_lab());
	fakexen_domain_populate(host, lab_guest_domid(a), 1 << 20);
	uint64_t total_kib = lab_guest_alm_kib(a) - 60 * MIB;
	stage_report(h, seq, total_kib, 4 * MIB);
	alarm_with(h, seq, 4 * MIB);
}

/*
 * Two guests of one weight have 864 MiB in all: 432 each, if both claim them. A guest whose use and
 * critical amount are less keeps both, and swaps nothing. A guest that uses more keeps its 432;
 * whether it swaps a little at that edge is not judged.
 */
static const struct {
	const char *demand;
	uint64_t uses_mib, keeps_mib;
	bool has_enough;
} victims[] = {{"0:300", 300, 400, true}, {"0:400", 400, 416, false}};

struct knows {
	const struct lab_guest *guest;
	uint64_t kib;
};

static bool is_known_to_use(void *what)
{
	const struct knows *k = what;
	return stage_key_number(k->guest, "cagma/alm_kib") >=
	       stage_key_number(k->guest, "cagma/avm_kib") + k->kib;
}

START_TEST(a_guest_that_takes_all_it_can_leaves_others_theirs)
{
	enum {
		NEAR_MIB = 8,       /* shares differ by a few steps, and the reserve moves them */
		UNCOUNTED_MIB = 50, /* a played guest's kernel and overhead, but for 2 MiB */
	};
	stage_open(200 + 600);
	struct lab_guest *a = stage_boot("a", 200, "0:60", false);
	struct lab_guest *b = stage_boot("b", 600, victims[_i].demand, true);
	struct xs_handle *h = be_agent(a);
	stage_start("period_ms = 200\nreserve_mib = 64\ndefault_min_mib = 96\ncredit_mib = 64\n",
		    NULL);
	ck_assert(stage_key_is(b, "cagma/state", "managed"));
	/* What the guest takes before the other has reported its use it keeps. */
	struct knows known = {b, (victims[_i].uses_mib + UNCOUNTED_MIB) * MIB};
	ck_assert(lab_wait(is_known_to_use, &known, SOON_MS));
	uint64_t keeps_kib = (victims[_i].keeps_mib - NEAR_MIB) * MIB, a_kib = 0, b_kib = 0;
	uint64_t highest_kib = 0;
	/* memory it has not reported as used yet may be taken for a moment, if it swaps nothing */
	for (unsigned i = 2; i < 60 || (b_kib < keeps_kib && i < 200); i++) {
		grab(a, h, i);
		usleep(100000);
		a_kib = lab_guest_alm_kib(a);
		b_kib = lab_guest_alm_kib(b);
		highest_kib = a_kib > highest_kib ? a_kib : highest_kib;
	}
	ck_assert_uint_ge(b_kib, keeps_kib);
	ck_assert_uint_le(a_kib, 864 * MIB - keeps_kib);
	ck_assert_uint_gt(highest_kib, 260 * MIB);
	struct simguest_stats stats;
	lab_guest_stats(b, &stats);
	if (victims[_i].has_enough)
		ck_assert_msg(stats.counters.pswpout == 0, "b swapped");
	xs_close(h);
}
END_TEST

static void add_tests(TCase *tests)
{
	tcase_add_checked_fixture(tests, NULL, stage_close);
	tcase_add_test(tests, an_alarm_is_answered_at_once);
	tcase_add_test(tests, an_alarm_of_an_agent_that_was_started_anew_is_answered);
	tcase_add_test(tests, alarms_do_not_keep_others_reports_from_being_read);
	tcase_add_test(tests, what_breaks_the_contract_is_no_alarm);
	tcase_add_test(tests, the_reserve_is_not_for_alarms_of_untrusted_guests);
	tcase_add_test(tests, credit_is_given_said_and_withdrawn);
	tcase_add_test(tests, credit_is_only_for_agents_that_can_use_it);
	tcase_add_test(tests, credit_that_libxl_has_reset_is_given_anew);
	tcase_add_test(tests, a_killed_daemons_credit_is_found_and_kept_within_bounds);
	tcase_add_loop_test(tests, a_guest_that_takes_all_it_can_leaves_others_theirs, 0,
			    N_ROWS(victims));
	tcase_set_timeout(tests, 60);
}

int main(void)
{
	return suite_run("alarms", add_tests);
}
