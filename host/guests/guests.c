/* SPDX-License-Identifier: MIT */
#include "host/guests/guests.h"

#include "common/amount.h"
#include "common/system/log.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

int guests_init(struct guests *gs, unsigned capacity)
{
	*gs = (struct guests){.capacity = capacity, .next_generation = 1, .poll_ms = UINT64_MAX};
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

/* Moves all that is kept of the guests from index `from` on to index `to` on. */
static void move_all(struct guests *gs, unsigned to, unsigned from)
{
	unsigned n = gs->n - from;
	memmove(&gs->guest[to], &gs->guest[from], n * sizeof(gs->guest[0]));
	memmove(&gs->view[to], &gs->view[from], n * sizeof(gs->view[0]));
	memory_move(&gs->memory, to, from, n);
}

/* Its return may have come before it has gone. */
static bool is_back(const struct guests *gs, const struct guest *gone)
{
	for (unsigned i = 0; i < gs->n; i++)
		if (gs->guest[i].generation > gone->generation &&
		    memcmp(gs->guest[i].uuid, gone->uuid, UUID_BYTES) == 0)
			return true;
	return false;
}

/* What a guest was built with is forgotten when it is gone for good. */
static void remove_at(struct guests *gs, const struct io *io, unsigned i, uint64_t now_ms)
{
	const struct guest *g = &gs->guest[i];
	if (!is_back(gs, g) && !reboots_awaits(&gs->reboots, g->uuid, g->generation, now_ms))
		io->keep_built(io->world, g->uuid, NULL);
	io->unwatch(io->world, IO_WATCH_MEMORY, g->domid, g->generation);
	if (!g->is_polled || g->is_to_unwatch)
		io->unwatch(io->world, IO_WATCH_CAGMA, g->domid, g->generation);
	move_all(gs, i, i + 1);
	gs->n--;
}

static int watch_guest(struct guests *gs, const struct io *io, unsigned i)
{
	struct guest *g = &gs->guest[i];
	int r = io->watch(io->world, IO_WATCH_MEMORY, g->domid, g->generation);
	if (r == 0)
		r = io->watch(io->world, IO_WATCH_CAGMA, g->domid, g->generation);
	g->is_polled = g->is_to_unwatch = false;
	guest_forget_published(g);
	g->memory_changed = g->agent_changed = g->report_changed = g->alarm_changed = true;
	g->sources_changed = SOURCE_ALL;
	memset(g->news, 0, sizeof(g->news));
	return r;
}

/* A copy of a guest that was given the same UUID is taken for the guest by libxl's files, by an
 * entry of the configuration, and by everybody who looks for a UUID. */
static void tell_of_twins(const struct guests *gs, unsigned i)
{
	static const uint8_t none[UUID_BYTES];
	const struct guest *g = &gs->guest[i];
	for (unsigned k = 0; k < gs->n; k++) {
		const struct guest *other = &gs->guest[k];
		if (k == i || other->facts.is_dying || other->facts.migrating_until_ms ||
		    memcmp(g->uuid, none, UUID_BYTES) == 0 ||
		    memcmp(g->uuid, other->uuid, UUID_BYTES) != 0)
			continue;
		log_warning("domains %u and %u have one UUID; give each guest a uuid= of its own",
			    other->domid, g->domid);
		return;
	}
}

/* The domain has come since the last list, which is so new that no agent can have come and gone. */
static bool has_just_come(const struct guests *gs, const struct hypervisor_domain *d,
			  uint64_t now_ms)
{
	return now_ms < gs->seen_until_ms && d->domid > gs->highest_domid;
}

static int insert_at(struct guests *gs, const struct io *io, unsigned i,
		     const struct hypervisor_domain *d, uint64_t now_ms)
{
	move_all(gs, i + 1, i);
	gs->n++;
	gs->guest[i] = (struct guest){.domid = d->domid,
				      .generation = gs->next_generation++,
				      .facts.is_report_proven = has_just_come(gs, d, now_ms),
				      .report_uptime_ms = GUEST_NOT_READ,
				      .alarm_uptime_ms = GUEST_NOT_READ};
	memcpy(gs->guest[i].uuid, d->uuid, sizeof(d->uuid));
	gs->view[i] = (struct guest_view){.domid = d->domid};
	memory_clear(&gs->memory, i);
	tell_of_twins(gs, i);
	return watch_guest(gs, io, i);
}

static void take_domain(struct guests *gs, unsigned i, const struct hypervisor_domain *d,
			uint64_t now_ms)
{
	struct guest *g = &gs->guest[i];
	if (d->may_return && !g->facts.is_dying)
		reboots_note_departure(&gs->reboots, g->uuid, g->generation,
				       amount_max(g->living_alm_kib, guest_target_kib(g)),
				       g->built_kib, now_ms);
	g->alm_kib = d->alm_kib;
	g->cap_kib = d->cap_kib;
	g->claimed_kib = d->outstanding_kib;
	g->facts.is_dying = d->is_dying;
	g->facts.is_torn_down = d->is_torn_down;
	g->facts.is_paused = d->is_paused;
	g->alm_unread_kib = amount_max(g->alm_unread_kib, d->alm_kib);
	if (!d->is_dying)
		g->living_alm_kib = d->alm_kib;
	if (d->alm_kib >= g->alm_high_kib || now_ms >= g->alm_high_ms + GUEST_ALM_MEMORY_MS) {
		g->alm_high_kib = d->alm_kib;
		g->alm_high_ms = now_ms;
	}
}

static bool is_same_domain(const struct guests *gs, unsigned i, const struct hypervisor_domain *d)
{
	return gs->guest[i].domid == d->domid &&
	       memcmp(gs->guest[i].uuid, d->uuid, sizeof(d->uuid)) == 0;
}

/* Guests that are gone are removed before new ones come, to make room. Both lists are in order of
 * domid. */
static void remove_gone(struct guests *gs, const struct io *io,
			const struct hypervisor_domain *domain, unsigned n_domains, uint64_t now_ms)
{
	unsigned k = 0;
	for (unsigned i = 0; i < gs->n;) {
		while (k < n_domains && domain[k].domid < gs->guest[i].domid)
			k++;
		if (k < n_domains && is_same_domain(gs, i, &domain[k]) && is_guest(gs, &domain[k]))
			i++;
		else
			remove_at(gs, io, i, now_ms);
	}
}

int guests_match(struct guests *gs, const struct io *io, const struct hypervisor_domain *domain,
		 unsigned n_domains, uint64_t now_ms)
{
	unsigned i = 0;
	gs->beyond_kib = 0;
	remove_gone(gs, io, domain, n_domains, now_ms);
	for (unsigned k = 0; k < n_domains; k++) {
		const struct hypervisor_domain *d = &domain[k];
		if (!is_guest(gs, d))
			continue;
		bool is_new = i == gs->n || gs->guest[i].domid != d->domid;
		if (is_new && gs->n == gs->capacity) {
			if (trouble_met(&gs->full))
				log_error("there are more than %u guests, and not all are "
					  "balanced: raise max_guests",
					  gs->capacity);
			gs->beyond_kib += amount_less(d->cap_kib, d->alm_kib);
			continue;
		}
		int r = is_new ? insert_at(gs, io, i, d, now_ms) : 0;
		if (r < 0)
			return r;
		take_domain(gs, i, d, now_ms);
		i++;
	}
	if (n_domains)
		gs->highest_domid =
			(uint16_t)amount_max(gs->highest_domid, domain[n_domains - 1].domid);
	gs->seen_until_ms = now_ms + KEYS_STALE_MS;
	return 0;
}

void guests_configure_anew(struct guests *gs)
{
	for (unsigned i = 0; i < gs->n; i++)
		gs->guest[i].is_configured = false;
}

int guests_watch_anew(struct guests *gs, const struct io *io)
{
	int r = io->watch(io->world, IO_WATCH_MEMORY, 0, 0);
	gs->dom0_changed = true;
	for (unsigned i = 0; i < gs->n && r == 0; i++)
		r = watch_guest(gs, io, i);
	return r;
}

static struct guest *find(struct guests *gs, uint32_t domid)
{
	unsigned low = 0, high = gs->n;
	while (low < high) {
		unsigned middle = low + (high - low) / 2;
		if (gs->guest[middle].domid < domid)
			low = middle + 1;
		else
			high = middle;
	}
	return low < gs->n && gs->guest[low].domid == domid ? &gs->guest[low] : NULL;
}

struct guest *guests_find(struct guests *gs, uint32_t domid, const uint8_t uuid[16])
{
	struct guest *g = find(gs, domid);
	return g && memcmp(g->uuid, uuid, sizeof(g->uuid)) == 0 ? g : NULL;
}

void guests_note_verdicts(struct guests *gs, const struct verdict *verdict, uint64_t now_ms)
{
	for (unsigned i = 0; i < gs->n; i++) {
		lasting_take(&gs->guest[i].lasting, &gs->view[i], &verdict[i], now_ms);
		if (gs->view[i].has_report)
			gs->guest[i].facts.is_short =
				verdict[i].is_spared ||
				gs->view[i].report.avail_kib < verdict[i].cma_kib;
	}
}

void guests_note_migrations(struct guests *gs, const uint32_t *domid, unsigned n, uint64_t now_ms)
{
	for (unsigned i = 0; i < n; i++) {
		struct guest *g = find(gs, domid[i]);
		if (g)
			g->facts.migrating_until_ms = now_ms + GUEST_MIGRATION_MS;
	}
}

bool guests_any_migrates(const struct guests *gs, uint64_t now_ms)
{
	for (unsigned i = 0; i < gs->n; i++)
		if (now_ms < gs->guest[i].facts.migrating_until_ms)
			return true;
	return false;
}

static struct reboots_domain domain_at(const void *arg, unsigned i)
{
	const struct guest *g = &((const struct guests *)arg)->guest[i];
	return (struct reboots_domain){g->uuid, g->generation, g->alm_kib + g->claimed_kib};
}

uint64_t guests_rebooting_kib(struct guests *gs, uint64_t now_ms)
{
	return reboots_kept_kib(&gs->reboots, now_ms, gs->n, domain_at, gs);
}

bool guests_is_returning(const struct guests *gs, const struct guest *g, uint64_t now_ms)
{
	return g->has_returned || reboots_awaits(&gs->reboots, g->uuid, g->generation, now_ms);
}

void guests_say_minutes(struct guests *gs, uint64_t now_ms)
{
	for (unsigned i = 0; i < gs->n; i++) {
		struct guest *g = &gs->guest[i];
		if (!minute_is_over(&g->minute, now_ms))
			continue;
		struct log_subject subject = guest_subject(g, model_reason_word(g->minute.reason));
		minute_say(&g->minute, &subject, guest_text(g), g->n_alarms);
	}
}

void guests_clear_keys(struct guests *gs, const struct io *io)
{
	for (unsigned i = 0; i < gs->n; i++)
		if (!gs->guest[i].facts.is_dying)
			io->clear(io->world, gs->guest[i].domid);
}

/* --- events -------------------------------------------------------------- */

/* A guest that floods is not unwatched here, as that takes time: hearing_more() does it. */
static void count_event(struct guests *gs, struct guest *g, uint64_t now_ms)
{
	if (now_ms >= g->events_since_ms + 1000) {
		g->n_events_before = now_ms < g->events_since_ms + 2000 ? g->n_events : 0;
		g->events_since_ms = now_ms;
		g->n_events = 0;
	}
	if (++g->n_events <= GUEST_MAX_EVENTS_S)
		return;
	bool floods_again = now_ms < g->polled_until_ms + GUEST_POLL_MS;
	g->is_polled = g->is_to_unwatch = true;
	g->poll_ms = now_ms;
	gs->poll_ms = amount_min(gs->poll_ms, now_ms);
	g->polled_for_ms = g->polled_for_ms && floods_again
				   ? amount_min(2 * g->polled_for_ms, GUEST_POLL_MOST_MS)
				   : GUEST_POLL_MS;
	g->polled_until_ms = now_ms + g->polled_for_ms;
	if (trouble_met(&g->flooded))
		log_warning("%s writes what it reports more than %d times a second; it is now "
			    "read once a period",
			    guest_text(g), GUEST_MAX_EVENTS_S);
}

bool guests_take_event(struct guests *gs, const struct store_event *event, uint64_t now_ms)
{
	struct guest *g = find(gs, event->domid);
	gs->dom0_changed |= event->domid == 0 && event->kind == STORE_MEMORY;
	if (!g || g->generation != event->generation)
		return false; /* the event is of a guest that is gone */
	if (event->kind == STORE_MEMORY) {
		g->target_changed |= event->is_target;
		g->memory_changed |= !event->is_target;
		gs->has_unread |= event->is_target;
		return true;
	}
	if (g->is_polled)
		return false; /* it is read when its time comes */
	g->agent_changed |= event->is_agent;
	g->report_changed |= event->is_report;
	g->alarm_changed |= event->is_alarm;
	g->sources_changed |= event->sources;
	gs->n_written++;
	count_event(gs, g, now_ms);
	return !g->is_polled;
}
