/* SPDX-License-Identifier: MIT */
/*
 * word.h - the word of a host, for programs that hand it to an engine that moves guests: asked of
 * the cagmad of this host, or read from a file. (Edge: files, json-c, cagmad's control socket.)
 */
#ifndef CAGMA_MOVING_WORD_H
#define CAGMA_MOVING_WORD_H

#include "host/control/look.h"
#include "host/engines/node.h"

enum { WORD_MAX_BYTES = 16 << 20 }; /* of a file */

/* All zero: nothing is known. */
struct word {
	struct told_host host;
	unsigned n;
	struct told_guest *guest; /* allocated */
};

/*
 * Reads what `cagmactl --json overload` has printed into the file at `path`. NULL, and the caller
 * drops the word; or the end of a sentence about the file. Whoever has written the file: a guest
 * beyond `max_guests` is left out, and so is whatever told.h does not permit.
 */
const char *word_read(const char *path, unsigned max_guests, struct word *ret_word);
void word_drop(struct word *word);

/* Looks, and waits for the end of that: LOOK_WAIT_MS at most. False, after the look has logged why
 * once, if cagmad does not answer. What *ret_seen points to is valid until the next look. */
bool word_ask(struct look *look, struct seen *ret_seen);

/* A view of what was told. */
struct node word_node(const char *name, const struct word *word);
struct node word_node_seen(const char *name, const struct seen *seen);

#endif
