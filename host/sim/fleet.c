/* SPDX-License-Identifier: MIT */
#include "host/sim/fleet.h"

#include "common/amount.h"
#include "common/units.h"

#include <math.h>

/* --- dealing ------------------------------------------------------------------------------ */

static unsigned total_count(const struct sim_scenario *s)
{
	unsigned n = 0;
	for (unsigned i = 0; i < s->n_sections; i++)
		n += s->section[i].count;
	return n;
}

/* How many of the fleet's guests are of the sections before `section`. */
static unsigned members_before(const struct sim_scenario *s, unsigned section, unsigned n_guests)
{
	uint64_t count = 0, total = total_count(s);
	for (unsigned i = 0; i < section; i++)
		count += s->section[i].count;
	return (unsigned)((n_guests * count + total / 2) / total);
}

static bool deal_one(struct fleet *f, const struct sim_guest_config *config)
{
	unsigned to = 0;
	for (unsigned i = 1; i < f->n_hosts; i++)
		if (f->dealt_kib[i] < f->dealt_kib[to])
			to = i;
	unsigned place = sim_host_free_place(&f->host[to]);
	if (place == f->n_places)
		return false;
	sim_host_put(&f->host[to], place, config);
	f->dealt_kib[to] += config->memory_kib;
	return true;
}

/* What guests were built with becomes so large that the host is full. */
static bool scale(struct sim_host *h, double dealt_kib)
{
	double factor = dealt_kib > 0 ? (double)h->total_kib / dealt_kib : 1, sum_kib = 0;
	for (unsigned i = 0; i < h->n_guests; i++) {
		struct sim_guest_config *c = &h->guest[i].config;
		if (!isfinite(c->start_s))
			continue;
		c->memory_kib = fmin(fmax(c->memory_kib * factor, c->min_kib), c->max_kib);
		sum_kib += c->memory_kib;
	}
	return sum_kib < (double)h->total_kib + 1;
}

/* The section of the guest that comes next, by chance; left[] says how many are left of each. */
static unsigned draw(const struct sim_scenario *s, const unsigned *left, unsigned n_left,
		     uint64_t seed)
{
	unsigned at = (unsigned)(sim_demand_unit(seed * 4 + 2, n_left) * n_left), section = 0;
	while (section + 1 < s->n_sections && at >= left[section])
		at -= left[section++];
	return section;
}

bool fleet_deal(struct fleet *f, const struct sim_scenario *s, unsigned n_guests, uint64_t seed)
{
	unsigned left[SIM_SCENARIO_SECTIONS] = {0};
	for (unsigned i = 0; i < s->n_sections; i++)
		left[i] = members_before(s, i + 1, n_guests) - members_before(s, i, n_guests);
	for (unsigned i = 0; i < f->n_hosts; i++)
		f->dealt_kib[i] = 0;
	for (unsigned n_left = n_guests; n_left; n_left--) {
		struct sim_guest_config config;
		unsigned section = draw(s, left, n_left, seed);
		unsigned k = --left[section];
		sim_scenario_member(s, section, k, members_before(s, section, n_guests) + k, seed,
				    &config);
		config.memory_kib *= config.demand.scale;
		if (!deal_one(f, &config))
			return false;
	}
	for (unsigned i = 0; i < f->n_hosts; i++)
		if (!scale(&f->host[i], f->dealt_kib[i]))
			return false;
	return true;
}

/* --- fixed memory, divided anew ------------------------------------------------------------ */

/* Divides the host's memory among its guests, but for `coming_kib` and for the guest that leaves.
 */
static void divide(struct fleet *f, struct sim_host *h, uint64_t coming_kib)
{
	double sum_kib = 0, have_kib = (double)amount_less(h->total_kib, coming_kib + h->held_kib);
	if (!f->divides)
		return;
	for (unsigned k = 0; k < h->n_started; k++) {
		const struct sim_guest *g = &h->guest[h->started[k]];
		if (g->is_leaving)
			have_kib -= (double)g->alm_kib;
		else
			sum_kib += g->config.memory_kib;
	}
	for (unsigned k = 0; k < h->n_started; k++) {
		struct sim_guest *g = &h->guest[h->started[k]];
		const struct sim_guest_config *c = &g->config;
		double share_kib = fmax(have_kib, 0) * c->memory_kib / sum_kib;
		double kib = fmin(fmax(share_kib, c->min_kib), c->max_kib);
		if (!g->is_leaving)
			sim_host_set_by_hand(h, g, units_whole_pages_kib((uint64_t)kib));
	}
}

/* --- moves --------------------------------------------------------------------------------- */

static struct mover_guest *needs_of(struct fleet *f, unsigned host, unsigned place)
{
	return &f->mover.guest[(uint64_t)host * f->n_places + place];
}

void fleet_hear(struct fleet *f, unsigned host, unsigned place, double need_kib)
{
	struct mover_guest *g = needs_of(f, host, place);
	g->need_kib = mover_smooth_kib(g->need_kib, need_kib, FLEET_LOOK_MS);
}

static void fail(struct fleet *f, struct fleet_move *m, uint64_t now_ms)
{
	unsigned doubled = m->n_failed < FLEET_RESTS ? m->n_failed : FLEET_RESTS;
	f->host[m->to].awaited_kib = 0;
	divide(f, &f->host[m->to], 0);
	m->stage = FLEET_STAYS;
	m->until_ms = now_ms + ((uint64_t)FLEET_REST_MS << doubled);
	m->n_failed++;
	f->counts.failed_moves++;
}

/* The receiving host has the room, or has still time to make it. */
static void make_room(struct fleet *f, struct fleet_move *m, struct sim_guest *g, uint64_t now_ms)
{
	struct sim_host *to = &f->host[m->to];
	if (to->free_kib >= g->alm_kib + f->reserve_kib && sim_host_hold(to, g->alm_kib)) {
		to->awaited_kib = 0;
		g->is_leaving = true;
		m->stage = FLEET_SENDS;
		m->until_ms = now_ms + mover_takes_ms(&f->mover.link, (double)g->alm_kib) -
			      f->mover.link.suspended_ms;
		f->counts.sent_kib += (double)g->alm_kib * f->mover.link.dirtied;
	} else if (now_ms >= m->until_ms) {
		fail(f, m, now_ms);
	} else {
		to->awaited_kib = g->alm_kib;
	}
}

static void end_move(struct fleet *f, unsigned from, struct fleet_move *m, uint64_t now_ms)
{
	struct mover_guest *needs = needs_of(f, from, m->place);
	sim_host_hand_over(&f->host[from], m->place, &f->host[m->to], m->to_place);
	*needs_of(f, m->to, m->to_place) = *needs;
	*needs = (struct mover_guest){.need_kib = 0};
	divide(f, &f->host[from], 0);
	divide(f, &f->host[m->to], 0);
	*m = (struct fleet_move){.until_ms = now_ms};
	f->counts.moves++;
}

static void go_on(struct fleet *f, unsigned from, uint64_t now_ms)
{
	struct fleet_move *m = &f->move[from];
	struct sim_guest *g = &f->host[from].guest[m->place];
	switch (m->stage) {
	case FLEET_STAYS:
		break;
	case FLEET_MAKES_ROOM:
		make_room(f, m, g, now_ms);
		break;
	case FLEET_SENDS:
		if (now_ms < m->until_ms)
			break;
		g->is_suspended = true;
		m->stage = FLEET_SUSPENDS;
		m->until_ms = now_ms + f->mover.link.suspended_ms;
		break;
	case FLEET_SUSPENDS:
		if (now_ms >= m->until_ms)
			end_move(f, from, m, now_ms);
		break;
	}
}

void fleet_step(struct fleet *f, uint64_t now_ms)
{
	for (unsigned i = 0; i < f->n_hosts; i++)
		go_on(f, i, now_ms);
}

/* --- the engine's look --------------------------------------------------------------------- */

static void show_guests(struct fleet *f)
{
	for (unsigned i = 0; i < f->n_hosts; i++)
		for (unsigned k = 0; k < f->n_places; k++) {
			const struct sim_guest *g = &f->host[i].guest[k];
			struct mover_guest *seen = needs_of(f, i, k);
			seen->need_kib = g->is_started ? seen->need_kib : 0;
			seen->size_kib = (double)g->alm_kib;
			seen->is_movable = g->is_started && !g->is_leaving;
		}
}

static void show_hosts(struct fleet *f, uint64_t now_ms)
{
	for (unsigned i = 0; i < f->n_hosts; i++) {
		f->mover.host[i].capacity_kib =
			(double)amount_less(f->host[i].total_kib, f->reserve_kib);
		f->mover.host[i].is_busy =
			f->move[i].stage != FLEET_STAYS || now_ms < f->move[i].until_ms;
	}
	for (unsigned i = 0; i < f->n_hosts; i++)
		if (f->move[i].stage != FLEET_STAYS)
			f->mover.host[f->move[i].to].is_busy = true;
}

bool fleet_look(struct fleet *f, uint64_t now_ms)
{
	struct mover_choice choice;
	show_guests(f);
	show_hosts(f, now_ms);
	mover_judge(&f->mover, now_ms);
	if (!mover_choose(&f->mover, now_ms, &choice))
		return false;
	struct fleet_move *m = &f->move[choice.from];
	m->place = choice.place;
	m->to = choice.to;
	m->to_place = sim_host_free_place(&f->host[choice.to]);
	m->stage = FLEET_MAKES_ROOM;
	m->until_ms = now_ms + FLEET_ROOM_MS;
	if (m->to_place == f->n_places)
		fail(f, m, now_ms);
	else
		divide(f, &f->host[m->to], f->host[choice.from].guest[m->place].alm_kib);
	return true;
}
