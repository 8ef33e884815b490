/* SPDX-License-Identifier: MIT */
/*
 * sim_agent.h - what a simulated guest tells the host, and when. Pure.
 *
 * Each policy is simulated with the agent of its own system:
 *  - cagma-agent: its own rounds (round.h). A pause is ended at once by pressure, by what
 *    programs touch, 4 KiB at a time, and by the end of a batch that was reclaimed; soon after, by
 *    what the host writes: a target, the CMA, the credit, the period. A guest whose processor is
 *    idle sleeps through the slack to its end.
 *  - qmemman's: looks every 100 ms, reports when `used` is 30000 kB from what
 *    it sent last, or half of that rising when 1.3 x used no longer fits.
 *  - polled: the guest's numbers are read every poll_ms.
 */
#ifndef CAGMA_SIM_AGENT_H
#define CAGMA_SIM_AGENT_H

#include "guest/core/round.h"
#include "host/sim/balloon.h"
#include "host/sim/memory.h"

enum sim_agent_kind { SIM_AGENT_CAGMA, SIM_AGENT_QMEMMAN, SIM_AGENT_POLLED };

enum {
	SIM_AGENT_START_MS = 1000, /* from a guest's start to its agent's */
	SIM_AGENT_POLL_MS = 100,   /* qmemman's */
};

/* What the guest's kernel would show of itself. */
struct sim_agent_sight {
	uint64_t now_ms;
	const struct sim_memory *memory;
	const struct sim_balloon *balloon;
	double largest_kib; /* the most its largest process may have; 0: all */
	bool lies;
	bool is_busy; /* its processor is not idle */
};

/* All zero, but for the kind and start_ms: not started. */
struct sim_agent {
	enum sim_agent_kind kind;
	uint64_t start_ms;
	uint64_t poll_ms; /* of a polled one */
	/* what the host has written for it */
	uint64_t cma_kib, period_ms, credit_kib;
	/* what of it was written since the last round: anything, the credit, memory/target */
	bool has_words, has_credit, has_target;
	/* what it has written, for the host to take */
	bool has_report, has_alarm;
	struct report report, alarm_report;
	uint64_t fill_kib_s;
	/* its own */
	struct round round;
	double reclaim_kib; /* the kernel is to reclaim from now on; cleared by who does it */
	uint64_t seq;
	uint64_t paused_ms;
	uint64_t early_ms, late_ms; /* when it is due: busy, or at all */
	uint64_t heard_ms;  /* the host wrote after this, and no round has taken it in yet */
	uint64_t touch_kib; /* so much ends the pause */
	uint64_t stall_us, woken_ms; /* when pressure was last asked for */
	uint64_t fault_pages;        /* the counter when its signal came last */
	uint64_t sent_used_kib;
};

/* Does what is due at sight->now_ms. The target that it sets on its own balloon, or 0. */
uint64_t sim_agent_run(struct sim_agent *agent, const struct sim_agent_sight *sight);

#endif
