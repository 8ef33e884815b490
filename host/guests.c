/* SPDX-License-Identifier: MIT */
#include "host/guests.h"

#include "common/log.h"
#include "common/report.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

int guests_init(struct guests *gs, unsigned capacity)
{
	*gs = (struct guests){.capacity = capacity, .next_generation = 1};
	gs->guest = calloc(capacity, sizeof(*gs->guest));
	gs->view = calloc(capacity, sizeof(*gs->view));
	gs->demand = calloc(capacity, sizeof(*gs->demand));
	if (gs->guest && gs->view && gs->demand)
		return 0;
	guests_finish(gs);
	return -ENOMEM;
}

void guests_finish(struct guests *gs)
{
	free(gs->guest);
	free(gs->view);
	free(gs->demand);
	*gs = (struct guests){0};
}

static bool is_lost(int r)
{
	return r == -EBADF;
}

static bool is_guest(const struct hypervisor_domain *d)
{
	enum { FIRST_SYSTEM_DOMID = 0x7ff0 };
	return d->domid != 0 && d->domid < FIRST_SYSTEM_DOMID;
}

static void remove_at(struct guests *gs, struct store *store, unsigned i)
{
	unsigned domid = gs->view[i].domid, generation = gs->guest[i].generation;
	size_t behind = gs->n - i - 1;
	store_unwatch_memory(store, domid, generation);
	if (!gs->guest[i].is_polled)
		store_unwatch_cagma(store, domid, generation);
	memmove(&gs->guest[i], &gs->guest[i + 1], behind * sizeof(gs->guest[0]));
	memmove(&gs->view[i], &gs->view[i + 1], behind * sizeof(gs->view[0]));
	memmove(&gs->demand[i], &gs->demand[i + 1], behind * sizeof(gs->demand[0]));
	gs->n--;
}

static int watch_guest(struct guests *gs, struct store *store, unsigned i)
{
	struct guest *g = &gs->guest[i];
	int r = store_watch_memory(store, gs->view[i].domid, g->generation);
	if (r == 0)
		r = store_watch_cagma(store, gs->view[i].domid, g->generation);
	g->is_polled = false;
	g->memory_changed = g->agent_changed = g->report_changed = true;
	return r;
}

static int insert_at(struct guests *gs, struct store *store, unsigned i,
		     const struct hypervisor_domain *d)
{
	size_t behind = gs->n - i;
	memmove(&gs->guest[i + 1], &gs->guest[i], behind * sizeof(gs->guest[0]));
	memmove(&gs->view[i + 1], &gs->view[i], behind * sizeof(gs->view[0]));
	memmove(&gs->demand[i + 1], &gs->demand[i], behind * sizeof(gs->demand[0]));
	gs->n++;
	gs->guest[i] = (struct guest){
		.generation = gs->next_generation++,
		.published = {UINT64_MAX, UINT64_MAX, UINT64_MAX, UINT64_MAX, UINT64_MAX, 0, 0, 0},
	};
	memcpy(gs->guest[i].uuid, d->uuid, sizeof(d->uuid));
	gs->view[i] = (struct guest_view){.domid = d->domid};
	gs->demand[i] = (struct demand){0};
	return watch_guest(gs, store, i);
}

static void take_domain(struct guest *g, struct guest_view *v, const struct hypervisor_domain *d,
			uint64_t now_ms)
{
	v->alm_kib = d->alm_kib;
	v->cap_kib = d->cap_kib;
	g->is_dying = d->is_dying;
	g->is_paused = d->is_paused;
	if (d->alm_kib >= g->alm_high_kib || now_ms >= g->alm_high_ms + GUESTS_ALM_MEMORY_MS) {
		g->alm_high_kib = d->alm_kib;
		g->alm_high_ms = now_ms;
	}
}

/* Both lists are in order of domid: one walk over the two. */
int guests_match(struct guests *gs, struct store *store, const struct hypervisor_domain *domain,
		 unsigned n_domains, uint64_t now_ms)
{
	unsigned i = 0;
	for (unsigned k = 0; k < n_domains; k++) {
		const struct hypervisor_domain *d = &domain[k];
		if (!is_guest(d))
			continue;
		while (i < gs->n && gs->view[i].domid < d->domid)
			remove_at(gs, store, i);
		bool same = i < gs->n && gs->view[i].domid == d->domid;
		if (same && memcmp(gs->guest[i].uuid, d->uuid, sizeof(d->uuid)) != 0) {
			remove_at(gs, store, i); /* the domid has a new owner */
			same = false;
		}
		if (!same && gs->n == gs->capacity)
			return -E2BIG;
		int r = same ? 0 : insert_at(gs, store, i, d);
		if (r < 0)
			return r;
		take_domain(&gs->guest[i], &gs->view[i], d, now_ms);
		i++;
	}
	while (i < gs->n)
		remove_at(gs, store, i);
	return 0;
}

void guests_configure_anew(struct guests *gs)
{
	for (unsigned i = 0; i < gs->n; i++)
		gs->guest[i].memory_changed = true;
}

int guests_watch_anew(struct guests *gs, struct store *store)
{
	int r = 0;
	for (unsigned i = 0; i < gs->n && r == 0; i++)
		r = watch_guest(gs, store, i);
	return r;
}

static struct guest *find(struct guests *gs, uint32_t domid)
{
	unsigned low = 0, high = gs->n;
	while (low < high) {
		unsigned middle = low + (high - low) / 2;
		if (gs->view[middle].domid < domid)
			low = middle + 1;
		else
			high = middle;
	}
	return low < gs->n && gs->view[low].domid == domid ? &gs->guest[low] : NULL;
}

struct guest *guests_find(struct guests *gs, uint32_t domid, const uint8_t uuid[16])
{
	struct guest *g = find(gs, domid);
	return g && memcmp(g->uuid, uuid, sizeof(g->uuid)) == 0 ? g : NULL;
}

void guests_clear_keys(struct guests *gs, struct store *store)
{
	for (unsigned i = 0; i < gs->n; i++)
		if (!gs->guest[i].is_dying)
			store_clear(store, gs->view[i].domid);
}

/* --- events -------------------------------------------------------------- */

static int count_event(struct guest *g, struct store *store, unsigned domid, uint64_t now_ms)
{
	if (now_ms >= g->events_since_ms + 1000) {
		g->events_since_ms = now_ms;
		g->n_events = 0;
	}
	if (++g->n_events <= GUESTS_MAX_EVENTS_S || g->is_polled)
		return 0;
	g->is_polled = true;
	g->polled_until_ms = now_ms + GUESTS_POLL_MS;
	g->n_floods++;
	if (!g->flood_told)
		log_warning("guest %s (domain %u) writes data/cagma more than %d times a second; "
			    "it is now read once a period", g->name, domid, GUESTS_MAX_EVENTS_S);
	g->flood_told = true;
	return store_unwatch_cagma(store, domid, g->generation);
}

int guests_take_event(struct guests *gs, struct store *store, const struct store_event *event,
		      uint64_t now_ms)
{
	struct guest *g = find(gs, event->domid);
	if (!g || g->generation != event->generation)
		return 0; /* of a guest that is gone */
	if (event->kind == STORE_MEMORY) {
		g->memory_changed = true;
		return 0;
	}
	g->agent_changed |= event->is_agent;
	g->report_changed |= event->is_report;
	return count_event(g, store, event->domid, now_ms);
}

/* --- reading ------------------------------------------------------------- */

/* 0, leaving *ret_number at `otherwise`, when it is not there; -EBADF when the connection is lost. */
static int read_or(struct store *store, unsigned domid, const char *path, uint64_t otherwise,
		   uint64_t *ret_number)
{
	*ret_number = otherwise;
	int r = store_read_number(store, domid, path, ret_number);
	return is_lost(r) ? r : 0;
}

static void look_up(struct guest *g, const struct config *config)
{
	const struct config_guest *listed = config_guest_find(config, g->name, g->uuid);
	g->conf_max_kib = listed ? listed->max_kib : 0;
	g->conf_min_kib = config_min_kib(config, listed, UINT64_MAX);
	g->conf_weight = listed && listed->weight ? listed->weight : (uint32_t)config->default_weight;
}

static int read_memory(struct guest *g, struct guest_view *v, struct store *store,
		       const struct config *config)
{
	uint64_t target_kib, dynamic_min_kib;
	int r = read_or(store, v->domid, "memory/static-max", 0, &g->static_max_kib);
	if (r == 0)
		r = read_or(store, v->domid, "memory/videoram", 0, &g->videoram_kib);
	if (r == 0)
		r = read_or(store, v->domid, "memory/dynamic-min", 0, &dynamic_min_kib);
	if (r == 0)
		r = read_or(store, v->domid, "memory/target", 0, &target_kib);
	if (r < 0)
		return r;
	r = store_read(store, v->domid, "name", g->name, sizeof(g->name));
	if (is_lost(r))
		return r;
	if (r < 0)
		memcpy(g->name, "?", 2);
	if (g->videoram_kib > g->static_max_kib)
		g->videoram_kib = 0;
	g->has_memory = target_kib && g->static_max_kib;
	g->is_foreign = dynamic_min_kib != 0;
	g->has_passthrough = store_has_libxl(store, v->domid, "device/pci");
	v->target_kib = target_kib + g->videoram_kib;
	look_up(g, config);
	g->memory_changed = false;
	return 0;
}

static int read_agent(struct guest *g, const struct guest_view *v, struct store *store)
{
	char line[KEYS_MAX_VALUE + 1];
	struct agent_hello hello;
	int len = store_read(store, v->domid, keys_table[KEY_AGENT].path, line, sizeof(line));
	if (is_lost(len))
		return len;
	uint64_t present;
	g->has_agent = len >= 0 &&
		       line_parse(&keys_agent_format, (struct text){line, (size_t)len}, &hello,
				  &present) == LINE_OK &&
		       hello.protocol == KEYS_PROTOCOL;
	g->agent_changed = false;
	return 0;
}

/* A guest cannot have more than Xen gave it, not long ago at least. */
static const char *check_report(const struct guest *g, const struct report *report)
{
	enum { TOLERANCE_KIB = 4096 };
	if (report->total_kib > g->alm_high_kib + TOLERANCE_KIB)
		return "says it has more memory than Xen gave it";
	return NULL;
}

static void tell_bad_report(struct guest *g, const struct guest_view *v, const char *wrong)
{
	g->n_bad_reports++;
	if (!g->bad_report)
		log_warning("guest %s (domain %u): its report %s; it keeps what it holds until it "
			    "reports sensibly", g->name, v->domid, wrong);
	g->bad_report = wrong;
}

static int read_report(struct guest *g, struct guest_view *v, struct store *store, uint64_t now_ms)
{
	char line[KEYS_MAX_VALUE + 1];
	struct report report;
	int len = store_read(store, v->domid, keys_table[KEY_REPORT].path, line, sizeof(line));
	if (is_lost(len))
		return len;
	g->report_changed = false;
	if (len == -ENOENT) {
		v->has_report = g->has_bad_report = false;
		return 0;
	}
	const char *wrong = line_error_text(LINE_TOO_LONG);
	if (len >= 0)
		wrong = report_parse((struct text){line, (size_t)len}, &report);
	if (!wrong)
		wrong = check_report(g, &report);
	g->has_bad_report = wrong != NULL;
	v->has_report = wrong == NULL;
	if (wrong) {
		tell_bad_report(g, v, wrong);
		return 0;
	}
	if (g->bad_report)
		log_info("guest %s (domain %u) reports sensibly again, after %llu bad reports",
			 g->name, v->domid, (unsigned long long)g->n_bad_reports);
	g->bad_report = NULL;
	/* a report read again unchanged is not a new one */
	if (report.seq != v->report.seq || report.uptime_ms != v->report.uptime_ms)
		v->report_ms = now_ms;
	v->report = report;
	return 0;
}

/* --- views --------------------------------------------------------------- */

static enum guest_hold judge_hold(const struct guest *g, const struct guest_view *v, uint64_t now_ms)
{
	const struct {
		bool applies;
		enum guest_hold hold;
	} rules[] = {
		{g->is_dying, HOLD_DYING},
		{!g->has_memory, HOLD_BUILDING},
		{g->is_paused, HOLD_PAUSED},
		{g->has_passthrough, HOLD_PASSTHROUGH},
		{g->is_foreign, HOLD_FOREIGN},
		{now_ms < g->call_paused_until_ms, HOLD_CALL_FAILED},
		{!g->has_agent, HOLD_NO_AGENT},
		{g->has_bad_report, HOLD_BAD_REPORT},
		{!v->has_report, HOLD_NO_AGENT},
		{now_ms > v->report_ms + KEYS_STALE_MS, HOLD_SILENT},
	};
	for (unsigned i = 0; i < sizeof(rules) / sizeof(rules[0]); i++)
		if (rules[i].applies)
			return rules[i].hold;
	return HOLD_NONE;
}

static uint64_t whole_pages_kib(uint64_t kib)
{
	return kib / MODEL_PAGE_KIB * MODEL_PAGE_KIB;
}

static void judge_bounds(const struct guest *g, struct guest_view *v)
{
	uint64_t max_kib = g->static_max_kib + g->videoram_kib;
	/* where a balloon rests below its target, libxl still refuses a target above static-max */
	if (v->slack_kib < 0)
		max_kib -= (uint64_t)-v->slack_kib < max_kib ? (uint64_t)-v->slack_kib : max_kib;
	if (g->conf_max_kib && g->conf_max_kib < max_kib)
		max_kib = g->conf_max_kib;
	v->max_kib = whole_pages_kib(max_kib);
	v->min_kib = whole_pages_kib(g->conf_min_kib < max_kib ? g->conf_min_kib : max_kib);
	v->weight = g->conf_weight;
}

/* A guest that was unwatched for flooding is read once a period instead, and watched again in time. */
static int poll_guest(struct guest *g, const struct guest_view *v, struct store *store,
		      const struct config *config, uint64_t now_ms)
{
	if (!g->is_polled || now_ms < g->poll_ms)
		return 0;
	g->poll_ms = now_ms + (uint64_t)config->period_ms;
	g->agent_changed = g->report_changed = true;
	if (now_ms < g->polled_until_ms)
		return 0;
	g->is_polled = false;
	g->n_events = 0;
	return store_watch_cagma(store, v->domid, g->generation);
}

static int read_changed(struct guest *g, struct guest_view *v, struct store *store,
			const struct config *config, uint64_t now_ms)
{
	int r = g->memory_changed ? read_memory(g, v, store, config) : 0;
	if (r == 0 && g->agent_changed)
		r = read_agent(g, v, store);
	if (r == 0 && g->report_changed)
		r = read_report(g, v, store, now_ms);
	return r;
}

int guests_refresh(struct guests *gs, struct store *store, const struct config *config,
		   uint64_t now_ms)
{
	for (unsigned i = 0; i < gs->n; i++) {
		struct guest *g = &gs->guest[i];
		struct guest_view *v = &gs->view[i];
		int r = poll_guest(g, v, store, config, now_ms);
		if (r == 0)
			r = read_changed(g, v, store, config, now_ms);
		if (r < 0)
			return r;
		if (!g->has_memory)
			v->target_kib = v->alm_kib;
		else if (g->call_is_under_way)
			v->target_kib = g->call_target_kib;
		v->hold = judge_hold(g, v, now_ms);
		balloon_observe(&g->balloon, now_ms, v);
		judge_bounds(g, v);
	}
	return 0;
}
