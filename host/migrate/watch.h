/* SPDX-License-Identifier: MIT */
/*
 * watch.h - how a migration goes, from what the library reports: kept,
 * shown and summed up. (Edge: reads a file, writes to stderr.)
 */
#ifndef CAGMA_MIGRATE_WATCH_H
#define CAGMA_MIGRATE_WATCH_H

#include "host/precopy/report.h"

struct migrate_watch {
	int fd;         /* of the report; -1: none */
	bool is_shown;  /* rounds are shown as they come */
	bool is_a_line; /* on a terminal, and the line on which they are shown is not ended */
	char rest[2 * PRECOPY_REPORT_MAX_BYTES]; /* of a line that was not whole yet */
	size_t rest_bytes;
	uint64_t total_pages, begin_ms;
	uint64_t shown_ms;           /* when a round was shown last */
	struct precopy_report round; /* the last one; event "" before the first */
	struct precopy_report end;   /* event "" before it */
};

/* `path` must exist. 0 or -errno. */
int migrate_watch_open(struct migrate_watch *watch, const char *path, bool is_shown);
void migrate_watch_close(struct migrate_watch *watch);

/* Takes in, and shows, what is new. Lines that cannot be read are passed over. */
void migrate_watch_look(struct migrate_watch *watch);

/* Ends the line on a terminal, before something else is written. */
void migrate_watch_break(struct migrate_watch *watch);

/* One sentence on what was sent; nothing when nothing is known. */
void migrate_watch_sum_up(const struct migrate_watch *watch);

#endif
