/* SPDX-License-Identifier: MIT */
/*
 * config_file.h - reading cagmad.conf: xl.conf's syntax, by Xen's own parser. (Edge: libxlutil.)
 */
#ifndef CAGMA_CONFIG_FILE_H
#define CAGMA_CONFIG_FILE_H

#include "host/config/config.h"

#define CONFIG_DEFAULT_PATH CAGMA_SYSCONFDIR "/xen/cagmad.conf"

/*
 * Reads `path` into *ret_config. False, with one or more lines "path:line: …"
 * or "path: …" on `messages` that say what is wrong, when it cannot be read or
 * says anything that is unknown, out of range, said twice or contradicts itself;
 * *ret_config is untouched then. A missing file is an error too, unless
 * `may_be_missing`: then all is default.
 */
bool config_read(const char *path, bool may_be_missing, FILE *messages, struct config *ret_config);

#endif
