/* SPDX-License-Identifier: MIT */
/*
 * foresight.h - what is remembered of a guest's pages, and what is foreseen from it. Pure.
 *
 * Of each page it is kept whether it is held: modified since it was sent last, or never sent, and
 * not given out to be sent. What else is kept, and which held pages are worth sending, is the
 * kind's:
 *
 *	foresight_none       nothing: all that is held is worth sending
 *	foresight_twice      a page that was modified in this round and in the last one is not
 *	foresight_intervals  how long until each page is modified again, as interval.h foresees it
 */
#ifndef CAGMA_PRECOPY_FORESIGHT_H
#define CAGMA_PRECOPY_FORESIGHT_H

#include "host/precopy/interval.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { FORESIGHT_MARKS = 2 };

struct foresight {
	const struct foresight_kind *kind;
	uint64_t n_pages;
	size_t n_words;
	unsigned long *held;
	unsigned long *mark[FORESIGHT_MARKS]; /* bitmaps of the kind */
	struct interval_page *page;           /* foresight_intervals */
	struct interval_model model;
};

/* Words are those of a bitmap (bitmap.h), codes those of interval.h. */
struct foresight_kind {
	unsigned n_marks;
	size_t page_bytes; /* for each page, beside bitmaps */
	bool has_times;    /* it foresees when: `count` and `due_pages` are for such kinds only */
	/* A round begins; `is_first`: it is the first one. */
	void (*begin)(struct foresight *f, uint64_t now_ms, bool is_first);
	/* Pages of a word were found modified in this round, which is not the first. */
	void (*modified)(struct foresight *f, size_t word, unsigned long dirty);
	/* The held pages of a word that are worth sending: those that are foreseen to be modified
	 * later than `too_soon`. */
	unsigned long (*wanted)(const struct foresight *f, size_t word, uint8_t too_soon);
	/* Counts the held pages of a word: in due[] by the time until they are modified, in
	 * between[] by the time from their last modification to the next one. */
	void (*count)(const struct foresight *f, size_t word, uint64_t due[INTERVAL_CODES],
		      uint64_t between[INTERVAL_CODES]);
	/* How many pages of a word that are not held will be modified within `ms`. */
	unsigned (*due_pages)(const struct foresight *f, size_t word, uint64_t ms);
};

extern const struct foresight_kind foresight_none, foresight_twice, foresight_intervals;

/* How much memory foresight_init() needs for so many pages. */
size_t foresight_bytes(const struct foresight_kind *kind, uint64_t n_pages);

/* All pages are held: none is sent yet. `memory` has foresight_bytes(), aligned to a word, and
 * belongs to the caller. */
void foresight_init(struct foresight *f, const struct foresight_kind *kind, uint64_t n_pages,
		    void *memory);

/* How many pages have been modified since the first round; 0 for kinds that have no times. */
uint64_t foresight_touched_pages(const struct foresight *f);

#endif
