/* SPDX-License-Identifier: MIT */
#include "host/sim/bound.h"

#include "common/units.h"
#include "host/sim/host.h"

#include <math.h>

#define STEP_S (SIM_HOST_STEP_MS / 1000.0)
#define MARKS  8.0 /* this x the root of a guest's KiB is more than its kernel keeps free */

/* Values of lambda that are tried, but for 0 (docs/simulator.md, "The bound"). */
enum { N_MIX = 20 };

/* All guests in one step. */
struct moment {
	double lack_kib;     /* D of docs/simulator.md */
	double hot_kib;      /* the part of D that cannot be cold pages */
	double passes_s;     /* how often a second the slowest guest goes through its hot part */
	double most_s;       /* how often a second the quickest guest does */
	double populate_kib; /* how much the slowest guest can touch anew in a step */
	double other_kib;    /* how much may be asked of the disk beside swapping */
};

/* Memory that reclaim leaves to the guest's kernel and its cache, however little the guest holds
 * (memory.c has both rules). */
static double kept_kib(const struct sim_bound_guest *b)
{
	const struct sim_memory_config *model = &b->config.model;
	double least_kib = fmax(0, b->lo_kib - model->reserve_kib);
	double room_kib = b->config.memory_kib - model->reserve_kib - model->kernel_kib -
			  MARKS * sqrt(b->config.memory_kib) - b->has_kib;
	double cache_kib = fmin(model->cache_kib, 1024 + least_kib * 0.01);
	return 4 * sqrt(least_kib) + fmin(cache_kib, fmax(0, room_kib));
}

static void begin(const struct sim_scenario *s, uint64_t seed, struct sim_bound_guest *guest)
{
	for (unsigned i = 0; i < s->n_guests; i++) {
		struct sim_bound_guest *b = &guest[i];
		struct sim_guest_config *c = &b->config;
		sim_scenario_guest(s, i, seed, c);
		bool never_moves = c->stuck_s <= 0 && c->unstuck_s >= s->time_s;
		b->lo_kib = never_moves ? c->memory_kib : fmax(c->min_kib, c->balloon.floor_kib);
		b->lo_kib = fmin(b->lo_kib, c->memory_kib);
		b->hi_kib = never_moves ? c->memory_kib : c->max_kib;
		double room_kib = c->memory_kib - c->model.kernel_kib - c->model.reserve_kib -
				  MARKS * sqrt(c->memory_kib);
		b->has_kib = fmin(sim_demand_kib_at(&c->demand, 0), fmax(0, room_kib));
		b->kept_kib = kept_kib(b);
	}
}

/* A guest that is started during the run is not counted, since an allocator may have it wait. */
static bool counts(const struct sim_bound_guest *b)
{
	return b->config.start_s <= 0;
}

static void add_guest(struct sim_bound_guest *b, double at_s, struct moment *m, double *sum_kib)
{
	const struct sim_memory_config *model = &b->config.model;
	double wanted_kib = sim_demand_kib_at(&b->config.demand, at_s);
	m->other_kib +=
		(model->file_kib_s + model->direct_kib_s + 2 * model->container_kib_s) * STEP_S;
	if (!counts(b))
		return;
	b->has_kib = fmin(wanted_kib, b->has_kib + model->populate_kib_s * STEP_S);
	double need_kib = b->has_kib + model->kernel_kib + model->reserve_kib + b->kept_kib;
	m->lack_kib += fmax(0, need_kib - b->hi_kib);
	*sum_kib += fmin(fmax(need_kib, b->lo_kib), b->hi_kib);
	m->hot_kib -= (1 - model->hot_share) * b->has_kib;
	m->passes_s = fmin(m->passes_s, model->passes_s);
	m->most_s = fmax(m->most_s, model->passes_s);
	m->populate_kib = fmin(m->populate_kib, model->populate_kib_s * STEP_S);
}

static struct moment look(const struct sim_scenario *s, struct sim_bound_guest *guest, double at_s)
{
	struct moment m = {.passes_s = 1 / STEP_S, .populate_kib = s->memory_kib};
	double sum_kib = 0;
	for (unsigned i = 0; i < s->n_guests; i++)
		add_guest(&guest[i], at_s, &m, &sum_kib);
	m.lack_kib += fmax(0, sum_kib - s->memory_kib);
	m.hot_kib = fmax(0, m.hot_kib + m.lack_kib);
	return m;
}

/* The largest lambda for which docs/simulator.md proves the second bound: (1 - p) / (1 + p), if
 * the share p of the pages is touched in a step. */
static double most_mix(double most_s)
{
	double once = fmin(1, most_s * STEP_S);
	return (1 - once) / (1 + once);
}

uint64_t sim_bound_pages(const struct sim_scenario *s, uint64_t seed, struct sim_bound_guest *guest)
{
	double ramp_kib = 0, most_kib = 0, mix_kib[N_MIX + 1] = {0};
	double before_hot_kib = 0;
	begin(s, seed, guest);
	for (double at_s = STEP_S; at_s < s->time_s; at_s += STEP_S) {
		struct moment m = look(s, guest, at_s);
		double disk_kib = fmax(0, s->disk_kib_s * STEP_S - m.other_kib);
		double hot_kib = fmin(before_hot_kib, m.hot_kib);
		double in_kib = fmin(1, m.passes_s * STEP_S) * hot_kib;
		disk_kib = fmin(disk_kib, m.populate_kib);
		/* either all that is lacking is swapped, or the disk was busy all the time */
		ramp_kib = fmin(m.lack_kib, ramp_kib + disk_kib);
		most_kib = fmax(most_kib, ramp_kib);
		for (unsigned i = 0; i <= N_MIX; i++) {
			double mix = most_mix(m.most_s) * i / N_MIX;
			mix_kib[i] += fmin((1 + mix) * in_kib, (1 - mix) * disk_kib);
		}
		before_hot_kib = m.hot_kib;
	}
	for (unsigned i = 0; i <= N_MIX; i++)
		most_kib = fmax(most_kib, mix_kib[i]);
	return (uint64_t)(most_kib / UNITS_PAGE_KIB);
}
