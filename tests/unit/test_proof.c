/* SPDX-License-Identifier: MIT */
/* What a borrower proves by what it gives back, from one look to the next. */
#include "host/core/lending.h"
#include "tests/unit/suite.h"

#define MIB UINT64_C(1024)

/* A guest that was built with 200 MiB held 400 MiB. Was it told to give already, and to what target
 * is it told to go now; and how much does it hold now? */
static const struct {
	const char *what;
	uint64_t before_mib, target_mib, alm_mib, proven_mib;
	bool grew_itself;
} looks[] = {
	{"nothing happens", 400, 400, 400, 0, false},
	{"it gives unasked", 400, 400, 250, 0, false},
	{"it gives what it is told to", 360, 360, 360, 40, false},
	{"it was told and gave between two looks", 400, 360, 360, 40, false},
	{"it gives more than it is told to", 360, 360, 250, 40, false},
	{"it gives a part", 300, 300, 350, 50, false},
	{"it is called back, and had given that much", 300, 350, 350, 50, false},
	{"it gives more than it was lent", 100, 100, 100, 200, false},
	{"it gives back what it had taken by itself", 300, 300, 300, 0, true},
	{"it is told not to take what it was promised, and gives", 450, 400, 300, 0, false},
};

START_TEST(no_more_is_proven_than_was_asked_for)
{
	struct lending lending = {0};
	uint64_t alm_kib = looks[_i].alm_mib * MIB;
	struct guest_view guest = {.alm_kib = 400 * MIB,
				   .target_kib = looks[_i].before_mib * MIB,
				   .lent_kib = 200 * MIB,
				   .grew_itself = looks[_i].grew_itself};
	lending_observe(&lending, &guest);
	guest.alm_kib = alm_kib;
	guest.target_kib = looks[_i].target_mib * MIB;
	guest.lent_kib = alm_kib > 200 * MIB ? alm_kib - 200 * MIB : 0;
	guest.grew_itself = false;
	lending_observe(&lending, &guest);
	ck_assert_msg(guest.proven_kib == looks[_i].proven_mib * MIB, "%s: %lu MiB", looks[_i].what,
		      (unsigned long)(guest.proven_kib / MIB));
}
END_TEST

static void add_tests(TCase *tests)
{
	tcase_add_loop_test(tests, no_more_is_proven_than_was_asked_for, 0, N_ROWS(looks));
}

int main(void)
{
	return suite_run("proof", add_tests);
}
