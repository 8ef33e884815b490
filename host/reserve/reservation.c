/* SPDX-License-Identifier: MIT */
#include "host/reserve/reservation.h"

#include "common/amount.h"
#include "common/units.h"

#include <string.h>

const char *reservation_state_word(enum reservation_state state)
{
#define X(id, word, is_over) [RESERVATION_##id] = word,
	static const char *const words[RESERVATION_STATES_] = {RESERVATION_STATES(X)};
#undef X
	return words[state];
}

bool reservation_is_over(enum reservation_state state)
{
#define X(id, word, is_over) [RESERVATION_##id] = is_over,
	static const bool over[RESERVATION_STATES_] = {RESERVATION_STATES(X)};
#undef X
	return over[state];
}

/* --- the table ------------------------------------------------------------ */

static unsigned place_of(const struct reservation_list *list, uint32_t id)
{
	unsigned i = 0;
	while (i < list->n && list->at[i].id < id)
		i++;
	return i;
}

struct reservation *reservation_find(struct reservation_list *list, uint32_t id)
{
	unsigned i = place_of(list, id);
	return i < list->n && list->at[i].id == id ? &list->at[i] : NULL;
}

static struct reservation *insert(struct reservation_list *list, uint32_t id)
{
	unsigned i = place_of(list, id);
	if (list->n == RESERVATION_MAX)
		return NULL;
	memmove(&list->at[i + 1], &list->at[i], (list->n - i) * sizeof(list->at[0]));
	list->n++;
	list->at[i] = (struct reservation){.id = id};
	return &list->at[i];
}

struct reservation *reservation_put(struct reservation_list *list, uint32_t id,
				    const struct toolkeys_request *request, const char *name,
				    unsigned serial)
{
	struct reservation *l = reservation_find(list, id);
	if (l) {
		l->request.until_ms = request->until_ms;
		return l;
	}
	l = insert(list, id);
	if (!l)
		return NULL;
	l->request = *request;
	l->since = serial;
	if (request->present & REQUEST_BIT(uuid))
		uuid_read(request->uuid, l->wanted_uuid);
	size_t len = strnlen(name, TOOLKEYS_MAX_NAME);
	memcpy(l->name, name, len);
	return l;
}

void reservation_drop(struct reservation_list *list, uint32_t id)
{
	struct reservation *l = reservation_find(list, id);
	if (!l)
		return;
	list->n--;
	memmove(l, l + 1, (size_t)(&list->at[list->n] - l) * sizeof(*l));
}

void reservation_recall(struct reservation *l, const struct toolkeys_state *state, uint64_t now_ms)
{
	for (unsigned i = 0; i < RESERVATION_STATES_; i++)
		if (strcmp(state->state, reservation_state_word((enum reservation_state)i)) == 0)
			l->state = (enum reservation_state)i;
	l->is_recalled = true;
	l->over_ms = now_ms;
	l->free_kib = state->free_kib;
	l->give_kib = state->give_kib;
	l->withheld_kib = state->withheld_kib;
	if (l->state != RESERVATION_NEW && !reservation_is_over(l->state))
		l->doubted_until_ms = now_ms + RESERVATION_DOUBT_MS;
	l->doubted_kib = UINT64_MAX;
	if (l->state != RESERVATION_IN_USE)
		return;
	l->domid = (uint32_t)state->domid;
	if (!(state->present & STATE_BIT(domid)) || !(state->present & STATE_BIT(uuid)) ||
	    !uuid_read(state->uuid, l->uuid))
		l->state = RESERVATION_READY;
}

void reservation_describe(const struct reservation *l, struct toolkeys_state *ret_state)
{
	struct toolkeys_state s = {.present = STATE_BIT(state)};
	const char *word = reservation_state_word(l->state);
	memcpy(s.state, word, strlen(word) + 1);
	if (l->state == RESERVATION_WAITING || l->state == RESERVATION_READY ||
	    l->state == RESERVATION_LATE) {
		s.there_kib = l->there_kib;
		s.present |= STATE_BIT(there_kib);
	}
	if (l->state == RESERVATION_REFUSED) {
		s.free_kib = l->free_kib;
		s.give_kib = l->give_kib;
		s.withheld_kib = l->withheld_kib;
		s.present |= STATE_BIT(free_kib) | STATE_BIT(give_kib) | STATE_BIT(withheld_kib);
	}
	if (l->state == RESERVATION_IN_USE) {
		s.domid = l->domid;
		uuid_write(l->uuid, s.uuid);
		s.present |= STATE_BIT(domid) | STATE_BIT(uuid);
	}
	*ret_state = s;
}

uint64_t reservation_kept_kib(const struct reservation_list *list)
{
	uint64_t sum_kib = 0;
	for (unsigned i = 0; i < list->n; i++)
		sum_kib += list->at[i].kept_kib;
	return sum_kib;
}

/* --- their guests --------------------------------------------------------- */

static bool is_unbound(const struct reservation *l)
{
	return l->state == RESERVATION_WAITING || l->state == RESERVATION_READY;
}

static bool is_its(const struct reservation *l, const struct reservation_domain *d)
{
	return l->state == RESERVATION_IN_USE && l->domid == d->domid &&
	       memcmp(l->uuid, d->uuid, sizeof(d->uuid)) == 0;
}

static bool is_taken(const struct reservation_list *list, const struct reservation_domain *d)
{
	for (unsigned i = 0; i < list->n; i++)
		if (is_its(&list->at[i], d))
			return true;
	return false;
}

static bool is_new_to(const struct reservation *l, const struct reservation_domain *d)
{
	return d->serial >= l->since || (l->is_recalled && !d->is_built);
}

/* While it comes in, a migrated guest has this behind its name. */
static bool has_name(const struct reservation_domain *d, const char *name)
{
	size_t len = strlen(name);
	return strncmp(d->name, name, len) == 0 &&
	       (d->name[len] == '\0' || strcmp(d->name + len, "--incoming") == 0);
}

static bool knows_its_guest(const struct reservation *l)
{
	return l->name[0] || l->request.present & REQUEST_BIT(uuid);
}

/*
 * How badly a domain fits a reservation: 0 for the one it was made for, else the
 * difference in size. A domain of less than half the size or more than twice
 * is somebody else's.
 */
static bool fits(const struct reservation *l, const struct reservation_domain *d,
		 uint64_t *ret_misfit)
{
	uint64_t size_kib = l->request.size_kib;
	*ret_misfit = 0;
	if (!is_unbound(l) || d->is_dying || !d->name[0] || !is_new_to(l, d))
		return false;
	if (l->request.present & REQUEST_BIT(uuid) &&
	    memcmp(l->wanted_uuid, d->uuid, sizeof(d->uuid)) == 0)
		return true;
	if (knows_its_guest(l))
		return l->name[0] && has_name(d, l->name);
	/* max_pages is set before the first page is given: until then nobody knows the size */
	*ret_misfit = 1 + amount_distance(size_kib, d->cap_kib);
	return !d->is_returning && d->cap_kib >= size_kib / 2 && d->cap_kib / 2 <= size_kib;
}

/* Binds the pair that fits best; false when there is none. */
static bool bind_one(struct reservation_list *list, const struct reservation_domain *domain,
		     unsigned n_domains)
{
	struct reservation *best = NULL;
	const struct reservation_domain *guest = NULL;
	uint64_t least = UINT64_MAX, misfit;
	for (unsigned k = 0; k < n_domains; k++)
		for (unsigned i = 0; i < list->n; i++) {
			if (!fits(&list->at[i], &domain[k], &misfit) || misfit >= least ||
			    is_taken(list, &domain[k]))
				continue;
			best = &list->at[i];
			guest = &domain[k];
			least = misfit;
		}
	if (!best)
		return false;
	best->state = RESERVATION_IN_USE;
	best->domid = guest->domid;
	memcpy(best->uuid, guest->uuid, sizeof(best->uuid));
	return true;
}

static const struct reservation_domain *
its_domain(const struct reservation *l, const struct reservation_domain *domain, unsigned n_domains)
{
	for (unsigned k = 0; k < n_domains; k++)
		if (is_its(l, &domain[k]))
			return &domain[k];
	return NULL;
}

static void end(struct reservation *l, enum reservation_state state, uint64_t now_ms)
{
	l->state = state;
	l->over_ms = now_ms;
}

/* A guest that dies gives its memory back page by page, so it is followed until it is gone. */
static void follow_one(struct reservation *l, uint64_t now_ms, const struct reservation_domain *d)
{
	bool is_used = d && !d->is_dying;
	if (l->state == RESERVATION_IN_USE && !d)
		l->state = RESERVATION_READY;
	if (is_used && d->runs)
		end(l, RESERVATION_USED, now_ms);
	else if (!reservation_is_over(l->state) && !is_used && now_ms >= l->request.until_ms)
		end(l, RESERVATION_EXPIRED, now_ms);
	else if ((l->state == RESERVATION_NEW || l->state == RESERVATION_WAITING) &&
		 now_ms >= l->request.wait_until_ms)
		end(l, RESERVATION_LATE, now_ms);
	l->due_kib = reservation_is_over(l->state) || l->state == RESERVATION_NEW
			     ? 0
			     : l->request.size_kib;
	if (d && l->state == RESERVATION_IN_USE)
		l->due_kib = amount_less(l->due_kib, d->alm_kib + d->claimed_kib);
	l->kept_kib = l->due_kib;
}

static uint64_t bound_doubted(struct reservation_list *list, enum reservation_state state,
			      uint64_t free_kib)
{
	for (unsigned i = 0; i < list->n; i++) {
		struct reservation *l = &list->at[i];
		if (!l->doubted_until_ms || l->state != state)
			continue;
		l->doubted_kib = amount_min(l->doubted_kib, free_kib);
		l->kept_kib = amount_min(l->kept_kib, l->doubted_kib);
		free_kib -= l->kept_kib;
	}
	return free_kib;
}

/* For those in doubt no more is kept than was free ever since, beside what the others need: if
 * guests gave for what is kept, more would be free and be kept, again and again. */
static void bound_all_doubted(struct reservation_list *list, uint64_t free_kib)
{
	for (unsigned i = 0; i < list->n; i++)
		if (!list->at[i].doubted_until_ms)
			free_kib = amount_less(free_kib, list->at[i].kept_kib);
	free_kib = bound_doubted(list, RESERVATION_IN_USE, free_kib);
	free_kib = bound_doubted(list, RESERVATION_READY, free_kib);
	bound_doubted(list, RESERVATION_WAITING, free_kib);
}

void reservation_follow(struct reservation_list *list, uint64_t now_ms, uint64_t free_kib,
			const struct reservation_domain *domain, unsigned n_domains)
{
	while (bind_one(list, domain, n_domains))
		;
	for (unsigned i = 0; i < list->n; i++)
		follow_one(&list->at[i], now_ms, its_domain(&list->at[i], domain, n_domains));
	bound_all_doubted(list, free_kib);
}

/* --- room for them -------------------------------------------------------- */

struct reservation_room reservation_room(const struct policy_conf *conf,
					 const struct snapshot *snap, const struct verdict *verdict,
					 bool gives)
{
	struct reservation_room room = {
		.free_kib = snap->host.free_kib,
		.others_kib =
			snap->host.claimed_kib + snap->host.rebooting_kib + snap->host.others_kib,
		.floor_kib = model_floor_kib(conf),
	};
	uint64_t lacking_kib = 0, step_kib = amount_max(conf->step_kib, UNITS_PAGE_KIB);
	for (unsigned i = 0; i < snap->n_guests; i++) {
		const struct guest_view *g = &snap->guest[i];
		uint64_t want_kib = verdict[i].want_kib;
		room.others_kib += model_room_kib(g);
		if (!model_is_shared(g) || !gives)
			continue;
		/* targets change by steps */
		if (model_gives(g) && !g->is_doubted)
			room.give_kib += amount_less(g->alm_kib, want_kib) / step_kib * step_kib;
		lacking_kib += amount_less(want_kib, g->alm_kib + model_pending_kib(g));
	}
	room.give_kib = amount_less(room.give_kib, lacking_kib);
	return room;
}

/* What is left while reservations are gone through: of free memory, and of what guests can give. */
struct left {
	uint64_t free_kib, give_kib;
};

static void take(struct left *left, uint64_t kib)
{
	uint64_t from_free_kib = amount_min(left->free_kib, kib);
	left->free_kib -= from_free_kib;
	left->give_kib = amount_less(left->give_kib, kib - from_free_kib);
}

static void fill(struct reservation_list *list, enum reservation_state state, struct left *left)
{
	for (unsigned i = 0; i < list->n; i++) {
		struct reservation *l = &list->at[i];
		if (l->state != state)
			continue;
		l->there_kib = amount_min(l->kept_kib, left->free_kib);
		take(left, l->kept_kib);
	}
}

static bool admit(struct reservation *l, uint64_t now_ms, struct left *left)
{
	l->free_kib = left->free_kib;
	l->give_kib = left->give_kib;
	if (l->request.size_kib > left->free_kib + left->give_kib) {
		end(l, RESERVATION_REFUSED, now_ms);
		return false;
	}
	l->state = RESERVATION_WAITING;
	l->there_kib = amount_min(l->request.size_kib, left->free_kib);
	take(left, l->request.size_kib);
	return true;
}

/* Admits one that an earlier run has admitted, if what is not kept for it can be had as well. A
 * guest that is being built is let be. */
static bool admit_anew(struct reservation *l, uint64_t now_ms, struct left *left)
{
	uint64_t lack_kib = l->due_kib - l->kept_kib;
	bool is_bound = l->state == RESERVATION_IN_USE;
	if (lack_kib > left->free_kib + left->give_kib) {
		l->free_kib = left->free_kib + l->there_kib;
		l->give_kib = left->give_kib;
		if (now_ms >= l->doubted_until_ms && !is_bound)
			end(l, RESERVATION_REFUSED, now_ms);
		return false;
	}
	take(left, lack_kib);
	l->doubted_until_ms = 0;
	if (l->there_kib < l->due_kib && !is_bound)
		l->state = RESERVATION_WAITING;
	return lack_kib > 0;
}

static bool judge_one(struct reservation *l, uint64_t now_ms, struct left *left)
{
	if (l->doubted_until_ms && !reservation_is_over(l->state))
		return admit_anew(l, now_ms, left);
	if (l->state == RESERVATION_WAITING && l->there_kib == l->request.size_kib)
		l->state = RESERVATION_READY;
	return l->state == RESERVATION_NEW && admit(l, now_ms, left);
}

bool reservation_judge(struct reservation_list *list, uint64_t now_ms,
		       const struct reservation_room *room)
{
	struct left left = {room->free_kib, room->give_kib};
	bool is_admitted = false;
	take(&left, room->others_kib);
	fill(list, RESERVATION_IN_USE, &left);
	fill(list, RESERVATION_READY, &left);
	take(&left, room->floor_kib);
	fill(list, RESERVATION_WAITING, &left);
	for (unsigned i = 0; i < list->n; i++) {
		struct reservation *l = &list->at[i];
		if (l->state == RESERVATION_NEW)
			l->withheld_kib = amount_less(room->free_kib, left.free_kib);
		is_admitted |= judge_one(l, now_ms, &left);
	}
	return is_admitted;
}
