/* SPDX-License-Identifier: MIT */
/*
 * What the workload of a guest can be asked to do. A verb is one function and one row of a table;
 * its arguments are NAME=NUMBER words, and so is what it answers.
 */
#ifndef CAGMA_XEN_VERB_H
#define CAGMA_XEN_VERB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <xenstore.h>

/* Written when the work that dom0 times begins: dom0 sees it on its own clock. */
#define VERB_MARK_KEY "data/lab/mark"

enum { VERB_ANSWER_BYTES = 1024 };

struct verb_call {
	struct xs_handle *xs;
	const char *arguments;
	/* What there is of the answer already, and what the verb adds to it. */
	char answer[VERB_ANSWER_BYTES];
	size_t used;
};

/* Returns 0 or -errno; -ENOSYS when there is no such verb, -EINVAL when an argument is missing. */
int verb_act(const char *name, struct verb_call *call);

/* For verbs: the number of NAME=NUMBER among the arguments; one that may be missing, and is 0 then;
 * one more word of the answer. */
bool verb_argument(const struct verb_call *call, const char *name, uint64_t *ret_value);
uint64_t verb_optional(const struct verb_call *call, const char *name);
void verb_answer(struct verb_call *call, const char *name, uint64_t value);

/* Those of dirty.h. */
int verb_dirty(struct verb_call *call);
int verb_dirty_mark(struct verb_call *call);
int verb_dirty_end(struct verb_call *call);

#endif
