/* SPDX-License-Identifier: MIT */
/*
 * interval.h - when a page will be modified next, by an autoregressive model. Pure.
 *
 * Of each page four bytes are kept: when it was modified last, and the two intervals between its
 * last three modifications, as logarithms. One model serves all pages:
 *
 *	y(k+1) = c + a1 y(k) + a2 y(k-1)
 *
 * where y is the logarithm of an interval. c, a1 and a2 are the least-squares fit over the
 * intervals of all pages so far, in which older intervals count less. The fit is made anew in each
 * round: it says how far two intervals tell the next one, in this guest now. Three kinds of pages
 * are not served by it, and are taken to repeat their intervals:
 *
 *	- all pages, until some intervals have been seen
 *	- pages that have one interval only
 *	- pages with intervals so long that what follows such intervals cannot have been seen yet:
 * the model has learnt from pages with shorter ones, and would foresee such pages too soon
 *
 * A modification is seen when Xen is asked, not earlier: an interval is as coarse as the rounds
 * are. A modification that is foreseen within a time as long as the last round is foreseen at once.
 *
 * If the intervals of a page differ, or those of all pages differ from what was foreseen of them,
 * the time since the last modification says little about the next one, and is taken into account
 * the less. A page that is overdue has gone cold: it is foreseen to stay unmodified for several
 * times as long as it has been unmodified so far.
 *
 * docs/precopy.md has what was tried, and measured.
 */
#ifndef CAGMA_PRECOPY_INTERVAL_H
#define CAGMA_PRECOPY_INTERVAL_H

#include <stdint.h>

enum {
	INTERVAL_CODES = 256,
	INTERVAL_NEVER = INTERVAL_CODES - 1, /* code of a time that is not foreseen */
};

/* All zero: never modified. */
struct interval_page {
	uint16_t stamp;  /* when it was modified last, in units of the model's, counted from 1 */
	uint8_t code[2]; /* the two intervals before that, the last one first; 0: there is none */
};

struct interval_model {
	unsigned unit_log2; /* a stamp's unit is 2^unit_log2 ms */
	int64_t n_rounds;
	uint64_t start_ms, now_ms;
	uint64_t round_ms;                /* length of the last round */
	int64_t n, sum[3], product[3][3]; /* how many intervals; of y(k+1), y(k) and y(k-1) */
	int64_t missed;                   /* sum of |y(k+1) - what was foreseen of it| */
	int64_t c, a[2];                  /* in 1/4096 */
};

/*
 * A code stands for a time: there are eight codes in an octave, beginning with 1 ms for code 1, and
 * they grow with the time. Powers of two are exact. interval_ms() is the shortest time of a code; 0
 * for code 0, UINT64_MAX for INTERVAL_NEVER.
 */
uint8_t interval_code(uint64_t ms);
uint64_t interval_ms(uint8_t code);

void interval_model_init(struct interval_model *model, uint64_t start_ms);

/*
 * A round begins: the fit is made anew. If the stamps of pages[n_pages] would overflow, they all
 * are made coarser. Time that goes backwards stands still.
 */
void interval_model_round(struct interval_model *model, uint64_t now_ms,
			  struct interval_page *pages, uint64_t n_pages);

/* The page was found modified in this round. */
void interval_modified(struct interval_model *model, struct interval_page *page);

/* What is foreseen of a page, as codes. */
struct interval_foresight {
	uint8_t due;     /* the time from now on until it is modified again */
	uint8_t between; /* the time between two modifications of it; not less than `due` */
};

struct interval_foresight interval_foreseen(const struct interval_model *model,
					    const struct interval_page *page);

#endif
