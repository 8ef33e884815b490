/* SPDX-License-Identifier: MIT */
#include "host/ctl/recorded.h"

#include "common/amount.h"

#include <stdio.h>

#define G(name) TOLD_GUEST_BIT(name)
#define H(name) TOLD_HOST_BIT(name)

void recorded_host(const struct passline_pass *pass, struct told_host *h)
{
	*h = (struct told_host){.total_kib = pass->host.total_kib,
				.free_kib = pass->host.free_kib,
				.promised_kib = pass->promised_kib,
				.xl_is_building = pass->host.xl_is_building,
				.present = H(total_kib) | H(free_kib) | H(promised_kib) |
					   H(xl_is_building)};
}

void recorded_guest(const struct passline_guest *g, struct told_guest *t)
{
	*t = (struct told_guest){.domid = g->view.domid,
				 .alm_kib = g->view.alm_kib,
				 .target_kib = g->view.target_kib,
				 .min_kib = g->view.min_kib,
				 .max_kib = g->view.max_kib,
				 .is_alarmed = g->view.is_alarmed,
				 .does_not_take = g->view.does_not_take,
				 .want_kib = g->verdict.want_kib,
				 .fair_kib = g->verdict.fair_kib,
				 .goal_kib = g->verdict.goal_kib,
				 .present = G(name) | G(domid) | G(state) | G(alm_kib) |
					    G(target_kib) | G(min_kib) | G(max_kib) |
					    G(is_alarmed) | G(does_not_take) | G(want_kib) |
					    G(fair_kib) | G(goal_kib)};
	text_printable(g->name, "", t->name, sizeof(t->name));
	snprintf(t->state, sizeof(t->state), "%s", model_hold_word(g->view.hold));
}

static const char *source_word(const struct guest_view *view)
{
	if (view->domid == 0)
		return "dom0";
	return source_is_foreign(view->source) ? source_words[view->source] : "agent";
}

void recorded_report(const struct passline_guest *g, const struct passline_report *r,
		     uint64_t now_ms, struct told_guest *t)
{
	const struct verdict *v = &g->verdict;
	snprintf(t->source, sizeof(t->source), "%s", source_word(&g->view));
	t->report_age_ms = amount_less(now_ms, r->report_ms);
	t->avail_kib = r->report.avail_kib;
	t->swap_total_kib = r->report.swap_total_kib;
	t->swap_free_kib = r->report.swap_free_kib;
	t->offset_kib = v->offset_kib;
	t->use_kib = v->use_kib;
	t->demand_kib = v->demand_kib;
	t->base_kib = v->base_kib;
	t->cma_kib = v->cma_kib;
	t->present |= G(source) | G(report_age_ms) | G(avail_kib) | G(offset_kib) | G(use_kib) |
		      G(demand_kib) | G(base_kib) | G(cma_kib);
	if (REPORT_HAS(&r->report, swap_total_kib))
		t->present |= G(swap_total_kib) | G(swap_free_kib);
}
