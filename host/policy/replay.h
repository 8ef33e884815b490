/* SPDX-License-Identifier: MIT */
/*
 * replay.h - a record of cagmad (passline.h) decided again, pass by pass. Pure.
 *
 * What was seen is taken from the record; what is decided is compared with what
 * was. The same policy and options must come to the same plans; another policy
 * shows what it would have done, in the situations that the recorded one led to.
 */
#ifndef CAGMA_POLICY_REPLAY_H
#define CAGMA_POLICY_REPLAY_H

#include "host/policy/policy.h"
#include "host/policy/recall.h"

/* In what a plan can differ from the recorded one: name, the word for it. */
#define REPLAY_DIFFERENCES(X)                                                                      \
	X(TARGETS, "targets") /* other guests are told, others things, or in another order */      \
	X(REASONS, "reasons") /* of the same targets */                                            \
	X(CREDIT, "credit")                                                                        \
	X(WAKE, "wake")

#define X(id, word) REPLAY_##id,
enum replay_difference { REPLAY_DIFFERENCES(X) REPLAY_DIFFERENCES_ };
#undef X

/* All arrays have `capacity` entries. */
struct replay {
	const struct policy *policy; /* NULL: as recorded */
	unsigned capacity;
	struct recall
		recall; /* recall.n guests are in the pass, recall.n_last when it is decided */
	struct guest_view *view;
	struct plan plan;
	struct plan recorded; /* without its verdicts */
	/* of the pass that was taken last */
	struct host_view host;
	struct policy_conf conf;
	const struct policy *by;               /* the policy that decided then */
	bool is_pass;                          /* it was one, and no other line */
	bool is_compared[REPLAY_DIFFERENCES_]; /* the record has it; an older one may not */
	bool differs[REPLAY_DIFFERENCES_];
	bool is_same;  /* in everything */
	uint64_t cuts; /* of what was decided now */
};

/* Takes a line in, without its newline, and decides. NULL, or what is wrong with it. */
const char *replay_line(struct replay *replay, struct text line);

#endif
