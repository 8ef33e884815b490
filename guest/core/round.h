/* SPDX-License-Identifier: MIT */
/*
 * round.h - one round of the agent, from what it sees and hears to what it does. Pure.
 *
 *	glance, events -> round_wants_look() -> look -> round_step() -> orders -> round_done() ->
 * rest
 *
 * The caller glances at the guest's memory and collects the events since the last round. It looks
 * only if round_wants_look() says so. round_step() gives orders; the caller carries them out from
 * the first member of struct round_orders to the last, and round_done() takes what failed and says
 * how long to rest. Each rule is in alarm.h, announce.h, cadence.h, selfgrow.h or reclaim.h; this
 * module puts them in order. cagma-agent and the simulator's agent run the same rounds.
 */
#ifndef CAGMA_AGENT_ROUND_H
#define CAGMA_AGENT_ROUND_H

#include "guest/core/alarm.h"
#include "guest/core/announce.h"
#include "guest/core/cadence.h"
#include "guest/core/reclaim.h"
#include "guest/core/selfgrow.h"

enum {
	/* Between two rounds that write all keys anew. So another agent, or anybody else who
	 * rewrites the agent key, cannot make this one race. */
	ROUND_BEGIN_GAP_MS = 1000,

	/* Events of xenstore come in bursts. After the first event the agent stays asleep for so
	 * long, but not past the end of its pause, and handles the burst in one round. */
	ROUND_BURST_MS = 50,

	/* Pressure ends a pause at once if tasks have waited for memory for so long within a
	 * window. At the same amount a report of a stall is due (ANNOUNCE_STALL_US). */
	ROUND_STALL_US = 50 * 1000,
	ROUND_STALL_WINDOW_MS = 1000,
};

/* What the host has written for the agent to know; 0 when nothing was written or understood. */
struct round_host {
	uint64_t cma_kib;
	uint64_t credit_kib;
	uint64_t period_ms;
};

/* How the last order to reclaim has ended. */
enum round_batch {
	ROUND_BATCH_NONE,    /* the batch goes on, or there is none */
	ROUND_BATCH_DONE,    /* all was reclaimed */
	ROUND_BATCH_REFUSED, /* the kernel found less */
	ROUND_BATCH_FAILED,  /* the kernel does not reclaim for this process */
};

/* What has happened since the last round. */
struct round_events {
	bool woken;   /* tasks waited for memory, or a batch has ended */
	bool touched; /* programs have touched as much memory as the last rest said */
	bool credit;  /* the host has written its credit, be it with the same number */
	bool target;  /* the host has written memory/target, which the balloon driver follows */
	bool begins;  /* all keys are wanted: a new connection, the key was lost, or a new cagmad */
	enum round_batch batch;
};

struct round_sight {
	struct glance glance;
	uint64_t tick_ms; /* on a clock of its own, for the time between two glances */
	struct round_events events;
	struct round_host host;
	const struct report *look; /* NULL when no look was taken, or it failed */
};

/* The members stand in the order in which they are carried out: memory first, so that it is there
 * before anybody has read the alarm, and the alarm before the report. If one of the keys could not
 * be written, those after it are not written either. */
struct round_orders {
	uint64_t target_kib; /* the balloon driver's target is to be this; 0: it stays */
	bool hello;          /* the agent key is to be written */
	enum alarm_reason alarm;
	enum announce_reason report;
	uint64_t reclaim_kib; /* the kernel is to reclaim so much; 0: nothing */
};

/* The orders that could not be carried out, as bits. */
enum {
	ROUND_FAILED_TARGET = 1,
	ROUND_FAILED_ALARM = 2,
	ROUND_FAILED_REPORT = 4,
	ROUND_FAILED_RECLAIM = 8,
};

/* Until the next round. */
struct round_rest {
	struct cadence_pause pause;
	uint64_t touch_kib; /* programs that touch so much end the pause, where that is counted */
};

/* What is kept from round to round. All zero but for the first two: there was none yet. */
struct round {
	bool can_grow;    /* the balloon driver's target can be set */
	bool can_reclaim; /* the kernel can be asked to reclaim */
	bool has_report;
	struct report report; /* of the latest look */
	struct cadence cadence;
	struct announce announce;
	struct alarm alarm;
	struct selfgrow grow;
	struct reclaim reclaim;
	enum alarm_reason alarm_reason; /* of the alarm that is to be raised */
	bool has_credit;                /* the host has written the credit since the latest look */
	bool is_told; /* the host wrote memory/target before the last round, so that by the next
			 round the balloon driver has read it */
	bool begins;  /* all keys are to be written anew */
	uint64_t began_ms; /* when all keys were last written anew */
	bool was_quiet;    /* the last glance called for no look */
	uint64_t tick_ms;  /* of the last glance */
};

/* Does this round take a look? sight->look is not read. */
bool round_wants_look(const struct round *round, const struct round_sight *sight);

/*
 * What the agent does in this round. A look that round_wants_look() asked for and that is NULL has
 * failed: nothing is ordered then, and the next round looks again.
 */
struct round_orders round_step(struct round *round, const struct round_sight *sight);

/* `orders`, of round_step() with this sight, were carried out but for `failed`, an OR of bits. */
struct round_rest round_done(struct round *round, const struct round_sight *sight,
			     const struct round_orders *orders, unsigned failed);

#endif
