/* SPDX-License-Identifier: MIT */
/*
 * What the workload of a guest can be asked to do. A verb is one function and one row of a table;
 * its arguments are NAME=NUMBER words, and so is what it answers.
 */
#ifndef CAGMA_LAB2_VERB_H
#define CAGMA_LAB2_VERB_H

#include <stddef.h>
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

#endif
