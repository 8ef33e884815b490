/* SPDX-License-Identifier: MIT */
#include "host/daemon/guests.h"

#include "common/amount.h"
#include "common/log.h"
#include "common/units.h"
#include "host/daemon/intake.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

int guests_init(struct guests *gs, unsigned capacity)
{
	*gs = (struct guests){.capacity = capacity, .next_generation = 1};
	gs->guest = calloc(capacity, sizeof(*gs->guest));
	gs->view = calloc(capacity, sizeof(*gs->view));
	if (memory_init(&gs->memory, calloc(1, MEMORY_BYTES(capacity)), capacity) && gs->guest &&
	    gs->view)
		return 0;
	guests_finish(gs);
	return -ENOMEM;
}

void guests_finish(struct guests *gs)
{
	free(gs->guest);
	free(gs->view);
	free(gs->memory.room);
	*gs = (struct guests){0};
}

static bool is_guest(const struct guests *gs, const struct hypervisor_domain *d)
{
	enum { FIRST_SYSTEM_DOMID = 0x7ff0 };
	return (d->domid != 0 || gs->has_dom0) && d->domid < FIRST_SYSTEM_DOMID;
}

static void note_departure(struct guests *gs, const struct guest *g, uint64_t now_ms)
{
	struct departure *place = &gs->departure[0];
	for (unsigned i = 0; i < GUESTS_MAX_REBOOTS; i++) {
		struct departure *d = &gs->departure[i];
		if (memcmp(d->uuid, g->uuid, sizeof(d->uuid)) == 0) {
			place = d;
			break;
		}
		if (d->until_ms < place->until_ms)
			place = d;
	}
	*place = (struct departure){.alm_kib = amount_max(g->living_alm_kib, g->boot_kib),
				    .boot_kib = g->boot_kib,
				    .until_ms = now_ms + GUESTS_REBOOT_MS};
	memcpy(place->uuid, g->uuid, sizeof(place->uuid));
}

/* Those from `from` on come to be from `to` on, whatever is kept of them. */
static void move_all(struct guests *gs, unsigned to, unsigned from)
{
	unsigned n = gs->n - from;
	memmove(&gs->guest[to], &gs->guest[from], n * sizeof(gs->guest[0]));
	memmove(&gs->view[to], &gs->view[from], n * sizeof(gs->view[0]));
	memory_move(&gs->memory, to, from, n);
}

static void remove_at(struct guests *gs, struct store *store, unsigned i)
{
	unsigned domid = gs->view[i].domid, generation = gs->guest[i].generation;
	store_unwatch_memory(store, domid, generation);
	if (!gs->guest[i].is_polled)
		store_unwatch_cagma(store, domid, generation);
	move_all(gs, i, i + 1);
	gs->n--;
}

const struct published guests_nothing_published = {.alm_kib = UINT64_MAX,
						   .avm_kib = UINT64_MAX,
						   .cma_kib = UINT64_MAX,
						   .target_kib = UINT64_MAX,
						   .credit_kib = UINT64_MAX,
						   .period_ms = UINT64_MAX};

static int watch_guest(struct guests *gs, struct store *store, unsigned i)
{
	struct guest *g = &gs->guest[i];
	int r = store_watch_memory(store, gs->view[i].domid, g->generation);
	if (r == 0)
		r = store_watch_cagma(store, gs->view[i].domid, g->generation);
	g->is_polled = false;
	g->published = guests_nothing_published;
	g->memory_changed = g->agent_changed = g->report_changed = g->alarm_changed = true;
	return r;
}

static int insert_at(struct guests *gs, struct store *store, unsigned i,
		     const struct hypervisor_domain *d)
{
	move_all(gs, i + 1, i);
	gs->n++;
	gs->guest[i] = (struct guest){
		.generation = gs->next_generation++,
	};
	memcpy(gs->guest[i].uuid, d->uuid, sizeof(d->uuid));
	gs->view[i] = (struct guest_view){.domid = d->domid};
	memory_clear(&gs->memory, i);
	return watch_guest(gs, store, i);
}

static void take_domain(struct guests *gs, unsigned i, const struct hypervisor_domain *d,
			uint64_t now_ms)
{
	struct guest *g = &gs->guest[i];
	struct guest_view *v = &gs->view[i];
	if (d->is_rebooting && !g->is_dying)
		note_departure(gs, g, now_ms);
	v->alm_kib = d->alm_kib;
	v->cap_kib = d->cap_kib;
	g->is_dying = d->is_dying;
	g->is_paused = d->is_paused;
	g->outstanding_kib = d->outstanding_kib;
	if (!d->is_dying)
		g->living_alm_kib = d->alm_kib;
	if (d->alm_kib >= g->alm_high_kib || now_ms >= g->alm_high_ms + GUESTS_ALM_MEMORY_MS) {
		g->alm_high_kib = d->alm_kib;
		g->alm_high_ms = now_ms;
	}
}

static bool is_same_domain(const struct guests *gs, unsigned i, const struct hypervisor_domain *d)
{
	return gs->view[i].domid == d->domid &&
	       memcmp(gs->guest[i].uuid, d->uuid, sizeof(d->uuid)) == 0;
}

/* Both lists are in order of domid. Those that are gone make room first. */
static void remove_gone(struct guests *gs, struct store *store,
			const struct hypervisor_domain *domain, unsigned n_domains)
{
	unsigned k = 0;
	for (unsigned i = 0; i < gs->n;) {
		while (k < n_domains && domain[k].domid < gs->view[i].domid)
			k++;
		if (k < n_domains && is_same_domain(gs, i, &domain[k]) && is_guest(gs, &domain[k]))
			i++;
		else
			remove_at(gs, store, i);
	}
}

int guests_match(struct guests *gs, struct store *store, const struct hypervisor_domain *domain,
		 unsigned n_domains, uint64_t now_ms)
{
	unsigned i = 0;
	remove_gone(gs, store, domain, n_domains);
	for (unsigned k = 0; k < n_domains; k++) {
		const struct hypervisor_domain *d = &domain[k];
		if (!is_guest(gs, d))
			continue;
		bool is_new = i == gs->n || gs->view[i].domid != d->domid;
		if (is_new && gs->n == gs->capacity) {
			if (!gs->is_full_told)
				log_error("there are more than %u guests; the rest is left alone: "
					  "raise max_guests",
					  gs->capacity);
			gs->is_full_told = true;
			continue;
		}
		int r = is_new ? insert_at(gs, store, i, d) : 0;
		if (r < 0)
			return r;
		take_domain(gs, i, d, now_ms);
		i++;
	}
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

void guests_note_verdicts(struct guests *gs, const struct verdict *verdict)
{
	for (unsigned i = 0; i < gs->n; i++)
		if (gs->view[i].has_report)
			gs->guest[i].is_short = gs->view[i].report.avail_kib < verdict[i].cma_kib;
}

void guests_note_migrations(struct guests *gs, const uint32_t *domid, unsigned n, uint64_t now_ms)
{
	for (unsigned i = 0; i < n; i++) {
		struct guest *g = find(gs, domid[i]);
		if (g)
			g->migrating_until_ms = now_ms + GUESTS_MIGRATION_MS;
	}
}

bool guests_any_migrates(const struct guests *gs, uint64_t now_ms)
{
	for (unsigned i = 0; i < gs->n; i++)
		if (now_ms < gs->guest[i].migrating_until_ms)
			return true;
	return false;
}

/* What a guest that is gone, or being built anew, does not hold yet of what it held. */
static uint64_t missing_kib(const struct guests *gs, const struct departure *d)
{
	uint64_t has_kib = 0; /* the old domain's, until it is gone, and the new one's */
	for (unsigned i = 0; i < gs->n; i++)
		if (memcmp(gs->guest[i].uuid, d->uuid, sizeof(d->uuid)) == 0)
			has_kib += gs->view[i].alm_kib + gs->guest[i].outstanding_kib;
	return amount_less(d->alm_kib, has_kib);
}

uint64_t guests_held_kib(const struct guests *gs, uint64_t now_ms)
{
	uint64_t held_kib = 0;
	for (unsigned i = 0; i < GUESTS_MAX_REBOOTS; i++)
		if (gs->departure[i].until_ms > now_ms)
			held_kib += missing_kib(gs, &gs->departure[i]);
	return held_kib;
}

/* It runs again, and was built with what it had at last, which may be too little to boot with. */
static void note_return(struct guests *gs, struct guest *g, uint64_t now_ms)
{
	for (unsigned i = 0; i < GUESTS_MAX_REBOOTS; i++) {
		struct departure *d = &gs->departure[i];
		if (d->until_ms <= now_ms || memcmp(g->uuid, d->uuid, sizeof(d->uuid)) != 0)
			continue;
		g->boot_kib = amount_max(g->boot_kib, d->boot_kib);
		g->boot_until_ms = now_ms + GUESTS_BOOT_MS;
		g->has_returned = true;
		d->until_ms = 0;
	}
}

bool guests_is_returning(const struct guests *gs, const struct guest *g, uint64_t now_ms)
{
	for (unsigned i = 0; i < GUESTS_MAX_REBOOTS; i++) {
		const struct departure *d = &gs->departure[i];
		if (d->until_ms > now_ms && memcmp(d->uuid, g->uuid, sizeof(d->uuid)) == 0)
			return true;
	}
	return g->has_returned;
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
			    "it is now read once a period",
			    g->name, domid, GUESTS_MAX_EVENTS_S);
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
		g->target_changed |= event->is_target;
		g->memory_changed |= !event->is_target;
		gs->has_unread |= event->is_target;
		return 0;
	}
	g->agent_changed |= event->is_agent;
	g->report_changed |= event->is_report;
	g->alarm_changed |= event->is_alarm;
	return count_event(g, store, event->domid, now_ms);
}

bool guests_is_running(const struct guest *g)
{
	return g->has_memory && !g->is_paused && !g->is_dying;
}

/* --- views --------------------------------------------------------------- */

static bool is_booting(const struct guest *g, const struct guest_view *v, uint64_t now_ms)
{
	return g->boot_kib && now_ms < g->boot_until_ms && !v->has_report;
}

static enum guest_hold judge_hold(const struct guest *g, const struct guest_view *v,
				  uint64_t now_ms)
{
	uint64_t silent_from_ms =
		v->report_ms + KEYS_STALE_MS + (g->is_short ? GUESTS_SHORT_MS : 0);
	const struct {
		bool applies;
		enum guest_hold hold;
	} rules[] = {
		{g->is_dying, HOLD_DYING},
		{!g->has_memory, HOLD_BUILDING},
		{g->is_paused, HOLD_PAUSED},
		{now_ms < g->migrating_until_ms, HOLD_MIGRATING},
		{g->has_passthrough, HOLD_PASSTHROUGH},
		{g->is_foreign, HOLD_FOREIGN},
		{now_ms < g->by_hand_until_ms, HOLD_BY_HAND},
		{now_ms < g->call_paused_until_ms, HOLD_CALL_FAILED},
		{g->has_bad_report, HOLD_BAD_REPORT},
		{is_booting(g, v, now_ms), HOLD_NONE},
		{!g->has_agent, HOLD_NO_AGENT},
		{!v->has_report, HOLD_NO_AGENT},
		{now_ms > silent_from_ms, HOLD_SILENT},
	};
	for (unsigned i = 0; i < sizeof(rules) / sizeof(rules[0]); i++)
		if (rules[i].applies)
			return rules[i].hold;
	return HOLD_NONE;
}

static uint64_t whole_pages_kib(uint64_t kib)
{
	return units_whole_pages_kib(kib);
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

/* A guest that was unwatched for flooding is read once a period instead, and watched again in time.
 */
static int poll_guest(struct guest *g, const struct guest_view *v, struct store *store,
		      const struct config *config, uint64_t now_ms)
{
	if (!g->is_polled || now_ms < g->poll_ms)
		return 0;
	g->poll_ms = now_ms + config->conf.period_ms;
	g->agent_changed = g->report_changed = g->alarm_changed = true;
	if (now_ms < g->polled_until_ms)
		return 0;
	g->is_polled = false;
	g->n_events = 0;
	return store_watch_cagma(store, v->domid, g->generation);
}

/* What is there, apart from how the guest is treated. */
static void fill_view(struct guest *g, struct guest_view *v, uint64_t now_ms)
{
	if (!g->has_memory)
		v->target_kib = v->alm_kib;
	else if (g->call_is_under_way) /* until it is done, the old one still holds */
		v->target_kib = amount_max(g->call_target_kib, g->known_target_kib);
	/* raised by us before we were started anew, or by whomever: it is credit */
	if (g->has_memory && g->can_grow_itself && !g->call_is_under_way &&
	    v->cap_kib > v->target_kib + MODEL_LIBXL_SLACK_KIB + GUESTS_CAP_NOISE_KIB)
		g->credited_cap_kib = v->cap_kib;
	v->boot_kib = is_booting(g, v, now_ms) ? g->boot_kib : 0;
	v->is_being_told = g->call_is_under_way;
	v->may_have_credit = g->can_grow_itself && g->is_trusted;
	v->can_alarm = g->can_alarm;
	v->is_credited = g->credited_cap_kib != 0;
	v->is_alarmed = g->is_trusted && now_ms < g->alarm_until_ms;
	v->slack_kib = g->balloon.slack_kib;
}

static void judge_view(struct guest *g, struct guest_view *v, uint64_t now_ms)
{
	enum guest_hold held_before = v->hold;
	v->hold = judge_hold(g, v, now_ms);
	judge_bounds(g, v);
	/* what a guest does that is not built yet, or stands still, says nothing */
	if (guests_is_running(g))
		balloon_observe(&g->balloon, now_ms, v);
	else
		g->balloon = (struct balloon){0};
	if (v->hold != held_before)
		log_debug("guest %s (domain %u) is %s", g->name, v->domid,
			  model_hold_word(v->hold));
}

static bool has_departures(const struct guests *gs, uint64_t now_ms)
{
	for (unsigned i = 0; i < GUESTS_MAX_REBOOTS; i++)
		if (gs->departure[i].until_ms > now_ms)
			return true;
	return false;
}

int guests_refresh(struct guests *gs, struct store *store, const struct config *config,
		   bool is_urgent, uint64_t now_ms)
{
	bool may_return = has_departures(gs, now_ms);
	for (unsigned i = 0; i < gs->n; i++) {
		struct guest *g = &gs->guest[i];
		struct guest_view *v = &gs->view[i];
		int r = poll_guest(g, v, store, config, now_ms);
		if (r == 0)
			r = intake_read(g, v, store, config, is_urgent, now_ms);
		if (r < 0)
			return r;
		if (may_return && guests_is_running(g))
			note_return(gs, g, now_ms);
		fill_view(g, v, now_ms);
		judge_view(g, v, now_ms);
	}
	return 0;
}

int guests_read_more(struct guests *gs, struct store *store, const struct config *config,
		     uint64_t now_ms)
{
	for (unsigned i = 0; i < gs->n && gs->has_unread; i++) {
		struct guest *g = &gs->guest[i];
		if (!intake_is_target_alone(g) || g->call_is_under_way)
			continue;
		int r = intake_read_target(g, &gs->view[i], store, config, now_ms);
		gs->has_unread = !g->target_changed; /* what cannot be read now is the pass's */
		return r < 0 ? r : 1;
	}
	gs->has_unread = false;
	return 0;
}
