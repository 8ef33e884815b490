/* SPDX-License-Identifier: MIT */
#include "labdemand.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *skip_blanks(const char *p)
{
	return p + strspn(p, " \t");
}

static bool parse_random(const char *text, struct labdemand *d)
{
	double min, max, hold;
	unsigned long long seed;
	int end = 0;

	if (sscanf(text, "random %lf %lf %lf %llu %n", &min, &max, &hold, &seed, &end) != 4 ||
	    text[end] || min < 0 || max < min || hold < 1)
		return false;
	d->is_random = true;
	d->min_kib = min * 1024;
	d->max_kib = max * 1024;
	d->hold_s = hold;
	d->seed = seed;
	return true;
}

static bool parse_point(const char **text, struct labdemand *d)
{
	struct labdemand_point *point = &d->points[d->count];
	char *end;

	if (d->count == LABDEMAND_POINTS)
		return false;
	point->at_s = strtod(*text, &end);
	if (end == *text || *end != ':' || point->at_s < 0)
		return false;
	*text = end + 1;
	point->kib = strtod(*text, &end) * 1024;
	if (end == *text || point->kib < 0 || point->kib > 1e12 || (*end && !strchr(" \t", *end)))
		return false;
	if (d->count && point->at_s < point[-1].at_s)
		return false;
	d->count++;
	*text = skip_blanks(end);
	return true;
}

bool labdemand_parse(const char *text, struct labdemand *ret_demand)
{
	struct labdemand d = {.count = 0};

	text = skip_blanks(text);
	if (strncmp(text, "random", 6) == 0) {
		if (!parse_random(text, &d))
			return false;
		*ret_demand = d;
		return true;
	}
	while (*text) {
		if (strncmp(text, "repeat", 6) == 0 && !*skip_blanks(text + 6)) {
			d.repeats = true;
			break;
		}
		if (!parse_point(&text, &d))
			return false;
	}
	if (!d.count || (d.repeats && d.points[d.count - 1].at_s <= 0))
		return false;
	*ret_demand = d;
	return true;
}

/* splitmix64: one good value for each step of the clock. */
static uint64_t mix(uint64_t x)
{
	x += 0x9e3779b97f4a7c15u;
	x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9u;
	x = (x ^ x >> 27) * 0x94d049bb133111ebu;
	return x ^ x >> 31;
}

static double random_level(const struct labdemand *d, uint64_t step)
{
	double unit = (double)(mix(d->seed * 1000003u + step) >> 11) / 9007199254740992.0;

	return d->min_kib + unit * (d->max_kib - d->min_kib);
}

static double random_at(const struct labdemand *d, double at_s)
{
	/* Guests with different seeds change at different times. */
	double phase = at_s + (double)(mix(d->seed) % 1000) / 1000 * d->hold_s;
	double whole = floor(phase / d->hold_s), into = phase - whole * d->hold_s;
	uint64_t step = (uint64_t)whole;
	double now = random_level(d, step), before = step ? random_level(d, step - 1) : now;

	return into < 1 ? before + (now - before) * into : now;
}

double labdemand_kib_at(const struct labdemand *d, double at_s)
{
	const struct labdemand_point *p = d->points;
	double last, span;
	unsigned i;

	if (d->is_random)
		return random_at(d, at_s);
	if (!d->count)
		return 0;
	last = p[d->count - 1].at_s;
	if (d->repeats && at_s > last)
		at_s = fmod(at_s, last);
	if (at_s < p[0].at_s)
		return p[0].kib;
	for (i = d->count - 1; i > 0 && p[i].at_s > at_s; i--)
		;
	if (i == d->count - 1)
		return p[i].kib;
	span = p[i + 1].at_s - p[i].at_s;
	return p[i].kib + (p[i + 1].kib - p[i].kib) * (span > 0 ? (at_s - p[i].at_s) / span : 1);
}
