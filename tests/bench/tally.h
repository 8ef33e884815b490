/* SPDX-License-Identifier: MIT */
/*
 * tally.h - how long the loops of tasks took. Pure.
 *
 * The original sampled, with a timer, how long each task had been in its current loop, and called
 * the mean of these times residence time. If it is sampled often enough, that is
 *
 *	residence = sum(d * d / 2) / sum(d)
 *
 * over the durations d of all loops. If all durations are equal, that is half of one; a long loop
 * counts for as long as it lasts. Half of the samples are below the median m, for which
 *
 *	sum(min(d, m)) = sum(d) / 2
 *
 * A loop that was not finished counts with the time it had until then.
 */
#ifndef CAGMA_BENCH_TALLY_H
#define CAGMA_BENCH_TALLY_H

#include <stdint.h>

enum {
	/* durations with the same highest bit are told apart by so many bits below it */
	TALLY_FINE_BITS = 4,
	TALLY_CLASSES = (64 - TALLY_FINE_BITS + 1) << TALLY_FINE_BITS,
};

/* Loops whose durations differ by less than a sixteenth. */
struct tally_class {
	uint64_t loops;
	uint64_t sum_us;
};

struct tally {
	uint64_t loops;
	uint64_t unfinished;
	uint64_t sum_us;
	double sum_square_us2;
	struct tally_class classes[TALLY_CLASSES];
	uint64_t minor_faults;
	uint64_t major_faults;
};

/* Accept a tally of zeros. */
void tally_add(struct tally *tally, uint64_t loop_us, uint64_t minor_faults, uint64_t major_faults);
void tally_add_unfinished(struct tally *tally, uint64_t loop_us);

/* The residence time; 0 if there was no loop. */
uint64_t tally_residence_us(const struct tally *tally);

/* The median of the timer's samples, to a sixteenth; 0 if there was no loop. */
uint64_t tally_median_us(const struct tally *tally);

/* The mean duration of all loops, finished or not; 0 if there was none. */
uint64_t tally_loop_us(const struct tally *tally);

#endif
