/* SPDX-License-Identifier: MIT */
#include "host/control/look.h"

#include "common/amount.h"
#include "common/system/log.h"
#include "common/system/trouble.h"
#include "host/control/control.h"
#include "host/control/json_record.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

/* What one look has told, or tells. */
struct told {
	struct told_host host;
	uint64_t state[HOLD_COUNT_];
	uint64_t left_out;
	unsigned n;
	struct told_guest *guest;
};

struct look {
	struct sockaddr_un address;
	unsigned max_guests;
	uint64_t looks, failed_looks;
	struct trouble trouble;
	bool is_up, was_told; /* the last look was answered; one of them was */
	uint64_t told_ms;     /* when */
	struct told last, next;

	/* The look that is under way. */
	int fd; /* -1: none is */
	uint64_t until_ms, began_ms;
	bool has_status;
	char question[128];
	size_t n_sent, n_answer;
	char answer[LOOK_MAX_ANSWER];
};

struct look *look_create(const char *path, unsigned max_guests)
{
	struct look *l = calloc(1, sizeof(*l));
	if (!l)
		return NULL;
	l->fd = -1;
	l->max_guests = max_guests;
	l->address.sun_family = AF_UNIX;
	snprintf(l->address.sun_path, sizeof(l->address.sun_path), "%s", path);
	l->last.guest = calloc(max_guests, sizeof(*l->last.guest));
	l->next.guest = calloc(max_guests, sizeof(*l->next.guest));
	if (l->last.guest && l->next.guest)
		return l;
	look_destroy(l);
	return NULL;
}

void look_destroy(struct look *l)
{
	if (!l)
		return;
	if (l->fd >= 0)
		close(l->fd);
	free(l->last.guest);
	free(l->next.guest);
	free(l);
}

/* --- the end of a look --------------------------------------------------------- */

static void end(struct look *l)
{
	if (l->fd >= 0)
		close(l->fd);
	l->fd = -1;
}

static bool fail(struct look *l, const char *why, const char *mend)
{
	end(l);
	l->failed_looks++;
	l->is_up = false;
	if (trouble_met(&l->trouble))
		log_warning("cagmad cannot be asked at %s: %s; %s", l->address.sun_path, why, mend);
	return true;
}

static bool succeed(struct look *l)
{
	struct told was = l->last;
	end(l);
	l->last = l->next;
	l->next = was;
	l->is_up = l->was_told = true;
	l->told_ms = l->began_ms;
	if (trouble_over(&l->trouble))
		log_info("cagmad answers again");
	return true;
}

/* --- answers ------------------------------------------------------------------- */

static void take_status(struct look *l, struct json_object *answer)
{
	struct json_object *host = NULL, *states = NULL;
	struct told *t = &l->next;
	json_object_object_get_ex(answer, "host", &host);
	json_record_read(host, &told_host_format, &t->host, &t->host.present);
	json_object_object_get_ex(answer, "states", &states);
	for (unsigned i = 0; i < HOLD_COUNT_; i++)
		t->state[i] = json_record_number(states, model_hold_words[i], 0);
}

/* Takes a page of guests. Returns the first domain id of the next page; 0 if there is none. */
static uint64_t take_guests(struct look *l, struct json_object *answer)
{
	struct json_object *guests = NULL;
	struct told *t = &l->next;
	json_object_object_get_ex(answer, "guests", &guests);
	size_t n =
		json_object_is_type(guests, json_type_array) ? json_object_array_length(guests) : 0;
	for (size_t i = 0; i < n; i++) {
		if (t->n == l->max_guests) {
			t->left_out += n - i;
			break;
		}
		struct told_guest *g = &t->guest[t->n++];
		json_record_read(json_object_array_get_idx(guests, i), &told_guest_format, g,
				 &g->present);
	}
	return json_record_number(answer, "next", 0);
}

static void ask_for_guests(struct look *l, uint64_t from)
{
	snprintf(l->question, sizeof(l->question),
		 "{\"version\":%d,\"ask\":\"list\",\"from\":%" PRIu64 "}\n", CONTROL_VERSION, from);
	l->n_sent = l->n_answer = 0;
}

/* Takes the answer, which has come whole. True if the look has ended with it. */
static bool take_answer(struct look *l, struct json_object *answer)
{
	uint64_t next = 0;
	if (json_record_word(answer, "error", NULL))
		return fail(l, "it answers with an error", "is it of another version?");
	if (!l->has_status) {
		l->has_status = true;
		take_status(l, answer);
		ask_for_guests(l, 0);
		return false;
	}
	uint64_t had = l->next.n ? l->next.guest[l->next.n - 1].domid + 1 : 0;
	next = take_guests(l, answer);
	/* Pages go upwards; a cagmad that answered otherwise would be asked for ever. */
	if (next == 0 || next <= had)
		return succeed(l);
	if (l->next.n == l->max_guests) {
		l->next.left_out = amount_less(l->next.host.guests, l->next.n);
		return succeed(l);
	}
	ask_for_guests(l, next);
	return false;
}

static bool parse_answer(struct look *l)
{
	enum { DEPTH = 8 };
	struct json_tokener *tokener = json_tokener_new_ex(DEPTH);
	struct json_object *answer =
		tokener ? json_tokener_parse_ex(tokener, l->answer, (int)l->n_answer) : NULL;
	bool has_ended = json_object_is_type(answer, json_type_object)
				 ? take_answer(l, answer)
				 : fail(l, "its answer cannot be read",
					"is it of another version (cagmad --version)?");
	json_object_put(answer);
	if (tokener)
		json_tokener_free(tokener);
	return has_ended;
}

/* --- the connection -------------------------------------------------------------- */

static bool would_wait(ssize_t n)
{
	return n < 0 && (errno == EAGAIN || errno == EINTR);
}

static bool connect_here(struct look *l)
{
	const struct sockaddr *address = (const struct sockaddr *)&l->address;
	l->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (l->fd >= 0 && connect(l->fd, address, sizeof(l->address)) == 0)
		return true;
	if (errno == EAGAIN)
		fail(l, "too many others ask", "look for programs that hang on its socket");
	else if (errno == EACCES)
		fail(l, strerror(errno), "may this user ask it (members of the group cagma may)?");
	else
		fail(l, strerror(errno), "does it run (systemctl status cagmad)?");
	return false;
}

void look_begin(struct look *l, uint64_t now_ms)
{
	if (l->fd >= 0)
		return;
	l->looks++;
	l->began_ms = now_ms;
	l->until_ms = now_ms + LOOK_WAIT_MS;
	l->has_status = false;
	l->next.n = 0;
	l->next.left_out = 0;
	if (!connect_here(l))
		return;
	snprintf(l->question, sizeof(l->question), "{\"version\":%d,\"ask\":\"status\"}\n",
		 CONTROL_VERSION);
	l->n_sent = l->n_answer = 0;
}

/* Sends the question or receives the answer as far as it goes. True if the look has ended. */
static bool move_bytes(struct look *l, bool *ret_is_stuck)
{
	size_t len = strlen(l->question);
	ssize_t n =
		l->n_sent < len
			? send(l->fd, l->question + l->n_sent, len - l->n_sent, MSG_NOSIGNAL)
			: recv(l->fd, l->answer + l->n_answer, sizeof(l->answer) - l->n_answer, 0);
	*ret_is_stuck = would_wait(n);
	if (*ret_is_stuck)
		return false;
	if (n <= 0)
		return fail(l, "it has closed the connection",
			    "may this user ask it (members of the group cagma may)?");
	if (l->n_sent < len) {
		l->n_sent += (size_t)n;
		return false;
	}
	l->n_answer += (size_t)n;
	if (l->answer[l->n_answer - 1] == '\n')
		return parse_answer(l);
	if (l->n_answer == sizeof(l->answer))
		return fail(l, "its answer is too long", "is it of another version?");
	return false;
}

bool look_turn(struct look *l, uint64_t now_ms)
{
	bool has_ended = false, is_stuck = false;
	if (l->fd < 0)
		return false;
	while (!has_ended && !is_stuck)
		has_ended = move_bytes(l, &is_stuck);
	if (!has_ended && now_ms >= l->until_ms)
		return fail(l, "it does not answer", "its log may say why (journalctl -u cagmad)");
	return has_ended;
}

bool look_poll(const struct look *l, struct pollfd *ret_fd, uint64_t *ret_wake_ms)
{
	if (l->fd < 0)
		return false;
	short events = l->n_sent < strlen(l->question) ? POLLOUT : POLLIN;
	*ret_fd = (struct pollfd){.fd = l->fd, .events = events};
	*ret_wake_ms = l->until_ms;
	return true;
}

void look_tell(const struct look *l, uint64_t now_ms, struct seen *ret_seen)
{
	struct seen seen = {.host = l->last.host, .n = l->last.n, .guest = l->last.guest};
	memcpy(seen.state, l->last.state, sizeof(seen.state));
	seen.self = (struct seen_self){.is_up = l->is_up,
				       .version = CAGMA_VERSION,
				       .age_ms = amount_less(now_ms, l->told_ms),
				       .looks = l->looks,
				       .failed_looks = l->failed_looks,
				       .left_out_guests = l->last.left_out,
				       .present = told_always(&seen_self_format)};
	if (l->was_told)
		seen.self.present |= SEEN_SELF_BIT(age_ms);
	*ret_seen = seen;
}
