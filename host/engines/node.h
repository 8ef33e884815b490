/* SPDX-License-Identifier: MIT */
/*
 * node.h - one host's word (host/show/told.h), as a node of a cluster whose engine moves guests.
 * Pure.
 */
#ifndef CAGMA_ENGINES_NODE_H
#define CAGMA_ENGINES_NODE_H

#include "common/text.h"
#include "host/show/told.h"

/* A host that has been short for so long is not cured by its balloons. */
enum { NODE_SHORT_MS = 60000 };

/* The host and its guests are the caller's. */
struct node {
	const char *name; /* what the engine calls the host */
	const struct told_host *host;
	unsigned n;
	const struct told_guest *guest;
};

/* True if the daemon has told what the figures below are made of. */
bool node_is_known(const struct node *node);

/* The guest of this name; NULL if there is none, or more than one. */
const struct told_guest *node_guest(const struct node *node, struct text name);

/* What the guest needs lastingly; while that is not known, what it holds. */
uint64_t node_needs_kib(const struct told_guest *guest);

/* True if the guest's want counts: it is not one that is moved, paused or built. */
bool node_want_counts(const struct told_guest *guest);

/* True if what the guest needs will be known soon, as for a minute after a start of cagmad. What it
 * holds until then is no figure to move guests by: on a calm host guests hold all memory. */
bool node_awaits_want(const struct told_guest *guest);
bool node_is_settling(const struct node *node);

/* What the guests beside the `n_own` of `own` need; those that come, and the rests of those that
 * have left, are left out. False, with *ret_kib untouched, while one awaits its want. */
bool node_others_need_kib(const struct node *node, const struct told_guest *const *own,
			  unsigned n_own, uint64_t *ret_kib);

/* What all guests of the host need together. */
uint64_t node_all_need_kib(const struct node *node);

/* What a guest that comes could have, now and lastingly. */
uint64_t node_free_kib(const struct node *node);

/* True if guests have lacked memory for NODE_SHORT_MS. */
bool node_is_short(const struct node *node);

#endif
