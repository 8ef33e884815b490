/* SPDX-License-Identifier: MIT */
/* The pre-copy of Xen 4.2, in the simulator: what it leaves out of a pass, and when it ends. */
#include "host/precopy/bitmap.h"
#include "host/sim/classic.h"
#include "host/sim/transfer.h"
#include "tests/unit/suite.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { N_PAGES = 300, N_WORDS = 6 };

static const struct {
	uint64_t first_page;
	const char *left; /* of 10, 200 and 299, all of them dirty */
} rows[] = {
	{0, ""},     {10, ""},        {11, "10"},      {63, "10"},          {64, "10"},
	{200, "10"}, {201, "10 200"}, {299, "10 200"}, {300, "10 200 299"},
};

START_TEST(pages_modified_again_are_left_out_from_there_on)
{
	static const uint64_t dirty_pages[] = {10, 200, 299};
	unsigned long send[N_WORDS], dirty[N_WORDS] = {0};
	char left[32] = "";
	memset(send, 0xff, sizeof(send));
	for (int i = 0; i < N_ROWS(dirty_pages); i++)
		bitmap_add(dirty, dirty_pages[i]);
	classic_leave_out(send, dirty, N_PAGES, rows[_i].first_page);
	for (uint64_t page = 0; page < N_PAGES; page++)
		if (!bitmap_has(dirty, page))
			ck_assert(bitmap_has(send, page));
		else if (bitmap_has(send, page))
			sprintf(left + strlen(left), "%s%d", left[0] ? " " : "", (int)page);
	ck_assert_str_eq(left, rows[_i].left);
}
END_TEST

START_TEST(three_times_all_pages_are_enough)
{
	ck_assert(!classic_has_sent_enough(0, N_PAGES));
	ck_assert(!classic_has_sent_enough(3 * N_PAGES - 1, N_PAGES));
	ck_assert(classic_has_sent_enough(3 * N_PAGES, N_PAGES));
}
END_TEST

/* --- against stock ------------------------------------------------------------------------ */

enum { GUEST_PAGES = 8192 };

static const struct sim_pattern *pattern(const char *name)
{
	const struct sim_pattern *found;
	for (unsigned i = 0; (found = sim_pattern_at(i)); i++)
		if (strcmp(found->name, name) == 0)
			return found;
	return NULL;
}

/* Migrates a guest of 32 MiB at 50 Mbit/s. */
static struct sim_transfer_result migrate(const char *name,
					  const struct precopy_algorithm *algorithm)
{
	static uint32_t version[GUEST_PAGES], received[GUEST_PAGES];
	static unsigned long dirty[GUEST_PAGES / UNITS_WORD_BITS],
		send[GUEST_PAGES / UNITS_WORD_BITS];
	const struct sim_link link = {656000, 500, 40000};
	struct precopy_conf conf = precopy_conf_of(algorithm);
	struct sim_transfer_room room = {
		.version = version, .received = received, .dirty = dirty, .send = send};
	struct sim_writes writes;
	struct sim_transfer_result result;
	room.precopy_bytes = precopy_bytes(&conf, GUEST_PAGES);
	room.precopy = malloc(room.precopy_bytes);
	sim_writes_init(&writes, pattern(name), NULL, GUEST_PAGES, 1);
	ck_assert_int_eq(sim_transfer_run(&writes, &link, &conf, &room, &result), 0);
	free(room.precopy);
	ck_assert(result.is_complete);
	return result;
}

START_TEST(fewer_random_pages_are_sent_again_than_by_stock)
{
	ck_assert_uint_lt(migrate("random", &classic_algorithm).resent_pages,
			  migrate("random", precopy_find("stock")).resent_pages);
}
END_TEST

START_TEST(hot_pages_are_chased_for_more_rounds_than_by_stock)
{
	struct sim_transfer_result result = migrate("hot", &classic_algorithm);
	ck_assert_uint_gt(result.rounds, migrate("hot", precopy_find("stock")).rounds);
	ck_assert_uint_le(result.rounds, 29);
	ck_assert_uint_le(result.sent_pages, 4 * GUEST_PAGES);
}
END_TEST

static void add_tests(TCase *tests)
{
	tcase_add_loop_test(tests, pages_modified_again_are_left_out_from_there_on, 0,
			    N_ROWS(rows));
	tcase_add_test(tests, three_times_all_pages_are_enough);
	tcase_add_test(tests, fewer_random_pages_are_sent_again_than_by_stock);
	tcase_add_test(tests, hot_pages_are_chased_for_more_rounds_than_by_stock);
}

int main(void)
{
	return suite_run("classic", add_tests);
}
