/* SPDX-License-Identifier: MIT */
/*
 * engine.h - the pass: observe -> decide -> check -> apply -> record.
 *
 * This is the one place with an order of effects. A pass runs every period, soon after a guest's
 * report or a domain's coming or going, at once for an alarm, and every few ms while grows wait for
 * the pages of donors. Where a call of libxl takes long, dom0's processors are what guests wait
 * for: reports and promises then lead to fewer passes, alarms do not. Daemon and simulator run the
 * same engine over different worlds (io.h).
 */
#ifndef CAGMA_DAEMON_ENGINE_H
#define CAGMA_DAEMON_ENGINE_H

#include "host/config/config.h"
#include "host/guests/io.h"
#include "host/show/overload.h"

enum {
	ENGINE_GAP_MS = 50,          /* passes that reports ask for are no closer than this */
	ENGINE_GAP_CALLS = 2,        /* nor than the time that so many calls take */
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
	bool is_dry;             /* log what would be done, and set nothing */
	const char *record_path; /* NULL: no record */
	const char *history_dir; /* an existing directory for the history; NULL: no history */
};

/* Counts since the engine was opened. */
struct engine_counts {
	uint64_t passes, targets, failed_calls, cuts, lost_connections;
};

/*
 * What the engine knows and has decided last, for whoever shows or steers it. The pointers are into
 * the engine, and valid until the next engine_turn(). Guests and configuration may be changed where
 * a function of theirs changes them; engine_reconsider() is to follow.
 */
struct engine_state {
	struct config *config;
	struct guests *guests;
	const struct plan *plan;         /* of the last pass */
	const struct host_view *host;    /* as the last pass saw it */
	const struct overload *overload; /* as the last pass judged it */
	bool has_judged;                 /* plan and host belong to the guests that there are */
	bool is_connected, is_dry, is_paused;
	uint64_t last_pass_ms; /* 0: there was none */
	struct engine_counts counts;
};

/*
 * Takes `config` and `io` over; the world of `io` must outlive the engine. Returns NULL, after
 * logging why, if there is no memory or the record cannot be opened. It does not fail if xenstored
 * is not there: the engine waits for it.
 */
struct engine *engine_open(struct config *config, const struct engine_options *options,
			   const struct io *io);

/* Withdraws the keys and the credit that the engine has given, and frees it. Targets stay as they
 * are. The connection to xenstore is not closed: that is for the owner of the world. */
void engine_close(struct engine *engine);

/* Takes a new configuration over, but for max_guests, workers and call_timeout_ms, which stay as
 * they were. Logs that it is in force. */
void engine_reload(struct engine *engine, struct config *config);

/* When to call engine_turn() at the latest, on the clock of engine_turn(). An event of the world
 * asks for an earlier call. */
uint64_t engine_wake_ms(const struct engine *engine);

/* Takes in events and ended calls. Then runs a pass if one is due; if none is, does a piece of the
 * work that may wait. */
void engine_turn(struct engine *engine, uint64_t now_ms);

struct engine_counts engine_counts(const struct engine *engine);

struct engine_state engine_state(struct engine *engine);

/* After guests or configuration were changed from outside: has all guests looked up in the
 * configuration, and runs a pass in the next turn. */
void engine_reconsider(struct engine *engine);

/* While the engine is paused it observes, decides and publishes as always, and sets nothing; credit
 * is withdrawn. */
void engine_pause(struct engine *engine, bool is_paused);

#endif
