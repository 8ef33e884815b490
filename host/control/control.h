/* SPDX-License-Identifier: MIT */
/*
 * control.h - cagmad's control socket: one line asked, one line answered. (Edge: a Unix socket.)
 *
 * The socket is a part of the poll loop of its caller, the desk (desk.h), and never blocks it:
 * every size and number below is bounded, a client that does not read or write is dropped, and what
 * is answered is up to the caller. Root may read and change. The members of the group
 * CONTROL_GROUP, if there is one, may read. docs/control.md has the protocol.
 */
#ifndef CAGMA_CONTROL_CONTROL_H
#define CAGMA_CONTROL_CONTROL_H

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CONTROL_DIR   "/run/cagma"
#define CONTROL_PATH  CONTROL_DIR "/control"
#define CONTROL_GROUP "cagma"

enum {
	CONTROL_VERSION = 1,  /* of the protocol */
	CONTROL_CLIENTS = 16, /* at a time; one more takes the place of the idlest */
	CONTROL_MAX_FDS = CONTROL_CLIENTS + 1,
	CONTROL_MAX_REQUEST = 2048, /* bytes of a line that is asked, its newline included */
	CONTROL_AT_ONCE = 4,        /* requests that one turn answers */
	CONTROL_SLOW_MS = 10000,    /* a client that takes nothing of its answer is dropped then */
	CONTROL_IDLE_MS = 60000,    /* and one that asks nothing */
};

/*
 * Answers a request of `len` bytes without its newline. `may_change`: it comes from root. The
 * answer is a text from malloc() that ends with a newline, or NULL if there is no memory.
 */
typedef char *control_answer_fn(void *arg, const char *request, size_t len, bool may_change);

struct control;

/*
 * Listens at `path`, whose directory is made if it is missing. 0 and *ret_control; -EADDRINUSE if
 * another daemon answers there; another -errno.
 */
int control_open(const char *path, control_answer_fn *answer, void *arg,
		 struct control **ret_control);
void control_close(struct control *control);

/* Fills `fds` for poll(). How many it filled; 0 if `control` is NULL. */
unsigned control_poll(const struct control *control, struct pollfd fds[CONTROL_MAX_FDS]);

/* Takes in what poll() has found of the same `fds`. control_turn() accepts nobody before. */
void control_hear(struct control *control, const struct pollfd *fds);

/* When control_turn() is wanted at the latest: at once while requests wait. */
uint64_t control_wake_ms(const struct control *control);

/* Takes in, answers and sends what can be without waiting. */
void control_turn(struct control *control, uint64_t now_ms);

#endif
