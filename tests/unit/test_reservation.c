/* SPDX-License-Identifier: MIT */
#include "tests/unit/reserved.h"
#include "tests/unit/suite.h"

#include <string.h>

#define U36 "6ba7b810-9dad-11d1-80b4-00c04fd430c8"

/* The guest is built, and runs at last, which ends the reservation. */
static void follow_until_used(struct reservation_domain *d)
{
	d->is_built = true; /* and paused still */
	reserved_follow(d, 1);
	ck_assert(reservation_find(&list, 1)->state == RESERVATION_IN_USE);
	d->runs = true;
	reserved_follow(d, 1);
	reserved_assert_state(1, RESERVATION_USED, 0);
}

/* --- admission --- */

static const struct {
	uint64_t free_mib, others_mib, floor_mib, give_mib, size_mib;
	enum reservation_state state;
	uint64_t said_free_mib, said_give_mib;
} admissions[] = {
	{100, 0, 0, 0, 100, RESERVATION_WAITING, 100, 0},
	{40, 0, 0, 210, 250, RESERVATION_WAITING, 40, 210},
	{40, 0, 0, 210, 251, RESERVATION_REFUSED, 40, 210},
	{40, 0, 0, 210, 512, RESERVATION_REFUSED, 40, 210},
	{0, 0, 0, 0, 1, RESERVATION_REFUSED, 0, 0},
	{40, 30, 0, 210, 221, RESERVATION_REFUSED, 10, 210},
	{40, 60, 0, 210, 190, RESERVATION_WAITING, 0,
	 190}, /* spoken for and not there: donors owe it */
	{40, 60, 0, 210, 191, RESERVATION_REFUSED, 0, 190},
	{40, 900, 0, 210, 1, RESERVATION_REFUSED, 0, 0},
	{40, 0, 16, 210, 234, RESERVATION_WAITING, 24, 210}, /* not the last of the reserve */
	{40, 0, 16, 210, 235, RESERVATION_REFUSED, 24, 210},
	{10, 0, 16, 210, 204, RESERVATION_WAITING, 0, 204},
};

START_TEST(what_can_be_had_decides_at_once)
{
	for (int i = 0; i < N_ROWS(admissions); i++) {
		reserved_begin();
		const struct reservation *l = reserved_put(1, admissions[i].size_mib, "");
		struct reservation_room r =
			reserved_room(admissions[i].free_mib, admissions[i].give_mib);
		r.others_kib = admissions[i].others_mib * MIB;
		r.floor_kib = admissions[i].floor_mib * MIB;
		reserved_follow(NULL, 0);
		ck_assert_uint_eq(reservation_kept_kib(&list),
				  0); /* nothing before it is admitted */
		bool admitted = reservation_judge(&list, NOW, &r);
		ck_assert_msg(l->state == admissions[i].state, "row %d: %s", i,
			      reservation_state_word(l->state));
		ck_assert(admitted == (l->state == RESERVATION_WAITING));
		ck_assert_uint_eq(l->free_kib, admissions[i].said_free_mib * MIB);
		ck_assert_uint_eq(l->give_kib, admissions[i].said_give_mib * MIB);
		ck_assert_uint_eq(l->withheld_kib,
				  (admissions[i].free_mib - admissions[i].said_free_mib) * MIB);
	}
}
END_TEST

START_TEST(a_reservation_is_kept_before_it_is_ready)
{
	reserved_begin();
	reserved_put(1, 100, "");
	reserved_pass(NULL, 0, 500, 0);
	reserved_assert_state(1, RESERVATION_WAITING,
			      0); /* this pass's grows may still take what is free */
	reserved_pass(NULL, 0, 99, 400);
	reserved_assert_state(1, RESERVATION_WAITING, 100);
	ck_assert_uint_eq(reservation_find(&list, 1)->there_kib, 99 * MIB);
	reserved_pass(NULL, 0, 100, 400);
	reserved_assert_state(1, RESERVATION_READY, 100);
	reserved_pass(NULL, 0, 60, 0); /* somebody took it: it is kept on, and said */
	reserved_assert_state(1, RESERVATION_READY, 100);
	ck_assert_uint_eq(reservation_find(&list, 1)->there_kib, 60 * MIB);
}
END_TEST

START_TEST(it_is_not_ready_while_its_guest_would_take_the_floor)
{
	struct reservation_room r = reserved_room(116, 400);
	r.floor_kib = 16 * MIB;
	reserved_begin();
	reserved_put(1, 100, "");
	for (unsigned i = 0; i < 2; i++) {
		reserved_follow(NULL, 0);
		reservation_judge(&list, NOW, &r);
	}
	reserved_assert_state(1, RESERVATION_READY, 100);
	reserved_begin();
	reserved_put(1, 100, "");
	r.free_kib -= 4;
	for (unsigned i = 0; i < 2; i++) {
		reserved_follow(NULL, 0);
		reservation_judge(&list, NOW, &r);
	}
	reserved_assert_state(1, RESERVATION_WAITING, 100);
	ck_assert_uint_eq(reservation_find(&list, 1)->there_kib, 100 * MIB - 4);
}
END_TEST

START_TEST(several_do_not_get_the_same_memory)
{
	reserved_begin();
	reserved_put(2, 100, "");
	reserved_put(1, 100, "");
	reserved_put(3, 100, "");
	reserved_pass(NULL, 0, 150, 60);
	reserved_pass(NULL, 0, 150, 60);
	reserved_assert_state(1, RESERVATION_READY, 100);
	reserved_assert_state(2, RESERVATION_WAITING, 100);
	reserved_assert_state(3, RESERVATION_REFUSED, 0);
	ck_assert_uint_eq(reservation_find(&list, 2)->there_kib, 50 * MIB);
	ck_assert_uint_eq(reservation_find(&list, 3)->free_kib, 0);
	ck_assert_uint_eq(reservation_find(&list, 3)->give_kib, 10 * MIB);
	ck_assert_uint_eq(reservation_kept_kib(&list), 200 * MIB);
}
END_TEST

/* --- its guest --- */

START_TEST(memory_of_a_guest_being_built_is_counted_once)
{
	struct reservation_domain d = reserved_building(FIRST_NEW, "web", 0);
	reserved_begin_for_web();
	reserved_pass(&d, 1, 300, 0);
	reserved_assert_state(1, RESERVATION_IN_USE, 256);
	d.claimed_kib = 254 * MIB; /* its claim */
	reserved_follow(&d, 1);
	reserved_assert_state(1, RESERVATION_IN_USE, 2);
	d.claimed_kib = 100 * MIB; /* it is being populated */
	d.alm_kib = 154 * MIB;
	reserved_follow(&d, 1);
	reserved_assert_state(1, RESERVATION_IN_USE, 2);
	d.claimed_kib = 0; /* a restore has no claim at all */
	reserved_follow(&d, 1);
	reserved_assert_state(1, RESERVATION_IN_USE, 102);
	d.alm_kib = 300 * MIB; /* more than was reserved */
	reserved_follow(&d, 1);
	reserved_assert_state(1, RESERVATION_IN_USE, 0);
	follow_until_used(&d);
}
END_TEST

START_TEST(a_guest_that_dies_before_it_runs_may_be_tried_again)
{
	struct reservation_domain d = reserved_building(FIRST_NEW, "web", 256);
	reserved_begin_for_web();
	reserved_pass(&d, 1, 300, 0);
	d.alm_kib = 200 * MIB;
	d.is_dying = true;
	reserved_follow(&d, 1);
	reserved_assert_state(1, RESERVATION_IN_USE,
			      56); /* what it still holds comes back by and by */
	d.alm_kib = 10 * MIB;
	reserved_follow(&d, 1);
	reserved_assert_state(1, RESERVATION_IN_USE, 246);
	reserved_pass(NULL, 0, 300, 0);
	reserved_assert_state(1, RESERVATION_READY, 256);
	d = reserved_building(FIRST_NEW + 1, "web", 256);
	d.alm_kib = 100 * MIB;
	reserved_follow(&d, 1);
	reserved_assert_state(1, RESERVATION_IN_USE, 156);
	follow_until_used(&d);
}
END_TEST

/* Reservations 1 (256 MiB, for "web"), 2 (512 MiB, for no certain guest), 3 (1024 MiB,
 * likewise). */
static const struct binding {
	const char *name;
	uint64_t cap_mib;
	unsigned serial;
	bool is_returning, is_dying, runs;
	uint32_t reservation; /* 0: none */
} bindings[] = {
	{"web", 10, FIRST_NEW, .reservation = 1},
	{"web", 0, FIRST_NEW, .reservation = 1},
	{"web--incoming", 256, FIRST_NEW, .reservation = 1},
	{"web", 256, FIRST_NEW, .runs = true, .reservation = 1}, /* it was quick */
	{"web", 512, FIRST_NEW, .is_returning = true, .reservation = 1},
	{"web", 256, OLD, .reservation = 0},
	{"web", 256, FIRST_NEW, .is_dying = true, .reservation = 0},
	{"web2", 256, FIRST_NEW, .reservation = 2},
	{"we", 256, FIRST_NEW, .reservation = 2},
	{"x", 0, FIRST_NEW, .reservation = 0}, /* nobody knows its size yet */
	{"", 512, FIRST_NEW, .reservation = 0},
	{"x", 512, OLD, .reservation = 0},
	{"x", 512, FIRST_NEW, .is_returning = true, .reservation = 0},
	{"x", 255, FIRST_NEW, .reservation = 0},
	{"x", 256, FIRST_NEW, .reservation = 2},
	{"x", 511, FIRST_NEW, .reservation = 2},
	{"x", 700, FIRST_NEW, .reservation = 2},
	{"x", 800, FIRST_NEW, .reservation = 3},
	{"x", 2048, FIRST_NEW, .reservation = 3},
	{"x", 2050, FIRST_NEW, .reservation = 0},
	{"x", UINT64_MAX / MIB, FIRST_NEW, .reservation = 0},
};

START_TEST(a_reservation_finds_its_guest)
{
	for (int i = 0; i < N_ROWS(bindings); i++) {
		const struct binding *b = &bindings[i];
		struct reservation_domain d = reserved_building(7, b->name, b->cap_mib);
		d.serial = b->serial;
		d.is_returning = b->is_returning;
		d.is_dying = b->is_dying;
		d.is_built = d.runs = b->runs;
		reserved_begin();
		reserved_put(1, 256, "web");
		reserved_put(2, 512, "");
		reserved_put(3, 1024, "");
		reserved_pass(NULL, 0, 4096, 0);
		reserved_pass(&d, 1, 4096, 0);
		for (uint32_t id = 1; id <= 3; id++) {
			enum reservation_state state = reservation_find(&list, id)->state;
			enum reservation_state expected = b->reservation != id ? RESERVATION_READY
							  : b->runs            ? RESERVATION_USED
									       : RESERVATION_IN_USE;
			ck_assert_msg(state == expected, "row %d: reservation %u is %s", i, id,
				      reservation_state_word(state));
		}
	}
}
END_TEST

START_TEST(two_guests_take_the_reservations_that_fit_them)
{
	struct reservation_domain d[] = {reserved_building(FIRST_NEW, "a", 500),
					 reserved_building(FIRST_NEW + 1, "b", 300),
					 reserved_building(FIRST_NEW + 2, "c", 310)};
	reserved_begin();
	reserved_put(1, 300, "");
	reserved_put(2, 500, "");
	reserved_pass(NULL, 0, 4096, 0);
	reserved_pass(d, 3, 4096, 0);
	ck_assert_uint_eq(reservation_find(&list, 1)->domid, FIRST_NEW + 1);
	ck_assert_uint_eq(reservation_find(&list, 2)->domid, FIRST_NEW);
}
END_TEST

START_TEST(a_uuid_finds_its_guest)
{
	struct toolkeys_request r = {.size_kib = 256 * MIB,
				     .wait_until_ms = NOW + TIMEOUT,
				     .until_ms = NOW + TIMEOUT,
				     .uuid = U36,
				     .present = REQUEST_BIT(uuid)};
	struct reservation_domain d[] = {reserved_building(FIRST_NEW, "a", 256),
					 reserved_building(FIRST_NEW + 1, "b", 10)};
	reserved_begin();
	ck_assert(uuid_read(U36, d[1].uuid));
	reservation_put(&list, 1, &r, "", FIRST_NEW);
	reserved_pass(NULL, 0, 4096, 0);
	reserved_pass(d, 2, 4096, 0);
	ck_assert_uint_eq(reservation_find(&list, 1)->domid, FIRST_NEW + 1);
}
END_TEST

START_TEST(a_reused_domid_is_not_its_guest)
{
	struct reservation_domain d = reserved_building(FIRST_NEW, "web", 256);
	reserved_begin_for_web();
	d.alm_kib = 100 * MIB;
	reserved_pass(&d, 1, 300, 0);
	d.name = "other";
	d.uuid[0]++;
	reserved_pass(&d, 1, 300, 0);
	reserved_assert_state(1, RESERVATION_READY, 256);
}
END_TEST

/* --- time --- */

START_TEST(waiting_ends_at_its_deadline_and_a_reservation_at_its_time)
{
	reserved_begin();
	reserved_put(1, 100, "");
	reserved_put(2, 200, "");
	reserved_pass(NULL, 0, 100, 200);
	reserved_pass(NULL, 0, 100, 0); /* what could be given is not there any more: wait for it */
	reserved_assert_state(1, RESERVATION_READY, 100);
	reserved_assert_state(2, RESERVATION_WAITING, 200);
	reservation_follow(&list, NOW + TIMEOUT - 1, free_kib, NULL, 0);
	reserved_assert_state(2, RESERVATION_WAITING, 200);
	reservation_follow(&list, NOW + TIMEOUT, free_kib, NULL, 0);
	reserved_assert_state(1, RESERVATION_READY, 100);
	reserved_assert_state(2, RESERVATION_LATE, 0);
	ck_assert(reservation_is_over(RESERVATION_LATE));
	reservation_follow(&list, NOW + 6 * TIMEOUT - 1, free_kib, NULL, 0);
	reserved_assert_state(1, RESERVATION_READY, 100);
	reservation_follow(&list, NOW + 6 * TIMEOUT, free_kib, NULL, 0);
	reserved_assert_state(1, RESERVATION_EXPIRED, 0);
}
END_TEST

START_TEST(a_guest_being_built_keeps_its_reservation_beyond_its_time)
{
	struct reservation_domain d = reserved_building(FIRST_NEW, "web", 256);
	reserved_begin_for_web();
	d.alm_kib = 100 * MIB;
	reserved_pass(&d, 1, 300, 0);
	reservation_follow(&list, NOW + 60 * TIMEOUT, free_kib, &d, 1);
	reserved_assert_state(1, RESERVATION_IN_USE, 156);
	d.is_dying = true; /* there will be no other try */
	reservation_follow(&list, NOW + 60 * TIMEOUT, free_kib, &d, 1);
	reserved_assert_state(1, RESERVATION_EXPIRED, 0);
}
END_TEST

START_TEST(its_end_may_change_and_its_size_may_not)
{
	reserved_begin();
	struct toolkeys_request r = {
		.size_kib = 500 * MIB, .wait_until_ms = NOW, .until_ms = NOW + 100};
	reserved_put(1, 100, "web");
	reserved_pass(NULL, 0, 300, 0);
	reserved_pass(NULL, 0, 300, 0);
	ck_assert_ptr_eq(reservation_put(&list, 1, &r, "other", 99), reservation_find(&list, 1));
	reserved_pass(NULL, 0, 300, 0);
	reserved_assert_state(1, RESERVATION_READY, 100);
	ck_assert_str_eq(reservation_find(&list, 1)->name, "web");
	reservation_follow(&list, NOW + 100, free_kib, NULL, 0);
	reserved_assert_state(1, RESERVATION_EXPIRED, 0);
}
END_TEST

static void add_tests(TCase *tests)
{
	tcase_add_test(tests, what_can_be_had_decides_at_once);
	tcase_add_test(tests, a_reservation_is_kept_before_it_is_ready);
	tcase_add_test(tests, it_is_not_ready_while_its_guest_would_take_the_floor);
	tcase_add_test(tests, several_do_not_get_the_same_memory);
	tcase_add_test(tests, memory_of_a_guest_being_built_is_counted_once);
	tcase_add_test(tests, a_guest_that_dies_before_it_runs_may_be_tried_again);
	tcase_add_test(tests, a_reservation_finds_its_guest);
	tcase_add_test(tests, two_guests_take_the_reservations_that_fit_them);
	tcase_add_test(tests, a_uuid_finds_its_guest);
	tcase_add_test(tests, a_reused_domid_is_not_its_guest);
	tcase_add_test(tests, waiting_ends_at_its_deadline_and_a_reservation_at_its_time);
	tcase_add_test(tests, a_guest_being_built_keeps_its_reservation_beyond_its_time);
	tcase_add_test(tests, its_end_may_change_and_its_size_may_not);
}

int main(void)
{
	return suite_run("reservation", add_tests);
}
