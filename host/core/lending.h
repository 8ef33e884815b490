/* SPDX-License-Identifier: MIT */
/*
 * lending.h - how much a guest may be lent that the administrator does not trust, who keeps what of
 * whom, and when that calls for the last resort that the administrator chose. Pure.
 *
 * A guest is lent what it has by the policy's giving alone (lent_kib). A guest whose balloon does
 * not give keeps that, and nobody can take it. So what an untrusted guest is lent is bounded:
 *
 *	what is nobody's by guarantee
 *	  + a share of what is guaranteed to the others, small enough for them to miss it
 *	  + twice the most that it was seen to give back at a time when it was told to
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
	/* Tries of a stuck balloon are no end of a debt: one that is not seen for less than this
	 * goes on. */
	LENDING_GAP_MS = 5000,
	LENDING_RESORT_MS =
		60000, /* how long it lasts before the last resort, if nothing is said */
};

/* What is known of one guest as a borrower. All zero is the state of a guest never seen. */
struct lending {
	/* At the last look; and whether it was on its way to a smaller target then. */
	uint64_t alm_kib, lent_kib, target_kib, heading_kib;
	bool was_shrinking;
	uint64_t given_kib;  /* of a loan, as it was told to, since the guest grew last */
	uint64_t proven_kib; /* the most it gave back of a loan at a time; 0 after it failed to */
};

/* Takes in what the guest gives back, after its balloon was observed, and fills its proven_kib. */
void lending_observe(struct lending *lending, struct guest_view *guest);

/* Lowers the max of untrusted guests to what they may be lent. */
void lending_bound(const struct policy_conf *conf, const struct host_view *host,
		   struct guest_view *guest, unsigned n);

/* What the guest was lent, was told to give, and keeps, since its balloon does not move; all that
 * it was lent, if it has shut itself down and is still there. */
uint64_t lending_owed_kib(const struct guest_view *guest);

/* What the guest needs of what is guaranteed to it, and was not given. */
uint64_t lending_missed_kib(const struct guest_view *guest, const struct verdict *verdict);

/* What is done in the end to a guest that keeps what it was lent. */
enum lending_resort {
	LENDING_RESORT_NONE,
	LENDING_RESORT_PAUSE,   /* it is paused */
	LENDING_RESORT_COMMAND, /* a program of the administrator's is run */
	LENDING_RESORT_COUNT_,
};
extern const char *const lending_resort_words[LENDING_RESORT_COUNT_];

/*
 * Does nothing but a last resort help? Guest `debtor` keeps at least a step of what it was lent,
 * and holds more than is guaranteed to it; another guest misses at least a step of what is
 * guaranteed to that one, of whom *ret_victim misses most; and that is more than all that is free
 * above the reserve's floor, is being given, or could be given by any guest that gives.
 */
bool lending_needs_resort(const struct policy_conf *conf, const struct snapshot *snap,
			  const struct verdict *verdict, unsigned debtor, unsigned *ret_victim);

/* How long that has been so of one guest. All zero is the state of a guest of which it is not so.
 */
struct lending_debt {
	uint64_t since_ms, seen_ms; /* when it began, and was seen last; 0: it is not so */
	uint64_t enough_kib;        /* the ALM at which the guest has given half of what it owed */
	bool is_answered;           /* the last resort was taken */
};

/* Takes in whether it is so now. A guest that has given half of what it owed gives, however slowly,
 * and it begins anew. True if the last resort is to be taken, as it has lasted for `wait_ms`; the
 * caller sets is_answered when it is. */
bool lending_resort_is_due(struct lending_debt *debt, const struct guest_view *guest, bool needs,
			   uint64_t wait_ms, uint64_t now_ms);

#endif
