/* SPDX-License-Identifier: MIT */
/*
 * look.h - asking cagmad how host and guests are, without ever waiting for it. (Edge: cagmad's
 * control socket, json-c, the log.)
 *
 * A look is a `status` and as many `list` as it takes, on a connection of its own, so that a cagmad
 * that was started anew is found by the next look. What the last look told stays until another one
 * is through.
 */
#ifndef CAGMA_CONTROL_LOOK_H
#define CAGMA_CONTROL_LOOK_H

#include "host/exposition/seen.h"

#include <poll.h>

enum {
	LOOK_WAIT_MS = 3000,       /* a look that takes longer has failed */
	LOOK_MAX_ANSWER = 1 << 20, /* bytes of one answer, its newline included */
};

struct look;

/* Makes room for `max_guests`. NULL if there is no memory. `path` stays the caller's. */
struct look *look_create(const char *path, unsigned max_guests);
void look_destroy(struct look *look);

/* Begins a look, unless one is under way. */
void look_begin(struct look *look, uint64_t now_ms);

/* Goes on with a look as far as that is possible without waiting. True if it has ended with this,
 * be it well or not. */
bool look_turn(struct look *look, uint64_t now_ms);

/* Fills `fd` for poll(), and says when look_turn() is wanted at the latest. False if no look is
 * under way. */
bool look_poll(const struct look *look, struct pollfd *ret_fd, uint64_t *ret_wake_ms);

/* Fills in what the look knows: the time, and in self host_name, requests, dropped_clients and
 * started_ms, are left to the caller. The guests are valid until the next look_turn(). */
void look_tell(const struct look *look, uint64_t now_ms, struct seen *ret_seen);

#endif
