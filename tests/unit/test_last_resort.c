/* SPDX-License-Identifier: MIT */
/* When nothing but the last resort helps against a guest that keeps what it was lent, and how long
 * that is waited for. */
#include "host/core/lending.h"
#include "tests/unit/suite.h"

#define MIB UINT64_C(1024)

enum { DEBTOR, VICTIM, THIRD, GUESTS };

static struct guest_view guest[GUESTS];
static struct verdict verdict[GUESTS];
static struct snapshot snap;

/* Built with 200 MiB, holding 560, told to give 360, and standing still; the guest built with 500
 * has 250 and wants 450; the third one has what it was built with, and wants that. */
static void set_up(void)
{
	struct policy_conf conf = options_default();
	guest[DEBTOR] = (struct guest_view){.hold = HOLD_STUCK,
					    .alm_kib = 560 * MIB,
					    .target_kib = 200 * MIB,
					    .min_kib = 96 * MIB,
					    .max_kib = 1024 * MIB,
					    .guaranteed_kib = 200 * MIB,
					    .lent_kib = 360 * MIB,
					    .has_report = true};
	guest[VICTIM] = (struct guest_view){.alm_kib = 250 * MIB,
					    .target_kib = 250 * MIB,
					    .min_kib = 96 * MIB,
					    .max_kib = 1024 * MIB,
					    .guaranteed_kib = 500 * MIB,
					    .has_report = true};
	guest[THIRD] = guest[VICTIM];
	guest[THIRD].guaranteed_kib = 250 * MIB;
	verdict[DEBTOR] = (struct verdict){.want_kib = 560 * MIB};
	verdict[VICTIM] = (struct verdict){.want_kib = 450 * MIB};
	verdict[THIRD] = (struct verdict){.want_kib = 250 * MIB};
	snap = (struct snapshot){
		.host = {.total_kib = 2048 * MIB, .free_kib = model_floor_kib(&conf) + 3 * MIB},
		.n_guests = GUESTS,
		.guest = guest};
}

static void nothing(void)
{
}

static void it_is_doubted_only(void)
{
	guest[DEBTOR].hold = HOLD_NONE;
	guest[DEBTOR].is_doubted = true;
}

static void it_is_not_heard_of_and_stands_still(void)
{
	guest[DEBTOR].hold = HOLD_NO_AGENT;
	guest[DEBTOR].is_doubted = true;
	guest[DEBTOR].has_report = false;
}

static void it_gives(void)
{
	guest[DEBTOR].hold = HOLD_NONE;
}

static void it_was_asked_for_nothing(void)
{
	guest[DEBTOR].target_kib = guest[DEBTOR].alm_kib;
}

static void it_holds_its_level(void)
{
	guest[DEBTOR].alm_kib = 200 * MIB;
	guest[DEBTOR].target_kib = 150 * MIB;
	guest[DEBTOR].lent_kib = 0;
}

static void it_is_guaranteed_what_it_holds(void)
{
	guest[DEBTOR].guaranteed_kib = 560 * MIB;
}

static void its_min_is_what_it_holds(void)
{
	guest[DEBTOR].min_kib = 560 * MIB;
}

static void nobody_misses_anything(void)
{
	verdict[VICTIM].want_kib = 250 * MIB;
}

static void the_other_wants_more_than_it_is_guaranteed(void)
{
	guest[VICTIM].guaranteed_kib = 250 * MIB;
}

static void the_other_is_left_alone(void)
{
	guest[VICTIM].hold = HOLD_PAUSED;
}

static void the_other_was_promised_it(void)
{
	guest[VICTIM].target_kib = 450 * MIB;
}

static void memory_is_free(void)
{
	snap.host.free_kib += 1000 * MIB;
}

static void the_reserve_has_it(void)
{
	snap.host.free_kib += 205 * MIB;
}

static void that_memory_is_kept_for_others(void)
{
	the_reserve_has_it();
	snap.host.claimed_kib = 100 * MIB;
}

static void another_could_give_it(void)
{
	guest[THIRD].alm_kib = guest[THIRD].target_kib = 480 * MIB;
}

static void another_gives_it(void)
{
	guest[THIRD].alm_kib = 480 * MIB;
	verdict[THIRD].want_kib = 480 * MIB;
}

static void another_could_give_some(void)
{
	guest[THIRD].alm_kib = guest[THIRD].target_kib = 300 * MIB;
}

static void another_stands_still_too(void)
{
	another_gives_it();
	guest[THIRD].hold = HOLD_STUCK;
}

static const struct {
	void (*change)(void);
	bool needs;
} cases[] = {
	{nothing, true},
	{it_is_doubted_only, true},
	{it_is_not_heard_of_and_stands_still, true},
	{it_gives, false},
	{it_was_asked_for_nothing, false},
	{it_holds_its_level, false},
	{it_is_guaranteed_what_it_holds, false},
	{its_min_is_what_it_holds, false},
	{nobody_misses_anything, false},
	{the_other_wants_more_than_it_is_guaranteed, false},
	{the_other_is_left_alone, false},
	{the_other_was_promised_it, false},
	{memory_is_free, false},
	{the_reserve_has_it, false},
	{that_memory_is_kept_for_others, true},
	{another_could_give_it, false},
	{another_gives_it, false},
	{another_could_give_some, true},
	{another_stands_still_too, true},
};

START_TEST(it_is_needed_only_if_nothing_else_helps)
{
	struct policy_conf conf = options_default();
	unsigned victim = GUESTS;
	set_up();
	cases[_i].change();
	ck_assert(lending_needs_resort(&conf, &snap, verdict, DEBTOR, &victim) == cases[_i].needs);
	if (cases[_i].needs)
		ck_assert_uint_eq(victim, VICTIM);
	ck_assert(!lending_needs_resort(&conf, &snap, verdict, VICTIM, &victim));
}
END_TEST

/* --- how long it is waited for --- */

enum { WAIT_MS = 60000, BEGIN_MS = 1000 };

static bool is_due(struct lending_debt *debt, bool needs, uint64_t now_ms)
{
	return lending_resort_is_due(debt, &guest[DEBTOR], needs, WAIT_MS, now_ms);
}

START_TEST(it_is_waited_for)
{
	struct lending_debt debt = {0};
	set_up();
	for (uint64_t t = BEGIN_MS; t < BEGIN_MS + WAIT_MS; t += 1000)
		ck_assert(!is_due(&debt, true, t));
	ck_assert(is_due(&debt, true, BEGIN_MS + WAIT_MS));
	ck_assert(is_due(&debt, true, BEGIN_MS + WAIT_MS + 1000)); /* until it is taken */
	debt.is_answered = true;
	ck_assert(!is_due(&debt, true, BEGIN_MS + WAIT_MS + 2000));
}
END_TEST

/* A stuck balloon is tried again now and then, and looks for a moment as if it gave. */
START_TEST(a_short_gap_ends_no_debt)
{
	struct lending_debt debt = {0};
	set_up();
	for (uint64_t t = 4000; t < 4000 + WAIT_MS; t += 1000)
		ck_assert(!is_due(&debt, t / 1000 % 10 > 2, t));
	ck_assert(is_due(&debt, true, 4000 + WAIT_MS));
}
END_TEST

/* It owes 360 MiB. */
START_TEST(who_has_given_half_has_all_the_time_anew)
{
	struct lending_debt debt = {0};
	uint64_t end_ms = BEGIN_MS + WAIT_MS;
	set_up();
	for (uint64_t t = BEGIN_MS; t < end_ms; t += 1000) {
		guest[DEBTOR].alm_kib = (560 - (t - BEGIN_MS) / 1000 * 3) * MIB;
		ck_assert(!is_due(&debt, true, t));
	}
	ck_assert(is_due(&debt, true, end_ms));
	guest[DEBTOR].alm_kib = (560 - 180) * MIB;
	ck_assert(!is_due(&debt, true, end_ms));
	ck_assert_uint_eq(debt.since_ms, end_ms);
}
END_TEST

START_TEST(a_debt_that_ends_is_forgotten)
{
	struct lending_debt debt = {0};
	set_up();
	ck_assert(!is_due(&debt, true, BEGIN_MS));
	debt.is_answered = true;
	ck_assert(!is_due(&debt, false, BEGIN_MS + LENDING_GAP_MS));
	ck_assert(!debt.is_answered);
	ck_assert(!is_due(&debt, true, BEGIN_MS + WAIT_MS));
	ck_assert_uint_eq(debt.since_ms, BEGIN_MS + WAIT_MS);
}
END_TEST

static void add_tests(TCase *tests)
{
	tcase_add_loop_test(tests, it_is_needed_only_if_nothing_else_helps, 0, N_ROWS(cases));
	tcase_add_test(tests, it_is_waited_for);
	tcase_add_test(tests, a_short_gap_ends_no_debt);
	tcase_add_test(tests, who_has_given_half_has_all_the_time_anew);
	tcase_add_test(tests, a_debt_that_ends_is_forgotten);
}

int main(void)
{
	return suite_run("last_resort", add_tests);
}
