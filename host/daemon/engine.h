/* SPDX-License-Identifier: MIT */
/*
 * engine.h - the pass: observe -> decide -> check -> apply -> record. (Edge.)
 *
 * The one place with an order of effects. A pass runs every period, soon after
 * a guest's report or a domain's coming or going, and every few ms while
 * grows wait for the pages of donors.
 */
#ifndef CAGMA_DAEMON_ENGINE_H
#define CAGMA_DAEMON_ENGINE_H

#include "host/daemon/config.h"

#include <poll.h>

enum {
	ENGINE_GAP_MS = 50,          /* passes that reports ask for are no closer than this */
	ENGINE_ALIVE_MS = 5000,      /* how often xenstored is asked whether it is there */
	ENGINE_MIGRATIONS_MS = 1000, /* how often migrations are looked for, while targets change */
	/* xenstored serves one at a time, and libxl's calls and guests' alarms come first. So what
	 * can wait waits for calls for so long after a pass that starts any, and amounts in any
	 * case; and they are said at such a pace. */
	ENGINE_QUIET_MS = 10,
	ENGINE_AMOUNTS_GAP_MS = 2,
	ENGINE_RECONNECT_MS = 1000, /* how often a lost xenstored is tried */
	ENGINE_MAX_FDS = 64,        /* of engine_poll() */
};

struct engine;

struct engine_options {
	bool is_dry;             /* say what would be done, set nothing */
	const char *record_path; /* NULL: no record */
};

/*
 * Do the configured minimums fit in this host? 1, or 0 with the sum written
 * out on stderr, or -errno when Xen cannot be asked.
 */
int engine_fits_host(const struct config *config);

/*
 * Opens everything and takes `config` over. NULL, after saying why on the log,
 * when it cannot: no Xen, no workers, no record. A xenstored that is not there
 * is no reason: it is waited for.
 */
struct engine *engine_open(struct config *config, const struct engine_options *options);

/* Withdraws what the daemon has published and closes. Targets stay as they are. */
void engine_close(struct engine *engine);

/* Takes a new configuration over, if its minimums fit; says which is in force. */
void engine_reload(struct engine *engine, struct config *config);

/* What to poll() for, and when to call engine_turn() at the latest. */
unsigned engine_poll(const struct engine *engine, struct pollfd fds[ENGINE_MAX_FDS]);
uint64_t engine_wake_ms(const struct engine *engine);

/* Takes in what has happened, and runs a pass when one is due. */
void engine_turn(struct engine *engine, uint64_t now_ms);

#endif
