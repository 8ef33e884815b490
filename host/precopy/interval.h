/* SPDX-License-Identifier: MIT */
/*
 * interval.h - when a page will be modified next, by an autoregressive model. Pure.
 *
 * Of each page four bytes are kept: when it was modified last, and the two
 * intervals before that, as logarithms. One model serves all pages:
 *
 *	y(k+1) = c + a1 y(k) + a2 y(k-1)
 *
 * y being the logarithm of an interval. c, a1 and a2 are the least-squares fit
 * over the intervals of all pages so far, older ones counting less, made anew in
 * each round: they say how far two intervals tell the next, in this guest now.
 * Until there are enough of them an interval is taken for the next one.
 *
 * That a page is modified is seen when Xen is asked, not earlier: an interval is
 * as coarse as the rounds are. What is foreseen within a round as long as the
 * last one is foreseen at once. The less a page's intervals, and those of all,
 * are alike, the less is made of how long ago the last modification was. A page
 * that is overdue has gone cold, for several times as long as it was quiet.
 * docs/precopy.md has what was tried, and measured.
 */
#ifndef CAGMA_PRECOPY_INTERVAL_H
#define CAGMA_PRECOPY_INTERVAL_H

#include <stdint.h>

enum {
	INTERVAL_CODES = 256,
	INTERVAL_NEVER = INTERVAL_CODES - 1, /* code of a time that is not foreseen */
};

/* Zero: never modified. */
struct interval_page {
	uint16_t stamp;  /* when last, in units of the model's */
	uint8_t code[2]; /* the intervals before that, the last one first; 0: none */
};

struct interval_model {
	unsigned unit_log2; /* a stamp's unit is 2^so many ms */
	int64_t n_rounds;
	uint64_t start_ms, now_ms;
	uint64_t round_ms;                /* length of the last round */
	int64_t n, sum[3], product[3][3]; /* of y(k+1), y(k), y(k-1) */
	int64_t missed;                   /* sum of |y(k+1) - what was foreseen| */
	int64_t c, a[2];                  /* in 1/4096 */
};

/* Eight codes an octave, from 1 ms (code 1) on: monotone, and exact at powers of two.
 * interval_ms() is the least time of a code; 0 is 0, INTERVAL_NEVER is UINT64_MAX. */
uint8_t interval_code(uint64_t ms);
uint64_t interval_ms(uint8_t code);

void interval_model_init(struct interval_model *model, uint64_t start_ms);

/*
 * A round begins: the fit is made anew. When stamps of pages[n_pages] would
 * overflow, they all are made coarser. Time that goes backwards stands still.
 */
void interval_model_round(struct interval_model *model, uint64_t now_ms,
			  struct interval_page *pages, uint64_t n_pages);

/* The page was found modified, in this round. */
void interval_modified(struct interval_model *model, struct interval_page *page);

/* How long from now on until the page is modified again, as a code. */
uint8_t interval_foreseen(const struct interval_model *model, const struct interval_page *page);

#endif
