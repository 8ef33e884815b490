/* SPDX-License-Identifier: MIT */
/*
 * pace.h - how fast pages are sent of late, and how many of them come back. Pure.
 *
 * A page that is modified after it was sent comes back: it must be sent again.
 */
#ifndef CAGMA_PRECOPY_PACE_H
#define CAGMA_PRECOPY_PACE_H

#include <stdint.h>

/* Of about the last four seconds in which pages were sent. Zero at first. */
struct pace {
	uint64_t sent_pages, back_pages;
	uint64_t ms;
};

/*
 * So many pages were sent, and so many came back, in dt_ms. A time in which
 * nothing was sent says nothing. No more pages than were sent are taken to have
 * come back: the others were sent long ago, and a guest that modifies many of them
 * at once says nothing about those that are sent now.
 */
void pace_add(struct pace *pace, uint64_t sent_pages, uint64_t back_pages, uint64_t dt_ms);

/* How many pages are sent in `ms`; 0 when no rate is known. */
uint64_t pace_pages(const struct pace *pace, uint64_t ms);

/* How long it takes to send so many pages; UINT64_MAX when no rate is known. */
uint64_t pace_sending_ms(const struct pace *pace, uint64_t pages);

/* How long it takes to send so many pages, and again those of them that come back meanwhile, and so
 * on: at most eight times as long as sending them once. */
uint64_t pace_finishing_ms(const struct pace *pace, uint64_t pages);

/* How many come back while so many pages are sent; no more than those. */
uint64_t pace_back_pages(const struct pace *pace, uint64_t pages);

#endif
