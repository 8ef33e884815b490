/* SPDX-License-Identifier: MIT */
/*
 * replay.h - a record of cagmad (passline.h) decided again, pass by pass. Pure.
 *
 * The snapshot of a pass is taken from the record, and the new plan is compared with the recorded
 * one. The same policy and options must come to the same plans. Another policy shows how it would
 * have decided in the situations that the recorded policy led to.
 */
#ifndef CAGMA_POLICY_REPLAY_H
#define CAGMA_POLICY_REPLAY_H

#include "host/policy/policy.h"
#include "host/policy/recall.h"

/* In what a plan can differ from the recorded one. A row is a name and the word for people. */
#define REPLAY_DIFFERENCES(X)                                                                      \
	X(TARGETS, "targets") /* other guests, other targets, or another order */                  \
	X(REASONS, "reasons") /* other reasons for the same targets */                             \
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
		recall; /* recall.n guests are in the pass; recall.n_last, once it is decided */
	struct guest_view *view;
	struct plan plan;
	struct plan recorded; /* the recorded plan; it has no verdicts */
	/* About the line that was taken last. */
	struct host_view host;
	struct policy_conf conf;
	const struct policy *by;               /* the policy that decides this pass now */
	bool is_pass;                          /* the line was a pass */
	bool is_compared[REPLAY_DIFFERENCES_]; /* the record has it; an older record may not */
	bool differs[REPLAY_DIFFERENCES_];
	bool is_same;  /* the two plans differ in nothing that is compared */
	uint64_t cuts; /* how many actions of the new plan the contract cut */
};

/* Takes in a line without its newline, and decides again if it is a pass. Returns NULL, or what is
 * wrong with the line: the end of a sentence that begins with "the line". */
const char *replay_line(struct replay *replay, struct text line);

#endif
