/* SPDX-License-Identifier: MIT */
/*
 * job.h - one guest in the making: what its stages share.
 *
 * A stage returns 0, or a negative number with job->why set, which stages.c
 * tells; -ECANCELED when we were told to end.
 */
#ifndef CAGMA_JOB_H
#define CAGMA_JOB_H

#include "guest/mkguest/child.h"
#include "guest/mkguest/recipe.h"
#include "guest/mkguest/sources.h"
#include "guest/mkguest/workshop.h"

#include <limits.h>
#include <stdint.h>

enum { JOB_MAX_WHY = 1024, JOB_MAX_LOG = 65536 };

struct job {
	const struct recipe *recipe;
	struct sources sources;
	struct workshop shop;
	char store[PATH_MAX]; /* of the cache, this suite's part */
	int store_fd;         /* locked while it is used; -1 */
	bool is_terminal;
	const char *about; /* the stage's */
	char log[PATH_MAX];
	unsigned stage, n_stages;
	uint64_t stage_start_ms;
	bool has_log; /* what failed is told by the log */
	char why[JOB_MAX_WHY];
};

/* Sets job->why; -EIO. */
int job_fail(struct job *job, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Runs a program of the stage in the work directory; 0, or as a stage does. */
int job_run(struct job *job, const struct command_line *line);
/* The same; its output becomes the file `output`. */
int job_run_to(struct job *job, const struct command_line *line, const char *output);

/* Writes a new file by `write`; 0, or as a stage does. */
int job_write(struct job *job, const char *path, unsigned mode,
	      void (*write)(const struct recipe *recipe, FILE *out));

/* A name in the partial guest, and in its work directory, into path[PATH_MAX]. */
void job_made_path(const struct job *job, const char *name, char *path);
void job_work_path(const struct job *job, const char *name, char *path);

/* Without root, what is owned by root is so within fakeroot only. Begins a command line. */
void job_as_root(const struct job *job, struct command_line *line);

/* The stages, each in a file with what it is for. */
int packages_check(struct job *job);   /* packages.c */
int packages_fetch(struct job *job);   /* apt's lists, all packages, the kernel's package */
int root_make(struct job *job);        /* root.c: work/root.tar, by mmdebstrap */
int root_fill_disk(struct job *job);   /* root.ext4 */
int boot_unpack(struct job *job);      /* boot.c: vmlinuz, and work/kernel */
int boot_make_initrd(struct job *job); /* initrd */

/* Room that is needed for what is made on the way, the disk's content included. */
enum { PACKAGES_WORK_MIB = 1500, PACKAGES_CACHE_MIB = 300 };

#endif
