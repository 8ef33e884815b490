/* SPDX-License-Identifier: MIT */
/*
 * workshop.h - the directory in which a guest is made, OUTPUT/NAME.partial. At the
 * end it is renamed to OUTPUT/NAME; until then there is no such guest, or the
 * former one. Stages that an interrupted run had finished for the same inputs are
 * found again; everything else is removed. (Edge.)
 */
#ifndef CAGMA_WORKSHOP_H
#define CAGMA_WORKSHOP_H

#include <limits.h>
#include <stdbool.h>

struct workshop {
	char place[PATH_MAX];   /* OUTPUT/NAME */
	char partial[PATH_MAX]; /* OUTPUT/NAME.partial */
	char work[PATH_MAX];    /* a directory in it that is removed at the end */
	bool is_resumed;        /* an earlier run with the same inputs has left finished stages */
	int lock_fd;            /* children inherit it: the lock holds while one of them runs */
};

/*
 * Makes the directory, or finds what an interrupted run with the same `inputs` left
 * in it. 0; -EEXIST if there is such a guest and it may not be replaced; -EBUSY while
 * another run, or a child of one that has ended, works on it; another -errno.
 */
int workshop_open(struct workshop *shop, const char *output, const char *name, const char *inputs,
		  bool may_replace);

/* Writes the path of `name` in the work directory into path[PATH_MAX]. */
void workshop_path(const struct workshop *shop, const char *name, char *path);

/* Has the stage been finished; and note that it has. */
bool workshop_has_done(const struct workshop *shop, const char *stage);
int workshop_mark_done(const struct workshop *shop, const char *stage);

/* Removes a directory and everything in it. 0, also if there is none, or -errno. */
int workshop_remove(const char *path);

/* Gives the guest, which is complete now, its name, and removes the former one. 0 or -errno. */
int workshop_finish(struct workshop *shop);

void workshop_close(struct workshop *shop);

#endif
