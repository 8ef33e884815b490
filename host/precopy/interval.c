/* SPDX-License-Identifier: MIT */
#include "host/precopy/interval.h"

#include "common/amount.h"

#include <stdbool.h>

enum {
	STEPS_LOG2 = 3,
	STEPS = 1 << STEPS_LOG2, /* codes in an octave */
	ONE_LOG2 = 12,           /* c and a are in units of 2^-ONE_LOG2 */
	VARIANCE_LOG2 = 8,       /* variances are in units of 2^-VARIANCE_LOG2 */
	/* A stamp has 16 bits. In units of 8 ms it reaches 8.7 minutes; then the unit doubles. */
	FIRST_UNIT_LOG2 = 3,
	FADE_AT = 1 << 20, /* when so many intervals are summed up, they all count half */
	FIT_FROM = 32,     /* intervals, before which nothing is fitted */
	/* So many codes lie between two intervals that come by chance: if modifications are a
	 * Poisson process, intervals differ by two octaves on average. */
	NO_MEMORY = 16,
	PULL_ROUNDS = 64, /* after so many rounds the pull is of about one code's variance */
	COLD = 4,         /* a page that is overdue stays quiet for so many times as long again */
	/* What follows two intervals is known once so many times as long as both has passed. */
	EXPERIENCE = 3,
};

/* Stands in the place of a page's second interval when its first one is none, but the time from the
 * beginning to its first modification. */
#define SINCE_BEGINNING INTERVAL_NEVER

/* --- logarithms --------------------------------------------------------------------------- */

uint8_t interval_code(uint64_t ms)
{
	if (ms < 1)
		ms = 1;
	unsigned octave = 63 - (unsigned)__builtin_clzll(ms);
	uint64_t fine =
		octave >= STEPS_LOG2 ? ms >> (octave - STEPS_LOG2) : ms << (STEPS_LOG2 - octave);
	return (uint8_t)amount_min(1 + octave * STEPS + fine % STEPS, INTERVAL_NEVER - 1);
}

uint64_t interval_ms(uint8_t code)
{
	if (code == INTERVAL_NEVER)
		return UINT64_MAX;
	uint64_t steps = code ? code - 1U : 0;
	return code ? (STEPS + steps % STEPS) << steps / STEPS >> STEPS_LOG2 : 0;
}

/* --- the fit ------------------------------------------------------------------------------ */

void interval_model_init(struct interval_model *m, uint64_t start_ms)
{
	*m = (struct interval_model){.unit_log2 = FIRST_UNIT_LOG2,
				     .start_ms = start_ms,
				     .now_ms = start_ms,
				     .a = {1 << ONE_LOG2}};
}

/* sum[i] * sum[k] / n, without the product of the sums: it overflows for guests of some 50 GiB. */
static int64_t by_chance(const struct interval_model *m, unsigned i, unsigned k)
{
	int64_t mean_i = m->sum[i] / m->n, mean_k = m->sum[k] / m->n;
	int64_t rest_i = m->sum[i] % m->n, rest_k = m->sum[k] % m->n;
	return mean_i * m->sum[k] + mean_k * rest_i + rest_i * rest_k / m->n;
}

static int64_t covariance(const struct interval_model *m, unsigned i, unsigned k)
{
	return (m->product[i][k] - by_chance(m, i, k)) * (1 << VARIANCE_LOG2) / m->n;
}

/*
 * Least squares, with a pull towards the mean of the two intervals: intervals that
 * do not vary say nothing of how the next one depends on them. The pull is strong
 * at first: pages that are modified in the same round are modified by the same
 * program, so that thousands of pages may be one observation.
 */
static void fit(struct interval_model *m)
{
	const int64_t pull = (1 << VARIANCE_LOG2) * (1 + PULL_ROUNDS / m->n_rounds);
	if (m->n < FIT_FROM)
		return;
	int64_t v1 = covariance(m, 1, 1) + pull, v2 = covariance(m, 2, 2) + pull;
	int64_t c12 = covariance(m, 1, 2);
	int64_t c01 = covariance(m, 0, 1) + pull / 2, c02 = covariance(m, 0, 2) + pull / 2;
	int64_t determinant = (v1 * v2 - c12 * c12) >> ONE_LOG2;
	if (determinant <= 0)
		return;
	m->a[0] = (c01 * v2 - c02 * c12) / determinant;
	m->a[1] = (c02 * v1 - c01 * c12) / determinant;
	m->c = (m->sum[0] * (1 << ONE_LOG2) - m->a[0] * m->sum[1] - m->a[1] * m->sum[2]) / m->n;
}

static void fade(struct interval_model *m)
{
	if (m->n < FADE_AT)
		return;
	m->n /= 2;
	m->missed /= 2;
	for (unsigned i = 0; i < 3; i++) {
		m->sum[i] /= 2;
		for (unsigned k = 0; k < 3; k++)
			m->product[i][k] /= 2;
	}
}

static int64_t next(const struct interval_model *m, int64_t y1, int64_t y2)
{
	return (m->c + m->a[0] * y1 + m->a[1] * y2 + (1 << (ONE_LOG2 - 1))) / (1 << ONE_LOG2);
}

static void learn(struct interval_model *m, uint8_t y0, uint8_t y1, uint8_t y2)
{
	const int64_t y[3] = {y0, y1, y2};
	int64_t missed = y0 - next(m, y1, y2);
	m->n++;
	m->missed += missed < 0 ? -missed : missed;
	for (unsigned i = 0; i < 3; i++) {
		m->sum[i] += y[i];
		for (unsigned k = 0; k < 3; k++)
			m->product[i][k] += y[i] * y[k];
	}
}

/* --- pages -------------------------------------------------------------------------------- */

static uint64_t stamp_now(const struct interval_model *m)
{
	return 1 + ((m->now_ms - m->start_ms) >> m->unit_log2);
}

void interval_model_round(struct interval_model *m, uint64_t now_ms, struct interval_page *pages,
			  uint64_t n_pages)
{
	unsigned coarser = 0;
	now_ms = amount_max(now_ms, m->now_ms);
	m->round_ms = amount_min(now_ms - m->now_ms, UINT32_MAX);
	m->now_ms = now_ms;
	for (; stamp_now(m) > UINT16_MAX; m->unit_log2++)
		coarser = (unsigned)amount_min(coarser + 1, 16);
	for (uint64_t i = 0; coarser && i < n_pages; i++)
		if (pages[i].stamp)
			pages[i].stamp = (uint16_t)(1 + ((pages[i].stamp - 1) >> coarser));
	m->n_rounds++;
	fit(m);
	fade(m);
}

/* The time since the page was modified last, or since the beginning. */
static uint64_t quiet_ms(const struct interval_model *m, const struct interval_page *page)
{
	return (stamp_now(m) - amount_max(page->stamp, 1)) << m->unit_log2;
}

/* When a page is modified for the first time, the time since the beginning is shorter than the true
 * interval. It is kept, but not learnt from, and forgotten when the page is modified again. */
void interval_modified(struct interval_model *m, struct interval_page *page)
{
	uint8_t code = interval_code(quiet_ms(m, page));
	bool is_first = !page->stamp, is_second = page->code[1] == SINCE_BEGINNING;
	if (!is_first && !is_second && page->code[1])
		learn(m, code, page->code[0], page->code[1]);
	page->code[1] = is_first ? SINCE_BEGINNING : is_second ? 0 : page->code[0];
	page->code[0] = code;
	page->stamp = (uint16_t)stamp_now(m);
}

static bool has_two(const struct interval_page *page)
{
	return page->code[1] && page->code[1] != SINCE_BEGINNING;
}

/* How much the page's intervals differ, or those of all pages from what was foreseen of them: up to
 * NO_MEMORY codes. */
static uint64_t spread(const struct interval_model *m, const struct interval_page *page)
{
	if (!has_two(page))
		return NO_MEMORY;
	uint64_t of_page = amount_distance(page->code[0], page->code[1]);
	/* two intervals differ by about 1.5 times as much as one differs from its mean */
	uint64_t of_all = m->n > FIT_FROM ? (uint64_t)m->missed * 3 / (uint64_t)m->n / 2 : 0;
	return amount_min(amount_max(of_page, of_all), NO_MEMORY);
}

/* Pages with such intervals can have been learnt from. Otherwise the model knows shorter ones only:
 * in so short a time, no longer one can have followed. */
static bool is_experienced(const struct interval_model *m, const struct interval_page *page)
{
	return (interval_ms(page->code[0]) + interval_ms(page->code[1])) * EXPERIENCE <=
	       m->now_ms - m->start_ms;
}

/* The time from the page's last modification to the next one, for a page that has one. */
static uint8_t repeated(const struct interval_model *m, const struct interval_page *page)
{
	int64_t y = page->code[0];
	if (has_two(page))
		y = is_experienced(m, page) ? next(m, page->code[0], page->code[1])
					    : (page->code[0] + page->code[1]) / 2;
	return y < 1 ? 1 : (uint8_t)amount_min((uint64_t)y, INTERVAL_NEVER - 1);
}

/* How long from now on, for a page that was modified, and whose intervals are of `between`. */
static uint8_t due(const struct interval_model *m, const struct interval_page *page,
		   uint8_t between)
{
	uint64_t ms = interval_ms(between), quiet = quiet_ms(m, page);
	uint64_t by_chance_ms = ms * spread(m, page) / NO_MEMORY;
	if (quiet > ms + by_chance_ms + m->round_ms)
		return interval_code(amount_min(quiet, UINT32_MAX) * COLD);
	if (page->code[1] != SINCE_BEGINNING && ms <= m->round_ms)
		return 1;
	return interval_code(amount_max(amount_less(ms, quiet), by_chance_ms));
}

struct interval_foresight interval_foreseen(const struct interval_model *m,
					    const struct interval_page *page)
{
	if (!page->stamp)
		return (struct interval_foresight){INTERVAL_NEVER, INTERVAL_NEVER};
	uint8_t between = repeated(m, page);
	struct interval_foresight f = {.due = due(m, page, between)};
	f.between = f.due > between ? f.due : between;
	return f;
}
