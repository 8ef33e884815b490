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
 * over all intervals of all pages so far, older ones counting less, made anew in
 * each round: they say how far one interval tells the next in this guest now.
 *
 * A page is seen to be modified when Xen is asked, not earlier, so an interval is
 * as coarse as the rounds are.
 */
#ifndef CAGMA_INTERVAL_H
#define CAGMA_INTERVAL_H

#include <stdint.h>

enum {
	INTERVAL_CODES = 256,
	INTERVAL_NEVER = INTERVAL_CODES - 1, /* code of a time that is not foreseen */
};

/* Zero: never modified. */
struct interval_page {
	uint16_t stamp;  /* when last, in units of the model's */
	uint8_t code[2]; /* intervals before that, the last one first; 0: none */
};

struct interval_model {
	unsigned order;     /* 0, 1 or 2 */
	unsigned unit_log2; /* a stamp's unit is 2^so many ms */
	uint64_t start_ms, now_ms, round_ms;
	int64_t n, sum[3], product[3][3]; /* of y(k+1), y(k), y(k-1) */
	int64_t c, a[2];                  /* in 1/4096 */
};

/* Eight steps an octave, from 1 ms on: monotone, and exact at powers of two. */
uint8_t interval_code(uint64_t ms);
uint64_t interval_ms(uint8_t code);

void interval_model_init(struct interval_model *model, unsigned order, uint64_t start_ms);

/*
 * A round begins: the fit is made anew. When stamps of pages[n_pages] would
 * overflow, they all are made coarser. Time does not go backwards.
 */
void interval_model_round(struct interval_model *model, uint64_t now_ms,
			  struct interval_page *pages, uint64_t n_pages);

/* The page was found modified, now. */
void interval_modified(struct interval_model *model, struct interval_page *page);

/* How long from now on until the page is modified again, as a code. */
uint8_t interval_foreseen(const struct interval_model *model, const struct interval_page *page);

#endif
