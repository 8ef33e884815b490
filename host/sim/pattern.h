/* SPDX-License-Identifier: MIT */
/*
 * pattern.h - which pages a simulated guest modifies, over time. Pure.
 *
 * A pattern is a few writers that run at once, each of them going through a part of the guest. In
 * its place, the modified pages of a real guest may be played, as they were recorded
 * (host/precopy/dirtylog.h). Parts and rates are in permyriad of the guest's pages, so a pattern
 * fits guests of any size. The same seed modifies the same pages at the same times, whatever pages
 * are sent in between.
 */
#ifndef CAGMA_SIM_PATTERN_H
#define CAGMA_SIM_PATTERN_H

#include <stdbool.h>
#include <stdint.h>

enum { SIM_PATTERN_WRITERS = 12 };

enum sim_shape {
	SIM_SHAPE_SEQUENTIAL, /* page after page, and then from the beginning again */
	SIM_SHAPE_RANDOM,     /* any page, all equally often */
	SIM_SHAPE_ZIPF,       /* any page; the page of rank r as often as 1/r */
};

struct sim_writer {
	enum sim_shape shape;
	unsigned first, size; /* the writer's part, in permyriad of the guest; at least one page */
	unsigned rate;        /* permyriad of the guest that it writes in a second */
	unsigned burst_ms;    /* time between two bursts of writes; 0: it writes evenly */
	unsigned on_ms, off_ms;  /* it writes for on_ms and pauses for off_ms; 0: always writes */
	unsigned move_ms;        /* its part moves elsewhere after so long; 0: never */
	unsigned skip_permyriad; /* so many of its writes are left out, at random */
};

struct sim_pattern {
	const char *name;
	struct sim_writer writer[SIM_PATTERN_WRITERS];
	unsigned n_writers;
};

/* The i-th pattern, or NULL behind the last one. */
const struct sim_pattern *sim_pattern_at(unsigned i);

/* One page that was modified, and how long after the beginning of the record. */
struct sim_touch {
	uint32_t at_ms, page;
};

struct sim_record {
	const struct sim_touch *touch; /* in ascending order of time */
	uint64_t n_touches;
	uint32_t length_ms; /* after so long the record begins anew; at least 1 */
};

/* A guest that modifies pages. */
struct sim_writes {
	const struct sim_pattern *pattern; /* NULL: the record is played */
	struct sim_record record;          /* played if there is no pattern */
	uint64_t n_pages;
	uint64_t random; /* state of the generator */
	uint64_t now_ms;
	uint64_t next_touch; /* the next touch of the record */
	struct {
		double due;          /* pages that the writer is to write now */
		uint64_t next;       /* pages that a sequential writer has written */
		uint64_t first_page; /* of the writer's part, where that is now */
	} state[SIM_PATTERN_WRITERS];
};

/* Begins the writes of a guest of n_pages: by `pattern`, or by `record` if that is NULL. */
void sim_writes_init(struct sim_writes *writes, const struct sim_pattern *pattern,
		     const struct sim_record *record, uint64_t n_pages, uint64_t seed);

/* Goes on by a millisecond: calls `modify` for each page that is modified in it. */
void sim_writes_step(struct sim_writes *writes, void (*modify)(void *arg, uint64_t page),
		     void *arg);

#endif
