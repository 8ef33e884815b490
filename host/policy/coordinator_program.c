/* SPDX-License-Identifier: MIT */
/*
 * coordinator_program.c - the memory coordinator as its program behaves. coordinator.h lists how
 * the program differs from its README. The program's slips are kept on purpose.
 */
#include "common/amount.h"
#include "host/policy/coordinator.h"
#include "host/policy/policy.h"

struct pass {
	unsigned n;
	struct coordinator_guest *guest;
	uint64_t host_kib; /* free at the beginning; never lowered by what the host gives */
};

static bool is_ample(const struct coordinator_guest *g)
{
	return g->unused_kib >= coordinator_percent(g->size_kib, COORDINATOR_AMPLE_PERCENT);
}

static void find_short(struct pass *p)
{
	for (unsigned i = 0; i < p->n; i++) {
		struct coordinator_guest *g = &p->guest[i];
		g->is_short = g->is_evaluated = g->is_changed =
			g->unused_kib <=
			coordinator_percent(g->size_kib, COORDINATOR_SHORT_PERCENT);
	}
}

static uint64_t extract(struct pass *p, uint64_t wanted_kib)
{
	uint64_t left_kib = wanted_kib;
	for (unsigned i = 0; i < p->n; i++) {
		struct coordinator_guest *g = &p->guest[i];
		if (!g->is_there || g->is_evaluated)
			continue;
		if (is_ample(g) && g->unused_kib >= COORDINATOR_GUEST_FREE_KIB) {
			uint64_t give_kib =
				amount_min(amount_min(coordinator_percent(g->size_kib,
									  COORDINATOR_GIVE_PERCENT),
						      left_kib),
					   g->unused_kib - COORDINATOR_GUEST_FREE_KIB);
			g->is_changed |= give_kib > 0;
			g->size_kib -= give_kib;
			left_kib -= give_kib;
			if (!left_kib)
				return wanted_kib;
		}
		g->is_evaluated = true;
	}
	uint64_t host_kib = amount_less(p->host_kib, COORDINATOR_HOST_FREE_KIB);
	return wanted_kib - left_kib + amount_min(left_kib, host_kib);
}

static void serve(struct pass *p)
{
	for (unsigned i = 0; i < p->n; i++) {
		struct coordinator_guest *g = &p->guest[i];
		/* this wraps above the maximum, as in the original */
		uint64_t room_kib = COORDINATOR_MAX_KIB - g->size_kib;
		uint64_t ask_kib = amount_min(
			coordinator_percent(g->size_kib, COORDINATOR_GROW_PERCENT), room_kib);
		if (!g->is_there || !g->is_short || !ask_kib)
			continue;
		uint64_t got_kib = extract(p, ask_kib);
		g->size_kib += got_kib;
		g->is_changed = got_kib > 0;
		if (got_kib < ask_kib)
			return;
	}
}

static void give_back(struct pass *p)
{
	for (unsigned i = 0; i < p->n; i++) {
		struct coordinator_guest *g = &p->guest[i];
		uint64_t give_kib = coordinator_percent(g->size_kib, COORDINATOR_GIVE_PERCENT);
		if (g->is_evaluated || g->size_kib <= COORDINATOR_BASE_KIB || !is_ample(g))
			continue;
		g->is_changed |= give_kib > 0;
		g->size_kib -= give_kib;
	}
}

static void divide(const struct snapshot *snap, struct memory *memory)
{
	struct coordinator_guest *guest = memory_guests(memory);
	struct pass p = {
		.n = snap->n_guests, .guest = guest, .host_kib = peers_free_kib(&snap->host)};
	if (!coordinator_read(snap, guest))
		return;
	find_short(&p);
	serve(&p);
	give_back(&p);
	for (unsigned i = 0; i < p.n; i++)
		if (guest[i].is_there && guest[i].is_changed)
			peers_wish(&guest[i].peer, guest[i].size_kib);
}

static void decide(const struct policy_conf *conf, const struct snapshot *snap,
		   struct memory *memory, struct plan *plan)
{
	peers_run(conf, snap, memory, plan, conf->period_ms, divide);
}

const struct policy policy_coordinator_program = {
	.name = "coordinator-program",
	.about = "as the memory coordinator's program does: for comparison",
	.decide = decide,
	.size = {MEMORY_OF_GUEST(struct coordinator_guest), MEMORY_OF_HOST(struct peer_host)},
};
