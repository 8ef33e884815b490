/* SPDX-License-Identifier: MIT */
#include "tests/bench/tally.h"

#include "common/amount.h"

/* Classes of longer loops come later. */
static unsigned class_of(uint64_t loop_us)
{
	unsigned shift;

	if (loop_us >> TALLY_FINE_BITS == 0)
		return (unsigned)loop_us;
	shift = 63 - (unsigned)__builtin_clzll(loop_us) - TALLY_FINE_BITS;
	return (unsigned)(loop_us >> shift) + (shift << TALLY_FINE_BITS);
}

static void add_duration(struct tally *tally, uint64_t loop_us)
{
	struct tally_class *class = &tally->classes[class_of(loop_us)];

	class->loops++;
	class->sum_us += loop_us;
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

/* Half of the time lies below the median m: loops up to m count whole, longer ones with m. */
uint64_t tally_median_us(const struct tally *tally)
{
	uint64_t longer = tally->loops + tally->unfinished, shorter_us = 0, median_us = 0;

	for (unsigned i = 0; i < TALLY_CLASSES && longer > 0; i++) {
		const struct tally_class *class = &tally->classes[i];

		if (class->loops == 0)
			continue;
		median_us = amount_less(tally->sum_us / 2, shorter_us) / longer;
		if (median_us <= class->sum_us / class->loops)
			break;
		longer -= class->loops;
		shorter_us += class->sum_us;
	}
	return median_us;
}

uint64_t tally_loop_us(const struct tally *tally)
{
	uint64_t loops = tally->loops + tally->unfinished;

	return loops > 0 ? tally->sum_us / loops : 0;
}
