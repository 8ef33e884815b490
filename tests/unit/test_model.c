/* SPDX-License-Identifier: MIT */
/* What follows from a guest's numbers alone. */
#include "host/core/model.h"
#include "tests/unit/suite.h"

#define MIB UINT64_C(1024)

static const struct {
	uint64_t alm_kib, videoram_kib;
	int64_t slack_kib;
	uint64_t target_kib;
} targets[] = {
	{200 * MIB, 0, 0, 200 * MIB},
	{200 * MIB, 0, 64, 200 * MIB - 64},
	{200 * MIB, 8 * MIB, -(int64_t)(8 * MIB), 208 * MIB},
	{200 * MIB + 3, 0, 0, 200 * MIB},
	/* a balloon that rests far above its target: memory/target is not to become 0 */
	{200 * MIB, 0, 200 * MIB, 4},
	{200 * MIB, 0, 300 * MIB, 4},
	{3, 0, 0, 4},
	{200 * MIB, 8 * MIB, 192 * MIB, 8 * MIB + 4},
	{200 * MIB, 8 * MIB, 300 * MIB, 8 * MIB + 4},
};

START_TEST(no_target_says_that_the_guest_is_being_built)
{
	struct guest_view guest = {.slack_kib = targets[_i].slack_kib,
				   .videoram_kib = targets[_i].videoram_kib};
	ck_assert_uint_eq(model_target_kib(&guest, targets[_i].alm_kib), targets[_i].target_kib);
}
END_TEST

static void add_tests(TCase *tests)
{
	tcase_add_loop_test(tests, no_target_says_that_the_guest_is_being_built, 0,
			    N_ROWS(targets));
}

int main(void)
{
	return suite_run("model", add_tests);
}
