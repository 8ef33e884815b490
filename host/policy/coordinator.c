/* SPDX-License-Identifier: MIT */
#include "host/policy/coordinator.h"

#include "common/amount.h"
#include "host/policy/policy.h"

uint64_t coordinator_percent(uint64_t kib, unsigned percent)
{
	return kib * percent / 100;
}

bool coordinator_read(const struct snapshot *snap, struct coordinator_guest *guest)
{
	bool has_all = true;
	for (unsigned i = 0; i < snap->n_guests; i++) {
		const struct guest_view *view = &snap->guest[i];
		bool is_ours = view->hold == HOLD_NONE;
		guest[i] = (struct coordinator_guest){
			.peer = guest[i].peer,
			.is_there = is_ours,
			.size_kib = amount_min(view->alm_kib, PEERS_MAX_KIB),
			.unused_kib = amount_min(view->report.free_kib, PEERS_MAX_KIB)};
		has_all &= view->hold != HOLD_NO_AGENT && view->hold != HOLD_BAD_REPORT &&
			   (!is_ours || view->has_report);
	}
	return has_all;
}

struct pass {
	unsigned n;
	struct coordinator_guest *guest;
	uint64_t host_kib; /* memory that the host may still give */
};

static bool is_ample(const struct coordinator_guest *g)
{
	return g->unused_kib > coordinator_percent(g->size_kib, COORDINATOR_AMPLE_PERCENT);
}

static void find_short(struct pass *p)
{
	for (unsigned i = 0; i < p->n; i++) {
		struct coordinator_guest *g = &p->guest[i];
		g->is_short =
			g->unused_kib < coordinator_percent(g->size_kib, COORDINATOR_SHORT_PERCENT);
	}
}

static void resize(struct coordinator_guest *g, uint64_t size_kib)
{
	g->is_changed |= size_kib != g->size_kib;
	g->size_kib = size_kib;
}

/* Takes up to `wanted_kib` from the donors and then from the host. Returns how much it got. */
static uint64_t extract(struct pass *p, uint64_t wanted_kib)
{
	uint64_t left_kib = wanted_kib;
	for (unsigned i = 0; i < p->n && left_kib; i++) {
		struct coordinator_guest *g = &p->guest[i];
		if (!g->is_there || g->is_short || g->is_evaluated)
			continue;
		g->is_evaluated = true;
		if (!is_ample(g) || g->unused_kib <= COORDINATOR_GUEST_FREE_KIB)
			continue;
		uint64_t give_kib = amount_min(
			amount_min(coordinator_percent(g->size_kib, COORDINATOR_GIVE_PERCENT),
				   left_kib),
			g->unused_kib - COORDINATOR_GUEST_FREE_KIB);
		resize(g, g->size_kib - give_kib);
		left_kib -= give_kib;
	}
	uint64_t host_kib = amount_min(left_kib, p->host_kib);
	p->host_kib -= host_kib;
	return wanted_kib - left_kib + host_kib;
}

static void serve(struct pass *p)
{
	for (unsigned i = 0; i < p->n; i++) {
		struct coordinator_guest *g = &p->guest[i];
		uint64_t ask_kib =
			amount_min(coordinator_percent(g->size_kib, COORDINATOR_GROW_PERCENT),
				   amount_less(COORDINATOR_MAX_KIB, g->size_kib));
		if (!g->is_there || !g->is_short || !ask_kib)
			continue;
		uint64_t got_kib = extract(p, ask_kib);
		resize(g, g->size_kib + got_kib);
		if (got_kib < ask_kib)
			return;
	}
}

static void give_back(struct pass *p)
{
	for (unsigned i = 0; i < p->n; i++) {
		struct coordinator_guest *g = &p->guest[i];
		if (!g->is_there || g->is_short || g->is_evaluated || !is_ample(g))
			continue;
		uint64_t give_kib =
			amount_min(coordinator_percent(g->size_kib, COORDINATOR_GIVE_PERCENT),
				   amount_less(g->size_kib, COORDINATOR_BASE_KIB));
		resize(g, g->size_kib - give_kib);
	}
}

static void divide(const struct snapshot *snap, struct memory *memory)
{
	struct coordinator_guest *guest = memory_guests(memory);
	struct pass p = {
		.n = snap->n_guests,
		.guest = guest,
		.host_kib = amount_less(peers_free_kib(&snap->host), COORDINATOR_HOST_FREE_KIB)};
	if (!coordinator_read(snap, guest))
		return;
	find_short(&p);
	serve(&p);
	give_back(&p);
	for (unsigned i = 0; i < p.n; i++)
		if (guest[i].is_changed)
			peers_wish(&guest[i].peer, guest[i].size_kib);
}

static void decide(const struct policy_conf *conf, const struct snapshot *snap,
		   struct memory *memory, struct plan *plan)
{
	peers_run(conf, snap, memory, plan, conf->period_ms, divide);
}

const struct policy policy_coordinator = {
	.name = "coordinator",
	.about = "as the memory coordinator's README says: for comparison",
	.decide = decide,
	.size = {MEMORY_OF_GUEST(struct coordinator_guest), MEMORY_OF_HOST(struct peer_host)},
};
