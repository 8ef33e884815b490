/* SPDX-License-Identifier: MIT */
/*
 * record.h - passes as lines of a file (host/core/passline.h). (Edge: files.)
 *
 * A record holds every pass as a whole line, and grows without bound. A history is a record with
 * two differences: a line is brief where the line before it says the same (host/policy/brief.h),
 * and the file is bounded. When it has RECORD_HISTORY_BYTES it is renamed, `history` to `history.1`
 * and so on up to RECORD_HISTORY_FILES, of which the oldest is dropped; a new file begins with a
 * whole line. Nothing waits for the disk. A history is written by one process at a time, which
 * holds a lock (flock) on it.
 */
#ifndef CAGMA_DAEMON_RECORD_H
#define CAGMA_DAEMON_RECORD_H

#include "common/system/lines.h"
#include "host/config/config.h"
#include "host/guests/guests.h"

#define RECORD_HISTORY_DIR  "/var/lib/cagma"
#define RECORD_HISTORY_NAME "history"

enum {
	RECORD_HISTORY_BYTES = 8 << 20, /* of one file */
	RECORD_HISTORY_FILES = 8,       /* so 64 MiB in all */
	RECORD_MAX_LINE = 64 << 20,     /* bytes of a line that record_read() takes */
};

struct record;

/* Opens the file at `path` for passes of up to `max_guests` guests, and appends a line that says
 * that a daemon was started. Returns 0 and *ret_record, or -errno: -EWOULDBLOCK if another process
 * writes this history. */
int record_open(const char *path, unsigned max_guests, bool is_history, struct record **ret_record);
void record_close(struct record *record);

/* Appends one pass, whose calls have been started: an action without a call is marked as not set.
 * `cuts`: how many of the plan's actions and credits were cut. Returns 0 or
 * -errno. */
int record_pass(struct record *record, const struct config *config, const struct snapshot *snap,
		const struct guests *guests, const struct plan *plan, unsigned cuts);

/* Reads a record or a file of a history as lines_read() does: brief lines are handed over whole. */
bool record_read(const char *path, size_t most_bytes, lines_take_fn *take, void *arg,
		 struct lines_fault *ret_fault);

/* Lines of a history that were passed over, in one file or in several. */
struct record_lost {
	uint64_t n;
	struct lines_fault first;
};

/* Does the same for a history that a crash may have damaged, or that is being written: a line that
 * cannot be read is passed over and counted, and so are the brief lines behind it. */
bool record_read_damaged(const char *path, size_t most_bytes, lines_take_fn *take, void *arg,
			 struct record_lost *lost, struct lines_fault *ret_fault);

#endif
