/* SPDX-License-Identifier: MIT */
/* Memory that is kept free for guests that reboot. */
#include "host/core/reboots.h"
#include "tests/unit/suite.h"

#include <string.h>

#define MIB UINT64_C(1024)

enum { NOW = 1000000, GENERATION = 5 };

static const uint8_t web[UUID_BYTES] = "web", mail[UUID_BYTES] = "mail";

static struct reboots reboots;
static struct reboots_domain domain[2];
static unsigned n_domains;

static void set_up(void)
{
	reboots = (struct reboots){0};
	n_domains = 0;
}

static struct reboots_domain domain_at(const void *arg, unsigned i)
{
	return ((const struct reboots_domain *)arg)[i];
}

static uint64_t kept_kib(uint64_t now_ms)
{
	return reboots_kept_kib(&reboots, now_ms, n_domains, domain_at, domain);
}

START_TEST(a_guest_that_goes_to_come_back_finds_what_it_had)
{
	reboots_note_departure(&reboots, web, GENERATION, 300 * MIB, 0, NOW);
	ck_assert_uint_eq(kept_kib(NOW), 300 * MIB);
	domain[n_domains++] =
		(struct reboots_domain){web, GENERATION, 100 * MIB}; /* the old one, going */
	ck_assert_uint_eq(kept_kib(NOW), 200 * MIB);
	domain[n_domains++] =
		(struct reboots_domain){web, GENERATION + 1, 250 * MIB}; /* the new one, coming */
	ck_assert_uint_eq(kept_kib(NOW), 0);
	domain[1].uuid = mail; /* somebody else's is not counted */
	ck_assert_uint_eq(kept_kib(NOW), 200 * MIB);
}
END_TEST

START_TEST(it_finds_no_less_than_it_was_built_with)
{
	reboots_note_departure(&reboots, web, GENERATION, 100 * MIB, 300 * MIB, NOW);
	ck_assert_uint_eq(kept_kib(NOW), 300 * MIB);
}
END_TEST

/* A guest said that it reboots where nobody starts it again. */
START_TEST(nothing_is_kept_for_long_for_a_guest_that_is_gone)
{
	reboots_note_departure(&reboots, web, GENERATION, 300 * MIB, 0, NOW);
	domain[n_domains++] = (struct reboots_domain){web, GENERATION, 100 * MIB};
	ck_assert_uint_eq(kept_kib(NOW + 20000), 200 * MIB); /* it takes its time to go */
	n_domains = 0;
	ck_assert_uint_eq(kept_kib(NOW + 20000 + REBOOTS_ABSENT_MS - 1), 300 * MIB);
	ck_assert_uint_eq(kept_kib(NOW + 20000 + REBOOTS_ABSENT_MS), 0);
	/* if it comes after all, it has what is still there */
	domain[n_domains++] = (struct reboots_domain){web, GENERATION, 100 * MIB};
	ck_assert_uint_eq(kept_kib(NOW + 60000), 200 * MIB);
}
END_TEST

START_TEST(what_is_kept_ends_with_its_time)
{
	reboots_note_departure(&reboots, web, GENERATION, 300 * MIB, 0, NOW);
	domain[n_domains++] = (struct reboots_domain){web, GENERATION, 0};
	ck_assert(reboots_any(&reboots, NOW + REBOOTS_KEEP_MS - 1));
	ck_assert(reboots_awaits(&reboots, web, GENERATION, NOW + REBOOTS_KEEP_MS - 1));
	ck_assert_uint_eq(kept_kib(NOW + REBOOTS_KEEP_MS - 1), 300 * MIB);
	ck_assert(!reboots_any(&reboots, NOW + REBOOTS_KEEP_MS));
	ck_assert(!reboots_awaits(&reboots, web, GENERATION, NOW + REBOOTS_KEEP_MS));
	ck_assert_uint_eq(kept_kib(NOW + REBOOTS_KEEP_MS), 0);
}
END_TEST

START_TEST(it_ends_when_the_guest_is_back)
{
	reboots_note_departure(&reboots, web, GENERATION, 300 * MIB, 200 * MIB, NOW);
	ck_assert(!reboots_note_return(&reboots, mail, GENERATION + 1, NOW));
	ck_assert(reboots_note_return(&reboots, web, GENERATION + 1, NOW));
	ck_assert_uint_eq(kept_kib(NOW), 0);
	ck_assert(!reboots_note_return(&reboots, web, GENERATION + 1, NOW));
}
END_TEST

START_TEST(a_guest_that_goes_twice_is_kept_for_once)
{
	reboots_note_departure(&reboots, web, GENERATION, 300 * MIB, 0, NOW);
	reboots_note_departure(&reboots, web, GENERATION, 250 * MIB, 0, NOW + 1000);
	ck_assert_uint_eq(kept_kib(NOW + 1000), 250 * MIB);
	domain[n_domains++] = (struct reboots_domain){web, GENERATION, 0};
	ck_assert_uint_eq(kept_kib(NOW + REBOOTS_KEEP_MS), 250 * MIB);
}
END_TEST

/* Guests that reboot all the time do not make the table grow. */
START_TEST(the_one_that_ends_first_makes_room)
{
	uint8_t uuid[UUID_BYTES] = {0};
	for (unsigned i = 0; i <= REBOOTS_MAX; i++) {
		uuid[0] = (uint8_t)(i + 1);
		reboots_note_departure(&reboots, uuid, GENERATION, MIB, 0, NOW + i);
	}
	ck_assert_uint_eq(kept_kib(NOW + REBOOTS_MAX), REBOOTS_MAX * MIB);
	uuid[0] = 1;
	ck_assert(!reboots_awaits(&reboots, uuid, GENERATION, NOW));
	uuid[0] = 2;
	ck_assert(reboots_awaits(&reboots, uuid, GENERATION, NOW));
}
END_TEST

/* Another domain with the same UUID that was there before is neither the return nor its memory. */
START_TEST(a_copy_of_the_guest_is_not_its_return)
{
	reboots_note_departure(&reboots, web, GENERATION, 300 * MIB, 200 * MIB, NOW);
	domain[n_domains++] = (struct reboots_domain){web, GENERATION - 1, 250 * MIB};
	ck_assert_uint_eq(kept_kib(NOW), 300 * MIB);
	ck_assert(!reboots_awaits(&reboots, web, GENERATION - 1, NOW));
	ck_assert(!reboots_note_return(&reboots, web, GENERATION - 1, NOW));
	ck_assert(reboots_note_return(&reboots, web, GENERATION + 1, NOW));
}
END_TEST

static void add_tests(TCase *tests)
{
	tcase_add_test(tests, a_copy_of_the_guest_is_not_its_return);
	tcase_add_checked_fixture(tests, set_up, NULL);
	tcase_add_test(tests, a_guest_that_goes_to_come_back_finds_what_it_had);
	tcase_add_test(tests, it_finds_no_less_than_it_was_built_with);
	tcase_add_test(tests, nothing_is_kept_for_long_for_a_guest_that_is_gone);
	tcase_add_test(tests, what_is_kept_ends_with_its_time);
	tcase_add_test(tests, it_ends_when_the_guest_is_back);
	tcase_add_test(tests, a_guest_that_goes_twice_is_kept_for_once);
	tcase_add_test(tests, the_one_that_ends_first_makes_room);
}

int main(void)
{
	return suite_run("reboots", add_tests);
}
