/* SPDX-License-Identifier: MIT */
/*
 * sim_daemon.h - cagmad in the simulated host: the same pass, with the same pure core. Pure.
 *
 * observe -> decide -> check -> apply, as host/daemon/engine.c has it: each period,
 * at an alarm at once, soon after a report, and when the policy wishes. A
 * target is in force when its call has taken its time. Plans are cut to the
 * safety contract, and what was cut is counted.
 */
#ifndef CAGMA_SIM_DAEMON_H
#define CAGMA_SIM_DAEMON_H

#include "host/core/balloon.h"
#include "host/policy/policy.h"
#include "host/sim/host.h"

/* What the daemon keeps of a guest beside its view. */
struct sim_known {
	struct balloon balloon;
	bool call_is_under_way;
	uint64_t call_target_kib, call_due_ms;
	uint64_t alarm_until_ms;
	uint64_t published_credit_kib;
	bool is_credited;
};

struct sim_daemon {
	const struct policy *policy;
	struct policy_conf conf;
	struct memory memory; /* it, and what follows, has room for all guests */
	struct plan plan;
	struct guest_view *view; /* in order of domid */
	struct sim_known *known;
	unsigned n;
	uint64_t call_ms;
	uint64_t due_ms, last_pass_ms;
	uint64_t n_passes, n_targets, n_cuts;
};

/* Does what is due, after a step of the host. */
void sim_daemon_turn(struct sim_daemon *daemon, struct sim_host *host);

#endif
