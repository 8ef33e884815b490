/* SPDX-License-Identifier: MIT */
/*
 * job.h - one guest that is being made: the facts that its stages share. (Edge.)
 *
 * A stage returns 0; -ECANCELED if cagma-mkguest was told to end; or another
 * negative number, with job->why set, which stages.c logs.
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
	char store[PATH_MAX]; /* the directory of the cache for this suite */
	int store_fd;         /* locked while the store is used; -1: not open */
	bool is_terminal;     /* stderr is one */
	const char *about;    /* what the running stage does */
	char log[PATH_MAX];
	unsigned stage, n_stages;
	uint64_t stage_start_ms;
	bool has_log; /* the log tells why the stage failed */
	char why[JOB_MAX_WHY];
};

/* Sets job->why, and returns -EIO. */
int job_fail(struct job *job, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Runs a program of the stage in the work directory. Returns as a stage does. */
int job_run(struct job *job, const struct command_line *line);
/* Runs a program in the same way, with its output in the new file `output`. */
int job_run_to(struct job *job, const struct command_line *line, const char *output);

/* Makes a new file, which `write` writes. Returns as a stage does. */
int job_write(struct job *job, const char *path, unsigned mode,
	      void (*write)(const struct recipe *recipe, FILE *out));

/* Write the path of `name` in the partial guest, or in its work directory, into path[PATH_MAX]. */
void job_made_path(const struct job *job, const char *name, char *path);
void job_work_path(const struct job *job, const char *name, char *path);

/* Begins a command line that makes files owned by root: without root it runs in fakeroot. */
void job_as_root(const struct job *job, struct command_line *line);

/* The stages. */
int packages_check(struct job *job);   /* packages.c */
int packages_fetch(struct job *job);   /* apt's lists, and all packages, the kernel's too */
int root_make(struct job *job);        /* root.c: work/root.tar, by mmdebstrap */
int root_fill_disk(struct job *job);   /* root.ext4 */
int boot_unpack(struct job *job);      /* boot.c: vmlinuz, and work/kernel */
int boot_make_initrd(struct job *job); /* initrd */

/* Free disk space that making a guest takes, its root disk's content included; and its packages. */
enum { PACKAGES_WORK_MIB = 1500, PACKAGES_CACHE_MIB = 300 };

#endif
