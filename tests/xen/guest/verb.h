/* SPDX-License-Identifier: MIT */
/*
 * verb.h - the commands of a guest's workload. A verb is one function and one row of a table; its
 * arguments are NAME=NUMBER words, and so are those of its answer.
 */
#ifndef CAGMA_XEN_VERB_H
#define CAGMA_XEN_VERB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <xenstore.h>

/* This key is written when the work that dom0 times begins, which dom0 sees on its own clock. */
#define VERB_MARK_KEY "data/lab/mark"

enum { VERB_ANSWER_BYTES = 1024 };

struct verb_call {
	struct xs_handle *xs;
	const char *arguments;
	/* the answer so far; the verb adds its words to it */
	char answer[VERB_ANSWER_BYTES];
	size_t used;
};

/* Acts on a command. 0; -ENOSYS if there is no such verb; -EINVAL if an argument is missing;
 * another -errno. */
int verb_act(const char *name, struct verb_call *call);

/* For verbs: read the number of NAME=NUMBER among the arguments; read one that is 0 if it is
 * missing; add a word to the answer. */
bool verb_argument(const struct verb_call *call, const char *name, uint64_t *ret_value);
uint64_t verb_optional(const struct verb_call *call, const char *name);
void verb_answer(struct verb_call *call, const char *name, uint64_t value);

/* The verbs of verb_dirty.c, which modify memory as dirty.h describes. */
int verb_dirty(struct verb_call *call);
int verb_dirty_mark(struct verb_call *call);
int verb_dirty_end(struct verb_call *call);

#endif
