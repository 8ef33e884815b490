/* SPDX-License-Identifier: MIT */
/*
 * desk.h - whoever asks on the control socket is served beside the daemon's work. (Edge: a thread.)
 *
 * The main loop waits for xenstored again and again: with a thousand guests, tens of milliseconds
 * for one key. So a thread of its own has the socket. It answers looks from a copy of the state
 * (shown.h), whatever the main loop waits for. What changes something or decides it hands to the
 * main loop, and waits DESK_WAIT_MS for it at the most, with all who ask meanwhile: the engine,
 * xenstored, Xen and the log belong to the main loop alone.
 */
#ifndef CAGMA_CONTROL_DESK_H
#define CAGMA_CONTROL_DESK_H

#include "host/control/answer.h"

enum {
	/* The state is copied after each pass, but of many guests no more often than once in a ms
	 * for each so many. */
	DESK_GUESTS_PER_MS = 10,
	/* Then a change that the main loop has not begun is refused. Others' looks wait meanwhile,
	 * so it is less than the LOOK_WAIT_MS of look.h. */
	DESK_WAIT_MS = 1000,
};

struct desk;

/*
 * Listens at `path` for an engine that has `max_guests` at most. The engine, and the texts of
 * `source`, must outlive the desk. 0 and *ret_desk; -EADDRINUSE if another daemon answers there;
 * another -errno.
 */
int desk_open(const char *path, const struct answer_source *source, unsigned max_guests,
	      struct desk **ret_desk);
void desk_close(struct desk *desk);

/* For the main loop, which owns the engine; `desk` may be NULL. When to call desk_turn(): if the
 * descriptor can be read, and at the latest at desk_wake_ms(). */
struct pollfd desk_poll(const struct desk *desk);
uint64_t desk_wake_ms(const struct desk *desk);

/* Does what was handed over, and copies the state if it has changed. Waits for nobody. */
void desk_turn(struct desk *desk, uint64_t now_ms);

#endif
