/* SPDX-License-Identifier: MIT */
#include "tests/bench/tally.h"

static void add_duration(struct tally *tally, uint64_t loop_us)
{
	tally->sum_us += loop_us;
	tally->sum_square_us2 += (double)loop_us * (double)loop_us;
}

void tally_add(struct tally *tally, uint64_t loop_us, uint64_t minor_faults, uint64_t major_faults)
{
	add_duration(tally, loop_us);
	tally->loops++;
	tally->minor_faults += minor_faults;
	tally->major_faults += major_faults;
}

void tally_add_unfinished(struct tally *tally, uint64_t loop_us)
{
	add_duration(tally, loop_us);
	tally->unfinished++;
}

uint64_t tally_residence_us(const struct tally *tally)
{
	if (tally->sum_us == 0)
		return 0;
	return (uint64_t)(tally->sum_square_us2 / 2 / (double)tally->sum_us);
}

uint64_t tally_loop_us(const struct tally *tally)
{
	uint64_t loops = tally->loops + tally->unfinished;

	return loops > 0 ? tally->sum_us / loops : 0;
}
