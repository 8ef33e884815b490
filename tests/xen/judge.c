/* SPDX-License-Identifier: MIT */
#include "tests/xen/judge.h"

#include <string.h>

static uint64_t smaller(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

static uint64_t larger(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

static uint64_t less(uint64_t a, uint64_t b)
{
	return a > b ? a - b : 0;
}

void judge_init(struct judge *judge, uint64_t reserve_kib, uint64_t floor_kib,
		const struct judge_bounds *bounds, unsigned guest_count)
{
	memset(judge, 0, sizeof(*judge));
	judge->reserve_kib = reserve_kib;
	judge->floor_kib = floor_kib;
	judge->guest_count = guest_count;
	for (unsigned i = 0; i < guest_count; i++)
		judge->bounds[i] = bounds[i];
}

/* One number and the separator after it; moves the text on. */
static bool parse_number(const char **text, uint64_t *ret_value)
{
	const char *p = *text;
	uint64_t value = 0;

	if (*p < '0' || *p > '9')
		return false;
	for (; *p >= '0' && *p <= '9'; p++) {
		uint64_t digit = (uint64_t)(*p - '0');

		if (value > (UINT64_MAX - digit) / 10)
			return false;
		value = value * 10 + digit;
	}
	if (*p == ' ' && p[1] != '\0')
		p++;
	else if (*p != '\0')
		return false;
	*text = p;
	*ret_value = value;
	return true;
}

bool judge_parse(const char *line, unsigned guest_count, struct judge_sample *ret_sample)
{
	struct judge_sample sample = {0};

	if (!parse_number(&line, &sample.t_ms) || !parse_number(&line, &sample.free_before_kib) ||
	    !parse_number(&line, &sample.free_after_kib) ||
	    !parse_number(&line, &sample.outstanding_kib))
		return false;
	for (unsigned i = 0; i < guest_count; i++)
		if (!parse_number(&line, &sample.tot_kib[i]) ||
		    !parse_number(&line, &sample.max_kib[i]))
			return false;
	if (*line != '\0')
		return false;
	*ret_sample = sample;
	return true;
}

static bool breaks_reserve(const struct judge *judge, const struct judge_sample *sample)
{
	uint64_t free_kib = less(smaller(sample->free_before_kib, sample->free_after_kib),
				 sample->outstanding_kib);

	return free_kib + JUDGE_TOLERANCE_KIB < judge->reserve_kib;
}

static bool breaks_bounds(const struct judge *judge, const struct judge_sample *sample)
{
	for (unsigned i = 0; i < judge->guest_count; i++)
		if (sample->tot_kib[i] < judge->bounds[i].min_kib ||
		    sample->tot_kib[i] > judge->bounds[i].max_kib + JUDGE_LIBXL_SLACK_KIB)
			return true;
	return false;
}

static bool breaks_promises(const struct judge *judge, const struct judge_sample *sample)
{
	uint64_t free_kib = less(larger(sample->free_before_kib, sample->free_after_kib),
				 sample->outstanding_kib);
	uint64_t promised_kib = 0;

	for (unsigned i = 0; i < judge->guest_count; i++)
		promised_kib +=
			less(sample->max_kib[i], sample->tot_kib[i] + JUDGE_LIBXL_SLACK_KIB);
	return promised_kib > free_kib;
}

static void note_guest(struct judge_guest *guest, uint64_t tot_kib, bool is_first)
{
	if (is_first)
		*guest = (struct judge_guest){tot_kib, tot_kib, tot_kib, tot_kib};
	guest->last_kib = tot_kib;
	guest->lowest_kib = smaller(guest->lowest_kib, tot_kib);
	guest->highest_kib = larger(guest->highest_kib, tot_kib);
}

static void note_time(struct judge *judge, const struct judge_sample *sample, bool is_first)
{
	if (is_first)
		judge->first_ms = sample->t_ms;
	else
		judge->longest_gap_ms =
			larger(judge->longest_gap_ms, less(sample->t_ms, judge->last_ms));
	judge->last_ms = sample->t_ms;
}

void judge_add(struct judge *judge, const struct judge_sample *sample)
{
	bool is_first = judge->samples == 0;
	uint64_t free_kib = less(smaller(sample->free_before_kib, sample->free_after_kib),
				 sample->outstanding_kib);
	uint64_t violations = judge_violations(judge);

	note_time(judge, sample, is_first);
	judge->lowest_free_kib = is_first ? free_kib : smaller(judge->lowest_free_kib, free_kib);
	judge->last_free_kib = free_kib;
	judge->samples_below_floor += free_kib < judge->floor_kib;
	for (unsigned i = 0; i < judge->guest_count; i++)
		note_guest(&judge->guests[i], sample->tot_kib[i], is_first);
	judge->reserve_violations += breaks_reserve(judge, sample);
	judge->bounds_violations += breaks_bounds(judge, sample);
	judge->promised_violations += breaks_promises(judge, sample);
	if (violations == 0 && judge_violations(judge) > 0)
		judge->first_violation_ms = sample->t_ms;
	judge->samples++;
}

uint64_t judge_violations(const struct judge *judge)
{
	return judge->reserve_violations + judge->bounds_violations + judge->promised_violations;
}
