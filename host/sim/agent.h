/* SPDX-License-Identifier: MIT */
/*
 * agent.h - what a simulated guest tells the host, and when. Pure.
 *
 * Each policy is simulated with the agent of its own system:
 *  - cagma: cagma-agent's own rounds (guest/core/round.h). A pause ends at once if tasks wait for
 *    memory, if programs touch much new memory (counted in pages of 4 KiB), or if the kernel has
 *    reclaimed the batch that the agent asked for. A pause ends soon after the host has written a
 *    target, the CMA, the credit or the period. If the guest's processor is idle, the agent sleeps
 *    on until the slack of its pause is over.
 *  - qmemman: the agent looks every 100 ms. It reports if `used` is more than 30000 kB from what
 *    it sent last. If `used` has risen, and 1.3 x used no longer fits, half of that is enough.
 *  - foreign: an agent that is not ours, under a policy that looks for one (foreign.h).
 *  - polled: the guest's numbers are read every poll_ms.
 */
#ifndef CAGMA_SIM_AGENT_H
#define CAGMA_SIM_AGENT_H

#include "guest/core/round.h"
#include "host/sim/balloon.h"
#include "host/sim/foreign.h"
#include "host/sim/memory.h"

enum sim_agent_kind { SIM_AGENT_CAGMA, SIM_AGENT_QMEMMAN, SIM_AGENT_POLLED, SIM_AGENT_FOREIGN };

enum {
	SIM_AGENT_START_MS = 1000, /* from a guest's start to the start of its agent */
	SIM_AGENT_POLL_MS = 100,   /* between two looks of qmemman's agent */
};

/* The guest as its kernel would show it to the agent. */
struct sim_agent_sight {
	uint64_t now_ms;
	const struct sim_memory *memory;
	const struct sim_balloon *balloon;
	double largest_kib; /* the most that its largest process may have; 0: that has all */
	bool lies;          /* the agent always claims that memory is short */
	bool is_busy;       /* the guest's processor is not idle */
};

/* One agent. Before it starts, all is zero but kind, start_ms and poll_ms. */
struct sim_agent {
	enum sim_agent_kind kind;
	uint64_t start_ms; /* UINT64_MAX: it never starts */
	uint64_t poll_ms;  /* of a polled agent */
	/* What the host has written for the agent. */
	uint64_t cma_kib, period_ms, credit_kib;
	/* True since the last round if the host has written one of the three amounts, the credit
	 * among them, or memory/target. */
	bool is_greeted; /* the host has written its period since the last round */
	bool has_words, has_credit, has_target;
	/* What the agent has written. The host resets has_report and has_alarm when it has read
	 * that. */
	bool has_report, has_alarm;
	struct report report, alarm_report;
	bool has_number; /* of a foreign agent; in foreign.told_kib */
	uint64_t fill_kib_s;
	/* The agent's own state. */
	struct round round;
	double reclaim_kib; /* the kernel is to reclaim so much; the host's step resets it */
	uint64_t seq;
	uint64_t paused_ms;         /* when the pause began */
	uint64_t early_ms, late_ms; /* when the pause ends: for a busy processor, for any */
	uint64_t heard_ms;  /* nothing that the host wrote up to this time waits for a round */
	uint64_t touch_kib; /* the pause ends when programs have touched so much */
	uint64_t stall_us, woken_ms; /* stall counter and time when pressure was last judged */
	uint64_t fault_pages;        /* the counter of faults when its signal last came */
	enum sim_foreign_id foreign_id;
	struct sim_foreign foreign;
	uint64_t sent_used_kib; /* qmemman: `used` as it was sent last */
};

/* Does what is due at sight->now_ms. Returns the target that the agent sets on the guest's own
 * balloon, in KiB, or 0. */
uint64_t sim_agent_run(struct sim_agent *agent, const struct sim_agent_sight *sight);

#endif
