/* SPDX-License-Identifier: MIT */
#include "host/policy/peers.h"

#include "common/amount.h"
#include "host/core/plan.h"

bool peers_is_due(uint64_t *due_ms, uint64_t now_ms, uint64_t period_ms)
{
	if (now_ms < *due_ms)
		return false;
	*due_ms = now_ms + period_ms;
	return true;
}

uint64_t peers_free_kib(const struct host_view *host)
{
	return amount_less(host->free_kib, model_kept_kib(host));
}

uint64_t peers_told_kib(const struct guest_view *view, const struct peer_guest *guest)
{
	return guest->has_wish ? guest->wish_kib : model_reach_kib(view, view->target_kib);
}

void peers_begin(const struct snapshot *snap, struct memory *memory)
{
	for (unsigned i = 0; i < snap->n_guests; i++) {
		struct peer_guest *guest = memory_guest(memory, i);
		if (snap->guest[i].hold != HOLD_NONE)
			guest->has_wish = false;
	}
}

void peers_wish(struct peer_guest *guest, uint64_t alm_kib)
{
	guest->has_wish = guest->is_new = true;
	guest->wish_kib = amount_min(alm_kib, PEERS_MAX_KIB);
}

static void add_actions(const struct snapshot *snap, struct memory *memory, struct plan *plan)
{
	for (unsigned i = 0; i < snap->n_guests; i++) {
		const struct guest_view *view = &snap->guest[i];
		struct peer_guest *guest = memory_guest(memory, i);
		if (guest->is_new)
			guest->target_kib = model_target_kib(view, guest->wish_kib);
		guest->is_new = false;
		if (!guest->has_wish || guest->target_kib == view->target_kib)
			continue;
		plan->action[plan->n_actions++] = (struct action){
			i, guest->target_kib,
			guest->wish_kib < view->alm_kib ? REASON_GIVE : REASON_NEED};
	}
	plan_order(snap, plan);
}

/* True if a guest waits for memory, and another one is giving some or is about to. */
static bool is_worth_asking_again(const struct snapshot *snap, const struct memory *memory,
				  bool has_decided)
{
	bool is_wanted = false, is_given = has_decided;
	for (unsigned i = 0; i < snap->n_guests; i++) {
		const struct guest_view *view = &snap->guest[i];
		const struct peer_guest *guest = memory_guest(memory, i);
		is_wanted |= guest->has_wish && guest->target_kib > view->target_kib;
		is_given |= model_is_shrinking(view) || view->is_being_told;
	}
	return is_wanted && is_given;
}

void peers_finish(const struct policy_conf *conf, const struct snapshot *snap,
		  struct memory *memory, struct plan *plan, uint64_t wake_ms, bool has_decided)
{
	uint64_t retry_ms = snap->host.now_ms + PEERS_RETRY_MS;
	add_actions(snap, memory, plan);
	if (!has_decided)
		plan_cut(conf, snap, plan);
	plan->wake_ms = is_worth_asking_again(snap, memory, has_decided)
				? amount_min(wake_ms, retry_ms)
				: wake_ms;
	for (unsigned i = 0; i < snap->n_guests; i++)
		plan->verdict[i].goal_kib =
			peers_told_kib(&snap->guest[i], memory_guest(memory, i));
}

void peers_run(const struct policy_conf *conf, const struct snapshot *snap, struct memory *memory,
	       struct plan *plan, uint64_t period_ms,
	       void (*decide)(const struct snapshot *snap, struct memory *memory))
{
	struct peer_host *host = memory_host(memory);
	bool is_due = peers_is_due(&host->due_ms, snap->host.now_ms, period_ms);
	peers_begin(snap, memory);
	if (is_due)
		decide(snap, memory);
	peers_finish(conf, snap, memory, plan, host->due_ms, is_due);
}
