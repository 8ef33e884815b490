/* SPDX-License-Identifier: MIT */
/*
 * lending.h - how much a guest may be lent that the administrator does not trust, and who keeps
 * what of whom. Pure.
 *
 * A guest is lent what it has by the policy's giving alone (lent_kib). A guest whose balloon does
 * not give keeps that, and nobody can take it. So what an untrusted guest is lent is bounded:
 *
 *	what is nobody's by guarantee
 *	  + a share of what is guaranteed to the others, small enough for them to miss it
 *	  + twice the most that it was seen to give back at a time
 *	  - what other untrusted guests are lent
 */
#ifndef CAGMA_CORE_LENDING_H
#define CAGMA_CORE_LENDING_H

#include "host/core/model.h"

enum {
	/* Half of the headroom that the CMA leaves by default: without it a guest does not swap. */
	LENDING_TRIAL_SHARE = 16,
	LENDING_PROOF_TIMES = 2,
	/* A debt is told of when it has lasted for so long: by then a balloon is stuck. */
	LENDING_DEBT_MS = 5000,
};

/* What is known of one guest as a borrower. All zero is the state of a guest never seen. */
struct lending {
	uint64_t alm_kib;    /* at the last look */
	uint64_t given_kib;  /* of a loan, since the guest grew last */
	uint64_t proven_kib; /* the most it gave back of a loan at a time; 0 after it failed to */
};

/* Takes in what the guest gives back, after its balloon was observed, and fills its proven_kib. */
void lending_observe(struct lending *lending, struct guest_view *guest);

/* Lowers the max of untrusted guests to what they may be lent. */
void lending_bound(const struct policy_conf *conf, const struct host_view *host,
		   struct guest_view *guest, unsigned n);

/* What the guest was lent, was told to give, and keeps, since its balloon does not move. */
uint64_t lending_owed_kib(const struct guest_view *guest);

/* What the guest needs of what is guaranteed to it, and was not given. */
uint64_t lending_missed_kib(const struct guest_view *guest, const struct verdict *verdict);

#endif
