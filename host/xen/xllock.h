/* SPDX-License-Identifier: MIT */
/*
 * xllock.h - who holds xl's lock right now? (Edge.)
 *
 * With autoballoon, xl holds a write lock on XLLOCK_PATH from before it looks at
 * free memory until the guest is built. Memory that is free meanwhile is meant
 * for that guest. The file is in a directory that everybody may write to, so the
 * file may be anybody's; but xl builds guests as root only.
 */
#ifndef CAGMA_XEN_XLLOCK_H
#define CAGMA_XEN_XLLOCK_H

#include <stdint.h>
#include <sys/types.h>

#define XLLOCK_PATH "/var/lock/xl"

enum xllock_holder {
	XLLOCK_NOBODY, /* also if there is no such file, since then no xl ever took the lock */
	XLLOCK_ROOT,   /* a process of root: xl, as far as can be known */
	/* a process whose real or effective user is not root, or no lock of xl at all */
	XLLOCK_STRANGER,
	XLLOCK_UNKNOWN, /* it cannot be found out */
};

struct xllock {
	enum xllock_holder holder;
	pid_t pid; /* XLLOCK_ROOT, XLLOCK_STRANGER: the process; 0: not known */
	int error; /* XLLOCK_UNKNOWN: -errno */
};

/* `path` is XLLOCK_PATH, but in tests. */
struct xllock xllock_look(const char *path);

#endif
