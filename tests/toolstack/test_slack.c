/* SPDX-License-Identifier: MIT */
/* Guests whose memory at rest is not their target: HVM guests with video memory, and PV guests in a
 * PVH shim. */
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "tests/toolstack/stage.h"

enum {
	QUIET_S = 7,    /* a balloon that does not follow is found out in 5 s */
	CHANGE_MIB = 2, /* the smallest change of a target */
};

static struct lab_guest *boot(const struct lab_guest_options *options, const char *demand)
{
	struct lab_guest_options o = *options;
	struct lab_guest *guest;
	o.demand = lab_demand(demand);
	ck_assert_msg(lab_guest_boot(stage_lab(), &o, &guest) == 0, "%s", lab_error());
	return guest;
}

static bool is_managed(const struct lab_guest *guest)
{
	return stage_key_is(guest, "cagma/state", "managed");
}

/* --- video memory beside a host that has plenty free --------------------------------------- */

static const unsigned video_mib[] = {0, 8, 16, 64};
enum { N_GUESTS = sizeof(video_mib) / sizeof(video_mib[0]) };

static void boot_all(bool has_agent, struct lab_guest *guest[N_GUESTS])
{
	for (unsigned i = 0; i < N_GUESTS; i++) {
		struct lab_guest_options options = LAB_GUEST;
		snprintf(options.name, sizeof(options.name), "video%u", video_mib[i]);
		options.type = FAKEXEN_HVM;
		options.memory_kib = 300 * MIB;
		options.max_kib = (i % 2 ? 600 : 300) * MIB;
		options.videoram_kib = video_mib[i] * MIB;
		options.has_agent = has_agent;
		guest[i] = boot(&options, "0:60");
	}
}

static void stays_alone(struct lab_guest *const guest[N_GUESTS])
{
	uint64_t target_kib[N_GUESTS], alm_kib[N_GUESTS];
	for (unsigned i = 0; i < N_GUESTS; i++) {
		ck_assert(is_managed(guest[i]));
		target_kib[i] = stage_key_number(guest[i], "memory/target");
		alm_kib[i] = lab_guest_alm_kib(guest[i]);
	}
	sleep(QUIET_S); /* the time in which nothing is to happen */
	for (unsigned i = 0; i < N_GUESTS; i++) {
		ck_assert_uint_eq(stage_key_number(guest[i], "memory/target"), target_kib[i]);
		ck_assert_uint_eq(lab_guest_alm_kib(guest[i]), alm_kib[i]);
		ck_assert(is_managed(guest[i]));
	}
	ck_assert_uint_eq(stage_said(": target "), 0);
}

START_TEST(video_memory_is_no_reason_to_move_a_guest)
{
	const char *const verbose[] = {"-v", NULL};
	struct lab_guest *guest[N_GUESTS];
	bool is_before = _i == 0; /* the agents, before cagmad */
	stage_open(4 * 300 + 400);
	boot_all(is_before, guest);
	stage_start(stage_config, verbose);
	for (unsigned i = 0; i < N_GUESTS && !is_before; i++) {
		ck_assert(stage_key_is(guest[i], "cagma/state", "no-agent"));
		ck_assert_int_eq(lab_guest_start_agent(guest[i]), 0);
	}
	stays_alone(guest);
	/* a cagmad that is killed and started again finds the keys of the one before, and its
	 * guests at rest */
	ck_assert_int_ge(lab_end(stage_cagmad(), is_before ? SIGKILL : SIGTERM, SOON_MS), 0);
	stage_start(stage_config, verbose);
	stays_alone(guest);
}
END_TEST

/* --- memory that a guest holds beside its target, for ever --------------------------------- */

enum { SHIM_MIB = 68 };

static struct lab_guest_options shim_guest(const char *name, unsigned memory_mib)
{
	struct lab_guest_options options = LAB_GUEST;
	snprintf(options.name, sizeof(options.name), "%s", name);
	options.memory_kib = memory_mib * MIB;
	options.max_kib = 1024 * MIB;
	options.shim_kib = SHIM_MIB * (double)MIB;
	return options;
}

/* The least free memory while `guest` comes to hold so much; 0 if it does not. */
struct growth {
	const struct lab_guest *guest;
	uint64_t kib, least_free_kib;
};

static bool has_grown(void *arg)
{
	struct growth *g = arg;
	uint64_t free_kib = lab_free_kib(stage_lab());
	if (free_kib < g->least_free_kib)
		g->least_free_kib = free_kib;
	return lab_guest_alm_kib(g->guest) >= g->kib;
}

static uint64_t least_free_until(const struct lab_guest *guest, uint64_t kib)
{
	struct growth g = {guest, kib, UINT64_MAX};
	return lab_wait(has_grown, &g, 4 * SOON_MS) ? g.least_free_kib : 0;
}

static bool has_little_in_swap(void *arg)
{
	struct simguest_stats stats;
	lab_guest_stats(arg, &stats);
	return stats.swapped_kib < SHIM_MIB * (double)MIB / 2;
}

/* On a busy machine a guest swaps, and its pages come back when it has its memory. */
static bool swaps_for_good(struct lab_guest *guest)
{
	return !lab_wait(has_little_in_swap, guest, 4 * SOON_MS);
}

/* Both guests hold 68 MiB more than they are asked to. One gives, the other gets; then the other
 * way round; and nobody spends the part of the reserve of 64 MiB that is never lent. A slack that
 * is not counted is missing as a whole. */
START_TEST(a_guest_in_a_shim_gives_and_grows_as_others_do)
{
	enum { FLOOR_MIB = 64 / 4 };
	struct lab_guest_options a_options = shim_guest("a", 300), b_options = shim_guest("b", 700);
	stage_open(300 + 700 + 2 * SHIM_MIB);
	struct lab_guest *a = boot(&a_options, "0:60"), *b = boot(&b_options, "0:60");
	ck_assert_uint_eq(lab_guest_alm_kib(b), (700 + SHIM_MIB) * MIB);
	stage_start(stage_config, (const char *const[]){"-v", NULL});
	ck_assert(is_managed(a));
	ck_assert(is_managed(b));
	lab_guest_set_demand(a, "0:60 16:720");
	ck_assert_uint_ge(least_free_until(a, 840 * MIB), FLOOR_MIB * MIB);
	ck_assert(!swaps_for_good(a));
	lab_guest_set_demand(a, "0:60");
	lab_guest_set_demand(b, "0:60 16:640");
	ck_assert_uint_ge(least_free_until(b, 760 * MIB), FLOOR_MIB * MIB);
	ck_assert(!swaps_for_good(b));
	ck_assert_uint_eq(stage_said("balloon-stuck"), 0);
}
END_TEST

/* What was measured once is not lost with the daemon, or is measured before anything is told. */
START_TEST(a_guest_in_a_shim_is_left_alone_by_the_next_daemon)
{
	struct lab_guest_options options = shim_guest("a", 300);
	stage_open(300 + 300);
	struct lab_guest *a = boot(&options, "0:60");
	for (int run = 0; run < 2; run++) {
		stage_start(stage_config, (const char *const[]){"-v", NULL});
		ck_assert(is_managed(a));
		sleep(QUIET_S); /* the time in which nothing is to happen */
		ck_assert_uint_eq(stage_key_number(a, "memory/target"), 300 * MIB);
		ck_assert_uint_eq(lab_guest_alm_kib(a), (300 + SHIM_MIB) * MIB);
		ck_assert_uint_eq(stage_said(": target "), 0);
		ck_assert_int_ge(lab_end(stage_cagmad(), run ? SIGTERM : SIGKILL, SOON_MS), 0);
	}
}
END_TEST

static void add_tests(TCase *tests)
{
	tcase_set_timeout(tests, 90);
	tcase_add_checked_fixture(tests, NULL, stage_close);
	tcase_add_loop_test(tests, video_memory_is_no_reason_to_move_a_guest, 0, 2);
	tcase_add_test(tests, a_guest_in_a_shim_gives_and_grows_as_others_do);
	tcase_add_test(tests, a_guest_in_a_shim_is_left_alone_by_the_next_daemon);
}

int main(void)
{
	return suite_run("slack", add_tests);
}
