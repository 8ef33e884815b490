/* SPDX-License-Identifier: MIT */
/*
 * engine.h - the pass: observe -> decide -> check -> apply -> record.
 *
 * This is the one place with an order of effects. A pass runs every period, soon after a guest's
 * report or a domain's coming or going, at once for an alarm, and every few ms while grows wait for
 * the pages of donors. Daemon and simulator run the same engine over different worlds (io.h).
 */
#ifndef CAGMA_DAEMON_ENGINE_H
#define CAGMA_DAEMON_ENGINE_H

#include "host/config/config.h"
#include "host/daemon/io.h"

enum {
	ENGINE_GAP_MS = 50,          /* passes that reports ask for are no closer than this */
	ENGINE_ALIVE_MS = 5000,      /* how often xenstored is asked whether it is there */
	ENGINE_MIGRATIONS_MS = 1000, /* how often migrations are looked for, while targets change */
	ENGINE_RECONNECT_MS = 1000,  /* how often a lost xenstored is tried */
	/* xenstored serves one request at a time. To keep it free for alarms and libxl, publishing
	 * is held back for ENGINE_QUIET_MS after a pass that started libxl calls, and then writes
	 * the amounts of one guest every ENGINE_AMOUNTS_GAP_MS. */
	ENGINE_QUIET_MS = 10,
	ENGINE_AMOUNTS_GAP_MS = 2,
};

struct engine;

struct engine_options {
	bool is_dry;             /* say what would be done, set nothing */
	const char *record_path; /* NULL: no record */
};

/* What the engine has done since it was opened. */
struct engine_counts {
	uint64_t passes, targets, failed_calls, cuts, lost_connections;
};

/*
 * Takes `config` over, and `io`, whose world must outlive the engine. NULL, after saying why on the
 * log, when there is no memory or no record. A xenstored that is not there is no reason: it is
 * waited for.
 */
struct engine *engine_open(struct config *config, const struct engine_options *options,
			   const struct io *io);

/* Withdraws what the engine has published and closes. Targets stay as they are, and the connection
 * to xenstore is left to whom the world belongs. */
void engine_close(struct engine *engine);

/* Takes a new configuration over; the sizes of the old one stay. Says which is in force. */
void engine_reload(struct engine *engine, struct config *config);

/* When to call engine_turn() at the latest; what comes earlier is an event of the world. */
uint64_t engine_wake_ms(const struct engine *engine);

/* Takes in what has happened, and runs a pass when one is due. */
void engine_turn(struct engine *engine, uint64_t now_ms);

struct engine_counts engine_counts(const struct engine *engine);

#endif
