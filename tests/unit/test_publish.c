/* SPDX-License-Identifier: MIT */
/* Guests' figures are published a bit at a time. This file plays xenstore. */
#include <errno.h>
#include <string.h>

#include "host/daemon/publish.h"
#include "tests/unit/suite.h"

enum { GUESTS = 100, PERIOD_MS = 1000 };

static struct guest guest[GUESTS];
static struct guest_view view[GUESTS];
static struct verdict verdict[GUESTS];
static struct guests guests = {.capacity = GUESTS, .n = GUESTS, .guest = guest, .view = view};

static struct {
	int results[8]; /* of the next calls, from the front; 0 behind them */
	unsigned n_calls;
	unsigned n_written[GUESTS + 1]; /* by domid: how often */
	unsigned domid;                 /* the last call's */
	bool gives_way;
	unsigned n_values;
	enum key_id key[KEY_COUNT_];
} played;

static int write_keys(void *world, unsigned domid, const struct store_value *value,
		      unsigned n_values, bool gives_way)
{
	(void)world;
	played.domid = domid;
	played.gives_way = gives_way;
	played.n_values = n_values;
	for (unsigned i = 0; i < n_values; i++)
		played.key[i] = value[i].key;
	int r = played.n_calls < 8 ? played.results[played.n_calls] : 0;
	played.n_calls++;
	if (r == 0)
		played.n_written[domid]++;
	return r;
}

static const struct io io = {.write = write_keys};

/* All are managed, and nothing has been said of anybody. */
static void set_up(void)
{
	memset(&played, 0, sizeof(played));
	for (unsigned i = 0; i < GUESTS; i++) {
		guest[i] = (struct guest){.domid = i + 1,
					  .facts.has_memory = true,
					  .target_kib = 200 << 10,
					  .cap_kib = 201 << 10};
		guest_forget_published(&guest[i]);
		view[i] = (struct guest_view){.domid = i + 1,
					      .alm_kib = 200 << 10,
					      .cap_kib = 201 << 10,
					      .target_kib = 200 << 10};
	}
}

static int publish(bool amounts, uint64_t now_ms, struct publish_round *round)
{
	return publish_next(&guests, verdict, &io, amounts, PERIOD_MS, now_ms, round);
}

static void publish_all(uint64_t now_ms)
{
	struct publish_round round = {.left = GUESTS};
	while (round.left)
		ck_assert_int_eq(publish(true, now_ms, &round), 0);
}

/* An alarm waits for one guest's words and not for a hundred guests'. */
START_TEST(one_guest_is_told_of_at_a_time)
{
	struct publish_round round = {.left = GUESTS};
	for (unsigned i = 1; i <= GUESTS; i++) {
		ck_assert_int_eq(publish(_i, PERIOD_MS, &round), 0);
		ck_assert_uint_eq(played.n_calls, i);
		ck_assert_uint_eq(played.domid, i);
	}
	ck_assert_uint_eq(round.left, 0);
	ck_assert_int_eq(publish(_i, PERIOD_MS, &round), 0);
	ck_assert_uint_eq(played.n_calls, GUESTS);
}
END_TEST

/* Every guest has its turn although passes follow each other so fast that no round ends. */
START_TEST(everybodys_turn_comes_however_often_it_begins_anew)
{
	struct publish_round round = {0};
	for (unsigned i = 0; i < GUESTS; i++) {
		round.left = GUESTS;
		publish(true, PERIOD_MS, &round);
	}
	for (unsigned domid = 1; domid <= GUESTS; domid++)
		ck_assert_uint_eq(played.n_written[domid], 1);
}
END_TEST

START_TEST(who_has_nothing_new_is_passed_over)
{
	publish_all(PERIOD_MS);
	unsigned before = played.n_calls;
	guest[70].facts.is_paused = true;
	view[70].hold = HOLD_PAUSED;
	struct publish_round round = {.left = GUESTS};
	ck_assert_int_eq(publish(false, 2 * PERIOD_MS, &round), 0);
	ck_assert_uint_eq(played.n_calls, before + 1);
	ck_assert_uint_eq(played.domid, view[70].domid);
	ck_assert_uint_eq(played.key[0], KEY_STATE);
	ck_assert_int_eq(publish(true, 2 * PERIOD_MS, &round), 0);
	ck_assert_uint_eq(round.left, 0);
	ck_assert_uint_eq(played.n_calls, before + 1);
}
END_TEST

static const int failures[] = {-EAGAIN, -ENOENT, -EIO};

START_TEST(what_fails_waits_for_the_next_round)
{
	struct publish_round round = {.left = GUESTS};
	played.results[0] = failures[_i];
	ck_assert_int_eq(publish(true, PERIOD_MS, &round), 0);
	ck_assert_int_eq(publish(true, PERIOD_MS, &round), 0);
	ck_assert_uint_eq(played.domid, 2);
	publish_all(PERIOD_MS);
	for (unsigned domid = 1; domid <= GUESTS; domid++)
		ck_assert_uint_eq(played.n_written[domid], 1);
}
END_TEST

START_TEST(a_lost_store_is_told)
{
	struct publish_round round = {.left = GUESTS};
	played.results[0] = -EBADF;
	ck_assert_int_eq(publish(true, PERIOD_MS, &round), -EBADF);
}
END_TEST

START_TEST(what_gave_way_is_said_at_the_next_call)
{
	struct publish_round round = {.left = GUESTS};
	played.results[0] = -EINTR;
	ck_assert_int_eq(publish(true, PERIOD_MS, &round), 0);
	ck_assert(played.gives_way);
	ck_assert_uint_eq(played.n_calls, 1);
	ck_assert_uint_eq(round.left, GUESTS);
	ck_assert_int_eq(publish(true, PERIOD_MS, &round), 0);
	ck_assert_uint_eq(played.n_written[1], 1);
	ck_assert_uint_eq(round.left, GUESTS - 1);
}
END_TEST

/* Otherwise a guest that writes all the time would keep anything from being published. */
START_TEST(it_does_not_give_way_for_ever)
{
	struct publish_round round = {.left = GUESTS};
	for (unsigned i = 0; i < PUBLISH_MAX_YIELDS; i++) {
		played.results[i] = -EINTR;
		publish(true, PERIOD_MS, &round);
		ck_assert(played.gives_way);
	}
	publish(true, PERIOD_MS, &round);
	ck_assert(!played.gives_way);
	ck_assert_uint_eq(played.n_written[1], 1);
	publish(true, PERIOD_MS, &round);
	ck_assert(played.gives_way);
	ck_assert_uint_eq(played.domid, 2);
}
END_TEST

static void add_tests(TCase *tests)
{
	tcase_add_checked_fixture(tests, set_up, NULL);
	tcase_add_loop_test(tests, one_guest_is_told_of_at_a_time, 0, 2);
	tcase_add_test(tests, everybodys_turn_comes_however_often_it_begins_anew);
	tcase_add_test(tests, who_has_nothing_new_is_passed_over);
	tcase_add_loop_test(tests, what_fails_waits_for_the_next_round, 0, N_ROWS(failures));
	tcase_add_test(tests, a_lost_store_is_told);
	tcase_add_test(tests, what_gave_way_is_said_at_the_next_call);
	tcase_add_test(tests, it_does_not_give_way_for_ever);
}

int main(void)
{
	return suite_run("publish", add_tests);
}
