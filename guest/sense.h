/* SPDX-License-Identifier: MIT */
/*
 * sense.h - the guest's kernel -> report. (Edge: /proc, /sys, sysinfo(2).)
 *
 * Files stay open and are read again from their start. A file the kernel does
 * not have makes its fields absent; one that cannot be read, or not be
 * understood, is told of once, and once again when it has recovered.
 */
#ifndef CAGMA_SENSE_H
#define CAGMA_SENSE_H

#include "common/system/trouble.h"
#include "guest/core/cadence.h"

#include <dirent.h>

enum {
	SENSE_FILES = 7,
	SENSE_MAX_BYTES = 16 * 1024, /* of one file: three times the largest vmstat of Linux 6.12 */
	SENSE_GOOD_LOOKS = 10,       /* in a row, before a file counts as recovered */
	SENSE_COUNT_MS = 60 * 1000,  /* processors are counted so often: it costs as meminfo does */
};

struct sense_file {
	int fd;          /* -1: not open */
	unsigned n_good; /* looks in a row since the last failure */
	struct trouble trouble;
};

struct sense {
	const char *root; /* NULL: the running system's own / */
	int root_fd;
	uint64_t looked_ms;
	uint64_t counted_ms;
	DIR *proc;             /* open when the largest process is looked for; NULL: it is not */
	unsigned n_processors; /* this machine's, whatever the root; 0: not counted yet */
	struct sense_file file[SENSE_FILES];
	char buf[SENSE_MAX_BYTES];
};

/* `root`, NULL for /, is where /proc and /sys are; it must outlive `sense`. 0 or -errno. */
int sense_init(struct sense *sense, const char *root);
void sense_finish(struct sense *sense);

/* Every look from now on looks for the largest process, too. 0 or -errno. */
int sense_want_largest(struct sense *sense);

/* Does the system below root say that it is dom0? */
bool sense_is_dom0(struct sense *sense);

/*
 * False, with nothing but the time and the processors set, when there is
 * nothing to see; a look will say why.
 */
bool sense_glance(struct sense *sense, struct glance *ret_glance);

/*
 * Everything but `seq`. False when the fields without which there is no
 * report are not to be had. Tells of files that fail or recover.
 */
bool sense_look(struct sense *sense, struct report *ret_report);

#endif
