/* SPDX-License-Identifier: MIT */
#include "host/policy/mom.h"

#include "common/amount.h"
#include "host/policy/policy.h"

/* The constants of MoM's rules. */
#define PRESSURE_THRESHOLD 0.20
#define PRESSURE_CRITICAL  0.05
#define GUEST_FREE         0.20
#define MAX_CHANGE         0.05
#define MIN_CHANGE         0.0025

static void take(struct mom_looks *looks, uint64_t kib)
{
	looks->kib[looks->next] = amount_min(kib, PEERS_MAX_KIB);
	looks->next = (looks->next + 1) % MOM_LOOKS;
	if (looks->n < MOM_LOOKS)
		looks->n++;
}

/* The mean of the looks, of which there must be one at least. */
static double mean(const struct mom_looks *looks)
{
	uint64_t sum_kib = 0;
	for (unsigned i = 0; i < looks->n; i++)
		sum_kib += looks->kib[i];
	return (double)sum_kib / looks->n;
}

static bool has_figures(const struct guest_view *view)
{
	return view->hold == HOLD_NONE && view->has_report;
}

static void look(const struct snapshot *snap, struct mom_host *host, struct mom_guest *guest)
{
	take(&host->free, peers_free_kib(&snap->host));
	for (unsigned i = 0; i < snap->n_guests; i++) {
		const struct guest_view *view = &snap->guest[i];
		if (!has_figures(view))
			continue;
		take(&guest[i].held, view->alm_kib);
		take(&guest[i].unused, view->report.free_kib);
	}
}

/* One guest as the rules see it, in KiB. */
struct subject {
	double held, used, min, max;
};

static bool is_worth_it(const struct subject *s, double size)
{
	double change = size > s->held ? size - s->held : s->held - size;
	return change > MIN_CHANGE * s->held;
}

static double at_least(const struct subject *s, double unused_part)
{
	double least = s->used + unused_part * s->held;
	return least > s->min ? least : s->min;
}

/* The new size if the host is short of memory; 0 if the size stays. */
static double shrunk(const struct subject *s, double host_part)
{
	double part = host_part <= PRESSURE_CRITICAL
			      ? -0.05 + host_part
			      : GUEST_FREE * (host_part / PRESSURE_THRESHOLD);
	double size = s->held * (1.0 - MAX_CHANGE), least = at_least(s, part);
	if (size < least)
		size = least;
	return size <= s->held && is_worth_it(s, size) ? size : 0;
}

/* The new size if the host has enough memory; 0 if the size stays. */
static double grown(const struct subject *s)
{
	double size = s->held * (1.0 + MAX_CHANGE), least = at_least(s, GUEST_FREE);
	if (s->held >= s->max)
		return 0;
	if (size < least)
		size = least;
	if (size > s->max)
		size = s->max;
	return is_worth_it(s, size) ? size : 0;
}

static void divide(const struct snapshot *snap, const struct mom_host *host,
		   struct mom_guest *guest)
{
	if (!snap->host.total_kib)
		return;
	double host_part =
		mean(&host->free) / (double)amount_min(snap->host.total_kib, PEERS_MAX_KIB);
	for (unsigned i = 0; i < snap->n_guests; i++) {
		const struct guest_view *view = &snap->guest[i];
		struct mom_guest *g = &guest[i];
		if (!has_figures(view) || !g->held.n)
			continue;
		struct subject s = {.held = (double)amount_min(view->alm_kib, PEERS_MAX_KIB),
				    .used = mean(&g->held) - mean(&g->unused),
				    .min = (double)amount_min(view->min_kib, PEERS_MAX_KIB),
				    .max = (double)amount_min(view->max_kib, PEERS_MAX_KIB)};
		double size = host_part < PRESSURE_THRESHOLD ? shrunk(&s, host_part) : grown(&s);
		if (size > 0)
			peers_wish(&g->peer, (uint64_t)size);
	}
}

static void decide(const struct policy_conf *conf, const struct snapshot *snap,
		   struct memory *memory, struct plan *plan)
{
	struct mom_host *host = memory_host(memory);
	struct mom_guest *guest = memory_guests(memory);
	uint64_t now_ms = snap->host.now_ms;
	if (peers_is_due(&host->look_ms, now_ms, MOM_LOOK_MS))
		look(snap, host, guest);
	bool is_due = peers_is_due(&host->peer.due_ms, now_ms, MOM_PERIOD_MS);
	peers_begin(snap, memory);
	if (is_due)
		divide(snap, host, guest);
	peers_finish(conf, snap, memory, plan, amount_min(host->peer.due_ms, host->look_ms),
		     is_due);
}

const struct policy policy_mom = {
	.name = "mom",
	.about = "as oVirt's MoM does: for comparison",
	.decide = decide,
	.size = {MEMORY_OF_GUEST(struct mom_guest), MEMORY_OF_HOST(struct mom_host)},
};
