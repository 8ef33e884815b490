/* SPDX-License-Identifier: MIT */
#include "host/policy/cagma2017.h"

#include "common/amount.h"
#include "host/policy/policy.h"

struct pass {
	const struct snapshot *snap;
	struct cagma2017_guest *guest;
	int64_t free_kib; /* of the host, above the reserve */
};

/* The original multiplies by factors of 1.0, but in single precision, which rounds. */
static int64_t rated(int64_t cma_kib)
{
	return (int64_t)(float)cma_kib;
}

static int64_t avm_kib(const struct guest_view *view)
{
	return (int64_t)amount_min(view->report.free_kib, PEERS_MAX_KIB);
}

static bool is_there(const struct guest_view *view)
{
	return view->hold == HOLD_NONE && view->has_report;
}

static void tell(struct cagma2017_guest *g, int64_t target_kib)
{
	peers_wish(&g->peer, target_kib > 0 ? (uint64_t)target_kib : 0);
}

/* --- every 3 s ------------------------------------------------------------ */

static void classify(const struct guest_view *view, struct cagma2017_guest *g)
{
	if (!g->has_cma || g->cma_kib == avm_kib(view))
		return;
	enum cagma2017_queue queue =
		avm_kib(view) < rated(g->cma_kib) ? CAGMA2017_ALLOC : CAGMA2017_RELEASE;
	if (queue != g->queue) {
		g->n_released = 0;
		for (unsigned i = 0; i < CAGMA2017_SAMPLES; i++)
			g->sample_kib[i] = 0;
	}
	g->queue = queue;
	g->entry_alm_kib = (int64_t)peers_told_kib(view, &g->peer);
	g->entry_avm_kib = avm_kib(view);
	g->entry_cma_kib = g->cma_kib;
}

/* How much a guest gives that has given often. The CMA of its queue entry is lowered to fit. */
static int64_t try_more(struct cagma2017_guest *g)
{
	int64_t mean_kib = 0;
	for (unsigned i = 0; i < CAGMA2017_SAMPLES; i++)
		mean_kib += g->sample_kib[i];
	mean_kib /= CAGMA2017_SAMPLES;
	if (!g->entry_avm_kib)
		return 0;
	if (mean_kib > g->entry_avm_kib) {
		g->entry_cma_kib = 0;
		return g->entry_avm_kib;
	}
	if (mean_kib > g->entry_avm_kib - g->entry_cma_kib) {
		g->entry_cma_kib = g->entry_avm_kib - mean_kib;
		return mean_kib;
	}
	return g->entry_avm_kib - rated(g->entry_cma_kib);
}

static void release(struct cagma2017_guest *g)
{
	g->n_released++;
	int64_t give_kib = g->n_released >= CAGMA2017_TRY_MORE
				   ? try_more(g)
				   : g->entry_avm_kib - rated(g->entry_cma_kib);
	int64_t target_kib = g->entry_alm_kib - give_kib;
	tell(g, target_kib < CAGMA2017_MIN_KIB ? CAGMA2017_MIN_KIB : target_kib);
	g->sample_kib[g->n_released % CAGMA2017_SAMPLES] = g->entry_avm_kib - give_kib;
}

static void allocate(const struct pass *p, struct cagma2017_guest *g)
{
	int64_t target_kib = g->entry_alm_kib + rated(g->entry_cma_kib) - g->entry_avm_kib;
	if (target_kib > p->free_kib)
		target_kib = p->free_kib; /* the original compares the target, not the growth */
	else if (target_kib > CAGMA2017_MAX_KIB)
		target_kib = CAGMA2017_MAX_KIB;
	tell(g, target_kib);
}

static void rebalance(struct pass *p)
{
	for (unsigned i = 0; i < p->snap->n_guests; i++) {
		struct cagma2017_guest *g = &p->guest[i];
		if (!is_there(&p->snap->guest[i]) || g->is_helped)
			continue;
		classify(&p->snap->guest[i], g);
		if (g->queue == CAGMA2017_RELEASE && p->free_kib <= 0)
			release(g);
		else if (g->queue == CAGMA2017_ALLOC && p->free_kib > 0)
			allocate(p, g);
	}
}

/* --- emergencies ---------------------------------------------------------- */

static bool has_woken_kswapd(const struct guest_view *view, struct cagma2017_guest *g)
{
	const struct report *r = &view->report;
	if (!is_there(view) || r->seq == g->seq)
		return false;
	bool has_woken = REPORT_HAS(r, scan_kswapd) && r->scan_kswapd > g->scan_kswapd;
	g->seq = r->seq;
	g->scan_kswapd = r->scan_kswapd;
	return (has_woken || view->is_alarmed) && REPORT_HAS(r, largest_kib);
}

static void help(const struct pass *p, unsigned i)
{
	const struct guest_view *view = &p->snap->guest[i];
	struct cagma2017_guest *g = &p->guest[i];
	int64_t told_kib = (int64_t)peers_told_kib(view, &g->peer);
	int64_t cma_kib =
		(int64_t)(amount_min(view->report.largest_kib, PEERS_MAX_KIB) * 1126 >> 10);
	bool is_on_its_way = view->alm_kib + MODEL_NEAR_KIB < (uint64_t)told_kib;
	if (p->free_kib <= 0 || is_on_its_way || told_kib >= CAGMA2017_MAX_KIB ||
	    avm_kib(view) >= cma_kib)
		return;
	g->has_cma = g->is_helped = true;
	g->cma_kib = cma_kib;
	int64_t target_kib = told_kib + cma_kib - avm_kib(view);
	tell(g, target_kib < CAGMA2017_MAX_KIB ? target_kib : CAGMA2017_MAX_KIB);
}

static void decide(const struct policy_conf *conf, const struct snapshot *snap,
		   struct memory *memory, struct plan *plan)
{
	struct peer_host *host = memory_host(memory);
	uint64_t free_kib = amount_less(peers_free_kib(&snap->host), conf->reserve_kib);
	struct pass p = {.snap = snap,
			 .guest = memory_guests(memory),
			 .free_kib = (int64_t)amount_min(free_kib, PEERS_MAX_KIB)};
	bool is_due = peers_is_due(&host->due_ms, snap->host.now_ms, CAGMA2017_PERIOD_MS);
	bool has_helped = false;
	peers_begin(snap, memory);
	for (unsigned i = 0; i < snap->n_guests; i++) {
		p.guest[i].is_helped = false;
		if (has_woken_kswapd(&snap->guest[i], &p.guest[i]))
			help(&p, i);
		has_helped |= p.guest[i].is_helped;
	}
	if (is_due)
		rebalance(&p);
	peers_finish(conf, snap, memory, plan, host->due_ms, is_due || has_helped);
}

const struct policy policy_cagma2017 = {
	.name = "cagma-2017",
	.about = "as CAGMA was published, with its release step: for comparison",
	.decide = decide,
	.size = {MEMORY_OF_GUEST(struct cagma2017_guest), MEMORY_OF_HOST(struct peer_host)},
};
