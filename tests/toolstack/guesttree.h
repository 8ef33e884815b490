/* SPDX-License-Identifier: MIT */
/*
 * guesttree.h - the /proc and /sys of a simulated guest: a directory that programs take as their
 * root.
 *
 *   proc/meminfo proc/vmstat proc/pressure/memory proc/uptime proc/xen/capabilities
 *   proc/1/status proc/100/status         init, and the program that has the working set
 *   sys/devices/system/xen_memory/xen_memory0/{target_kb,info/{current,low,high}_kb}
 *   sys/hypervisor/{type,uuid}
 *
 * Files are written in place, each by one pwrite of the part that changed, so a reader may keep
 * them open. A number never changes its place in a file (counters are padded with zeros on the
 * left), so a reader that comes in the middle of a write sees a mixture of two counts at worst.
 */
#ifndef LAB_GUESTTREE_H
#define LAB_GUESTTREE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "host/sim/balloon.h"
#include "host/sim/memory.h"

#define GUESTTREE_TARGET   "sys/devices/system/xen_memory/xen_memory0/target_kb"
#define GUESTTREE_FILE_MAX 6144

enum guesttree_file {
	GUESTTREE_MEMINFO,
	GUESTTREE_VMSTAT,
	GUESTTREE_PRESSURE,
	GUESTTREE_UPTIME,
	GUESTTREE_TARGET_KB,
	GUESTTREE_CURRENT_KB,
	GUESTTREE_LOW_KB,
	GUESTTREE_WORK_STATUS,
	GUESTTREE_FILES
};

struct guesttree {
	int fd[GUESTTREE_FILES];
	char *last[GUESTTREE_FILES]; /* the file's content */
	size_t last_len[GUESTTREE_FILES];
};

/* Makes DIR and all below. 0 or -errno. */
int guesttree_create(struct guesttree *tree, const char *dir, const char *uuid);
void guesttree_destroy(struct guesttree *tree);
/* Writes the parts of the files that changed. */
void guesttree_update(struct guesttree *tree, const struct sim_memory *m,
		      const struct sim_balloon *b, double uptime_s);
/* The number in target_kb if another program wrote it since the last update; -1 if none did, or it
 * is no number. */
int64_t guesttree_target_written(struct guesttree *tree);

#endif
