/* SPDX-License-Identifier: MIT */
/*
 * sense.h - reads the guest's kernel into reports and glances. (Edge: /proc, /sys, sysinfo(2).)
 *
 * Files stay open and are read again from their start. If the kernel does not
 * have a file, the fields that it would give are absent from the report. If a
 * file cannot be read or understood, that is logged once, and once again when
 * the file has recovered.
 */
#ifndef CAGMA_SENSE_H
#define CAGMA_SENSE_H

#include "common/system/trouble.h"
#include "guest/core/cadence.h"

#include <dirent.h>

enum {
	SENSE_FILES = 11,
	SENSE_MAX_BYTES = 16 * 1024, /* of one file: three times the largest vmstat of Linux 6.12 */
	SENSE_GOOD_LOOKS = 10, /* so many in a row without a failure, and a file has recovered */
	/* Between two counts of the processors and readings of min_free_kbytes, which seldom
	 * change: a count costs as much as reading meminfo. */
	SENSE_COUNT_MS = 60 * 1000,
	/* Between two readings of a number that seldom changes, and two tries to find a file that
	 * is not there: the guest's programs wait for the agent's looks. */
	SENSE_SELDOM_MS = 10 * 1000,
};

struct sense_file {
	int fd;          /* -1: not open */
	unsigned n_good; /* looks in a row since the last failure */
	uint64_t due_ms; /* it is not read before this time, on the clock of report.uptime_ms */
	bool has_value;  /* what it said then, if it is a number that seldom changes */
	uint64_t value;
	struct trouble trouble;
};

struct sense {
	const char *root; /* NULL: the running system's own / */
	int root_fd;
	uint64_t looked_ms;  /* of the last look, on the clock of report.uptime_ms */
	uint64_t counted_ms; /* when the processors were counted and min_free_kbytes was read
				last, on the same clock */
	DIR *proc;           /* /proc, open if the largest process is looked for; NULL: it is not */
	struct trouble doubt;  /* MemAvailable is not believed */
	unsigned n_believed;   /* looks in a row since the last one at which it was not */
	unsigned n_processors; /* this machine's, whatever the root; 0: not counted yet */
	uint64_t min_free_kib; /* 0: the kernel does not say */
	struct sense_file file[SENSE_FILES];
	char buf[SENSE_MAX_BYTES];
};

/* /proc and /sys are read below `root`, NULL for /, which must outlive `sense`. 0 or -errno. */
int sense_init(struct sense *sense, const char *root);
void sense_finish(struct sense *sense);

/* From now on each look looks for the largest process, too. 0 or -errno. */
int sense_want_largest(struct sense *sense);

/* Does the system below root say that it is dom0? */
bool sense_is_dom0(struct sense *sense);

/* Glances. False if the numbers cannot be had; the time, min_free_kib and the processors are set
 * all the same. */
bool sense_glance(struct sense *sense, struct glance *ret_glance);

/* Looks: fills the whole report but `seq`. False, and logged, if a field that every report needs
 * cannot be had. */
bool sense_look(struct sense *sense, struct report *ret_report);

#endif
