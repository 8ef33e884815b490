/* SPDX-License-Identifier: MIT */
/*
 * policy.h - the policies there are. Pure.
 *
 * A policy is one function in one file and one row of this table; the daemon,
 * the tests and the tools call it alike.
 */
#ifndef CAGMA_POLICY_POLICY_H
#define CAGMA_POLICY_POLICY_H

#include "host/core/credit.h"
#include "host/core/demand.h"
#include "host/core/model.h"
#include "host/policy/peers.h"
#include "host/policy/qmemman.h"
#include "host/core/share.h"

/* What a policy remembers, and room to work in; both for every guest of the
 * snapshot, sized once, all zero at first. */
struct policy_state {
	struct demand *demand;         /* demand[i] belongs to guest[i] and moves with it; */
	struct credit *credit;         /* so do credit[i] … */
	struct qmemman_guest *qmemman; /* … and qmemman[i] … */
	struct qmemman_host qmemman_host;
	struct peer_guest *peer; /* … and peer[i] */
	struct peer_host peer_host;
	struct share *share;
};

struct policy {
	const char *name;
	const char *about;
	/*
	 * Total: every snapshot has a plan. `plan` is overwritten, but for its
	 * credit_kib, which is all 0 before; `state` is advanced. The same inputs
	 * give the same plan.
	 */
	void (*decide)(const struct policy_conf *conf, const struct snapshot *snap,
		       struct policy_state *state, struct plan *plan);
	bool gives; /* it takes surplus from guests for what is kept on the host */
};

/* NULL when there is no policy of that name. */
const struct policy *policy_find(const char *name);

/* The i-th policy, NULL behind the last. */
const struct policy *policy_at(unsigned i);

void policy_cagma(const struct policy_conf *conf, const struct snapshot *snap,
		  struct policy_state *state, struct plan *plan);
void policy_cagma2017(const struct policy_conf *conf, const struct snapshot *snap,
		      struct policy_state *state, struct plan *plan);
void policy_coordinator(const struct policy_conf *conf, const struct snapshot *snap,
			struct policy_state *state, struct plan *plan);
void policy_coordinator_program(const struct policy_conf *conf, const struct snapshot *snap,
				struct policy_state *state, struct plan *plan);
void policy_mom(const struct policy_conf *conf, const struct snapshot *snap,
		struct policy_state *state, struct plan *plan);
void policy_proxmox(const struct policy_conf *conf, const struct snapshot *snap,
		    struct policy_state *state, struct plan *plan);
void policy_qmemman(const struct policy_conf *conf, const struct snapshot *snap,
		    struct policy_state *state, struct plan *plan);
void policy_squeezed(const struct policy_conf *conf, const struct snapshot *snap,
		     struct policy_state *state, struct plan *plan);
void policy_static(const struct policy_conf *conf, const struct snapshot *snap,
		   struct policy_state *state, struct plan *plan);

#endif
