/* SPDX-License-Identifier: MIT */
#include "host/interval.h"

#include "common/amount.h"
#include <stdlib.h>

enum {
	STEPS = 8, /* of codes in an octave */
	STEPS_LOG2 = 3,
	ONE_LOG2 = 12,
	FIRST_UNIT_LOG2 = 3,
	FADE_AT = 1 << 20, /* intervals, when all that was summed counts half */
	FIT_FROM = 32,     /* intervals: with fewer the last one is the prediction */
	VARIANCE_SHIFT = 8,
	SPREAD = 16,
	OVERDUE = 2, /* a page that is overdue by so many times what was foreseen is cold */
};

/* --- logarithms ------------------------------------------------------------------------------ */

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
	unsigned steps = code ? code - 1U : 0;
	return code == INTERVAL_NEVER
		       ? UINT64_MAX
		       : (uint64_t)(STEPS + steps % STEPS) << steps / STEPS >> STEPS_LOG2;
}

/* --- the model -------------------------------------------------------------------------------- */

void interval_model_init(struct interval_model *m, unsigned order, uint64_t start_ms)
{
	*m = (struct interval_model){.order = getenv("ORDER") ? (unsigned)atoi(getenv("ORDER")) : order,
				     .unit_log2 = FIRST_UNIT_LOG2,
				     .start_ms = start_ms,
				     .now_ms = start_ms,
				     .a = {1 << ONE_LOG2}};
}

static int64_t covariance(const struct interval_model *m, unsigned i, unsigned k)
{
	int64_t n = m->n;
	return (m->product[i][k] - m->sum[i] * m->sum[k] / n) * (1 << VARIANCE_SHIFT) / n;
}

static void fit(struct interval_model *m)
{
	if (m->n < FIT_FROM)
		return;
	/* how far next is from the mean of the last ones, explained by what they deviate from theirs */
	int64_t prior = (int64_t)(getenv("PRIOR") ? atoi(getenv("PRIOR")) : 16) << VARIANCE_SHIFT;
	int64_t v1 = covariance(m, 1, 1) + prior, v2 = covariance(m, 2, 2) + prior;
	int64_t c12 = covariance(m, 1, 2), c01 = covariance(m, 0, 1), c02 = covariance(m, 0, 2);
	int64_t p1 = 1 << ONE_LOG2, p2 = 0;
	if (m->order == 2) { p1 /= 2; p2 = p1; }
	/* minimise sum (y0 - a1 y1 - a2 y2)^2 + prior (a - p)^2 */
	c01 += prior * p1 / (1 << ONE_LOG2);
	c02 += prior * p2 / (1 << ONE_LOG2);
	int64_t det = v1 * v2 - c12 * c12;
	if (m->order == 1) {
		m->a[0] = c01 * (1 << ONE_LOG2) / v1; m->a[1] = 0;
	}
	if (m->order == 2 && det >> ONE_LOG2 > 0) {
		m->a[0] = (c01 * v2 - c02 * c12) / (det >> ONE_LOG2);
		m->a[1] = (c02 * v1 - c01 * c12) / (det >> ONE_LOG2);
	}
	if (m->order == 3) { m->a[0]= m->a[1] = 2048; m->c = 0; return; }
	if (m->order == 0) { m->a[0]= 4096; m->a[1] = 0; m->c = 0; return; }
	m->c = (m->sum[0] * (1 << ONE_LOG2) - m->a[0] * m->sum[1] - m->a[1] * m->sum[2]) / m->n;
}

static void fade(struct interval_model *m)
{
	if (m->n < FADE_AT)
		return;
	m->n /= 2;
	for (unsigned i = 0; i < 3; i++) {
		m->sum[i] /= 2;
		for (unsigned k = 0; k < 3; k++)
			m->product[i][k] /= 2;
	}
}

static uint64_t stamp_of(const struct interval_model *m)
{
	return 1 + ((m->now_ms - m->start_ms) >> m->unit_log2);
}

void interval_model_round(struct interval_model *m, uint64_t now_ms, struct interval_page *pages,
			  uint64_t n_pages)
{
	now_ms = amount_max(m->now_ms, now_ms);
	m->round_ms = now_ms - m->now_ms;
	m->now_ms = now_ms;
	while (stamp_of(m) > UINT16_MAX) {
		m->unit_log2++;
		for (uint64_t i = 0; i < n_pages; i++)
			if (pages[i].stamp)
				pages[i].stamp = (uint16_t)(1 + (pages[i].stamp - 1) / 2);
	}
	fit(m);
	fade(m);
}

static void learn(struct interval_model *m, uint8_t y0, uint8_t y1, uint8_t y2)
{
	const int64_t y[3] = {y0, y1, y2};
	m->n++;
	for (unsigned i = 0; i < 3; i++) {
		m->sum[i] += y[i];
		for (unsigned k = 0; k < 3; k++)
			m->product[i][k] += y[i] * y[k];
	}
}

/* What has passed since the page was modified last, or since the beginning. */
static uint64_t since_ms(const struct interval_model *m, const struct interval_page *page)
{
	uint64_t units = stamp_of(m) - amount_max(page->stamp, 1);
	return units << m->unit_log2;
}

void interval_modified(struct interval_model *m, struct interval_page *page)
{
	uint8_t code = interval_code(since_ms(m, page));
	if (page->stamp && page->code[1])
		learn(m, code, page->code[0], page->code[1]);
	page->code[1] = page->stamp ? page->code[0] : 0;
	page->code[0] = code;
	page->stamp = (uint16_t)stamp_of(m);
}

uint8_t interval_foreseen(const struct interval_model *m, const struct interval_page *page)
{
	if (!page->stamp)
		return INTERVAL_NEVER;
	int64_t y1 = page->code[0], y2 = page->code[1] ? page->code[1] : y1;
	int64_t y = (m->c + m->a[0] * y1 + m->a[1] * y2 + (1 << (ONE_LOG2 - 1))) >> ONE_LOG2;
	uint8_t code = y < 1 ? 1 : (uint8_t)amount_min((uint64_t)y, INTERVAL_NEVER - 1);
	uint64_t ms = interval_ms(code), passed_ms = since_ms(m, page);
	uint64_t spread = page->code[1]
				  ? amount_min(amount_distance((uint64_t)y1, (uint64_t)y2), SPREAD)
				  : SPREAD;
	uint64_t late_ms = ms + ms * spread / SPREAD + m->round_ms;
	if (passed_ms > late_ms)
		return interval_code(passed_ms * (getenv("COLD") ? (unsigned)atoi(getenv("COLD")) : 4));
	if (ms <= m->round_ms)
		return 1;
	return interval_code(amount_max(amount_less(ms, passed_ms), ms * spread / SPREAD));
}
