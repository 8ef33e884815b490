/* SPDX-License-Identifier: MIT */
#include "host/reserve/reservation.h"
#include "tests/unit/suite.h"

#include <string.h>

#define MIB     UINT64_C(1024)
#define U36     "6ba7b810-9dad-11d1-80b4-00c04fd430c8"
#define NOW     UINT64_C(1000000)
#define TIMEOUT UINT64_C(60000)

enum { OLD = 5, FIRST_NEW = 10 }; /* serials: before the reservation was made, and after it */

static struct reservation_list list;
static uint64_t free_kib; /* at the last judgement */

static struct reservation *put(uint32_t id, uint64_t mib, const char *name)
{
	struct toolkeys_request r = {.size_kib = mib * MIB,
				     .wait_until_ms = NOW + TIMEOUT,
				     .until_ms = NOW + 6 * TIMEOUT};
	struct reservation *l = reservation_put(&list, id, &r, name, FIRST_NEW);
	ck_assert_ptr_nonnull(l);
	return l;
}

/* A domain of this number being built, with the number as its serial too. */
static struct reservation_domain building(unsigned n, const char *name, uint64_t mib)
{
	return (struct reservation_domain){
		.domid = n, .uuid = {(uint8_t)n}, .name = name, .serial = n, .cap_kib = mib * MIB};
}

static struct reservation_room room(uint64_t free_mib, uint64_t give_mib)
{
	return (struct reservation_room){.free_kib = free_mib * MIB, .give_kib = give_mib * MIB};
}

static void follow(const struct reservation_domain *domain, unsigned n)
{
	reservation_follow(&list, NOW, free_kib, domain, n);
}

static void judge(uint64_t free_mib, uint64_t give_mib)
{
	free_kib = free_mib * MIB;
	struct reservation_room r = room(free_mib, give_mib);
	reservation_judge(&list, NOW, &r);
}

/* Does as the daemon in each pass. */
static void pass(const struct reservation_domain *domain, unsigned n, uint64_t free_mib,
		 uint64_t give_mib)
{
	free_kib = free_mib * MIB;
	follow(domain, n);
	judge(free_mib, give_mib);
}

static void assert_state(uint32_t id, enum reservation_state state, uint64_t kept_mib)
{
	const struct reservation *l = reservation_find(&list, id);
	ck_assert_ptr_nonnull(l);
	ck_assert_msg(l->state == state, "reservation %u is %s, not %s", id,
		      reservation_state_word(l->state), reservation_state_word(state));
	ck_assert_uint_eq(l->kept_kib, kept_mib * MIB);
}

static void begin(void)
{
	list = (struct reservation_list){.n = 0};
}

/* Makes reservation 1, of 256 MiB for "web", and plays a pass in which there is room for it. */
static void begin_for_web(void)
{
	begin();
	put(1, 256, "web");
	pass(NULL, 0, 300, 0);
}

/* The guest is built, and runs at last, which ends the reservation. */
static void follow_until_used(struct reservation_domain *d)
{
	d->is_built = true; /* and paused still */
	follow(d, 1);
	ck_assert(reservation_find(&list, 1)->state == RESERVATION_IN_USE);
	d->runs = true;
	follow(d, 1);
	assert_state(1, RESERVATION_USED, 0);
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
		begin();
		const struct reservation *l = put(1, admissions[i].size_mib, "");
		struct reservation_room r = room(admissions[i].free_mib, admissions[i].give_mib);
		r.others_kib = admissions[i].others_mib * MIB;
		r.floor_kib = admissions[i].floor_mib * MIB;
		follow(NULL, 0);
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
	begin();
	put(1, 100, "");
	pass(NULL, 0, 500, 0);
	assert_state(1, RESERVATION_WAITING, 0); /* this pass's grows may still take what is free */
	pass(NULL, 0, 99, 400);
	assert_state(1, RESERVATION_WAITING, 100);
	ck_assert_uint_eq(reservation_find(&list, 1)->there_kib, 99 * MIB);
	pass(NULL, 0, 100, 400);
	assert_state(1, RESERVATION_READY, 100);
	pass(NULL, 0, 60, 0); /* somebody took it: it is kept on, and said */
	assert_state(1, RESERVATION_READY, 100);
	ck_assert_uint_eq(reservation_find(&list, 1)->there_kib, 60 * MIB);
}
END_TEST

START_TEST(it_is_not_ready_while_its_guest_would_take_the_floor)
{
	struct reservation_room r = room(116, 400);
	r.floor_kib = 16 * MIB;
	begin();
	put(1, 100, "");
	for (unsigned i = 0; i < 2; i++) {
		follow(NULL, 0);
		reservation_judge(&list, NOW, &r);
	}
	assert_state(1, RESERVATION_READY, 100);
	begin();
	put(1, 100, "");
	r.free_kib -= 4;
	for (unsigned i = 0; i < 2; i++) {
		follow(NULL, 0);
		reservation_judge(&list, NOW, &r);
	}
	assert_state(1, RESERVATION_WAITING, 100);
	ck_assert_uint_eq(reservation_find(&list, 1)->there_kib, 100 * MIB - 4);
}
END_TEST

START_TEST(several_do_not_get_the_same_memory)
{
	begin();
	put(2, 100, "");
	put(1, 100, "");
	put(3, 100, "");
	pass(NULL, 0, 150, 60);
	pass(NULL, 0, 150, 60);
	assert_state(1, RESERVATION_READY, 100);
	assert_state(2, RESERVATION_WAITING, 100);
	assert_state(3, RESERVATION_REFUSED, 0);
	ck_assert_uint_eq(reservation_find(&list, 2)->there_kib, 50 * MIB);
	ck_assert_uint_eq(reservation_find(&list, 3)->free_kib, 0);
	ck_assert_uint_eq(reservation_find(&list, 3)->give_kib, 10 * MIB);
	ck_assert_uint_eq(reservation_kept_kib(&list), 200 * MIB);
}
END_TEST

/* --- its guest --- */

START_TEST(memory_of_a_guest_being_built_is_counted_once)
{
	struct reservation_domain d = building(FIRST_NEW, "web", 0);
	begin_for_web();
	pass(&d, 1, 300, 0);
	assert_state(1, RESERVATION_IN_USE, 256);
	d.claimed_kib = 254 * MIB; /* its claim */
	follow(&d, 1);
	assert_state(1, RESERVATION_IN_USE, 2);
	d.claimed_kib = 100 * MIB; /* it is being populated */
	d.alm_kib = 154 * MIB;
	follow(&d, 1);
	assert_state(1, RESERVATION_IN_USE, 2);
	d.claimed_kib = 0; /* a restore has no claim at all */
	follow(&d, 1);
	assert_state(1, RESERVATION_IN_USE, 102);
	d.alm_kib = 300 * MIB; /* more than was reserved */
	follow(&d, 1);
	assert_state(1, RESERVATION_IN_USE, 0);
	follow_until_used(&d);
}
END_TEST

START_TEST(a_guest_that_dies_before_it_runs_may_be_tried_again)
{
	struct reservation_domain d = building(FIRST_NEW, "web", 256);
	begin_for_web();
	pass(&d, 1, 300, 0);
	d.alm_kib = 200 * MIB;
	d.is_dying = true;
	follow(&d, 1);
	assert_state(1, RESERVATION_IN_USE, 56); /* what it still holds comes back by and by */
	d.alm_kib = 10 * MIB;
	follow(&d, 1);
	assert_state(1, RESERVATION_IN_USE, 246);
	pass(NULL, 0, 300, 0);
	assert_state(1, RESERVATION_READY, 256);
	d = building(FIRST_NEW + 1, "web", 256);
	d.alm_kib = 100 * MIB;
	follow(&d, 1);
	assert_state(1, RESERVATION_IN_USE, 156);
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
		struct reservation_domain d = building(7, b->name, b->cap_mib);
		d.serial = b->serial;
		d.is_returning = b->is_returning;
		d.is_dying = b->is_dying;
		d.is_built = d.runs = b->runs;
		begin();
		put(1, 256, "web");
		put(2, 512, "");
		put(3, 1024, "");
		pass(NULL, 0, 4096, 0);
		pass(&d, 1, 4096, 0);
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
	struct reservation_domain d[] = {building(FIRST_NEW, "a", 500),
					 building(FIRST_NEW + 1, "b", 300),
					 building(FIRST_NEW + 2, "c", 310)};
	begin();
	put(1, 300, "");
	put(2, 500, "");
	pass(NULL, 0, 4096, 0);
	pass(d, 3, 4096, 0);
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
	struct reservation_domain d[] = {building(FIRST_NEW, "a", 256),
					 building(FIRST_NEW + 1, "b", 10)};
	begin();
	ck_assert(uuid_read(U36, d[1].uuid));
	reservation_put(&list, 1, &r, "", FIRST_NEW);
	pass(NULL, 0, 4096, 0);
	pass(d, 2, 4096, 0);
	ck_assert_uint_eq(reservation_find(&list, 1)->domid, FIRST_NEW + 1);
}
END_TEST

START_TEST(a_reused_domid_is_not_its_guest)
{
	struct reservation_domain d = building(FIRST_NEW, "web", 256);
	begin_for_web();
	d.alm_kib = 100 * MIB;
	pass(&d, 1, 300, 0);
	d.name = "other";
	d.uuid[0]++;
	pass(&d, 1, 300, 0);
	assert_state(1, RESERVATION_READY, 256);
}
END_TEST

/* --- time --- */

START_TEST(waiting_ends_at_its_deadline_and_a_reservation_at_its_time)
{
	begin();
	put(1, 100, "");
	put(2, 200, "");
	pass(NULL, 0, 100, 200);
	pass(NULL, 0, 100, 0); /* what could be given is not there any more: wait for it */
	assert_state(1, RESERVATION_READY, 100);
	assert_state(2, RESERVATION_WAITING, 200);
	reservation_follow(&list, NOW + TIMEOUT - 1, free_kib, NULL, 0);
	assert_state(2, RESERVATION_WAITING, 200);
	reservation_follow(&list, NOW + TIMEOUT, free_kib, NULL, 0);
	assert_state(1, RESERVATION_READY, 100);
	assert_state(2, RESERVATION_LATE, 0);
	ck_assert(reservation_is_over(RESERVATION_LATE));
	reservation_follow(&list, NOW + 6 * TIMEOUT - 1, free_kib, NULL, 0);
	assert_state(1, RESERVATION_READY, 100);
	reservation_follow(&list, NOW + 6 * TIMEOUT, free_kib, NULL, 0);
	assert_state(1, RESERVATION_EXPIRED, 0);
}
END_TEST

START_TEST(a_guest_being_built_keeps_its_reservation_beyond_its_time)
{
	struct reservation_domain d = building(FIRST_NEW, "web", 256);
	begin_for_web();
	d.alm_kib = 100 * MIB;
	pass(&d, 1, 300, 0);
	reservation_follow(&list, NOW + 60 * TIMEOUT, free_kib, &d, 1);
	assert_state(1, RESERVATION_IN_USE, 156);
	d.is_dying = true; /* there will be no other try */
	reservation_follow(&list, NOW + 60 * TIMEOUT, free_kib, &d, 1);
	assert_state(1, RESERVATION_EXPIRED, 0);
}
END_TEST

START_TEST(its_end_may_change_and_its_size_may_not)
{
	begin();
	struct toolkeys_request r = {
		.size_kib = 500 * MIB, .wait_until_ms = NOW, .until_ms = NOW + 100};
	put(1, 100, "web");
	pass(NULL, 0, 300, 0);
	pass(NULL, 0, 300, 0);
	ck_assert_ptr_eq(reservation_put(&list, 1, &r, "other", 99), reservation_find(&list, 1));
	pass(NULL, 0, 300, 0);
	assert_state(1, RESERVATION_READY, 100);
	ck_assert_str_eq(reservation_find(&list, 1)->name, "web");
	reservation_follow(&list, NOW + 100, free_kib, NULL, 0);
	assert_state(1, RESERVATION_EXPIRED, 0);
}
END_TEST

/* --- a restart --- */

/* Makes the reservations as a new daemon has read them from the lines of the old one. */
static void restart(unsigned serial)
{
	struct reservation_list old = list;
	begin();
	for (unsigned i = 0; i < old.n; i++) {
		const struct reservation *was = &old.at[i];
		struct toolkeys_state written, read;
		char line[TOOLKEYS_MAX_BYTES + 1];
		reservation_describe(was, &written);
		size_t len = line_write(&toolkeys_state_format, &written, written.present, line,
					sizeof(line));
		ck_assert_uint_gt(len, 0);
		ck_assert_int_eq(line_parse(&toolkeys_state_format, (struct text){line, len}, &read,
					    &read.present),
				 LINE_OK);
		struct reservation *l =
			reservation_put(&list, was->id, &was->request, was->name, serial);
		reservation_recall(l, &read, NOW);
	}
}

START_TEST(a_restart_changes_no_decision)
{
	/* serials begin anew */
	struct reservation_domain d[] = {building(1, "old", 200), building(2, "web", 256),
					 building(3, "x", 300)};
	d[0].serial = OLD;
	d[0].is_built = d[0].runs = true;
	d[1].serial = FIRST_NEW;
	d[1].alm_kib = 100 * MIB;
	d[2].serial = FIRST_NEW + 1;
	begin();
	put(1, 256, "web");
	put(2, 100, "");
	put(3, 300, "");
	put(4, 5000, "");
	pass(d, 1, 450, 300);
	pass(d, 2, 450, 300);
	assert_state(1, RESERVATION_IN_USE, 156);
	assert_state(2, RESERVATION_READY, 100);
	assert_state(3, RESERVATION_WAITING, 300);
	assert_state(4, RESERVATION_REFUSED, 0);
	restart(3);
	for (unsigned i = 0; i < 2; i++)
		d[i].serial = i + 1;
	pass(d, 2, 450, 300);
	assert_state(3, RESERVATION_WAITING, 450 - 156 - 100); /* what is free; it is judged anew */
	pass(d, 2, 450, 300);
	assert_state(1, RESERVATION_IN_USE, 156);
	assert_state(2, RESERVATION_READY, 100);
	assert_state(3, RESERVATION_WAITING, 300);
	assert_state(4, RESERVATION_REFUSED, 0);
	d[2].serial = 3;
	pass(d, 3, 450, 300);
	assert_state(3, RESERVATION_IN_USE, 300);
}
END_TEST

START_TEST(a_guest_whose_building_began_meanwhile_is_found)
{
	struct reservation_domain d[] = {building(1, "a", 256), building(2, "b", 256)};
	begin();
	put(1, 256, "");
	pass(NULL, 0, 300, 0);
	pass(NULL, 0, 300, 0);
	restart(3);
	d[0].is_built = true; /* and paused by hand */
	pass(d, 2, 300, 0);
	assert_state(1, RESERVATION_IN_USE, 256);
	ck_assert_uint_eq(reservation_find(&list, 1)->domid, 2);
}
END_TEST

static const struct {
	struct toolkeys_state state;
	enum reservation_state recalled;
} recalls[] = {
	{{.state = "unheard-of"}, RESERVATION_NEW},
	{{.state = ""}, RESERVATION_NEW},
	{{.state = "in-use"}, RESERVATION_READY},
	{{.state = "in-use", .domid = 3, .present = STATE_BIT(domid)}, RESERVATION_READY},
	{{.state = "in-use", .uuid = U36, .present = STATE_BIT(uuid)}, RESERVATION_READY},
	{{.state = "in-use", .uuid = "x", .present = STATE_BIT(domid) | STATE_BIT(uuid)},
	 RESERVATION_READY},
	{{.state = "in-use", .uuid = U36, .present = STATE_BIT(domid) | STATE_BIT(uuid)},
	 RESERVATION_IN_USE},
	{{.state = "late"}, RESERVATION_LATE},
};

START_TEST(a_doubtful_state_is_not_believed)
{
	for (int i = 0; i < N_ROWS(recalls); i++) {
		begin();
		struct reservation *l = put(1, 100, "");
		reservation_recall(l, &recalls[i].state, NOW);
		ck_assert_msg(l->state == recalls[i].recalled, "row %d: %s", i,
			      reservation_state_word(l->state));
	}
}
END_TEST

static void recall(uint32_t id, const char *word)
{
	struct toolkeys_state state = {.present = STATE_BIT(state)};
	strcpy(state.state, word);
	reservation_recall(reservation_find(&list, id), &state, NOW);
}

static void judge_at(uint64_t now_ms, uint64_t free_mib, uint64_t give_mib)
{
	struct reservation_room r = room(free_mib, give_mib);
	free_kib = free_mib * MIB;
	reservation_follow(&list, now_ms, free_kib, NULL, 0);
	reservation_judge(&list, now_ms, &r);
}

/* Whatever it calls itself, no guest gives for what cannot be had, and it is refused with the sum.
 */
START_TEST(what_cannot_be_had_is_not_believed_to_be_there)
{
	static const char *const words[] = {"ready", "waiting"};
	begin();
	put(1, UINT64_C(1) << 30, "web");
	recall(1, words[_i]);
	for (uint64_t ms = 0; ms < RESERVATION_DOUBT_MS; ms += 1000) {
		judge_at(NOW + ms, 300 + ms / 100, 210); /* though more and more comes free */
		ck_assert_uint_le(reservation_kept_kib(&list), 300 * MIB);
	}
	judge_at(NOW + RESERVATION_DOUBT_MS, 300, 210);
	ck_assert_uint_eq(reservation_find(&list, 1)->free_kib, 300 * MIB);
	ck_assert_uint_eq(reservation_find(&list, 1)->give_kib, 210 * MIB);
	judge_at(NOW + RESERVATION_DOUBT_MS + 1, 300, 210);
	assert_state(1, RESERVATION_REFUSED, 0);
}
END_TEST

/* Guests took some of it while no daemon ran. They give when they have reported. */
START_TEST(what_is_there_no_more_is_waited_for_anew)
{
	begin();
	put(1, 250, "web");
	put(2, 100, "");
	recall(1, "ready");
	recall(2, "waiting");
	judge_at(NOW, 200, 0);
	assert_state(1, RESERVATION_READY, 200);
	assert_state(2, RESERVATION_WAITING, 0);
	judge_at(NOW + 2000, 200, 210);
	judge_at(NOW + 2001, 200, 210);
	assert_state(1, RESERVATION_WAITING, 250);
	assert_state(2, RESERVATION_WAITING, 100);
	judge_at(NOW + 3000, 350, 60);
	assert_state(1, RESERVATION_READY, 250);
	assert_state(2, RESERVATION_READY, 100);
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
	tcase_add_test(tests, a_restart_changes_no_decision);
	tcase_add_test(tests, a_guest_whose_building_began_meanwhile_is_found);
	tcase_add_test(tests, a_doubtful_state_is_not_believed);
	tcase_add_loop_test(tests, what_cannot_be_had_is_not_believed_to_be_there, 0, 2);
	tcase_add_test(tests, what_is_there_no_more_is_waited_for_anew);
}

int main(void)
{
	return suite_run("reservation", add_tests);
}
