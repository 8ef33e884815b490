/* SPDX-License-Identifier: MIT */
#include "host/daemon/reservations.h"

#include "common/system/clock.h"
#include "common/system/log.h"
#include "host/xen/tool.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define MIB_OF(kib) (((kib) + 1023) / 1024)

int reservations_init(struct reservations *r, unsigned capacity)
{
	*r = (struct reservations){.capacity = capacity};
	r->domain = calloc(capacity, sizeof(*r->domain));
	return r->domain ? 0 : -ENOMEM;
}

void reservations_finish(struct reservations *r)
{
	free(r->domain);
	*r = (struct reservations){0};
}

static int write_hello(struct store *store)
{
	struct toolkeys_daemon hello = {
		.protocol = TOOLKEYS_PROTOCOL, .pid = (uint64_t)getpid(), .version = CAGMA_VERSION};
	char line[TOOLKEYS_MAX_BYTES + 1];
	line_write(&toolkeys_daemon_format, &hello,
		   UINT64_MAX >> (64 - toolkeys_daemon_format.n_fields), line, sizeof(line));
	return tool_write(store, NULL, toolkeys_table[TOOLKEYS_DAEMON].path, line);
}

int reservations_open(struct reservations *r, struct store *store)
{
	r->is_changed = true;
	int error = tool_open(store);
	if (error == 0)
		error = write_hello(store);
	if (error == 0 || error == -EBADF)
		return error;
	log_error("xenstore does not take " TOOLKEYS_ROOT ": %s; there are no reservations",
		  strerror(-error));
	return 0; /* balancing goes on without reservations */
}

void reservations_close(struct store *store)
{
	tool_remove(store, toolkeys_table[TOOLKEYS_DAEMON].path);
}

bool reservations_take_event(struct reservations *r, const struct store_event *event)
{
	r->is_changed |= !event->is_answer;
	return !event->is_answer;
}

/* --- reading -------------------------------------------------------------- */

static struct reservation_answer *answer_of(struct reservations *r, uint32_t id)
{
	struct reservation_answer *place = &r->answer[0];
	for (unsigned i = 0; i < RESERVATION_MAX; i++) {
		if (r->answer[i].id == id)
			return &r->answer[i];
		if (!r->answer[i].id)
			place = &r->answer[i];
	}
	/* one is free, as there are as many places as reservations */
	*place = (struct reservation_answer){.id = id};
	return place;
}

static int read_key(struct store *store, enum toolkeys_key key, uint32_t id, char *buf, size_t size)
{
	char path[TOOLKEYS_MAX_PATH];
	toolkeys_path(key, id, path);
	return tool_read(store, path, buf, size);
}

static int read_name(struct store *store, uint32_t id, char name[TOOLKEYS_MAX_NAME + 1])
{
	int len = read_key(store, TOOLKEYS_NAME, id, name, TOOLKEYS_MAX_NAME + 1);
	if (len < 0 || !toolkeys_is_name((struct text){name, (size_t)len}))
		name[0] = '\0';
	return len;
}

static int read_state(struct store *store, uint32_t id, struct toolkeys_state *ret_state)
{
	char line[TOOLKEYS_MAX_BYTES + 1];
	uint64_t present;
	int len = read_key(store, TOOLKEYS_STATE, id, line, sizeof(line));
	if (len < 0)
		return len;
	if (line_parse(&toolkeys_state_format, (struct text){line, (size_t)len}, ret_state,
		       &present) != LINE_OK)
		return -EBADMSG;
	ret_state->present = present;
	return 0;
}

static void tell_made(const struct reservation *l)
{
	char name[TOOLKEYS_MAX_NAME + 1];
	text_printable((struct text){l->name, strlen(l->name)}, "", name, sizeof(name));
	log_info("reservation %" PRIu32 ": %" PRIu64 " MiB%s%s, %s", l->id,
		 MIB_OF(l->request.size_kib), name[0] ? " for " : "", name,
		 reservation_state_word(l->state));
}

/* Takes in a reservation that is not known yet. Returns 0 or -EBADF. */
static int take_new(struct reservations *r, struct store *store, uint32_t id,
		    const struct toolkeys_request *request, unsigned serial)
{
	char name[TOOLKEYS_MAX_NAME + 1];
	struct toolkeys_state state;
	int error = read_name(store, id, name);
	if (error == -EBADF)
		return error;
	error = read_state(store, id, &state);
	if (error == -EBADF)
		return error;
	struct reservation *l = reservation_put(&r->list, id, request, name, serial);
	if (!l) {
		if (trouble_met(&r->is_full))
			log_error("there are more than %d reservations; the rest is passed over",
				  RESERVATION_MAX);
		return 0;
	}
	struct reservation_answer *a = answer_of(r, id);
	if (error == 0 && !r->has_recalled) {
		reservation_recall(l, &state, clock_boot_ms());
		a->state = l->state;
	}
	tell_made(l);
	return 0;
}

static int take_request(struct reservations *r, struct store *store, uint32_t id, unsigned serial)
{
	char line[TOOLKEYS_MAX_BYTES + 1];
	struct toolkeys_request request;
	int len = read_key(store, TOOLKEYS_REQUEST, id, line, sizeof(line));
	if (len == -EBADF || len == -ENOENT)
		return len == -EBADF ? len : 0;
	const char *wrong = len < 0 ? "cannot be read" : NULL;
	if (!wrong)
		wrong = toolkeys_read_request((struct text){line, (size_t)len}, &request);
	if (wrong) {
		if (trouble_met(&r->bad_request))
			log_warning("reservation %" PRIu32 ": its request %s; it is passed over",
				    id, wrong);
		return 0;
	}
	if (!reservation_find(&r->list, id))
		return take_new(r, store, id, &request, serial);
	reservation_put(&r->list, id, &request, "", serial);
	return 0;
}

static void forget(struct reservations *r, uint32_t id)
{
	answer_of(r, id)->id = 0;
	reservation_drop(&r->list, id);
}

static void drop_released(struct reservations *r, const uint32_t *id, unsigned n)
{
	for (unsigned i = 0; i < r->list.n;) {
		uint32_t known = r->list.at[i].id;
		unsigned k = 0;
		while (k < n && id[k] != known)
			k++;
		if (k < n) {
			i++;
			continue;
		}
		log_info("reservation %" PRIu32 " is released", known);
		forget(r, known);
	}
}

static int read_all(struct reservations *r, struct store *store, unsigned serial)
{
	uint32_t id[RESERVATION_MAX];
	int n = tool_list(store, "reservation", id, RESERVATION_MAX);
	if (n < 0)
		return n == -EBADF ? n : 0; /* is_changed stays set, so the next pass tries again */
	unsigned listed = n < RESERVATION_MAX ? (unsigned)n : RESERVATION_MAX;
	drop_released(r, id, listed);
	for (unsigned i = 0; i < listed; i++) {
		int error = id[i] ? take_request(r, store, id[i], serial) : 0;
		if (error < 0)
			return error;
	}
	r->is_changed = false;
	r->has_recalled = true;
	/* somebody may have removed the whole directory */
	return write_hello(store) == -EBADF ? -EBADF : 0;
}

/* --- the guests ----------------------------------------------------------- */

static unsigned list_domains(struct reservations *r, struct guests *gs, uint64_t now_ms)
{
	unsigned n = 0;
	for (unsigned i = 0; i < gs->n; i++) {
		const struct guest *g = &gs->guest[i];
		if (g->domid == 0)
			continue;
		r->domain[n] = (struct reservation_domain){
			.domid = g->domid,
			.name = g->name,
			.serial = g->generation,
			.alm_kib = g->alm_kib,
			.claimed_kib = g->claimed_kib,
			.cap_kib = g->cap_kib,
			.is_built = g->facts.has_memory,
			.runs = hold_is_running(&g->facts),
			.is_dying = g->facts.is_dying,
			.is_returning = guests_is_returning(gs, g, now_ms),
		};
		memcpy(r->domain[n++].uuid, g->uuid, sizeof(g->uuid));
	}
	return n;
}

int reservations_refresh(struct reservations *r, struct store *store, struct guests *gs,
			 uint64_t free_kib, uint64_t now_ms, uint64_t *ret_reserved_kib)
{
	int error = r->is_changed ? read_all(r, store, gs->next_generation) : 0;
	if (error < 0)
		return error;
	if (r->list.n)
		reservation_follow(&r->list, clock_boot_ms(), free_kib, r->domain,
				   list_domains(r, gs, now_ms));
	*ret_reserved_kib = reservation_kept_kib(&r->list);
	return 0;
}

/* --- answers -------------------------------------------------------------- */

static void tell(const struct reservation *l)
{
	uint64_t size_mib = MIB_OF(l->request.size_kib);
	switch (l->state) {
	case RESERVATION_NEW:
	case RESERVATION_WAITING:
		break;
	case RESERVATION_READY:
		log_info("reservation %" PRIu32 ": %" PRIu64 " MiB are kept", l->id, size_mib);
		break;
	case RESERVATION_IN_USE:
		log_info("reservation %" PRIu32 ": domain %" PRIu32 " is built from it", l->id,
			 l->domid);
		break;
	case RESERVATION_REFUSED:
		log_info("reservation %" PRIu32 " is refused: %" PRIu64 " MiB wanted; %" PRIu64
			 " free + %" PRIu64 " that guests could give = %" PRIu64 " MiB; %" PRIu64
			 " more are free, but kept",
			 l->id, size_mib, l->free_kib / 1024, l->give_kib / 1024,
			 l->free_kib / 1024 + l->give_kib / 1024, l->withheld_kib / 1024);
		break;
	case RESERVATION_LATE:
		log_info("reservation %" PRIu32 ": of %" PRIu64 " MiB only %" PRIu64
			 " came free in time",
			 l->id, size_mib, l->there_kib / 1024);
		break;
	case RESERVATION_USED:
		log_info("reservation %" PRIu32 " is over: domain %" PRIu32 " runs", l->id,
			 l->domid);
		break;
	case RESERVATION_EXPIRED:
		log_info("reservation %" PRIu32 " is over: its time has come", l->id);
		break;
	case RESERVATION_STATES_:
		break;
	}
}

static int answer(struct reservations *r, struct store *store, const struct reservation *l,
		  uint64_t now_ms)
{
	struct reservation_answer *a = answer_of(r, l->id);
	struct toolkeys_state state;
	char line[TOOLKEYS_MAX_BYTES + 1], beside[TOOLKEYS_MAX_PATH], path[TOOLKEYS_MAX_PATH];
	reservation_describe(l, &state);
	line_write(&toolkeys_state_format, &state, state.present, line, sizeof(line));
	if (strcmp(line, a->line) == 0 ||
	    (a->state == l->state && now_ms < a->when_ms + RESERVATIONS_ANSWER_MS))
		return 0;
	toolkeys_path(TOOLKEYS_REQUEST, l->id, beside);
	toolkeys_path(TOOLKEYS_STATE, l->id, path);
	int error = tool_write(store, beside, path, line);
	if (error < 0)
		return error;
	if (a->state != l->state)
		tell(l);
	a->state = l->state;
	a->when_ms = now_ms;
	memcpy(a->line, line, sizeof(line));
	return 0;
}

/* A refused or late reservation stays for a while, so that cagmactl can read the answer. Nobody
 * reads the answer to one that has ended in another way. */
static bool is_to_go(const struct reservation *l, uint64_t now_ms)
{
	bool is_read = l->state == RESERVATION_REFUSED || l->state == RESERVATION_LATE;
	return reservation_is_over(l->state) &&
	       (!is_read || now_ms >= l->over_ms + RESERVATIONS_LINGER_MS);
}

static int remove_one(struct reservations *r, struct store *store, const struct reservation *l)
{
	char path[TOOLKEYS_MAX_PATH];
	snprintf(path, sizeof(path), "reservation/%" PRIu32, l->id);
	int error = tool_remove(store, path);
	if (error < 0)
		return error;
	if (answer_of(r, l->id)->state != l->state)
		tell(l);
	forget(r, l->id);
	return 0;
}

int reservations_judge(struct reservations *r, struct store *store, const struct policy_conf *conf,
		       const struct snapshot *snap, const struct verdict *verdict, bool gives)
{
	if (!r->list.n)
		return 0;
	uint64_t now_ms = clock_boot_ms();
	struct reservation_room room = reservation_room(conf, snap, verdict, gives);
	bool is_admitted = reservation_judge(&r->list, now_ms, &room);
	for (unsigned i = 0; i < r->list.n;) {
		const struct reservation *l = &r->list.at[i];
		bool goes = is_to_go(l, now_ms);
		int error = goes ? remove_one(r, store, l) : answer(r, store, l, now_ms);
		if (error == -EBADF)
			return error;
		i += !goes || error < 0; /* if it cannot be removed, the next pass tries again */
	}
	return is_admitted;
}
