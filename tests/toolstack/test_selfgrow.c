/* SPDX-License-Identifier: MIT */
/* A guest grows on credit that a test gives it, without a daemon: the agent's half, and Xen's
 * bound. */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <xenctrl.h>

#include "tests/toolstack/stage.h"

enum { MEMORY_MIB = 200, JUMP_MS = 6000 };

/* A jump of 100 MiB at 45 MiB/s. */
static const char jump[] = "0:60 2.2:160";

static struct lab_guest *boot(void)
{
	stage_open(1024);
	return stage_boot("a", MEMORY_MIB, "0:60", true);
}

static void set_max(const struct lab_guest *guest, uint64_t kib)
{
	xc_interface *xc = xc_interface_open(NULL, NULL, 0);
	ck_assert_ptr_nonnull(xc);
	ck_assert_int_eq(xc_domain_setmaxmem(xc, lab_guest_domid(guest), kib), 0);
	xc_interface_close(xc);
}

static void write_key(const struct lab_guest *guest, const char *name, uint64_t number)
{
	char path[64], text[24];
	snprintf(path, sizeof(path), "/local/domain/%u/%s", lab_guest_domid(guest), name);
	snprintf(text, sizeof(text), "%llu", (unsigned long long)number);
	ck_assert(xs_write(lab_store(stage_lab()), XBT_NULL, path, text, (unsigned)strlen(text)));
}

static struct simguest_stats stats_of(const struct lab_guest *guest)
{
	struct simguest_stats stats;
	ck_assert_int_eq(lab_guest_stats(guest, &stats), 0);
	return stats;
}

/* Asserts that the guest never holds more than this during the whole jump. */
static void live_within(const struct lab_guest *guest, uint64_t most_kib)
{
	for (uint64_t end_ms = lab_clock_ms() + JUMP_MS; lab_clock_ms() < end_ms; usleep(2000))
		ck_assert_uint_le(lab_guest_alm_kib(guest), most_kib);
}

static bool has_settled(void *guest)
{
	struct simguest_stats stats = stats_of(guest);
	return stats.target_kib == stats.current_kib;
}

START_TEST(a_guest_grows_at_once_on_its_credit)
{
	struct lab_guest *a = boot();
	ck_assert(stage_key_is(a, "data/cagma/report", NULL));
	set_max(a, (MEMORY_MIB + 128) * MIB);
	write_key(a, "cagma/credit_kib", 128 * MIB);
	lab_guest_set_demand(a, jump);
	ck_assert(stage_key_is(a, "data/cagma/alarm", NULL));
	live_within(a, (MEMORY_MIB + 128) * MIB);
	struct simguest_stats stats = stats_of(a);
	ck_assert_uint_ge(lab_guest_alm_kib(a), (MEMORY_MIB + 50) * MIB);
	ck_assert_msg(stats.anon_kib >= 160 * MIB, "%g KiB are populated", stats.anon_kib);
	ck_assert_msg(stats.counters.pswpout < 256, "%g pages swapped out", stats.counters.pswpout);
	ck_assert_uint_eq(stage_key_number(a, "memory/target"), MEMORY_MIB * MIB);
	ck_assert_uint_eq(stats.give_ups, 0);
}
END_TEST

START_TEST(without_credit_it_holds_what_it_was_told_to)
{
	struct lab_guest *a = boot();
	set_max(a, (MEMORY_MIB + 128) * MIB);
	lab_guest_set_demand(a, jump);
	ck_assert(stage_key_is(a, "data/cagma/alarm", NULL));
	live_within(a, MEMORY_MIB * MIB);
	ck_assert(stats_of(a).counters.pswpout > 256); /* the jump was one that hurts */
}
END_TEST

/* The agent takes its credit and no more, although Xen would give it more. */
START_TEST(it_asks_for_no_more_than_its_credit)
{
	struct lab_guest *a = boot();
	set_max(a, (MEMORY_MIB + 128) * MIB);
	write_key(a, "cagma/credit_kib", 32 * MIB);
	lab_guest_set_demand(a, jump);
	live_within(a, (MEMORY_MIB + 32) * MIB);
	ck_assert_uint_eq(lab_guest_alm_kib(a), (MEMORY_MIB + 32) * MIB);
}
END_TEST

/* A credit that Xen does not honour, as after a foreign libxl call. */
START_TEST(what_is_refused_is_taken_back)
{
	struct lab_guest *a = boot();
	set_max(a, (MEMORY_MIB + 8) * MIB);
	write_key(a, "cagma/credit_kib", 128 * MIB);
	lab_guest_set_demand(a, jump);
	ck_assert(stage_wait_at_least(a, (MEMORY_MIB + 8) * MIB));
	ck_assert(lab_wait(has_settled, a, SOON_MS));
	live_within(a, (MEMORY_MIB + 8) * MIB);
	ck_assert(has_settled(a)); /* nor tried again, though the guest has gone on needing it */
	ck_assert_uint_eq(stats_of(a).give_ups, 0);
	/* until there is a new one */
	set_max(a, (MEMORY_MIB + 64) * MIB);
	write_key(a, "cagma/credit_kib", 56 * MIB);
	ck_assert(stage_wait_at_least(a, (MEMORY_MIB + 16) * MIB));
}
END_TEST

START_TEST(the_hosts_target_overrides_its_own)
{
	struct lab_guest *a = boot();
	set_max(a, (MEMORY_MIB + 128) * MIB);
	write_key(a, "cagma/credit_kib", 128 * MIB);
	lab_guest_set_demand(a, jump);
	ck_assert(stage_wait_at_least(a, (MEMORY_MIB + 50) * MIB));
	lab_guest_set_demand(a, "0:60");
	sleep(2);
	ck_assert_uint_ge(lab_guest_alm_kib(a), (MEMORY_MIB + 50) * MIB);
	write_key(a, "memory/target", MEMORY_MIB * MIB); /* as it was */
	ck_assert(lab_wait_alm(a, MEMORY_MIB * MIB, 0, SOON_MS));
}
END_TEST

/* The bound holds whatever target the guest itself sets. */
START_TEST(max_pages_is_the_bound)
{
	char path[320];
	struct lab_guest *a = boot();
	set_max(a, (MEMORY_MIB + 16) * MIB);
	lab_guest_root(a, path, 256);
	strcat(path, "/" GUESTTREE_TARGET);
	int fd = open(path, O_WRONLY | O_TRUNC | O_CLOEXEC);
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(write(fd, "999999999\n", 10), 10);
	close(fd);
	ck_assert(stage_wait_at_least(a, (MEMORY_MIB + 16) * MIB));
	live_within(a, (MEMORY_MIB + 16) * MIB);
}
END_TEST

static void add_tests(TCase *tests)
{
	tcase_add_checked_fixture(tests, NULL, stage_close);
	tcase_add_test(tests, a_guest_grows_at_once_on_its_credit);
	tcase_add_test(tests, without_credit_it_holds_what_it_was_told_to);
	tcase_add_test(tests, it_asks_for_no_more_than_its_credit);
	tcase_add_test(tests, what_is_refused_is_taken_back);
	tcase_add_test(tests, the_hosts_target_overrides_its_own);
	tcase_add_test(tests, max_pages_is_the_bound);
}

int main(void)
{
	return suite_run("selfgrow", add_tests);
}
