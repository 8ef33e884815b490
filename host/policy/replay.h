/* SPDX-License-Identifier: MIT */
/*
 * replay.h - a record of cagmad (record.h) decided again, pass by pass. Pure.
 *
 * What was seen is taken from the record; what is decided is compared with what
 * was. The same policy and options must come to the same plans; another policy
 * shows what it would have done, in the situations that the recorded one led to.
 */
#ifndef CAGMA_POLICY_REPLAY_H
#define CAGMA_POLICY_REPLAY_H

#include "host/policy/policy.h"
#include "host/policy/recall.h"

/* All arrays have `capacity` entries. */
struct replay {
	const struct policy *policy; /* NULL: as recorded */
	unsigned capacity;
	struct recall recall; /* recall.n guests are in the pass */
	struct guest_view *view;
	struct plan plan;
	struct action *recorded; /* actions of the pass, by index of the guest */
	unsigned n_recorded;
	/* of the pass that was taken last */
	struct host_view host;
	struct policy_conf conf;
	const struct policy *by; /* the policy that decided then */
	bool is_pass;            /* it was one, and no other line */
	bool is_same;            /* the same actions were decided */
	uint64_t cuts;           /* of what was decided now */
};

/* Takes a line in, without its newline, and decides. NULL, or what is wrong with it. */
const char *replay_line(struct replay *replay, struct text line);

#endif
