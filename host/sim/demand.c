/* SPDX-License-Identifier: MIT */
#include "host/sim/demand.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define PI 3.14159265358979323846

static const char *skip_blanks(const char *p)
{
	return p + strspn(p, " \t");
}

static const struct {
	const char *word;
	unsigned n_numbers;
	enum sim_demand_shape shape;
} shapes[] = {
	{"random", 4, SIM_DEMAND_RANDOM},
	{"diurnal", 3, SIM_DEMAND_DIURNAL},
	{"spikes", 4, SIM_DEMAND_SPIKES},
};

/* The numbers are LOW, HIGH and a time, then a seed or another time. */
static bool take_shape(const double number[4], enum sim_demand_shape shape, struct sim_demand *d)
{
	bool is_random = shape == SIM_DEMAND_RANDOM;

	if (number[1] < number[0] || number[1] > 1e9 || number[2] < (is_random ? 1 : 0.1))
		return false;
	d->shape = shape;
	d->min_kib = number[0] * 1024;
	d->max_kib = number[1] * 1024;
	d->hold_s = number[2];
	d->seed = is_random ? (uint64_t)number[3] : 0;
	d->length_s = shape == SIM_DEMAND_SPIKES ? number[3] : 0;
	return d->length_s <= d->hold_s;
}

/* Returns NULL, and leaves *ret_is_right untouched, if the text does not begin with the word of a
 * shape. */
static const char *parse_shape(const char *text, struct sim_demand *d, bool *ret_is_right)
{
	double number[4] = {0};
	unsigned i, k;
	char *end;

	for (i = 0; i < sizeof shapes / sizeof shapes[0]; i++) {
		size_t len = strlen(shapes[i].word);

		if (strncmp(text, shapes[i].word, len) != 0)
			continue;
		*ret_is_right = false;
		text += len;
		for (k = 0; k < shapes[i].n_numbers; k++, text = end) {
			number[k] = strtod(text, &end);
			if (end == text || !(number[k] >= 0 && number[k] < 1e15))
				return text;
		}
		*ret_is_right = !*skip_blanks(text) && take_shape(number, shapes[i].shape, d);
		return text;
	}
	return NULL;
}

static bool parse_point(const char **text, struct sim_demand *d)
{
	struct sim_demand_point *point = &d->points[d->count];
	char *end;

	if (d->count == SIM_DEMAND_POINTS)
		return false;
	point->at_s = strtod(*text, &end);
	if (end == *text || *end != ':' || !(point->at_s >= 0 && point->at_s < 1e9))
		return false;
	*text = end + 1;
	point->kib = strtod(*text, &end) * 1024;
	if (end == *text || !(point->kib >= 0 && point->kib <= 1e12) ||
	    (*end && !strchr(" \t", *end)))
		return false;
	if (d->count && point->at_s < point[-1].at_s)
		return false;
	d->count++;
	*text = skip_blanks(end);
	return true;
}

bool sim_demand_parse(const char *text, struct sim_demand *ret_demand)
{
	struct sim_demand d = {.scale = 1};
	bool is_right;

	text = skip_blanks(text);
	if (parse_shape(text, &d, &is_right)) {
		if (is_right)
			*ret_demand = d;
		return is_right;
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

double sim_demand_unit(uint64_t seed, uint64_t number)
{
	return (double)(mix(seed * 1000003u + number) >> 11) / 9007199254740992.0;
}

static double random_level(const struct sim_demand *d, uint64_t step)
{
	return d->min_kib + sim_demand_unit(d->seed, step) * (d->max_kib - d->min_kib);
}

static double random_at(const struct sim_demand *d, double at_s)
{
	/* Guests with different seeds change at different times. */
	double phase = at_s + (double)(mix(d->seed) % 1000) / 1000 * d->hold_s;
	double whole = floor(phase / d->hold_s), into = phase - whole * d->hold_s;
	uint64_t step = (uint64_t)whole;
	double now = random_level(d, step), before = step ? random_level(d, step - 1) : now;

	return into < 1 ? before + (now - before) * into : now;
}

static double shape_at(const struct sim_demand *d, double at_s)
{
	double into;

	switch (d->shape) {
	case SIM_DEMAND_RANDOM:
		return random_at(d, at_s);
	case SIM_DEMAND_DIURNAL:
		into = (1 - cos(2 * PI * at_s / d->hold_s)) / 2;
		return d->min_kib + into * (d->max_kib - d->min_kib);
	case SIM_DEMAND_SPIKES:
		into = fmod(at_s, d->hold_s);
		return into >= d->hold_s - d->length_s ? d->max_kib : d->min_kib;
	case SIM_DEMAND_POINTS_GIVEN:
		break;
	}
	return 0;
}

static double level_at(const struct sim_demand *d, double at_s)
{
	const struct sim_demand_point *p = d->points;
	double last, span;
	unsigned i;

	if (d->shape != SIM_DEMAND_POINTS_GIVEN)
		return shape_at(d, at_s);
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

double sim_demand_kib_at(const struct sim_demand *d, double at_s)
{
	at_s += d->ahead_s;
	return d->scale * level_at(d, at_s > 0 ? at_s : 0);
}

/* ---- from measured points ---- */

static void insert_point(struct sim_demand *d, struct sim_demand_point point)
{
	unsigned at = d->count++;

	for (; at > 0 && d->points[at - 1].at_s > point.at_s; at--)
		d->points[at] = d->points[at - 1];
	d->points[at] = point;
}

void sim_demand_fit(const struct sim_demand_point *all, size_t n, double off_kib,
		    struct sim_demand *ret_demand)
{
	struct sim_demand d = {.scale = 1};

	if (n)
		insert_point(&d, all[0]);
	if (n > 1)
		insert_point(&d, all[n - 1]);
	while (d.count > 1 && d.count < SIM_DEMAND_POINTS) {
		double most_kib = 0;
		size_t i, furthest = 0;

		for (i = 0; i < n; i++) {
			double off = fabs(sim_demand_kib_at(&d, all[i].at_s) - all[i].kib);

			if (off > most_kib) {
				most_kib = off;
				furthest = i;
			}
		}
		if (most_kib <= off_kib)
			break;
		insert_point(&d, all[furthest]);
	}
	*ret_demand = d;
}
