/* SPDX-License-Identifier: MIT */
/*
 * config_file.h - reading cagmad.conf, which has xl.conf's syntax, by Xen's own parser. (Edge:
 * libxlutil.)
 *
 * That parser aborts on some texts, so it runs in a child process (apart.h), and no text can do
 * more than to be refused. A daemon begins to read, goes on with its work, and ends the reading
 * when config_read_is_over().
 */
#ifndef CAGMA_CONFIG_FILE_H
#define CAGMA_CONFIG_FILE_H

#include "host/config/config.h"

#include <poll.h>

#define CONFIG_DEFAULT_PATH CAGMA_SYSCONFDIR "/xen/cagmad.conf"

/*
 * Reads `path` into *ret_config. Returns false, and leaves *ret_config untouched, if the file
 * cannot be read, or if something in it is unknown, out of range, given twice or contradictory. It
 * writes a line "path:line: …" or "path: …" to `messages` for each fault then. A missing file is a
 * fault too, unless `may_be_missing`: then everything has its default.
 */
bool config_read(const char *path, bool may_be_missing, FILE *messages, struct config *ret_config);

/* A reading that is under way. */
struct config_reading;

/* Begins to read, as config_read() does. Returns NULL, after writing why, if that fails. */
struct config_reading *config_read_begin(const char *path, bool may_be_missing, FILE *messages);

/* For poll(): the descriptor becomes readable when the reading is over; it is over at
 * *ret_deadline_ms, on clock_monotonic_ms(), at the latest. */
struct pollfd config_read_poll(const struct config_reading *reading, uint64_t *ret_deadline_ms);
bool config_read_is_over(const struct config_reading *reading);

/* Ends the reading, after waiting for it if it is not over. Returns as config_read() does. */
bool config_read_end(struct config_reading *reading, FILE *messages, struct config *ret_config);

/* Gives the reading up, if it is not NULL. */
void config_read_drop(struct config_reading *reading);

#endif
