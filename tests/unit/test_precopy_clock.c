/* SPDX-License-Identifier: MIT */
/* A clock that goes back while a guest migrates counts as one that stands. */
#include "host/precopy/bitmap.h"
#include "host/precopy/precopy.h"
#include "tests/unit/suite.h"

#include <stdlib.h>
#include <string.h>

enum { PAGES = 320, WORDS = PAGES / UNITS_WORD_BITS, HOT = 50, ROUNDS = 12, ODD = 4 };

/* What comes of each round of a guest with a hot set, if the clock of one round is `back_ms` less
 * than in the round before. */
static unsigned play(const char *algorithm, uint64_t back_ms, struct precopy_round *ret_round)
{
	struct precopy_conf conf = precopy_conf_of(precopy_find(algorithm));
	size_t bytes = precopy_bytes(&conf, PAGES);
	void *memory = malloc(bytes);
	unsigned long bitmap[WORDS];
	struct precopy precopy;
	uint64_t now_ms = 100000, sent_pages = 0;
	unsigned n = 0;
	memset(bitmap, 0xff, sizeof(bitmap));
	ck_assert_int_eq(precopy_init(&precopy, &conf, PAGES, memory, bytes), 0);
	do {
		now_ms += n == ODD ? 0 : 100;
		precopy_round(&precopy, bitmap, n == ODD ? now_ms - back_ms : now_ms, sent_pages,
			      &ret_round[n]);
		sent_pages = ret_round[n].send_pages;
		memset(bitmap, 0, sizeof(bitmap));
		for (unsigned page = 0; page < HOT; page++)
			bitmap_add(bitmap, page);
	} while (ret_round[n++].next <= PRECOPY_WAIT && n < ROUNDS);
	free(memory);
	return n;
}

static const char *const algorithms[] = {"stock", "hold", "ar"};

START_TEST(a_clock_that_goes_back_stands)
{
	static struct precopy_round stands[ROUNDS], goes_back[ROUNDS];
	memset(stands, 0, sizeof(stands));
	memset(goes_back, 0, sizeof(goes_back));
	ck_assert_uint_eq(play(algorithms[_i], 0, stands), play(algorithms[_i], 5000, goes_back));
	for (unsigned i = 0; i < ROUNDS; i++) {
		ck_assert_int_eq(stands[i].next, goes_back[i].next);
		ck_assert_uint_eq(stands[i].send_pages, goes_back[i].send_pages);
		ck_assert_uint_eq(stands[i].wait_ms, goes_back[i].wait_ms);
		ck_assert_uint_eq(stands[i].downtime_ms, goes_back[i].downtime_ms);
		ck_assert_uint_eq(stands[i].left_ms, goes_back[i].left_ms);
	}
}
END_TEST

static void add_tests(TCase *tests)
{
	tcase_add_loop_test(tests, a_clock_that_goes_back_stands, 0, N_ROWS(algorithms));
}

int main(void)
{
	return suite_run("precopy_clock", add_tests);
}
