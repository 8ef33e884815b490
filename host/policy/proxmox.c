/* SPDX-License-Identifier: MIT */
#include "host/policy/proxmox.h"

#include "common/amount.h"
#include "host/policy/policy.h"

#define MIB        INT64_C(1048576)
#define TARGET     0.80 /* the part of the host's memory that is to be used */
#define MIN_GOAL   (10 * MIB)
#define MAX_CHANGE (100 * MIB)
#define MIN_FREE   0.25 /* the part of its min above which a guest has enough free */

enum whom { WHOM_RICH, WHOM_POOR, WHOM_ALL };

struct pass {
	unsigned n;
	struct proxmox_guest *guest;
};

static int64_t bytes(uint64_t kib)
{
	return (int64_t)amount_min(kib, PEERS_MAX_KIB) * 1024;
}

static void read_guests(const struct snapshot *snap, struct pass *p)
{
	for (unsigned i = 0; i < p->n; i++) {
		const struct guest_view *view = &snap->guest[i];
		int64_t free_b = view->has_report ? bytes(view->report.free_kib) : 0;
		struct proxmox_guest *g = &p->guest[i];
		*g = (struct proxmox_guest){
			.peer = g->peer,
			.is_there = view->hold == HOLD_NONE && view->alm_kib && view->min_kib,
			.size_b = bytes(view->alm_kib),
			.min_b = bytes(view->min_kib),
			.max_b = bytes(view->max_kib),
			.shares = view->weight,
		};
		g->is_rich = free_b && (double)free_b > (double)g->min_b * MIN_FREE &&
			     g->size_b >= g->min_b;
	}
}

static bool is_meant(const struct proxmox_guest *g, enum whom whom)
{
	return g->is_there && !g->is_done &&
	       (whom == WHOM_ALL || g->is_rich == (whom == WHOM_RICH));
}

static int64_t holds_b(const struct proxmox_guest *g)
{
	return g->is_told ? g->new_b : g->size_b;
}

/* Moves the guest's new size towards `desired_b`, and returns by how much. A guest that should not
 * change is done. */
static int64_t change_one(struct proxmox_guest *g, int64_t desired_b, bool is_growing)
{
	int64_t new_b, change_b;
	if (is_growing && desired_b > g->size_b) {
		new_b = g->size_b + MAX_CHANGE < desired_b ? g->size_b + MAX_CHANGE : desired_b;
	} else if (desired_b < g->size_b) {
		new_b = g->size_b - MAX_CHANGE > desired_b ? g->size_b - MAX_CHANGE : desired_b;
	} else {
		g->is_done = true;
		return 0;
	}
	change_b = new_b - holds_b(g);
	g->is_told = true;
	g->new_b = new_b;
	return change_b;
}

/* Goes round the guests once. Returns true if a guest changed, so that another round may place
 * more. */
static bool change_round(struct pass *p, enum whom whom, bool is_growing, int64_t *left_b)
{
	int64_t shares = 0, above_b = *left_b;
	bool has_changed = false;
	for (unsigned i = 0; i < p->n; i++) {
		struct proxmox_guest *g = &p->guest[i];
		if (!is_meant(g, whom))
			continue;
		shares += g->shares;
		above_b += holds_b(g) - g->min_b;
	}
	for (unsigned i = 0; i < p->n; i++) {
		struct proxmox_guest *g = &p->guest[i];
		if (!is_meant(g, whom))
			continue;
		double part = (double)above_b / (double)shares * (double)g->shares;
		int64_t desired_b = g->min_b + (int64_t)part;
		if (desired_b > g->max_b)
			desired_b = g->max_b;
		else if (desired_b < g->min_b)
			desired_b = g->min_b;
		int64_t change_b = change_one(g, desired_b, is_growing);
		has_changed |= change_b != 0;
		*left_b -= change_b;
	}
	return has_changed;
}

/* Changes the guests by `by_b` together. Returns how much of it could not be placed. */
static int64_t change(struct pass *p, enum whom whom, int64_t by_b)
{
	int64_t left_b = by_b;
	for (unsigned i = 0; i < p->n; i++)
		p->guest[i].is_done = false;
	for (int round = 0; round < PROXMOX_ROUNDS && left_b; round++)
		if (!change_round(p, whom, by_b > 0, &left_b))
			break;
	return left_b;
}

static void divide(const struct snapshot *snap, struct memory *memory)
{
	struct pass p = {.n = snap->n_guests, .guest = memory_guests(memory)};
	int64_t total_b = bytes(snap->host.total_kib);
	int64_t used_b = total_b - bytes(peers_free_kib(&snap->host));
	int64_t goal_b = (int64_t)((double)total_b * TARGET - (double)used_b);
	read_guests(snap, &p);
	if (goal_b > MIN_GOAL) {
		int64_t left_b = change(&p, WHOM_POOR, goal_b);
		if (left_b >= goal_b)
			change(&p, WHOM_ALL, left_b);
	} else if (goal_b < -MIN_GOAL) {
		int64_t left_b = change(&p, WHOM_RICH, goal_b);
		if (left_b <= goal_b)
			change(&p, WHOM_ALL, left_b);
	}
	for (unsigned i = 0; i < p.n; i++) {
		struct proxmox_guest *g = &p.guest[i];
		if (g->is_told && g->new_b > 0 && g->new_b != g->size_b)
			peers_wish(&g->peer, (uint64_t)g->new_b / 1024);
	}
}

static void decide(const struct policy_conf *conf, const struct snapshot *snap,
		   struct memory *memory, struct plan *plan)
{
	peers_run(conf, snap, memory, plan, PROXMOX_PERIOD_MS, divide);
}

const struct policy policy_proxmox = {
	.name = "proxmox",
	.about = "as Proxmox VE's ballooning does: for comparison",
	.decide = decide,
	.size = {MEMORY_OF_GUEST(struct proxmox_guest), MEMORY_OF_HOST(struct peer_host)},
};
