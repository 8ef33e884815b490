/* SPDX-License-Identifier: MIT */
/*
 * dirty.h - memory that is modified in a known way while the guest migrates, and read afterwards:
 * the Xen lab's workload for pre-copy. Some pages are anonymous; others are those of a file in the
 * root file system, which has no other place than the page cache.
 *
 * Each page is full of numbers that are made from its place, and has, at both ends, the number of
 * times it was modified, which is also kept elsewhere. So a page that was not copied, or not copied
 * after its last modification, is found.
 *
 * A ticker of 1 ms, at real-time priority, measures for how long the guest stood still.
 */
#ifndef CAGMA_XEN_DIRTY_H
#define CAGMA_XEN_DIRTY_H

#include <stdbool.h>
#include <stdint.h>

enum dirty_pattern {
	DIRTY_IDLE,       /* nothing */
	DIRTY_HOT,        /* the same few pages all the time, and now and then any page */
	DIRTY_SEQUENTIAL, /* one page after the other, through all of them */
	DIRTY_PHASES,     /* hot pages, other ones every few seconds */
	DIRTY_RANDOM,     /* any page */
	DIRTY_PATTERNS_,
};

struct dirty_conf {
	enum dirty_pattern pattern;
	uint64_t anonymous_pages, file_pages;
	uint64_t hot_pages; /* of hot and phases: each is modified every period_ms */
	uint64_t period_ms;
	uint64_t phase_ms;    /* of phases */
	uint64_t pages_per_s; /* of the others, and beside the hot ones */
};

struct dirty_result {
	uint64_t pages, bad_pages;
	uint64_t modified; /* how often any page was */
	/* The ticker's largest gap, on a clock that goes on while the guest is suspended, and the
	 * number of gaps that were longer than 20 ms. */
	uint64_t gap_us, long_gaps;
};

/* Begins to modify memory. 0; -EBUSY if that was begun already; another -errno. */
int dirty_begin(const struct dirty_conf *conf);

/* Forgets the gaps until now. */
void dirty_mark(void);

/* Stops modifying, reads all pages, and gives them back. 0 or -errno. */
int dirty_end(struct dirty_result *ret_result);

#endif
