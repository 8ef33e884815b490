/* SPDX-License-Identifier: MIT */
#include "host/sim/pattern.h"

#include <math.h>
#include <stddef.h>

enum { PERMYRIAD = 10000, SECOND_MS = 1000 };

#define SEQUENTIAL(...)                                                                            \
	{                                                                                          \
		.shape = SIM_SHAPE_SEQUENTIAL, __VA_ARGS__                                         \
	}
#define RANDOM(...)                                                                                \
	{                                                                                          \
		.shape = SIM_SHAPE_RANDOM, __VA_ARGS__                                             \
	}
#define ZIPF(...)                                                                                  \
	{                                                                                          \
		.shape = SIM_SHAPE_ZIPF, __VA_ARGS__                                               \
	}
/* A writer whose pages are modified every `ms`, but for one time in ten. */
#define EVERY(at, ms)                                                                              \
	SEQUENTIAL(.first = (at), .size = 250, .rate = 250 * 1000 / (ms), .skip_permyriad = 1000)

/* The Xen lab plays the first five in a real guest. */
static const struct sim_pattern patterns[] = {
	{"hot",
	 {SEQUENTIAL(.first = 2500, .size = 305, .rate = 3050, .burst_ms = 100),
	  RANDOM(.size = PERMYRIAD, .rate = 76)},
	 2},
	{"sequential", {SEQUENTIAL(.first = 2500, .size = 5000, .rate = 300)}, 1},
	{"phases",
	 {SEQUENTIAL(.size = 305, .rate = 3050, .burst_ms = 100, .move_ms = 5000),
	  RANDOM(.size = PERMYRIAD, .rate = 15)},
	 2},
	{"random", {RANDOM(.first = 1000, .size = 7500, .rate = 150)}, 1},
	{"idle",
	 {SEQUENTIAL(.first = 100, .size = 10, .rate = 10, .burst_ms = 1000),
	  RANDOM(.size = PERMYRIAD, .rate = 2)},
	 2},
	{"zipf", {ZIPF(.size = PERMYRIAD, .rate = 600)}, 1},
	{"periods",
	 {EVERY(500, 100), EVERY(1000, 200), EVERY(1500, 400), EVERY(2000, 800), EVERY(2500, 1600),
	  EVERY(3000, 3200), EVERY(3500, 6400), EVERY(4000, 12800), EVERY(4500, 25600)},
	 9},
	{"bursts",
	 {SEQUENTIAL(.first = 4000, .size = 800, .rate = 2400, .on_ms = 1000, .off_ms = 3000),
	  RANDOM(.size = PERMYRIAD, .rate = 15)},
	 2},
	{"pulse",
	 {SEQUENTIAL(.first = 4500, .size = 1830, .rate = 3660, .on_ms = 500, .off_ms = 6500),
	  RANDOM(.size = PERMYRIAD, .rate = 9)},
	 2},
};

enum { N_PATTERNS = sizeof(patterns) / sizeof(patterns[0]) };

const struct sim_pattern *sim_pattern_at(unsigned i)
{
	return i < N_PATTERNS ? &patterns[i] : NULL;
}

/* splitmix64 */
static uint64_t random_next(uint64_t *state)
{
	uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);
	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return z ^ z >> 31;
}

static double random_unit(uint64_t *state)
{
	return (double)(random_next(state) >> 11) / (double)(UINT64_C(1) << 53);
}

static uint64_t pages_of(const struct sim_writes *w, unsigned permyriad)
{
	uint64_t pages = w->n_pages * permyriad / PERMYRIAD;
	return pages ? pages : 1;
}

void sim_writes_init(struct sim_writes *w, const struct sim_pattern *pattern,
		     const struct sim_record *record, uint64_t n_pages, uint64_t seed)
{
	*w = (struct sim_writes){.pattern = pattern, .n_pages = n_pages, .random = seed};
	if (record)
		w->record = *record;
	for (unsigned i = 0; pattern && i < pattern->n_writers; i++)
		w->state[i].first_page = n_pages * pattern->writer[i].first / PERMYRIAD;
}

/* --- writers ----------------------------------------------------------------------------- */

static uint64_t page_of(struct sim_writes *w, const struct sim_writer *writer, unsigned i)
{
	uint64_t size = pages_of(w, writer->size), in_part = 0;
	switch (writer->shape) {
	case SIM_SHAPE_SEQUENTIAL:
		in_part = w->state[i].next++ % size;
		break;
	case SIM_SHAPE_RANDOM:
		in_part = random_next(&w->random) % size;
		break;
	case SIM_SHAPE_ZIPF: {
		uint64_t rank = (uint64_t)exp(random_unit(&w->random) * log((double)size));
		in_part = random_next(&rank) % size; /* the same place for the same rank */
		break;
	}
	}
	return (w->state[i].first_page + in_part) % w->n_pages;
}

/* How many pages are due in this millisecond. */
static uint64_t due(struct sim_writes *w, const struct sim_writer *writer, unsigned i)
{
	uint64_t cycle_ms = (uint64_t)writer->on_ms + writer->off_ms;
	bool is_on = !cycle_ms || w->now_ms % cycle_ms < writer->on_ms;
	if (is_on)
		w->state[i].due += (double)w->n_pages * writer->rate / PERMYRIAD / SECOND_MS;
	if (writer->burst_ms && w->now_ms % writer->burst_ms)
		return 0;
	uint64_t whole = (uint64_t)w->state[i].due;
	w->state[i].due -= (double)whole;
	return whole;
}

static void step_writer(struct sim_writes *w, unsigned i, void (*modify)(void *, uint64_t),
			void *arg)
{
	const struct sim_writer *writer = &w->pattern->writer[i];
	if (writer->move_ms && w->now_ms % writer->move_ms == 0)
		w->state[i].first_page = random_next(&w->random) % w->n_pages;
	for (uint64_t n = due(w, writer, i); n; n--) {
		uint64_t page = page_of(w, writer, i);
		if (!writer->skip_permyriad ||
		    random_next(&w->random) % PERMYRIAD >= writer->skip_permyriad)
			modify(arg, page);
	}
}

/* --- a record ---------------------------------------------------------------------------- */

static void step_record(struct sim_writes *w, void (*modify)(void *, uint64_t), void *arg)
{
	const struct sim_record *r = &w->record;
	uint64_t at_ms = w->now_ms % r->length_ms;
	if (at_ms == 0)
		w->next_touch = 0;
	for (; w->next_touch < r->n_touches && r->touch[w->next_touch].at_ms <= at_ms;
	     w->next_touch++)
		modify(arg, r->touch[w->next_touch].page);
}

void sim_writes_step(struct sim_writes *w, void (*modify)(void *arg, uint64_t page), void *arg)
{
	w->now_ms++;
	for (unsigned i = 0; w->pattern && i < w->pattern->n_writers; i++)
		step_writer(w, i, modify, arg);
	if (!w->pattern)
		step_record(w, modify, arg);
}
