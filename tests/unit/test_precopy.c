/* SPDX-License-Identifier: MIT */
/* Pre-copy loses no page, comes to an end, and sends as few pages as each algorithm promises. */
#include "host/precopy/bitmap.h"
#include "host/precopy/precopy.h"
#include "tests/unit/suite.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum {
	MAX_PAGES = 400,
	MAX_WORDS = MAX_PAGES / UNITS_WORD_BITS + 2,
	MAX_ROUNDS = 20000,
	N_ALGORITHMS = 3,
};

/* A guest, its receiver, and the pages between them. */
static struct {
	struct precopy precopy;
	struct precopy_round round;
	void *memory;
	uint64_t n_pages, now_ms;
	bool is_stale[MAX_PAGES]; /* the receiver has not what is in the guest */
	unsigned long log[MAX_WORDS], bitmap[MAX_WORDS];
} w;

static uint64_t pick(uint64_t below)
{
	return (uint64_t)rand() % below;
}

static const struct precopy_algorithm *stock(void)
{
	return precopy_find("stock");
}

static const struct precopy_algorithm *hold(void)
{
	return precopy_find("hold");
}

static const struct precopy_algorithm *ar(void)
{
	return precopy_find("ar");
}

/* Bits of the guest's bitmaps: pages, and those beyond the end. */
static uint64_t end_bit(void)
{
	return bitmap_words(w.n_pages) * UNITS_WORD_BITS;
}

static uint64_t bits(const unsigned long *bitmap)
{
	return bitmap_count(bitmap, MAX_WORDS * UNITS_WORD_BITS);
}

/* The memory ends where precopy_bytes() says, so that the sanitizers see a write behind it. */
static void start(struct precopy_conf conf, uint64_t n_pages)
{
	size_t bytes = precopy_bytes(&conf, n_pages);
	memset(&w, 0, sizeof(w));
	w.memory = malloc(bytes);
	memset(w.memory, 0xa5, bytes);
	w.n_pages = n_pages;
	ck_assert_int_eq(precopy_init(&w.precopy, &conf, n_pages, w.memory, bytes), 0);
	for (uint64_t i = 0; i < n_pages; i++)
		w.is_stale[i] = true;
	for (uint64_t i = 0; i < end_bit(); i++)
		bitmap_add(w.bitmap, i);
}

static void stop(void)
{
	free(w.memory);
}

static void modify(uint64_t page)
{
	w.is_stale[page] = true;
	bitmap_add(w.log, page);
}

static void fetch(void)
{
	memcpy(w.bitmap, w.log, sizeof(w.bitmap));
	memset(w.log, 0, sizeof(w.log));
}

static void send(void)
{
	for (uint64_t i = 0; i < w.n_pages; i++)
		if (bitmap_has(w.bitmap, i))
			w.is_stale[i] = false;
}

static void decide(uint64_t dt_ms, uint64_t sent_pages)
{
	w.now_ms += dt_ms;
	precopy_round(&w.precopy, w.bitmap, w.now_ms, sent_pages, &w.round);
	for (uint64_t i = w.n_pages; i < end_bit(); i++)
		ck_assert(!bitmap_has(w.bitmap, i));
}

static void finish(void)
{
	fetch();
	precopy_final(&w.precopy, w.bitmap);
	send();
	for (uint64_t i = 0; i < w.n_pages; i++)
		ck_assert_msg(!w.is_stale[i], "page %d of %d is lost", (int)i, (int)w.n_pages);
}

/* --- holes --- */

/* Of a guest of 300 page numbers the last 200 are no pages; one of these becomes one. */
START_TEST(a_hole_counts_once_it_is_a_page)
{
	enum { PAGES = 300, HOLES = 200 };
	unsigned long holes[MAX_WORDS] = {0};
	struct precopy_conf conf = precopy_conf_of(precopy_algorithm((unsigned)_i));
	conf.slice_ms = 0;
	start(conf, PAGES);
	for (uint64_t i = PAGES - HOLES; i < PAGES; i++) {
		bitmap_add(holes, i);
		w.is_stale[i] = false;
	}
	precopy_leave_out(&w.precopy, holes);
	for (size_t i = 0; i < bitmap_words(PAGES); i++)
		w.bitmap[i] &= ~holes[i];
	decide(0, 0);
	ck_assert_uint_eq(w.round.send_pages + w.round.held_pages, PAGES - HOLES);
	send();
	modify(PAGES - 1);
	fetch();
	decide(100, w.round.send_pages);
	ck_assert_uint_eq(w.round.dirty_pages, 1);
	ck_assert_uint_eq(w.round.send_pages + w.round.held_pages, 1);
	send();
	finish();
	stop();
}
END_TEST

/* --- hostile input --- */

START_TEST(what_cannot_be_is_refused)
{
	static unsigned long memory[64];
	struct precopy precopy;
	for (unsigned i = 0; i < N_ALGORITHMS; i++) {
		struct precopy_conf conf = precopy_conf_of(precopy_algorithm(i));
		size_t bytes = precopy_bytes(&conf, 100);
		ck_assert_uint_ge(sizeof(memory) * sizeof(memory[0]), bytes);
		ck_assert_uint_eq(precopy_bytes(&conf, 0), 0);
		ck_assert_uint_eq(precopy_bytes(&conf, UINT64_MAX), 0);
		ck_assert_uint_eq(precopy_bytes(&conf, (UINT64_C(1) << PRECOPY_MAX_PAGES_LOG2) + 1),
				  0);
		ck_assert_int_eq(precopy_init(&precopy, &conf, 0, memory, bytes), -EINVAL);
		ck_assert_int_eq(precopy_init(&precopy, &conf, UINT64_MAX, memory, bytes), -EINVAL);
		ck_assert_int_eq(precopy_init(&precopy, &conf, 100, memory, bytes - 1), -EINVAL);
		ck_assert_int_eq(precopy_init(&precopy, &conf, 100, (char *)memory + 1, bytes),
				 -EINVAL);
		ck_assert_int_eq(precopy_init(&precopy, &conf, 100, memory, bytes), 0);
	}
}
END_TEST

START_TEST(names_are_found)
{
	for (unsigned i = 0; i < N_ALGORITHMS; i++)
		ck_assert_ptr_eq(precopy_find(precopy_algorithm(i)->name), precopy_algorithm(i));
	ck_assert_ptr_null(precopy_algorithm(N_ALGORITHMS));
	ck_assert_ptr_nonnull(precopy_find(PRECOPY_DEFAULT));
	ck_assert_ptr_null(precopy_find(""));
	ck_assert_ptr_null(precopy_find("ar "));
	ck_assert_ptr_null(precopy_find("classic")); /* the simulator's alone */
}
END_TEST

static const uint64_t odd_numbers[] = {0,
				       1,
				       2,
				       49,
				       50,
				       1000,
				       UINT32_MAX,
				       (uint64_t)UINT32_MAX + 1,
				       UINT64_MAX / 2,
				       UINT64_MAX - 1,
				       UINT64_MAX};

static uint64_t odd(void)
{
	return odd_numbers[pick(N_ROWS(odd_numbers))];
}

static struct precopy_conf random_conf(int k)
{
	struct precopy_conf conf = precopy_conf_of(precopy_algorithm((unsigned)k % N_ALGORITHMS));
	if (pick(2))
		conf.slice_ms = pick(3) ? pick(400) : odd();
	if (pick(2))
		conf.slice_pages = pick(3) ? pick(100) : odd();
	if (pick(3) == 0)
		conf.enough_pages = pick(3) ? pick(100) : odd();
	if (pick(3) == 0)
		conf.max_passes = (unsigned)(pick(3) ? pick(8) : odd());
	if (pick(3) == 0)
		conf.max_downtime_ms = pick(3) ? pick(400) : odd();
	conf.is_first_whole = pick(2);
	return conf;
}

/* Modifies some pages again and again, others now and then, in a part of the guest that moves. */
static void modify_some(int round)
{
	uint64_t base = (uint64_t)(round / 40) * 13;
	for (uint64_t n = pick(20); n; n--)
		modify(pick(w.n_pages));
	for (uint64_t i = 0; i < 30 && pick(4); i++)
		modify((base + i) % w.n_pages);
}

/* Impossible clocks, counts and configurations, bits beyond the end, and any number of rounds, also
 * after the one in which it said to suspend. */
START_TEST(no_page_is_ever_lost)
{
	for (int k = 0; k < 1200; k++) {
		start(random_conf(k), k < 200 ? 1 + (uint64_t)k : 1 + pick(MAX_PAGES));
		for (int i = 0, n = (int)pick(80); i < n; i++) {
			if (pick(30) == 0)
				w.now_ms = pick(2) ? odd() : 0;
			decide(pick(500), pick(8) ? pick(300) : odd());
			modify_some(i);
			send();
			modify_some(i);
			fetch();
			for (uint64_t b = w.n_pages; b < end_bit(); b++)
				w.bitmap[bitmap_word_of(b)] |= pick(2) ? bitmap_bit_of(b) : 0;
		}
		/* what was fetched last never came in */
		for (uint64_t i = 0; i < w.n_pages; i++)
			if (bitmap_has(w.bitmap, i))
				modify(i);
		finish();
		stop();
	}
}
END_TEST

/* Each stale page is either held or in the bitmap, and the counts agree in each round. */
START_TEST(the_counts_add_up)
{
	for (int k = 0; k < 400; k++) {
		uint64_t n_stale, before;
		start(random_conf(k), 1 + pick(MAX_PAGES));
		for (int i = 0; i < 40; i++) {
			before = i ? bits(w.bitmap) : w.n_pages;
			decide(pick(500), pick(300));
			n_stale = 0;
			for (uint64_t page = 0; page < w.n_pages; page++)
				n_stale += w.is_stale[page];
			ck_assert_uint_eq(w.round.dirty_pages, before);
			ck_assert_uint_eq(w.round.send_pages, bits(w.bitmap));
			ck_assert_uint_eq(w.round.held_pages + w.round.send_pages, n_stale);
			send();
			modify_some(i);
			fetch();
		}
		stop();
	}
}
END_TEST

static bool goes_on(void)
{
	return w.round.next == PRECOPY_SEND || w.round.next == PRECOPY_WAIT;
}

static void modify_range(uint64_t first, uint64_t end)
{
	for (uint64_t i = first; i < end; i++)
		modify(i);
}

/* The clock stops after so many rounds, and the guest runs wild. */
static unsigned rounds_until_end(struct precopy_conf conf, uint64_t n_pages, unsigned stop_after)
{
	unsigned n = 0;
	start(conf, n_pages);
	do {
		bool has_stopped = n >= stop_after;
		decide(has_stopped ? 0 : 1 + bits(w.bitmap) * 5 + w.round.wait_ms,
		       w.round.send_pages);
		send();
		if (has_stopped)
			modify_range(0, n_pages);
		else
			modify(pick(n_pages));
		fetch();
	} while (goes_on() && ++n < MAX_ROUNDS);
	return n;
}

START_TEST(it_ends_whatever_the_guest_does)
{
	for (int k = 0; k < 200; k++) {
		struct precopy_conf conf =
			precopy_conf_of(precopy_algorithm((unsigned)k % N_ALGORITHMS));
		conf.enough_pages = pick(20);
		conf.slice_pages = 20;
		unsigned n = rounds_until_end(conf, 1 + pick(MAX_PAGES), (unsigned)pick(40));
		ck_assert_uint_lt(n, MAX_ROUNDS);
		stop();
	}
}
END_TEST

/* --- what each algorithm promises --- */

/* A round of a guest that modifies pages [first, end) in it. */
static void play(uint64_t first, uint64_t end)
{
	decide(100, w.round.send_pages);
	send();
	modify_range(first, end);
	fetch();
}

START_TEST(stock_does_as_xen_does)
{
	start(precopy_conf_of(stock()), 300);
	play(0, 100);
	ck_assert_uint_eq(w.round.send_pages, 300);
	for (int i = 0; i < 4; i++) {
		ck_assert(goes_on());
		play(0, 100);
		ck_assert_uint_eq(w.round.send_pages, 100);
		ck_assert_uint_eq(w.round.held_pages, 0);
	}
	ck_assert_int_eq(w.round.next, PRECOPY_SUSPEND); /* the fifth pass is the last live one */
	stop();
	start(precopy_conf_of(stock()), 300);
	play(0, 50);
	play(0, 49);
	ck_assert(goes_on()); /* 50 are not fewer than 50 */
	play(0, 49);
	ck_assert_uint_eq(w.round.send_pages, 49); /* they are sent live, then it is suspended */
	ck_assert_int_eq(w.round.next, PRECOPY_SUSPEND);
	stop();
}
END_TEST

START_TEST(hold_holds_what_two_rounds_modified)
{
	start(precopy_conf_of(hold()), 300);
	play(0, 100);
	play(50, 150);
	ck_assert_uint_eq(w.round.send_pages, 100);
	play(50, 150);
	ck_assert_uint_eq(w.round.send_pages, 50); /* 100 to 149: of the last round only */
	ck_assert_uint_eq(w.round.held_pages, 50);
	play(0, 0);
	ck_assert_uint_eq(w.round.held_pages, 100);
	play(0, 0); /* no longer modified: all that was held is sent */
	ck_assert_uint_eq(w.round.send_pages, 100);
	ck_assert_uint_eq(w.round.held_pages, 0);
	stop();
}
END_TEST

/* A guest of 400 pages at 10 pages in 100 ms: modifies its first 40 in each round. */
static uint64_t sends_of_hot_pages(const struct precopy_algorithm *algorithm)
{
	uint64_t n = 0;
	struct precopy_conf conf = precopy_conf_of(algorithm);
	conf.enough_pages = 5;
	conf.slice_pages = 10;
	start(conf, 400);
	do {
		decide(1 + w.round.send_pages * 10 + w.round.wait_ms, w.round.send_pages);
		for (uint64_t i = 0; i < 40; i++)
			n += bitmap_has(w.bitmap, i);
		send();
		modify_range(0, 40);
		fetch();
	} while (goes_on());
	return n;
}

START_TEST(ar_sends_hot_pages_once_at_the_end)
{
	ck_assert_uint_eq(sends_of_hot_pages(stock()), 5 * 40);
	stop();
	/* the first rounds cannot know yet */
	ck_assert_uint_le(sends_of_hot_pages(ar()), 40);
	ck_assert_uint_ge(w.round.held_pages, 30);
	finish();
	stop();
}
END_TEST

START_TEST(ar_sends_pages_that_have_gone_cold)
{
	unsigned n = 0;
	struct precopy_conf conf = precopy_conf_of(ar());
	conf.enough_pages = 5;
	conf.slice_pages = 10;
	start(conf, 400);
	do {
		decide(1 + w.round.send_pages * 10 + w.round.wait_ms, w.round.send_pages);
		send();
		if (n++ < 4)
			modify_range(0, 40);
		fetch();
		if (n == 4)
			ck_assert_uint_ge(w.round.held_pages, 40);
	} while (goes_on());
	ck_assert_uint_gt(n, 5);
	ck_assert_uint_eq(w.round.held_pages, 0);
	stop();
}
END_TEST

START_TEST(the_first_round_sends_all_where_it_must)
{
	for (unsigned i = 0; i < N_ALGORITHMS; i++) {
		struct precopy_conf conf = precopy_conf_of(precopy_algorithm(i));
		conf.slice_ms = 10;
		conf.slice_pages = 1;
		conf.is_first_whole = true;
		start(conf, 400);
		decide(0, 0);
		ck_assert_uint_eq(w.round.send_pages, 400);
		stop();
	}
}
END_TEST

START_TEST(what_was_never_sent_needs_no_bitmap)
{
	for (unsigned i = 0; i < N_ALGORITHMS; i++) {
		start(precopy_conf_of(precopy_algorithm(i)), 64);
		memset(w.bitmap, 0, sizeof(w.bitmap));
		decide(0, 0);
		ck_assert_uint_eq(w.round.send_pages, 64);
		stop();
	}
}
END_TEST

START_TEST(a_downtime_that_is_too_long_is_no_reason_to_suspend)
{
	struct precopy_conf conf = precopy_conf_of(hold());
	conf.max_downtime_ms = 500;
	start(conf, 400);
	for (int i = 0; i < 5; i++)
		play(0, 100); /* 100 pages, at 400 in 100 ms or fewer */
	ck_assert_int_eq(w.round.next, PRECOPY_SUSPEND);
	ck_assert_uint_le(w.round.downtime_ms, 500);
	stop();
	conf.max_downtime_ms = 10;
	start(conf, 400);
	for (int i = 0; i < 5; i++)
		play(0, 100);
	ck_assert_int_eq(w.round.next, PRECOPY_ABORT);
	finish();
	stop();
}
END_TEST

static void add_tests(TCase *tests)
{
	tcase_add_test(tests, what_cannot_be_is_refused);
	tcase_add_loop_test(tests, a_hole_counts_once_it_is_a_page, 0, N_ALGORITHMS);
	tcase_add_test(tests, names_are_found);
	tcase_add_test(tests, no_page_is_ever_lost);
	tcase_add_test(tests, the_counts_add_up);
	tcase_add_test(tests, it_ends_whatever_the_guest_does);
	tcase_add_test(tests, stock_does_as_xen_does);
	tcase_add_test(tests, hold_holds_what_two_rounds_modified);
	tcase_add_test(tests, ar_sends_hot_pages_once_at_the_end);
	tcase_add_test(tests, ar_sends_pages_that_have_gone_cold);
	tcase_add_test(tests, the_first_round_sends_all_where_it_must);
	tcase_add_test(tests, what_was_never_sent_needs_no_bitmap);
	tcase_add_test(tests, a_downtime_that_is_too_long_is_no_reason_to_suspend);
}

int main(void)
{
	return suite_run("precopy", add_tests);
}
