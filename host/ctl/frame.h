/* SPDX-License-Identifier: MIT */
/*
 * frame.h - one picture of the host as text: a bar for each guest. What `cagmactl top` shows again
 * and again. (Edge: writes to a FILE.)
 *
 * A bar goes from nothing to the guest's max:
 *
 *	###  used          +++  available, up to the CMA     ===  available beyond that
 *	!!!  missing of the CMA                               <   min     |  want
 */
#ifndef CAGMA_CTL_FRAME_H
#define CAGMA_CTL_FRAME_H

#include "host/show/told.h"

#include <stdio.h>

enum {
	FRAME_MIN_WIDTH = 80,
	FRAME_MIN_HEIGHT = 24,
	FRAME_HEAD = 4, /* lines above the guests; one line stands below them */
	FRAME_MAX_BAR = 256,
};

/* By which the guests are sorted; the key of each is the first letter of its word. */
#define FRAME_SORTS(X)                                                                             \
	X(SHORT, "short", "those that are shortest of memory first")                               \
	X(HELD, "held", "those that hold most first")                                              \
	X(AVAILABLE, "available", "those with the least available first")                          \
	X(WANT, "want", "those that want most first")                                              \
	X(NAME, "name", "by name")                                                                 \
	X(DOMID, "domid", "by domain id")

#define X(id, word, about) FRAME_##id,
enum frame_sort { FRAME_SORTS(X) FRAME_SORTS_ };
#undef X

/* The word of a sort; and the sort whose word begins with this letter, FRAME_SORTS_ if none does.
 */
const char *frame_sort_word(enum frame_sort sort);
enum frame_sort frame_sort_of(int letter);

void frame_sort(struct told_guest *guest, unsigned n, enum frame_sort sort);

/* The bar of a guest in `columns`, at most FRAME_MAX_BAR, with a NUL. */
void frame_bar(const struct told_guest *guest, unsigned columns, char ret_bar[FRAME_MAX_BAR + 1]);

/* Prints a frame of `height` lines of at most `width` columns, with the guests from index `first`
 * on. `why`: what keeps the numbers from being new, or NULL. */
void frame_print(FILE *out, unsigned width, unsigned height, const struct told_host *host,
		 const struct told_guest *guest, unsigned n, unsigned first, enum frame_sort sort,
		 const char *why);

#endif
