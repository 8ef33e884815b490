/* SPDX-License-Identifier: MIT */
/*
 * sim_pattern.h - which pages a simulated guest modifies, over time. Pure.
 *
 * A pattern is a few writers at once, each going through a part of the guest; or
 * what was recorded of a real one (dirtylog.h). Parts and rates are in permyriad
 * of the guest's pages, so a pattern fits guests of any size. The same seed
 * modifies the same pages at the same times, whatever is sent in between.
 */
#ifndef CAGMA_SIM_PATTERN_H
#define CAGMA_SIM_PATTERN_H

#include <stdbool.h>
#include <stdint.h>

enum { SIM_PATTERN_WRITERS = 12 };

enum sim_shape {
	SIM_SHAPE_SEQUENTIAL, /* page after page, and from the beginning again */
	SIM_SHAPE_RANDOM,     /* any page, all alike */
	SIM_SHAPE_ZIPF,       /* any page; the one of rank r as often as 1/r */
};

struct sim_writer {
	enum sim_shape shape;
	unsigned first, size;    /* permyriad of the guest: its part; at least one page */
	unsigned rate;           /* permyriad of the guest a second, while it writes */
	unsigned burst_ms;       /* what is due is written at once, so often; 0: evenly */
	unsigned on_ms, off_ms;  /* writes so long, then not; 0: always */
	unsigned move_ms;        /* its part is elsewhere after so long; 0: never */
	unsigned skip_permyriad; /* of its writes are left out, at random */
};

struct sim_pattern {
	const char *name;
	struct sim_writer writer[SIM_PATTERN_WRITERS];
	unsigned n_writers;
};

/* The patterns there are; NULL beyond the last. */
const struct sim_pattern *sim_pattern_at(unsigned i);

/* What was recorded: modified so long after the beginning, in ascending order. */
struct sim_touch {
	uint32_t at_ms, page;
};

struct sim_record {
	const struct sim_touch *touch;
	uint64_t n_touches;
	uint32_t length_ms; /* after which it begins anew; at least 1 */
};

/* A guest that modifies pages. */
struct sim_writes {
	const struct sim_pattern *pattern; /* or NULL … */
	struct sim_record record;          /* … and this */
	uint64_t n_pages;
	uint64_t random;
	uint64_t now_ms;
	uint64_t next_touch; /* of the record */
	struct {
		double due; /* pages */
		uint64_t next;
		uint64_t first_page; /* of its part, now */
	} state[SIM_PATTERN_WRITERS];
};

void sim_writes_init(struct sim_writes *writes, const struct sim_pattern *pattern,
		     const struct sim_record *record, uint64_t n_pages, uint64_t seed);

/* One more millisecond: calls `modify` for each page that is modified in it. */
void sim_writes_step(struct sim_writes *writes, void (*modify)(void *arg, uint64_t page),
		     void *arg);

#endif
