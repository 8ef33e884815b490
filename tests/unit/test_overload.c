/* SPDX-License-Identifier: MIT */
/* The host's word to others: how much memory a new guest could have, and what guests lack. */
#include "host/show/overload.h"
#include "tests/unit/suite.h"

#define MIB_KIB UINT64_C(1024)

/* One guest of 512 MiB at rest on its target, on a host with these amounts free, and beside them
 * what libxl lets the guest take above its target. */
static const struct {
	const char *what;
	uint64_t free_mib, claimed_mib, reserved_mib, want_mib, goal_mib;
	enum guest_hold hold;
	bool gives;
	uint64_t available_mib, short_mib;
} rows[] = {
	{"free beyond the reserve", 164, 0, 0, 512, 512, HOLD_NONE, true, 100, 0},
	{"and a guest's surplus", 164, 0, 0, 300, 512, HOLD_NONE, true, 312, 0},
	{"the surplus of a full host", 64, 0, 0, 300, 512, HOLD_NONE, true, 212, 0},
	{"a reserve that is lent is filled first", 14, 0, 0, 300, 512, HOLD_NONE, true, 162, 0},
	{"not what a guest being built has claimed", 164, 60, 0, 512, 512, HOLD_NONE, true, 40, 0},
	{"nor what is reserved", 164, 0, 80, 512, 512, HOLD_NONE, true, 20, 0},
	{"more is kept than there is", 164, 100, 100, 512, 512, HOLD_NONE, true, 0, 0},
	{"a policy that takes nothing", 164, 0, 0, 300, 512, HOLD_NONE, false, 100, 0},
	{"a guest that is left alone", 164, 0, 0, 300, 512, HOLD_PAUSED, true, 100, 0},
	{"a guest lacks memory", 64, 0, 0, 700, 600, HOLD_NONE, true, 0, 100},
	{"less than a step is no lack", 64, 0, 0, 513, 512, HOLD_NONE, true, 0, 0},
	{"one that is left alone lacks nothing", 64, 0, 0, 700, 512, HOLD_PAUSED, true, 0, 0},
};

START_TEST(the_word_is_free_memory_and_surplus)
{
	struct policy_conf conf = options_default();
	struct guest_view view = {.domid = 1,
				  .hold = rows[_i].hold,
				  .alm_kib = 512 * MIB_KIB,
				  .cap_kib = 512 * MIB_KIB,
				  .target_kib = 512 * MIB_KIB,
				  .at_rest = true,
				  .max_kib = 2048 * MIB_KIB,
				  .weight = 256,
				  .has_report = true};
	struct snapshot snap = {
		.host = {.now_ms = 5000,
			 .total_kib = 4096 * MIB_KIB,
			 .free_kib = rows[_i].free_mib * MIB_KIB + MODEL_LIBXL_SLACK_KIB,
			 .claimed_kib = rows[_i].claimed_mib * MIB_KIB,
			 .reserved_kib = rows[_i].reserved_mib * MIB_KIB},
		.n_guests = 1,
		.guest = &view};
	struct verdict verdict = {.want_kib = rows[_i].want_mib * MIB_KIB,
				  .goal_kib = rows[_i].goal_mib * MIB_KIB};
	struct overload word = {0};
	overload_judge(&word, &conf, &snap, &verdict, rows[_i].gives);
	ck_assert_msg(word.available_kib == rows[_i].available_mib * MIB_KIB,
		      "%s: %llu MiB are available", rows[_i].what,
		      (unsigned long long)(word.available_kib / MIB_KIB));
	ck_assert_msg(word.short_kib == rows[_i].short_mib * MIB_KIB, "%s: %llu MiB are lacking",
		      rows[_i].what, (unsigned long long)(word.short_kib / MIB_KIB));
	ck_assert_uint_eq(word.short_since_ms, rows[_i].short_mib ? 5000 : 0);
	/* a lack goes on since it began, and a later one is a new one */
	snap.host.now_ms = 9000;
	overload_judge(&word, &conf, &snap, &verdict, rows[_i].gives);
	ck_assert_uint_eq(word.short_since_ms, rows[_i].short_mib ? 5000 : 0);
	verdict.goal_kib = verdict.want_kib;
	overload_judge(&word, &conf, &snap, &verdict, rows[_i].gives);
	ck_assert_uint_eq(word.short_since_ms, 0);
}
END_TEST

static void add_tests(TCase *tests)
{
	tcase_add_loop_test(tests, the_word_is_free_memory_and_surplus, 0, N_ROWS(rows));
}

int main(void)
{
	return suite_run("overload", add_tests);
}
