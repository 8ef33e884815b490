/* SPDX-License-Identifier: MIT */
/* Room for reservations on a played host with the policy: which guests give, how far, and until
 * when. */
#include "common/units.h"
#include "host/reserve/reservation.h"
#include "tests/unit/suite.h"
#include "tests/unit/world.h"

#define MIB UINT64_C(1024)

static struct world w;
static struct reservation_list list;

static const struct reservation *reserve(uint64_t kib)
{
	struct toolkeys_request r = {
		.size_kib = kib, .wait_until_ms = UINT64_MAX, .until_ms = UINT64_MAX};
	return reservation_put(&list, list.n + 1, &r, "", 1);
}

/* Plays a pass of the daemon, and the guests after it. */
static void step(uint64_t ms)
{
	world_observe(&w, ms);
	reservation_follow(&list, w.host.now_ms, w.host.free_kib, NULL, 0);
	w.host.reserved_kib = reservation_kept_kib(&list);
	world_decide(&w, policy_find("cagma"));
	struct snapshot snap = {.host = w.host, .n_guests = w.n, .guest = w.view};
	struct reservation_room room = reservation_room(&w.conf, &snap, w.plan.verdict, true);
	reservation_judge(&list, w.host.now_ms, &room);
	world_move(&w);
}

static void steps(unsigned n, uint64_t ms)
{
	while (n--)
		step(ms);
}

static void begin(uint64_t free_kib, uint64_t reserve_kib)
{
	list = (struct reservation_list){.n = 0};
	world_init(&w, free_kib);
	w.conf.reserve_kib = reserve_kib;
}

static void assert_wants_are_met(void)
{
	for (unsigned i = 0; i < w.n; i++)
		ck_assert_msg(w.view[i].alm_kib >= w.plan.verdict[i].want_kib,
			      "guest %u has %llu KiB and wants %llu", i,
			      (unsigned long long)w.view[i].alm_kib,
			      (unsigned long long)w.plan.verdict[i].want_kib);
}

/* The largest reservation that is admitted, from the reserve but its last quarter too, leaves each
 * guest its want. */
START_TEST(the_most_that_is_admitted_leaves_everybody_its_want)
{
	begin(64 * MIB, 64 * MIB);
	world_add(&w, 600 * MIB, 200 * MIB);
	world_add(&w, 500 * MIB, 300 * MIB);
	world_add(&w, 300 * MIB, 210 * MIB);
	steps(30, 1000);
	const struct reservation *l = reserve(4096 * MIB);
	steps(1, 1000);
	ck_assert(l->state == RESERVATION_REFUSED);
	uint64_t most_kib = l->free_kib + l->give_kib;
	ck_assert_uint_eq(l->free_kib, 48 * MIB); /* libxl's slack is beside the reserve */
	ck_assert_uint_gt(l->give_kib, 300 * MIB);
	const struct reservation *over = reserve(most_kib + UNITS_PAGE_KIB);
	steps(1, 1000);
	ck_assert(over->state == RESERVATION_REFUSED);
	const struct reservation *all = reserve(most_kib);
	steps(30, 1000);
	ck_assert(all->state == RESERVATION_READY);
	ck_assert_uint_ge(w.host.free_kib, most_kib + 16 * MIB);
	assert_wants_are_met();
	w.host.free_kib -= most_kib; /* it is used */
	reservation_drop(&list, all->id);
	steps(60, 1000);
	assert_wants_are_met();
}
END_TEST

/* The surplus of a guest that did not give when it was told to is not counted. */
START_TEST(the_surplus_of_a_guest_in_doubt_is_not_promised)
{
	begin(64 * MIB, 64 * MIB);
	world_add(&w, 600 * MIB, 200 * MIB);
	unsigned held = world_add(&w, 2000 * MIB, 200 * MIB);
	w.guest[held].speed_kib = 0;
	steps(3, 1000);
	reserve(200 * MIB);
	steps(5, 1000);
	ck_assert(w.view[held].is_doubted);
	const struct reservation *l = reserve(4096 * MIB);
	steps(1, 1000);
	ck_assert(l->state == RESERVATION_REFUSED);
	ck_assert_uint_lt(l->give_kib, 300 * MIB);
	ck_assert(list.at[0].state == RESERVATION_READY); /* the other one has given */
}
END_TEST

/* Each guest's share is smaller than the step by which targets change, and there is no reserve. */
START_TEST(the_last_pages_come_too)
{
	for (uint64_t kib = 4; kib < 20 * MIB; kib += 1028) {
		begin(0, 0);
		for (unsigned i = 0; i < 12; i++)
			world_add(&w, 400 * MIB, 200 * MIB);
		unsigned held = world_add(&w, 200 * MIB, 100 * MIB);
		w.view[held].hold = HOLD_PASSTHROUGH;
		steps(30, 1000);
		const struct reservation *l = reserve(kib);
		steps(30, 1000);
		ck_assert_msg(l->state == RESERVATION_READY, "%llu KiB: %s, %llu are there",
			      (unsigned long long)kib, reservation_state_word(l->state),
			      (unsigned long long)l->there_kib);
		assert_wants_are_met();
	}
}
END_TEST

/* The amount that is said to be available can be had, wherever the surplus is. */
START_TEST(the_sum_is_true)
{
	uint64_t random = 1;
	for (unsigned round = 0; round < 200; round++) {
		begin(round % 2 * 64 * MIB, round % 2 * 64 * MIB);
		for (unsigned i = 0; i < 8; i++) {
			random = random * UINT64_C(6364136223846793005) + 1442695040888963407;
			world_add(&w, 288 * MIB + (random >> 54) * UNITS_PAGE_KIB, 200 * MIB);
		}
		steps(30, 1000);
		const struct reservation *l = reserve(1 << 30);
		steps(1, 1000);
		ck_assert(l->state == RESERVATION_REFUSED);
		uint64_t most_kib = l->free_kib + l->give_kib;
		if (!most_kib)
			continue;
		l = reserve(most_kib);
		steps(30, 1000);
		ck_assert_msg(l->state == RESERVATION_READY, "round %u: of %llu KiB %llu are there",
			      round, (unsigned long long)most_kib,
			      (unsigned long long)l->there_kib);
		assert_wants_are_met();
	}
}
END_TEST

START_TEST(nobody_grows_into_it)
{
	begin(64 * MIB, 64 * MIB);
	world_add(&w, 600 * MIB, 100 * MIB);
	unsigned greedy = world_add(&w, 300 * MIB, 200 * MIB);
	steps(30, 1000);
	const struct reservation *l = reserve(200 * MIB);
	steps(5, 1000);
	ck_assert(l->state == RESERVATION_READY);
	w.guest[greedy].used_kib = 3000 * MIB;
	for (unsigned i = 0; i < 60; i++) {
		step(1000);
		ck_assert_uint_ge(w.host.free_kib, 200 * MIB);
	}
	ck_assert_uint_gt(w.view[greedy].alm_kib, 400 * MIB); /* balancing goes on */
}
END_TEST

START_TEST(no_more_than_there_are_places_for)
{
	struct toolkeys_request r = {.size_kib = MIB, .wait_until_ms = 1, .until_ms = 1};
	begin(0, 0);
	for (uint32_t id = RESERVATION_MAX; id > 0; id--)
		ck_assert_ptr_nonnull(reservation_put(&list, id, &r, "", 1));
	ck_assert_ptr_null(reservation_put(&list, RESERVATION_MAX + 1, &r, "", 1));
	ck_assert_ptr_nonnull(reservation_put(&list, 1, &r, "", 1));
	for (unsigned i = 0; i < RESERVATION_MAX; i++)
		ck_assert_uint_eq(list.at[i].id, i + 1);
	reservation_drop(&list, 1);
	reservation_drop(&list, RESERVATION_MAX);
	reservation_drop(&list, RESERVATION_MAX);
	ck_assert_uint_eq(list.n, RESERVATION_MAX - 2);
	ck_assert_ptr_null(reservation_find(&list, 1));
	ck_assert_ptr_nonnull(reservation_find(&list, 2));
	ck_assert_ptr_nonnull(reservation_put(&list, 1, &r, "", 1));
}
END_TEST

/* --- what there is --- */

enum { DONOR, SHORT, GROWING, UNMOVED, CREDITED, N_GUESTS };

static const struct guest_view guests[N_GUESTS] = {
	[DONOR] = {.alm_kib = 500 * MIB, .target_kib = 400 * MIB},
	[SHORT] = {.alm_kib = 200 * MIB, .target_kib = 200 * MIB},
	[GROWING] = {.alm_kib = 200 * MIB, .target_kib = 230 * MIB},
	[UNMOVED] = {.hold = HOLD_NO_AGENT, .alm_kib = 900 * MIB, .target_kib = 910 * MIB},
	[CREDITED] = {.alm_kib = 200 * MIB,
		      .target_kib = 200 * MIB,
		      .is_credited = true,
		      .cap_kib = 208 * MIB + MODEL_LIBXL_SLACK_KIB},
};

static const struct verdict verdicts[N_GUESTS] = {
	[DONOR] = {.want_kib = 299 * MIB},    [SHORT] = {.want_kib = 250 * MIB},
	[GROWING] = {.want_kib = 240 * MIB},  [UNMOVED] = {.want_kib = 100 * MIB},
	[CREDITED] = {.want_kib = 200 * MIB},
};

START_TEST(what_guests_hold_beyond_their_wants_and_others_do_not_lack)
{
	const struct policy_conf conf = {.reserve_kib = 64 * MIB, .step_kib = 2 * MIB};
	struct snapshot snap = {
		.host = {.free_kib = 100 * MIB, .claimed_kib = 20 * MIB, .rebooting_kib = 5 * MIB},
		.n_guests = N_GUESTS,
		.guest = guests,
	};
	struct reservation_room r = reservation_room(&conf, &snap, verdicts, true);
	ck_assert_uint_eq(r.free_kib, 100 * MIB);
	ck_assert_uint_eq(r.others_kib, (20 + 5 + 1 + 31 + 11 + 9) * MIB);
	ck_assert_uint_eq(r.floor_kib, 16 * MIB);
	ck_assert_uint_eq(r.give_kib, (200 - 50 - 10) * MIB);
	r = reservation_room(&conf, &snap, verdicts, false);
	ck_assert_uint_eq(r.others_kib, (20 + 5 + 1 + 31 + 11 + 9) * MIB);
	ck_assert_uint_eq(r.give_kib, 0);
}
END_TEST

static void add_tests(TCase *tests)
{
	tcase_add_test(tests, the_most_that_is_admitted_leaves_everybody_its_want);
	tcase_add_test(tests, the_last_pages_come_too);
	tcase_add_test(tests, the_surplus_of_a_guest_in_doubt_is_not_promised);
	tcase_add_test(tests, the_sum_is_true);
	tcase_add_test(tests, nobody_grows_into_it);
	tcase_add_test(tests, no_more_than_there_are_places_for);
	tcase_add_test(tests, what_guests_hold_beyond_their_wants_and_others_do_not_lack);
}

int main(void)
{
	return suite_run("admission", add_tests);
}
