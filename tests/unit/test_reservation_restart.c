/* SPDX-License-Identifier: MIT */
/* Reservations that were made before the daemon was started. */
#include "tests/unit/reserved.h"
#include "tests/unit/suite.h"

#include <string.h>

#define U36 "6ba7b810-9dad-11d1-80b4-00c04fd430c8"

/* Makes the reservations as a new daemon has read them from the lines of the old one. */
static void restart(unsigned serial)
{
	struct reservation_list old = list;
	reserved_begin();
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
	struct reservation_domain d[] = {reserved_building(1, "old", 200),
					 reserved_building(2, "web", 256),
					 reserved_building(3, "x", 300)};
	d[0].serial = OLD;
	d[0].is_built = d[0].runs = true;
	d[1].serial = FIRST_NEW;
	d[1].alm_kib = 100 * MIB;
	d[2].serial = FIRST_NEW + 1;
	reserved_begin();
	reserved_put(1, 256, "web");
	reserved_put(2, 100, "");
	reserved_put(3, 300, "");
	reserved_put(4, 5000, "");
	reserved_pass(d, 1, 450, 300);
	reserved_pass(d, 2, 450, 300);
	reserved_assert_state(1, RESERVATION_IN_USE, 156);
	reserved_assert_state(2, RESERVATION_READY, 100);
	reserved_assert_state(3, RESERVATION_WAITING, 300);
	reserved_assert_state(4, RESERVATION_REFUSED, 0);
	restart(3);
	for (unsigned i = 0; i < 2; i++)
		d[i].serial = i + 1;
	reserved_pass(d, 2, 450, 300);
	reserved_assert_state(3, RESERVATION_WAITING,
			      450 - 156 - 100); /* what is free; it is judged anew */
	reserved_pass(d, 2, 450, 300);
	reserved_assert_state(1, RESERVATION_IN_USE, 156);
	reserved_assert_state(2, RESERVATION_READY, 100);
	reserved_assert_state(3, RESERVATION_WAITING, 300);
	reserved_assert_state(4, RESERVATION_REFUSED, 0);
	d[2].serial = 3;
	reserved_pass(d, 3, 450, 300);
	reserved_assert_state(3, RESERVATION_IN_USE, 300);
}
END_TEST

START_TEST(a_guest_whose_building_began_meanwhile_is_found)
{
	struct reservation_domain d[] = {reserved_building(1, "a", 256),
					 reserved_building(2, "b", 256)};
	reserved_begin();
	reserved_put(1, 256, "");
	reserved_pass(NULL, 0, 300, 0);
	reserved_pass(NULL, 0, 300, 0);
	restart(3);
	d[0].is_built = true; /* and paused by hand */
	reserved_pass(d, 2, 300, 0);
	reserved_assert_state(1, RESERVATION_IN_USE, 256);
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
		reserved_begin();
		struct reservation *l = reserved_put(1, 100, "");
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
	struct reservation_room r = reserved_room(free_mib, give_mib);
	free_kib = free_mib * MIB;
	reservation_follow(&list, now_ms, free_kib, NULL, 0);
	reservation_judge(&list, now_ms, &r);
}

/* Whatever it calls itself, no guest gives for what cannot be had, and it is refused with the sum.
 */
START_TEST(what_cannot_be_had_is_not_believed_to_be_there)
{
	static const char *const words[] = {"ready", "waiting"};
	reserved_begin();
	reserved_put(1, UINT64_C(1) << 30, "web");
	recall(1, words[_i]);
	for (uint64_t ms = 0; ms < RESERVATION_DOUBT_MS; ms += 1000) {
		judge_at(NOW + ms, 300 + ms / 100, 210); /* though more and more comes free */
		ck_assert_uint_le(reservation_kept_kib(&list), 300 * MIB);
	}
	judge_at(NOW + RESERVATION_DOUBT_MS, 300, 210);
	ck_assert_uint_eq(reservation_find(&list, 1)->free_kib, 300 * MIB);
	ck_assert_uint_eq(reservation_find(&list, 1)->give_kib, 210 * MIB);
	judge_at(NOW + RESERVATION_DOUBT_MS + 1, 300, 210);
	reserved_assert_state(1, RESERVATION_REFUSED, 0);
}
END_TEST

/* Guests took some of it while no daemon ran. They give when they have reported. */
START_TEST(what_is_there_no_more_is_waited_for_anew)
{
	reserved_begin();
	reserved_put(1, 250, "web");
	reserved_put(2, 100, "");
	recall(1, "ready");
	recall(2, "waiting");
	judge_at(NOW, 200, 0);
	reserved_assert_state(1, RESERVATION_READY, 200);
	reserved_assert_state(2, RESERVATION_WAITING, 0);
	judge_at(NOW + 2000, 200, 210);
	judge_at(NOW + 2001, 200, 210);
	reserved_assert_state(1, RESERVATION_WAITING, 250);
	reserved_assert_state(2, RESERVATION_WAITING, 100);
	judge_at(NOW + 3000, 350, 60);
	reserved_assert_state(1, RESERVATION_READY, 250);
	reserved_assert_state(2, RESERVATION_READY, 100);
}
END_TEST

static void add_tests(TCase *tests)
{
	tcase_add_test(tests, a_restart_changes_no_decision);
	tcase_add_test(tests, a_guest_whose_building_began_meanwhile_is_found);
	tcase_add_test(tests, a_doubtful_state_is_not_believed);
	tcase_add_loop_test(tests, what_cannot_be_had_is_not_believed_to_be_there, 0, 2);
	tcase_add_test(tests, what_is_there_no_more_is_waited_for_anew);
}

int main(void)
{
	return suite_run("reservation_restart", add_tests);
}
