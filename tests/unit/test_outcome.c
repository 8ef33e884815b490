/* SPDX-License-Identifier: MIT */
/* What follows a round: each condition by itself, and which of several comes first. */
#include "host/precopy/outcome.h"
#include "tests/unit/suite.h"

#include <string.h>

/*
 * In the usual round 4000 pages are left, which take 4 s to send, and all of them are modified
 * again within that time: nothing is gained by sending them. A row says what is different; 0: the
 * same as usual.
 */
static const struct row {
	const char *word;
	enum precopy_next next;
	unsigned pass;
	bool is_first_round, is_pass_over, knows_no_times;
	uint64_t held, wanted, lasting, fresh, easy;
	uint64_t again, dirty, waited_ms, best, since_best;
	uint64_t downtime_ms;
} rows[] = {
	{"no-gain", PRECOPY_SUSPEND, .pass = 3},
	/* bounds come first */
	{"downtime", PRECOPY_ABORT, .downtime_ms = 501},
	{"downtime", PRECOPY_ABORT, .downtime_ms = 501, .pass = 10, .is_pass_over = true},
	{"no-gain", PRECOPY_SUSPEND, .downtime_ms = 500},
	{"no-gain", PRECOPY_SUSPEND, .pass = 10},
	{"passes", PRECOPY_SUSPEND, .pass = 10, .is_pass_over = true},
	{"passes", PRECOPY_SUSPEND, .pass = 11, .lasting = 4000, .wanted = 4000},
	/* the first pass, and few pages */
	{"first-pass", PRECOPY_SEND, .pass = 1},
	{"first-pass", PRECOPY_SEND, .pass = 1, .held = 49},
	{"enough", PRECOPY_SUSPEND, .held = 49},
	{"look", PRECOPY_WAIT, .held = 50, .best = 50},
	/* without times */
	{"first-pass", PRECOPY_SEND, .knows_no_times = true, .is_first_round = true},
	{"next-pass", PRECOPY_SEND, .knows_no_times = true, .wanted = 50},
	{"enough", PRECOPY_SUSPEND, .knows_no_times = true, .wanted = 49},
	{"next-pass", PRECOPY_SEND, .knows_no_times = true, .wanted = 50, .again = 1 << 20},
	/* what saves enough is sent, if it came true of late, or is easy */
	{"saves", PRECOPY_SEND, .wanted = 250, .lasting = 250},
	{"no-gain", PRECOPY_SUSPEND, .wanted = 249, .lasting = 249},
	{"saves", PRECOPY_SEND, .wanted = 250, .lasting = 250, .since_best = 8000},
	{"no-gain", PRECOPY_SUSPEND, .wanted = 250, .lasting = 250, .since_best = 8001},
	{"saves", PRECOPY_SEND, .wanted = 250, .lasting = 250, .since_best = 8001, .easy = 3500},
	{"no-gain", PRECOPY_SUSPEND, .wanted = 250, .lasting = 250, .since_best = 8001,
	 .easy = 3499},
	{"saves", PRECOPY_SEND, .wanted = 250, .lasting = 250, .again = 39999},
	{"resent", PRECOPY_SUSPEND, .wanted = 250, .lasting = 250, .again = 40000},
	{"resent", PRECOPY_SUSPEND, .again = 40000, .fresh = 4000, .dirty = 1},
	/* waiting, for no longer than suspending would take */
	{"later", PRECOPY_WAIT, .fresh = 2000},
	{"no-gain", PRECOPY_SUSPEND, .fresh = 1999},
	{"later", PRECOPY_WAIT, .fresh = 2000, .waited_ms = 3999},
	{"no-gain", PRECOPY_SUSPEND, .fresh = 2000, .waited_ms = 4000},
	{"quiet", PRECOPY_WAIT, .dirty = 199},
	{"no-gain", PRECOPY_SUSPEND, .dirty = 200},
	{"no-gain", PRECOPY_SUSPEND, .dirty = 199, .waited_ms = 4000},
	{"burst", PRECOPY_WAIT, .best = 1974},
	{"no-gain", PRECOPY_SUSPEND, .best = 1975},
	{"no-gain", PRECOPY_SUSPEND, .best = 1974, .waited_ms = 4000},
	/* few pages: half a second is never too long, and a look is closer */
	{"burst", PRECOPY_WAIT, .held = 200, .best = 70, .dirty = 400, .waited_ms = 499},
	{"no-gain", PRECOPY_SUSPEND, .held = 200, .best = 70, .dirty = 400, .waited_ms = 500},
	{"look", PRECOPY_WAIT, .held = 150, .best = 150, .dirty = 400, .waited_ms = 400},
	{"no-gain", PRECOPY_SUSPEND, .held = 150, .best = 150, .dirty = 400, .waited_ms = 401},
	{"no-gain", PRECOPY_SUSPEND, .held = 160, .best = 160, .dirty = 400},
	/* ten seconds are always too long */
	{"later", PRECOPY_WAIT, .held = 20000, .best = 20000, .dirty = 20000, .fresh = 20000,
	 .waited_ms = 9999},
	{"no-gain", PRECOPY_SUSPEND, .held = 20000, .best = 20000, .dirty = 20000, .fresh = 20000,
	 .waited_ms = 10000},
};

static uint64_t or_usual(uint64_t number, uint64_t usual)
{
	return number ? number : usual;
}

START_TEST(each_condition_has_its_outcome)
{
	const struct row *r = &rows[_i];
	const struct precopy_conf conf = {.max_passes = 10,
					  .enough_pages = 50,
					  .slice_ms = 200,
					  .suspend_ms = 40,
					  .max_downtime_ms = 500};
	const struct pace pace = {.sent_pages = 4000, .ms = 4000};
	uint64_t held = or_usual(r->held, 4000);
	const struct choice choice = {.held_pages = held,
				      .wanted_pages = r->wanted,
				      .lasting_pages = r->lasting,
				      .fresh_pages = r->fresh,
				      .easy_pages = r->easy};
	const struct outcome_past past = {.touched_pages = 10000,
					  .again_pages = r->again,
					  .dirty_pages = or_usual(r->dirty, 4000),
					  .dirty_ms = 400,
					  .waited_ms = r->waited_ms,
					  .best_pages = or_usual(r->best, 4000),
					  .peak_pages = held,
					  .since_best_pages = r->since_best};
	const struct outcome_view view = {.conf = &conf,
					  .pace = &pace,
					  .past = &past,
					  .choice = &choice,
					  .has_times = !r->knows_no_times,
					  .is_first_round = r->is_first_round,
					  .is_pass_over = r->is_pass_over,
					  .pass = (unsigned)or_usual(r->pass, 3),
					  .age_ms = 10000,
					  .downtime_ms = r->downtime_ms};
	ck_assert_str_eq(outcome_of(&view)->word, r->word);
	ck_assert_int_eq(outcome_of(&view)->next, r->next);
	bool is_bound = r->next == PRECOPY_ABORT || strcmp(r->word, "passes") == 0;
	ck_assert_ptr_eq(outcome_bound(&view), is_bound ? outcome_of(&view) : NULL);
}
END_TEST

static void add_tests(TCase *tests)
{
	tcase_add_loop_test(tests, each_condition_has_its_outcome, 0, N_ROWS(rows));
}

int main(void)
{
	return suite_run("outcome", add_tests);
}
