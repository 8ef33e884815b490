/* SPDX-License-Identifier: MIT */
#include "tests/unit/world.h"

#include "common/amount.h"
#include "common/units.h"
#include "host/core/credit.h"

#include <check.h>
#include <string.h>

#define MIB UINT64_C(1024)

void world_init(struct world *w, uint64_t free_kib)
{
	*w = (struct world){
		.host = {.now_ms = 1000000, .total_kib = 64 * 1024 * MIB, .free_kib = free_kib},
		.conf = options_default(),
	};
	memory_init(&w->memory, w->memory_room, WORLD_MAX_GUESTS);
	plan_init(&w->plan, w->plan_room, WORLD_MAX_GUESTS);
}

unsigned world_add(struct world *w, uint64_t alm_kib, uint64_t used_kib)
{
	unsigned i = w->n++;
	ck_assert_uint_lt(i, WORLD_MAX_GUESTS);
	w->guest[i] = (struct world_guest){.offset_kib = 56 * MIB,
					   .used_kib = used_kib,
					   .speed_kib = UINT64_MAX,
					   .balloon = {.seen = true,
						       .has_slack = true,
						       .alm_kib = alm_kib,
						       .target_kib = alm_kib}};
	w->view[i] = (struct guest_view){.domid = i + 1,
					 .alm_kib = alm_kib,
					 .cap_kib = alm_kib + MIB,
					 .target_kib = alm_kib,
					 .min_kib = 128 * MIB,
					 .max_kib = 4096 * MIB,
					 .weight = 256};
	return i;
}

unsigned world_add_built(struct world *world, uint64_t built_kib, uint64_t used_kib)
{
	unsigned i = world_add(world, built_kib, used_kib);
	world->guest[i].built_kib = built_kib;
	return i;
}

static void report(struct world *w, unsigned i)
{
	struct world_guest *g = &w->guest[i];
	struct report *r = &w->view[i].report;
	uint64_t all_kib = w->view[i].alm_kib - g->offset_kib;
	uint64_t total_kib = g->total_kib ? amount_min(g->total_kib, all_kib) : all_kib;
	uint64_t used_kib = g->used_kib < total_kib && !g->lies ? g->used_kib : total_kib;
	uint64_t swapped_kib = g->used_kib > total_kib ? g->used_kib - total_kib : 0;
	uint64_t out_kib = swapped_kib > g->swapped_kib ? swapped_kib - g->swapped_kib : 0;
	uint64_t in_kib = swapped_kib < g->swapped_kib ? g->swapped_kib - swapped_kib : 0;
	r->seq++;
	r->uptime_ms = w->host.now_ms;
	r->total_kib = total_kib;
	r->free_kib = r->avail_kib = total_kib - used_kib;
	r->swap_total_kib = 1024 * MIB;
	r->swap_free_kib = r->swap_total_kib - swapped_kib;
	r->pswpout += out_kib / UNITS_PAGE_KIB;
	r->pswpin += in_kib / UNITS_PAGE_KIB;
	/* what does not fit is used as much as the rest: it comes and goes all the time */
	r->pswpout += swapped_kib / UNITS_PAGE_KIB / 4;
	r->pswpin += swapped_kib / UNITS_PAGE_KIB / 4;
	g->swapped_kib = swapped_kib;
	w->view[i].has_report = true;
	w->view[i].report_ms = w->host.now_ms;
}

/* A test may set bounds at any time; the balloon's judge lowers those it is given. */
static void observe_balloon(struct world *w, unsigned i)
{
	struct guest_view *v = &w->view[i];
	struct world_guest *g = &w->guest[i];
	g->min_kib = v->min_kib == g->judged_min_kib ? g->min_kib : v->min_kib;
	g->max_kib = v->max_kib == g->judged_max_kib ? g->max_kib : v->max_kib;
	v->min_kib = g->min_kib;
	v->max_kib = g->max_kib;
	balloon_observe(&g->balloon, w->host.now_ms, v);
	arrival_observe(&g->arrival, w->host.now_ms, v);
	g->judged_min_kib = v->min_kib;
	g->judged_max_kib = v->max_kib;
}

static void observe_lending(struct world *w, unsigned i)
{
	struct guest_view *v = &w->view[i];
	uint64_t built_kib = w->guest[i].built_kib;
	if (!built_kib)
		return;
	v->guaranteed_kib = amount_min(amount_max(built_kib, v->min_kib), v->max_kib);
	v->lent_kib = amount_less(v->alm_kib, built_kib);
}

void world_observe(struct world *w, uint64_t ms)
{
	w->host.now_ms += ms;
	for (unsigned i = 0; i < w->n; i++) {
		if (w->view[i].hold == HOLD_STUCK || w->view[i].hold == HOLD_UNARRIVED)
			w->view[i].hold = HOLD_NONE;
		report(w, i);
		observe_balloon(w, i);
		observe_lending(w, i);
	}
}

static struct policy_cut decide(struct world *w, const struct policy *policy)
{
	struct snapshot snap = {.host = w->host, .n_guests = w->n, .guest = w->view};
	unsigned guest = 0;
	struct policy_cut cut = policy_decide(policy, &w->conf, &snap, &w->memory, &w->plan);
	enum plan_breach breach = plan_violation(&w->conf, &snap, &w->plan, &guest);
	ck_assert_msg(breach == PLAN_SAFE, "the plan that was cut %s (guest %u)",
		      plan_breach_text(breach), guest);
	return cut;
}

void world_decide(struct world *w, const struct policy *policy)
{
	struct policy_cut cut = decide(w, policy);
	ck_assert_msg(cut.breach == PLAN_SAFE && !cut.cuts, "the plan %s (guest %u, %u cuts)",
		      plan_breach_text(cut.breach), cut.guest, cut.cuts);
}

unsigned world_decide_cut(struct world *w, const struct policy *policy)
{
	return decide(w, policy).cuts;
}

static void shrink(struct world *w, unsigned i, uint64_t by_kib)
{
	w->view[i].alm_kib -= by_kib;
	w->host.free_kib += by_kib;
}

static void grow(struct world *w, unsigned i, uint64_t by_kib)
{
	if (by_kib > w->host.free_kib) {
		w->overspent_kib += by_kib - w->host.free_kib;
		by_kib = w->host.free_kib;
	}
	w->view[i].alm_kib += by_kib;
	w->host.free_kib -= by_kib;
}

static void move_balloon(struct world *w, unsigned i)
{
	const struct world_guest *g = &w->guest[i];
	const struct guest_view *v = &w->view[i];
	uint64_t told_kib = g->call_steps ? g->old_kib : v->target_kib;
	uint64_t to_kib = g->own_kib ? g->own_kib : told_kib;
	if (to_kib < v->alm_kib)
		to_kib = amount_min(amount_max(to_kib, g->least_kib), v->alm_kib);
	else if (g->most_kib)
		to_kib = amount_max(amount_min(to_kib, g->most_kib), v->alm_kib);
	if (to_kib < v->alm_kib)
		shrink(w, i, amount_min(v->alm_kib - to_kib, g->speed_kib));
	else
		grow(w, i, amount_min(to_kib - v->alm_kib, g->speed_kib));
}

/* The guest's driver asks for pages, and Xen gives them up to max_pages. */
static void grab(struct world *w, unsigned i)
{
	struct guest_view *v = &w->view[i];
	uint64_t by_kib = amount_min(amount_less(v->cap_kib, v->alm_kib), w->guest[i].grabs_kib);
	if (!by_kib)
		return;
	grow(w, i, by_kib);
	w->guest[i].own_kib = v->alm_kib;
}

/* --- the floor --- */

/* The memory that Xen will let guests take when calls under way are done. */
static uint64_t room_kib(const struct world *w)
{
	uint64_t sum_kib = 0;
	for (unsigned i = 0; i < w->n; i++) {
		const struct guest_view *v = &w->view[i];
		uint64_t told_kib = v->target_kib + MODEL_LIBXL_SLACK_KIB;
		uint64_t cap_kib = v->is_being_told ? amount_max(v->cap_kib, told_kib) : v->cap_kib;
		sum_kib += amount_less(cap_kib, v->alm_kib);
	}
	return sum_kib;
}

/* The free memory that would be left if guests took all they can, or the floor if that is less. */
static uint64_t left_kib(const struct world *w)
{
	return amount_min(amount_less(w->host.free_kib, room_kib(w)), w->conf.reserve_kib / 4);
}

static void note_what_tests_changed(struct world *w)
{
	if (w->host.free_kib != w->seen_free_kib || room_kib(w) != w->seen_room_kib)
		w->lowest_kib = left_kib(w);
}

static void assert_floor(struct world *w)
{
	ck_assert_msg(w->host.free_kib >= w->lowest_kib,
		      "%lu KiB are free, and %lu are not to be lent",
		      (unsigned long)w->host.free_kib, (unsigned long)w->lowest_kib);
	w->seen_free_kib = w->host.free_kib;
	w->seen_room_kib = room_kib(w);
}

/* --- what follows from a decision --- */

/* What a guest gives while a decision is on its way may go back to it, if that is the decision:
 * only what is free after one is not lent by the next. */
static void move_guests(struct world *w, bool has_been_told)
{
	for (unsigned i = 0; i < w->n; i++) {
		move_balloon(w, i);
		grab(w, i);
		assert_floor(w);
		if (has_been_told)
			w->lowest_kib = amount_max(w->lowest_kib, left_kib(w));
	}
}

/* libxl sets max_pages with the target. */
static void set_target(struct world *w, unsigned i, uint64_t target_kib)
{
	struct guest_view *v = &w->view[i];
	v->target_kib = target_kib;
	v->cap_kib = target_kib + MODEL_LIBXL_SLACK_KIB;
	v->is_credited = v->is_being_told = false;
	w->guest[i].own_kib = 0;
	w->guest[i].call_steps = 0;
	w->guest[i].called_kib = 0;
}

static void start_call(struct world *w, const struct action *a)
{
	struct guest_view *v = &w->view[a->guest];
	struct world_guest *g = &w->guest[a->guest];
	if (v->is_being_told)
		return; /* asked for again when it is done */
	if (!w->call_steps) {
		set_target(w, a->guest, a->target_kib);
		return;
	}
	g->call_steps = w->call_steps;
	g->called_kib = a->target_kib;
	g->old_kib = v->target_kib;
	v->is_being_told = true;
	v->target_kib = amount_max(g->old_kib, a->target_kib); /* the old one still holds */
}

static void end_calls(struct world *w)
{
	for (unsigned i = 0; i < w->n; i++)
		if (w->guest[i].call_steps && !--w->guest[i].call_steps)
			set_target(w, i, w->guest[i].called_kib);
}

/* `seen` is the guest as it was when the decision was made. */
static void set_cap(struct world *w, unsigned i, const struct guest_view *seen,
		    enum credit_change change)
{
	uint64_t credit_kib = w->plan.credit_kib[i], cap_kib;
	if (credit_cap_kib(seen, credit_kib, w->conf.step_kib, &cap_kib) != change)
		return;
	w->view[i].is_credited = credit_kib > 0;
	w->view[i].cap_kib = cap_kib;
}

void world_move(struct world *w)
{
	struct guest_view seen[WORLD_MAX_GUESTS];
	memcpy(seen, w->view, sizeof(seen));
	note_what_tests_changed(w);
	if (w->is_raced)
		move_guests(w, false);
	for (unsigned i = 0; i < w->n; i++)
		set_cap(w, i, &seen[i], CREDIT_LOWERS);
	for (unsigned i = 0; i < w->plan.n_actions; i++)
		start_call(w, &w->plan.action[i]);
	for (unsigned i = 0; i < w->n; i++)
		set_cap(w, i, &seen[i], CREDIT_RAISES);
	move_guests(w, true);
	end_calls(w);
}

void world_run(struct world *w, const struct policy *policy, unsigned steps, uint64_t ms)
{
	for (unsigned s = 0; s < steps; s++) {
		world_observe(w, ms);
		world_decide(w, policy);
		world_move(w);
	}
}
