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

static void report(struct world *w, unsigned i)
{
	struct world_guest *g = &w->guest[i];
	struct report *r = &w->view[i].report;
	uint64_t total_kib = w->view[i].alm_kib - g->offset_kib;
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

void world_observe(struct world *w, uint64_t ms)
{
	w->host.now_ms += ms;
	for (unsigned i = 0; i < w->n; i++) {
		if (w->view[i].hold == HOLD_STUCK)
			w->view[i].hold = HOLD_NONE;
		report(w, i);
		balloon_observe(&w->guest[i].balloon, w->host.now_ms, &w->view[i]);
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
	const struct guest_view *v = &w->view[i];
	uint64_t speed_kib = w->guest[i].speed_kib;
	uint64_t to_kib = w->guest[i].own_kib ? w->guest[i].own_kib : v->target_kib;
	if (to_kib < v->alm_kib)
		shrink(w, i, amount_min(v->alm_kib - to_kib, speed_kib));
	else
		grow(w, i, amount_min(to_kib - v->alm_kib, speed_kib));
}

/* The guest's driver asks for pages, and Xen gives them up to max_pages. */
static void grab(struct world *w, unsigned i)
{
	struct guest_view *v = &w->view[i];
	uint64_t room_kib = amount_less(v->cap_kib, v->alm_kib + MODEL_LIBXL_SLACK_KIB);
	uint64_t by_kib = amount_min(room_kib, w->guest[i].grabs_kib);
	if (!by_kib)
		return;
	grow(w, i, by_kib);
	w->guest[i].own_kib = v->alm_kib;
}

static void set_target(struct world *w, const struct action *a)
{
	struct guest_view *v = &w->view[a->guest];
	v->target_kib = a->target_kib;
	v->cap_kib = a->target_kib + MODEL_LIBXL_SLACK_KIB;
	v->is_credited = false;
	w->guest[a->guest].own_kib = 0;
}

static void set_cap(struct world *w, unsigned i)
{
	struct guest_view *v = &w->view[i];
	uint64_t credit_kib = w->plan.credit_kib[i], cap_kib;
	if (credit_cap_kib(v, credit_kib, w->conf.step_kib, &cap_kib) == CREDIT_STAYS)
		return;
	v->is_credited = credit_kib > 0;
	v->cap_kib = cap_kib;
}

void world_move(struct world *w)
{
	for (unsigned i = 0; i < w->n; i++)
		set_cap(w, i);
	for (unsigned i = 0; i < w->plan.n_actions; i++)
		set_target(w, &w->plan.action[i]);
	for (unsigned i = 0; i < w->n; i++) {
		move_balloon(w, i);
		grab(w, i);
	}
}

void world_run(struct world *w, const struct policy *policy, unsigned steps, uint64_t ms)
{
	for (unsigned s = 0; s < steps; s++) {
		world_observe(w, ms);
		world_decide(w, policy);
		world_move(w);
	}
}
