/* SPDX-License-Identifier: MIT */
/* The host's word to others: how much memory a new guest could have, what guests lack, and what
 * each needs lastingly. */
#include "host/show/lasting.h"
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
	/* memory that goes from the host to the guest changes nothing, nor does one to come */
	ck_assert_uint_eq(word.capacity_kib + conf.reserve_kib, snap.host.free_kib + 512 * MIB_KIB);
	/* a lack goes on since it began, and a later one is a new one */
	snap.host.now_ms = 9000;
	overload_judge(&word, &conf, &snap, &verdict, rows[_i].gives);
	ck_assert_uint_eq(word.short_since_ms, rows[_i].short_mib ? 5000 : 0);
	verdict.goal_kib = verdict.want_kib;
	snap.host.now_ms += OVERLOAD_CALM_MS;
	overload_judge(&word, &conf, &snap, &verdict, rows[_i].gives);
	ck_assert_uint_eq(word.short_since_ms, 0);
}
END_TEST

/* A guest that lacks a step for some passes, and nothing for some, over two minutes. */
static const struct {
	unsigned lacks_s, is_calm_s;
	bool is_one; /* it is one lack, that began at first */
} wavering[] = {{9, 1, true}, {1, 1, true}, {1, 4, true}, {3, 5, false}, {30, 6, false}};

START_TEST(a_lack_is_over_after_some_seconds_without_one)
{
	struct policy_conf conf = options_default();
	struct guest_view view = {.domid = 1, .hold = HOLD_NONE, .alm_kib = 512 * MIB_KIB};
	struct snapshot snap = {.n_guests = 1, .guest = &view};
	struct verdict verdict = {.want_kib = 600 * MIB_KIB};
	struct overload word = {0};
	unsigned round_s = wavering[_i].lacks_s + wavering[_i].is_calm_s;
	for (unsigned s = 0; s < 120; s++) {
		bool lacks = s % round_s < wavering[_i].lacks_s;
		snap.host.now_ms = 5000 + s * 1000;
		verdict.goal_kib = verdict.want_kib - (lacks ? conf.step_kib : 0);
		overload_judge(&word, &conf, &snap, &verdict, true);
		ck_assert_uint_eq(word.short_kib, lacks ? conf.step_kib : 0);
		ck_assert(!lacks || word.short_since_ms);
	}
	ck_assert_int_eq(word.short_since_ms == 5000, wavering[_i].is_one);
	snap.host.now_ms += OVERLOAD_CALM_MS;
	verdict.goal_kib = verdict.want_kib;
	overload_judge(&word, &conf, &snap, &verdict, true);
	ck_assert_uint_eq(word.short_since_ms, 0);
}
END_TEST

/* --- what a guest needs lastingly --- */

/* A want, in MiB, and for how long it stays. */
struct stretch {
	unsigned s;
	uint64_t want_mib;
	enum guest_hold hold;
};

/* A guest that holds 512 MiB. */
static const struct lasting_row {
	const char *what;
	struct stretch stretch[4];
	uint64_t lasting_mib; /* in the end; 0: not known */
} lasting_rows[] = {
	{"not known before a minute is over", {{59, 300, 0}}, 0},
	{"then it is", {{61, 300, 0}}, 300},
	{"a burst of 20 s leaves no trace", {{120, 300, 0}, {20, 2000, 0}, {1, 300, 0}}, 300},
	{"not while it lasts either", {{120, 300, 0}, {20, 2000, 0}}, 300},
	{"nor bursts that come again",
	 {{120, 300, 0}, {50, 2000, 0}, {2, 300, 0}, {50, 2000, 0}},
	 300},
	{"what stays is believed after a minute", {{120, 300, 0}, {71, 2000, 0}}, 2000},
	{"to the height at which it has stayed",
	 {{120, 300, 0}, {30, 2000, 0}, {30, 1500, 0}, {30, 1800, 0}},
	 1500},
	{"it falls only after minutes", {{200, 900, 0}, {280, 300, 0}}, 900},
	{"but then it does", {{200, 900, 0}, {400, 300, 0}}, 300},
	{"a want that goes up and down gives one number",
	 {{150, 900, 0}, {100, 300, 0}, {150, 900, 0}, {100, 300, 0}},
	 900},
	{"a guest that migrates keeps its figure",
	 {{120, 300, 0}, {900, 2000, HOLD_MIGRATING}},
	 300},
	{"and goes on from there",
	 {{120, 300, 0}, {900, 2000, HOLD_MIGRATING}, {30, 2000, 0}},
	 300},
	{"one that is built has none", {{900, 2000, HOLD_BUILDING}}, 0},
	{"one that gives nothing needs what it holds", {{120, 300, HOLD_STUCK}}, 512},
	{"or what it wants, if that is more", {{120, 700, HOLD_STUCK}}, 700},
	{"without an agent, too", {{120, 300, HOLD_NO_AGENT}}, 512},
};

START_TEST(what_lasts_is_told)
{
	const struct lasting_row *row = &lasting_rows[_i];
	struct lasting lasting = {0};
	uint64_t now_ms = 1000;
	for (unsigned i = 0; i < N_ROWS(row->stretch); i++) {
		const struct stretch *s = &row->stretch[i];
		struct guest_view view = {.domid = 1, .hold = s->hold, .alm_kib = 512 * MIB_KIB};
		struct verdict verdict = {.want_kib = s->want_mib * MIB_KIB};
		for (unsigned k = 0; k < s->s; k++, now_ms += 1000)
			lasting_take(&lasting, &view, &verdict, now_ms);
	}
	ck_assert_msg(lasting_kib(&lasting) == row->lasting_mib * MIB_KIB, "%s: %llu MiB",
		      row->what, (unsigned long long)(lasting_kib(&lasting) / MIB_KIB));
	ck_assert_int_eq(lasting_is_known(&lasting), row->lasting_mib != 0);
}
END_TEST

/* Whatever the times and wants are, the figure is one of the wants. */
START_TEST(it_is_never_more_than_was_wanted)
{
	struct lasting lasting = {0};
	uint64_t now_ms = 1, seed = 12345, most_kib = 0;
	for (unsigned i = 0; i < 20000; i++) {
		seed = seed * UINT64_C(6364136223846793005) + 1442695040888963407u;
		struct guest_view view = {.domid = 1, .hold = (seed >> 20) % HOLD_COUNT_};
		struct verdict verdict = {.want_kib = (seed >> 33) % 100000 + 1};
		now_ms += (seed >> 50) % 7 ? (seed >> 40) % 3000 : (seed >> 30) % 10000000;
		most_kib = most_kib > verdict.want_kib ? most_kib : verdict.want_kib;
		lasting_take(&lasting, &view, &verdict, (seed >> 59) ? now_ms : now_ms / 2);
		ck_assert_uint_le(lasting_kib(&lasting), most_kib);
	}
	ck_assert(lasting_is_known(&lasting));
}
END_TEST

static const struct {
	uint32_t domid;
	enum guest_hold hold;
	bool may_leave;
} leaving[] = {
	{1, HOLD_NONE, true},    {1, HOLD_NO_AGENT, true},     {1, HOLD_SILENT, true},
	{1, HOLD_ASKED, false},  {1, HOLD_BY_HAND, false},     {1, HOLD_MIGRATING, false},
	{1, HOLD_PAUSED, false}, {1, HOLD_BUILDING, false},    {1, HOLD_DYING, false},
	{0, HOLD_NONE, false},   {1, HOLD_PASSTHROUGH, false},
};

START_TEST(a_guest_leaves_unless_something_keeps_it)
{
	struct guest_view view = {.domid = leaving[_i].domid, .hold = leaving[_i].hold};
	ck_assert_int_eq(lasting_may_leave(&view), leaving[_i].may_leave);
}
END_TEST

static void add_tests(TCase *tests)
{
	tcase_add_loop_test(tests, what_lasts_is_told, 0, N_ROWS(lasting_rows));
	tcase_add_test(tests, it_is_never_more_than_was_wanted);
	tcase_add_loop_test(tests, a_guest_leaves_unless_something_keeps_it, 0, N_ROWS(leaving));
	tcase_add_loop_test(tests, the_word_is_free_memory_and_surplus, 0, N_ROWS(rows));
	tcase_add_loop_test(tests, a_lack_is_over_after_some_seconds_without_one, 0,
			    N_ROWS(wavering));
}

int main(void)
{
	return suite_run("overload", add_tests);
}
