/* SPDX-License-Identifier: MIT */
/*
 * config_file.h - reading cagmad.conf, which has xl.conf's syntax, by Xen's own parser. (Edge:
 * libxlutil.)
 */
#ifndef CAGMA_CONFIG_FILE_H
#define CAGMA_CONFIG_FILE_H

#include "host/config/config.h"

#define CONFIG_DEFAULT_PATH CAGMA_SYSCONFDIR "/xen/cagmad.conf"

/*
 * Reads `path` into *ret_config. Returns false, and leaves *ret_config untouched, if the file
 * cannot be read, or if something in it is unknown, out of range, given twice or contradictory. It
 * writes a line "path:line: …" or "path: …" to `messages` for each fault then. A missing file is a
 * fault too, unless `may_be_missing`: then everything has its default.
 */
bool config_read(const char *path, bool may_be_missing, FILE *messages, struct config *ret_config);

#endif
