/* SPDX-License-Identifier: MIT */
#include "host/policy/squeezed.h"

#include "common/amount.h"
#include "host/policy/policy.h"

struct pass {
	const struct snapshot *snap;
	struct squeezed_guest *guest;
	bool is_freeing; /* a guest has to give, so only guests that give are told */
};

static uint64_t held_kib(const struct guest_view *view)
{
	return amount_min(view->alm_kib, PEERS_MAX_KIB);
}

static bool is_at(uint64_t held_kib, uint64_t target_kib)
{
	return amount_distance(held_kib, target_kib) <= SQUEEZED_NEAR_KIB;
}

static uint64_t range_kib(const struct guest_view *view)
{
	return amount_less(amount_min(view->max_kib, PEERS_MAX_KIB), view->min_kib);
}

/* --- making way --------------------------------------------------------- */

static void look_for_way(const struct guest_view *view, struct squeezed_guest *g, uint64_t now_ms)
{
	uint64_t target_kib = peers_told_kib(view, &g->peer), held = held_kib(view);
	bool is_to_move = !is_at(held, target_kib);
	if (!g->is_known)
		*g = (struct squeezed_guest){
			.peer = g->peer, .is_known = true, .last_kib = held, .way_ms = now_ms};
	bool makes_way =
		is_to_move && (target_kib > held ? held > g->last_kib : held < g->last_kib);
	g->last_kib = held;
	if (makes_way) {
		g->way_ms = now_ms;
		g->is_stuck = false;
	}
	if (is_to_move && now_ms - g->way_ms > SQUEEZED_STUCK_MS)
		g->is_stuck = true;
}

static void look_at_all(struct pass *p)
{
	for (unsigned i = 0; i < p->snap->n_guests; i++) {
		const struct guest_view *view = &p->snap->guest[i];
		if (view->hold == HOLD_NONE)
			look_for_way(view, &p->guest[i], p->snap->host.now_ms);
		else
			p->guest[i].is_known = false;
		p->guest[i].is_active = view->hold == HOLD_NONE && !p->guest[i].is_stuck;
	}
}

static void forget_all(struct pass *p)
{
	for (unsigned i = 0; i < p->snap->n_guests; i++)
		p->guest[i] = (struct squeezed_guest){.peer = p->guest[i].peer};
}

/* --- each guest's part ---------------------------------------------------- */

static double part_of(const struct pass *p)
{
	uint64_t could_kib = amount_min(peers_free_kib(&p->snap->host), PEERS_MAX_KIB);
	uint64_t ranges_kib = 0;
	for (unsigned i = 0; i < p->snap->n_guests; i++) {
		const struct guest_view *view = &p->snap->guest[i];
		if (!p->guest[i].is_active)
			continue;
		could_kib += amount_less(held_kib(view), view->min_kib + 2 * SQUEEZED_NEAR_KIB);
		ranges_kib += range_kib(view);
	}
	uint64_t surplus_kib = amount_less(could_kib, SQUEEZED_FREE_KIB);
	if (!ranges_kib || surplus_kib >= ranges_kib)
		return surplus_kib ? 1 : 0;
	return (double)surplus_kib / (double)ranges_kib;
}

static bool gives(const struct guest_view *view, const struct squeezed_guest *g)
{
	return g->next_kib < held_kib(view) && !is_at(held_kib(view), g->next_kib);
}

static void divide(struct pass *p)
{
	double part = part_of(p);
	p->is_freeing = false;
	for (unsigned i = 0; i < p->snap->n_guests; i++) {
		const struct guest_view *view = &p->snap->guest[i];
		struct squeezed_guest *g = &p->guest[i];
		if (!g->is_active)
			continue;
		g->next_kib = view->min_kib + (uint64_t)(part * (double)range_kib(view));
		p->is_freeing |= gives(view, g);
	}
}

/* True if the guest is among those that are told now. */
static bool is_in_phase(const struct pass *p, unsigned i)
{
	const struct squeezed_guest *g = &p->guest[i];
	return g->is_active && (!p->is_freeing || gives(&p->snap->guest[i], g));
}

static bool is_changing(const struct pass *p)
{
	for (unsigned i = 0; i < p->snap->n_guests; i++)
		if (is_in_phase(p, i) &&
		    p->guest[i].next_kib != peers_told_kib(&p->snap->guest[i], &p->guest[i].peer))
			return true;
	return false;
}

static bool is_moving(const struct pass *p)
{
	for (unsigned i = 0; i < p->snap->n_guests; i++) {
		const struct guest_view *view = &p->snap->guest[i];
		if (p->guest[i].is_active &&
		    !is_at(held_kib(view), peers_told_kib(view, &p->guest[i].peer)))
			return true;
	}
	return false;
}

/* --- telling them --------------------------------------------------------- */

static void leave_out(const struct guest_view *view, struct peer_guest *guest)
{
	uint64_t kib = amount_min(peers_told_kib(view, guest), held_kib(view));
	kib = amount_min(amount_max(kib, view->min_kib), view->max_kib);
	peers_wish(guest, kib);
}

static void tell(struct pass *p, bool with_targets)
{
	for (unsigned i = 0; i < p->snap->n_guests; i++) {
		const struct guest_view *view = &p->snap->guest[i];
		struct squeezed_guest *g = &p->guest[i];
		bool is_left_out = view->hold == HOLD_NONE && !g->is_active;
		if (is_left_out && !g->was_left_out)
			leave_out(view, &g->peer);
		else if (with_targets && is_in_phase(p, i))
			peers_wish(&g->peer, g->next_kib);
		g->was_left_out = is_left_out;
	}
}

/* Takes one step of the run. Returns false when the run has come to its end. */
static bool step(struct pass *p)
{
	look_at_all(p);
	divide(p);
	bool goes_on = is_changing(p) || is_moving(p);
	tell(p, goes_on);
	return goes_on;
}

/* True if a run would change a target, computed as if no guest had ever been stuck. */
static bool is_unbalanced(struct pass *p)
{
	forget_all(p);
	look_at_all(p);
	divide(p);
	return is_changing(p);
}

static void decide(const struct policy_conf *conf, const struct snapshot *snap,
		   struct memory *memory, struct plan *plan)
{
	struct squeezed_host *run = memory_host(memory);
	struct pass p = {.snap = snap, .guest = memory_guests(memory)};
	uint64_t now_ms = snap->host.now_ms;
	uint64_t *due_ms = &run->peer.due_ms;
	bool has_decided = false;
	peers_begin(snap, memory);
	if (!run->is_running && peers_is_due(due_ms, now_ms, SQUEEZED_LOOK_MS) &&
	    is_unbalanced(&p)) {
		run->is_running = true;
		run->step_ms = now_ms;
		forget_all(&p);
	}
	if (run->is_running && peers_is_due(&run->step_ms, now_ms, SQUEEZED_STEP_MS)) {
		has_decided = true;
		run->is_running = step(&p);
		*due_ms = now_ms + SQUEEZED_LOOK_MS;
	}
	uint64_t next_ms = run->is_running ? run->step_ms : *due_ms;
	peers_finish(conf, snap, memory, plan, amount_min(plan->wake_ms, next_ms), has_decided);
}

const struct policy policy_squeezed = {
	.name = "squeezed",
	.about = "as XenServer's squeezed does: for comparison",
	.decide = decide,
	.size = {MEMORY_OF_GUEST(struct squeezed_guest), MEMORY_OF_HOST(struct squeezed_host)},
};
