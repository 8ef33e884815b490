/* SPDX-License-Identifier: MIT */
#include "host/sim/mover.h"

#include "common/amount.h"

#include <math.h>

double mover_smooth_kib(double before_kib, double heard_kib, uint64_t passed_ms)
{
	double share = fmin(1, (double)passed_ms / MOVER_SMOOTH_MS);
	return before_kib > 0 ? before_kib + (heard_kib - before_kib) * share : heard_kib;
}

uint64_t mover_takes_ms(const struct mover_link *link, double size_kib)
{
	return (uint64_t)(size_kib * link->dirtied / link->bandwidth_kib_s * 1000) +
	       link->suspended_ms;
}

static const struct mover_guest *guest_at(const struct mover *m, unsigned host, unsigned place)
{
	return &m->guest[(uint64_t)host * m->n_places + place];
}

static double short_kib(const struct mover_host *host)
{
	return host->need_kib - host->capacity_kib;
}

void mover_judge(struct mover *m, uint64_t now_ms)
{
	for (unsigned i = 0; i < m->n_hosts; i++) {
		struct mover_host *host = &m->host[i];
		host->need_kib = 0;
		for (unsigned k = 0; k < m->n_places; k++)
			host->need_kib += guest_at(m, i, k)->need_kib;
		if (short_kib(host) <= 0)
			host->short_since_ms = 0;
		else if (!host->short_since_ms)
			host->short_since_ms = amount_max(now_ms, 1);
	}
}

/* The host with the most room, or n_hosts if all are busy. */
static unsigned find_receiver(const struct mover *m)
{
	unsigned found = m->n_hosts;
	for (unsigned i = 0; i < m->n_hosts; i++)
		if (!m->host[i].is_busy &&
		    (found == m->n_hosts || short_kib(&m->host[i]) < short_kib(&m->host[found])))
			found = i;
	return found;
}

/* True if guest a is the better one to leave a host that is short by `lack_kib`. */
static bool is_better(const struct mover_guest *a, const struct mover_guest *b, double lack_kib)
{
	bool a_ends = a->need_kib >= lack_kib, b_ends = b->need_kib >= lack_kib;
	if (a_ends && b_ends)
		return a->size_kib < b->size_kib;
	return a_ends == b_ends ? a->need_kib > b->need_kib : a_ends;
}

/* The guest that is to leave the host for another one with `room_kib`, or n_places. */
static unsigned find_guest(const struct mover *m, unsigned from, double room_kib, uint64_t now_ms)
{
	const struct mover_host *host = &m->host[from];
	uint64_t short_ms = now_ms - host->short_since_ms;
	unsigned found = m->n_places;
	for (unsigned k = 0; k < m->n_places; k++) {
		const struct mover_guest *g = guest_at(m, from, k);
		if (g->is_movable && g->need_kib > 0 && g->need_kib <= room_kib &&
		    (found == m->n_places ||
		     is_better(g, guest_at(m, from, found), short_kib(host))))
			found = k;
	}
	if (found == m->n_places)
		return found;
	uint64_t takes_ms = mover_takes_ms(&m->link, guest_at(m, from, found)->size_kib);
	return short_ms > takes_ms ? found : m->n_places;
}

bool mover_choose(const struct mover *m, uint64_t now_ms, struct mover_choice *ret_choice)
{
	unsigned to = find_receiver(m);
	double most_kib = 0;
	bool has_choice = false;
	if (to == m->n_hosts)
		return false;
	double spare_kib = m->host[to].capacity_kib * MOVER_SPARE_PERMILLE / 1000;
	double room_kib = -short_kib(&m->host[to]) - spare_kib;
	for (unsigned i = 0; i < m->n_hosts; i++) {
		const struct mover_host *host = &m->host[i];
		if (host->is_busy || !host->short_since_ms || short_kib(host) <= most_kib)
			continue;
		unsigned place = find_guest(m, i, room_kib, now_ms);
		if (place == m->n_places)
			continue;
		most_kib = short_kib(host);
		*ret_choice = (struct mover_choice){.from = i, .place = place, .to = to};
		has_choice = true;
	}
	return has_choice;
}
