/* SPDX-License-Identifier: MIT */
/*
 * workshop.h - the directory in which a guest is made, OUTPUT/NAME.partial. It
 * becomes OUTPUT/NAME at the end, at once and as a whole; until then there is
 * no such guest, or the former one. What an interrupted run had finished for
 * the same inputs is found again; everything else is removed. (Edge.)
 */
#ifndef CAGMA_WORKSHOP_H
#define CAGMA_WORKSHOP_H

#include <limits.h>
#include <stdbool.h>

struct workshop {
	char place[PATH_MAX];   /* OUTPUT/NAME */
	char partial[PATH_MAX]; /* what will be it */
	char work[PATH_MAX];    /* of it, what is removed at the end */
	bool is_resumed;        /* an earlier run with the same inputs has left something */
	int lock_fd;            /* children have it too: what they still write is not ours */
};

/*
 * 0, or -errno: -EEXIST when the guest is there and may not be replaced, -EBUSY
 * while somebody else, or what an ended run has left running, works on it.
 */
int workshop_open(struct workshop *shop, const char *output, const char *name, const char *inputs,
		  bool may_replace);

/* A name in the work directory, into path[PATH_MAX]. */
void workshop_path(const struct workshop *shop, const char *name, char *path);

bool workshop_has_done(const struct workshop *shop, const char *stage);
int workshop_mark_done(const struct workshop *shop, const char *stage);

/* Removes a tree; nothing when there is none. 0 or -errno. */
int workshop_remove(const char *path);

/* All is made: it gets its name, and a former one is removed. 0 or -errno. */
int workshop_finish(struct workshop *shop);

void workshop_close(struct workshop *shop);

#endif
