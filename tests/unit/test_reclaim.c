/* SPDX-License-Identifier: MIT */
#include "guest/core/reclaim.h"
#include "tests/unit/suite.h"

#define MIB      UINT64_C(1024)
#define PAGE_KIB 4

/* A guest with 1 GiB of swap that holds 400 MiB of which 2 are available; its target is 300. */
struct cold {
	struct report now;
	struct reclaim reclaim;
};

static struct cold cold_guest(void)
{
	return (struct cold){.now = {.uptime_ms = 1000,
				     .avail_kib = 2 * MIB,
				     .swap_total_kib = 1024 * MIB,
				     .swap_free_kib = 1024 * MIB,
				     .pswpout = 5000,
				     .refault_anon = 700,
				     .balloon_current_kib = 400 * MIB,
				     .balloon_target_kib = 300 * MIB,
				     .present = (UINT64_C(1) << REPORT_FIELDS_) - 1}};
}

static void look(struct cold *guest)
{
	reclaim_looked(&guest->reclaim, &guest->now);
}

static uint64_t batch_kib(const struct cold *guest)
{
	return reclaim_batch_kib(&guest->reclaim, &guest->now);
}

/* Looks once more after the guest's patience is over. */
static void wait_out(struct cold *guest)
{
	look(guest);
	guest->now.uptime_ms += RECLAIM_PATIENCE_MS;
	look(guest);
}

static void ask(struct cold *guest)
{
	reclaim_began(&guest->reclaim, batch_kib(guest));
}

/* Takes the batch that is due: all of it goes out, and the balloon gets it. The size of the batch.
 */
static uint64_t take_batch(struct cold *guest)
{
	uint64_t kib = batch_kib(guest);
	ask(guest);
	guest->now.uptime_ms += RECLAIM_PAUSE_MS;
	guest->now.pswpout += kib / PAGE_KIB;
	guest->now.swap_free_kib -= kib;
	guest->now.balloon_current_kib -= kib;
	reclaim_ended(&guest->reclaim, false);
	look(guest);
	return kib;
}

/* --- when --- */

START_TEST(a_target_within_reach_asks_for_nothing)
{
	static const struct {
		uint64_t current_mib, target_mib, avail_mib;
	} reached[] = {
		{300, 300, 0}, {300, 400, 0}, {400, 300, 100}, {400, 300, 400}, {0, 0, 0},
	};
	for (int i = 0; i < N_ROWS(reached); i++) {
		struct cold guest = cold_guest();
		guest.now.balloon_current_kib = reached[i].current_mib * MIB;
		guest.now.balloon_target_kib = reached[i].target_mib * MIB;
		guest.now.avail_kib = reached[i].avail_mib * MIB;
		wait_out(&guest);
		ck_assert_msg(batch_kib(&guest) == 0, "case %d", i);
		ck_assert(!reclaim_is_pending(&guest.reclaim, guest.now.uptime_ms));
	}
}
END_TEST

START_TEST(what_is_not_known_asks_for_nothing)
{
	struct cold whole = cold_guest();
	wait_out(&whole);
	ck_assert_uint_ne(batch_kib(&whole), 0);
	static const uint64_t needed[] = {REPORT_BIT(balloon_current_kib),
					  REPORT_BIT(balloon_target_kib),
					  REPORT_BIT(swap_total_kib),
					  REPORT_BIT(swap_free_kib),
					  REPORT_BIT(pswpout),
					  REPORT_BIT(refault_anon)};
	for (int i = 0; i < N_ROWS(needed); i++) {
		struct cold guest = cold_guest();
		guest.now.present &= ~needed[i];
		wait_out(&guest);
		ck_assert_msg(batch_kib(&guest) == 0, "field %d", i);
	}
}
END_TEST

START_TEST(a_target_that_is_taken_back_swaps_nothing)
{
	struct cold guest = cold_guest();
	look(&guest);
	for (unsigned i = 0; i < 20; i++) {
		guest.now.uptime_ms += RECLAIM_PATIENCE_MS - 1;
		look(&guest);
		ck_assert_uint_eq(batch_kib(&guest), 0);
		ck_assert(reclaim_is_pending(&guest.reclaim, guest.now.uptime_ms));
		guest.now.balloon_target_kib = 400 * MIB;
		look(&guest);
		guest.now.balloon_target_kib = 300 * MIB;
		look(&guest);
	}
	guest.now.uptime_ms += RECLAIM_PATIENCE_MS;
	look(&guest);
	ck_assert_uint_ne(batch_kib(&guest), 0);
}
END_TEST

START_TEST(swap_is_left_to_the_programs)
{
	struct cold guest = cold_guest();
	uint64_t kept_kib = guest.now.swap_total_kib / RECLAIM_SWAP_SHARE;
	guest.now.swap_free_kib = kept_kib + 40;
	wait_out(&guest);
	ck_assert_uint_eq(batch_kib(&guest), 40);
	guest.now.swap_free_kib = kept_kib;
	look(&guest);
	ck_assert_uint_eq(batch_kib(&guest), 0);
	guest.now.swap_total_kib = guest.now.swap_free_kib = 0;
	look(&guest);
	ck_assert_uint_eq(batch_kib(&guest), 0);
}
END_TEST

/* --- how much --- */

START_TEST(batches_grow_with_what_stayed_out_up_to_the_target)
{
	struct cold guest = cold_guest();
	uint64_t sum_kib = 0, last_kib = 0, kib;
	wait_out(&guest);
	ck_assert_uint_eq(batch_kib(&guest), RECLAIM_MIN_BATCH_KIB);
	while ((kib = take_batch(&guest)) != 0) {
		sum_kib += kib;
		ck_assert(kib <= RECLAIM_MAX_BATCH_KIB && sum_kib <= 98 * MIB);
		ck_assert(kib >= last_kib || sum_kib == 98 * MIB);
		last_kib = kib;
	}
	ck_assert_uint_eq(sum_kib, 98 * MIB);
}
END_TEST

START_TEST(a_batch_cut_short_counts_for_what_went_out)
{
	struct cold guest = cold_guest();
	wait_out(&guest);
	for (unsigned i = 0; i < 10; i++) {
		ask(&guest);
		guest.now.uptime_ms += RECLAIM_PAUSE_MS;
		guest.now.pswpout += 1;
		reclaim_ended(&guest.reclaim, true);
		look(&guest);
		ck_assert_uint_eq(batch_kib(&guest), RECLAIM_MIN_BATCH_KIB);
	}
}
END_TEST

START_TEST(what_the_kernel_swaps_out_by_itself_makes_no_batch_larger)
{
	struct cold guest = cold_guest();
	wait_out(&guest);
	guest.now.pswpout += 100000;
	look(&guest);
	ck_assert_uint_eq(batch_kib(&guest), RECLAIM_MIN_BATCH_KIB);
	ask(&guest);
	for (unsigned i = 0; i < 3; i++) {
		guest.now.pswpout += 100000;
		look(&guest);
	}
	reclaim_ended(&guest.reclaim, false);
	look(&guest);
	ck_assert_uint_eq(batch_kib(&guest), RECLAIM_MIN_BATCH_KIB);
}
END_TEST

START_TEST(there_is_one_batch_at_a_time)
{
	struct cold guest = cold_guest();
	wait_out(&guest);
	ask(&guest);
	for (unsigned i = 0; i < 5; i++) {
		guest.now.uptime_ms += RECLAIM_PATIENCE_MS;
		look(&guest);
		ck_assert_uint_eq(batch_kib(&guest), 0);
		ck_assert(!reclaim_is_pending(&guest.reclaim, guest.now.uptime_ms));
	}
	reclaim_ended(&guest.reclaim, false);
	look(&guest);
	ck_assert_uint_ne(batch_kib(&guest), 0);
}
END_TEST

/* --- what comes back --- */

START_TEST(pages_that_come_back_are_left_alone_for_ever_longer)
{
	struct cold guest = cold_guest();
	uint64_t rest_ms = RECLAIM_REST_MIN_MS;
	wait_out(&guest);
	for (unsigned i = 0; i < 8; i++) {
		uint64_t kib = take_batch(&guest);
		ck_assert_uint_eq(kib, RECLAIM_MIN_BATCH_KIB);
		guest.now.refault_anon += kib / PAGE_KIB / RECLAIM_BACK_SHARE + 1;
		guest.now.uptime_ms += 10;
		look(&guest);
		ck_assert_uint_eq(batch_kib(&guest), 0);
		ck_assert(!reclaim_is_pending(&guest.reclaim, guest.now.uptime_ms));
		guest.now.uptime_ms += rest_ms - 1;
		look(&guest);
		ck_assert_uint_eq(batch_kib(&guest), 0);
		guest.now.uptime_ms += 1;
		look(&guest);
		ck_assert_uint_ne(batch_kib(&guest), 0);
		rest_ms = rest_ms * 2 < RECLAIM_REST_MAX_MS ? rest_ms * 2 : RECLAIM_REST_MAX_MS;
	}
}
END_TEST

/* Lets the batch that is due come back. The time for which nothing is asked for then. */
static uint64_t rest_after_return_ms(struct cold *guest)
{
	guest->now.refault_anon += take_batch(guest) / PAGE_KIB;
	look(guest);
	uint64_t from_ms = guest->now.uptime_ms;
	while (!batch_kib(guest)) {
		guest->now.uptime_ms += 500;
		look(guest);
	}
	return guest->now.uptime_ms - from_ms;
}

START_TEST(after_a_long_time_without_one_the_first_rest_is_short_again)
{
	struct cold guest = cold_guest();
	wait_out(&guest);
	ck_assert_uint_eq(rest_after_return_ms(&guest), RECLAIM_REST_MIN_MS);
	ck_assert_uint_eq(rest_after_return_ms(&guest), 2 * RECLAIM_REST_MIN_MS);
	guest.now.uptime_ms += RECLAIM_REST_MAX_MS;
	look(&guest);
	ck_assert_uint_eq(rest_after_return_ms(&guest), RECLAIM_REST_MIN_MS);
}
END_TEST

START_TEST(a_cold_page_now_and_then_may_come_back)
{
	struct cold guest = cold_guest();
	wait_out(&guest);
	for (unsigned i = 0; i < 5; i++)
		guest.now.refault_anon += take_batch(&guest) / PAGE_KIB / RECLAIM_BACK_SHARE;
	look(&guest);
	ck_assert_uint_ne(batch_kib(&guest), 0);
}
END_TEST

START_TEST(what_came_back_before_is_not_held_against_it)
{
	struct cold guest = cold_guest();
	wait_out(&guest);
	guest.now.refault_anon += 100000;
	look(&guest);
	take_batch(&guest);
	ck_assert_uint_ne(batch_kib(&guest), 0);
}
END_TEST

/* zswap: nothing is counted as swapped out. */
START_TEST(without_a_count_of_what_went_out_nothing_may_come_back)
{
	struct cold guest = cold_guest();
	wait_out(&guest);
	ask(&guest);
	reclaim_ended(&guest.reclaim, false);
	look(&guest);
	ck_assert_uint_ne(batch_kib(&guest), 0);
	guest.now.refault_anon += 1;
	look(&guest);
	ck_assert_uint_eq(batch_kib(&guest), 0);
}
END_TEST

START_TEST(when_nothing_is_to_be_had_it_waits_a_moment)
{
	struct cold guest = cold_guest();
	wait_out(&guest);
	for (unsigned i = 0; i < 5; i++) {
		ask(&guest);
		reclaim_ended(&guest.reclaim, true);
		look(&guest);
		ck_assert_uint_eq(batch_kib(&guest), 0);
		guest.now.uptime_ms += RECLAIM_REFUSED_MS;
		look(&guest);
		ck_assert_uint_eq(batch_kib(&guest), RECLAIM_MIN_BATCH_KIB);
	}
}
END_TEST

START_TEST(while_pages_go_out_a_refusal_means_nothing)
{
	struct cold guest = cold_guest();
	wait_out(&guest);
	for (unsigned i = 0; i < 10; i++) {
		ask(&guest);
		guest.now.pswpout += 1;
		look(&guest);
		reclaim_ended(&guest.reclaim, true);
		look(&guest);
		ck_assert_uint_ne(batch_kib(&guest), 0);
	}
}
END_TEST

/* A batch goes out to zram, which keeps a fourth of it: the next batch is as large as what was
 * freed.
 */
START_TEST(what_zram_keeps_is_not_taken)
{
	struct cold guest = cold_guest();
	wait_out(&guest);
	uint64_t first_kib = take_batch(&guest);
	guest.now.packed_kib += batch_kib(&guest) / 4;
	uint64_t second_kib = take_batch(&guest);
	ck_assert_uint_eq(guest.reclaim.taken_kib, first_kib + second_kib - second_kib / 4);
	ck_assert_uint_eq(guest.reclaim.out_kib, first_kib + second_kib);
}
END_TEST

/* The driver does not see what ZFS could give, and finds nothing; the kernel takes it from ZFS. */
START_TEST(what_zfs_holds_is_asked_for_without_swap)
{
	struct cold guest = cold_guest();
	guest.now.avail_kib = 90 * MIB;
	guest.now.arc_kib = 88 * MIB;
	guest.now.swap_total_kib = guest.now.swap_free_kib = 0;
	wait_out(&guest);
	ck_assert_uint_eq(guest.reclaim.lack_kib, 98 * MIB);
	ck_assert_uint_eq(batch_kib(&guest), RECLAIM_MIN_BATCH_KIB);
}
END_TEST

/* What ZFS gives makes the next batch larger, as what is swapped out does. */
START_TEST(batches_grow_with_what_zfs_gave)
{
	struct cold guest = cold_guest();
	guest.now.avail_kib = 90 * MIB;
	guest.now.arc_kib = 88 * MIB;
	wait_out(&guest);
	uint64_t kib = batch_kib(&guest);
	ask(&guest);
	guest.now.uptime_ms += RECLAIM_PAUSE_MS;
	guest.now.arc_kib -= kib;
	guest.now.avail_kib -= kib;
	guest.now.balloon_current_kib -= kib;
	reclaim_ended(&guest.reclaim, true);
	look(&guest);
	ck_assert_uint_eq(guest.reclaim.taken_kib, kib);
	guest.now.uptime_ms += RECLAIM_PAUSE_MS;
	ck_assert_uint_eq(batch_kib(&guest), kib);
	ask(&guest);
	guest.now.arc_kib -= kib;
	guest.now.balloon_current_kib -= kib;
	reclaim_ended(&guest.reclaim, false);
	look(&guest);
	ck_assert_uint_eq(batch_kib(&guest), 2 * kib);
}
END_TEST

/* Pages of 64 KiB: a batch is out when its sixteenth of pages is. */
START_TEST(pages_may_be_large)
{
	struct cold guest = cold_guest();
	guest.now.page_kib = 64;
	wait_out(&guest);
	uint64_t kib = batch_kib(&guest);
	ask(&guest);
	guest.now.pswpout += kib / 64;
	look(&guest);
	ck_assert_uint_eq(guest.reclaim.taken_kib, kib);
}
END_TEST

static void add_tests(TCase *tests)
{
	tcase_add_test(tests, what_zram_keeps_is_not_taken);
	tcase_add_test(tests, what_zfs_holds_is_asked_for_without_swap);
	tcase_add_test(tests, batches_grow_with_what_zfs_gave);
	tcase_add_test(tests, pages_may_be_large);
	tcase_add_test(tests, a_target_within_reach_asks_for_nothing);
	tcase_add_test(tests, what_is_not_known_asks_for_nothing);
	tcase_add_test(tests, a_target_that_is_taken_back_swaps_nothing);
	tcase_add_test(tests, swap_is_left_to_the_programs);
	tcase_add_test(tests, batches_grow_with_what_stayed_out_up_to_the_target);
	tcase_add_test(tests, a_batch_cut_short_counts_for_what_went_out);
	tcase_add_test(tests, what_the_kernel_swaps_out_by_itself_makes_no_batch_larger);
	tcase_add_test(tests, there_is_one_batch_at_a_time);
	tcase_add_test(tests, pages_that_come_back_are_left_alone_for_ever_longer);
	tcase_add_test(tests, after_a_long_time_without_one_the_first_rest_is_short_again);
	tcase_add_test(tests, a_cold_page_now_and_then_may_come_back);
	tcase_add_test(tests, what_came_back_before_is_not_held_against_it);
	tcase_add_test(tests, without_a_count_of_what_went_out_nothing_may_come_back);
	tcase_add_test(tests, when_nothing_is_to_be_had_it_waits_a_moment);
	tcase_add_test(tests, while_pages_go_out_a_refusal_means_nothing);
}

int main(void)
{
	return suite_run("reclaim", add_tests);
}
