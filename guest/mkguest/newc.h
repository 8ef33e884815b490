/* SPDX-License-Identifier: MIT */
/*
 * newc.h - writing a cpio archive in the format that Linux unpacks its first
 * root from (Documentation/driver-api/early-userspace/buffer-format.rst).
 */
#ifndef CAGMA_NEWC_H
#define CAGMA_NEWC_H

#include <stdio.h>

struct newc {
	FILE *out;
	unsigned n_entries;
};

/* Each adds one entry, owned by root. 0 or -errno. `name` has no leading slash. */
int newc_add_directory(struct newc *archive, const char *name);
int newc_add_console(struct newc *archive, const char *name);
int newc_add_text(struct newc *archive, const char *name, const char *text);
/* The content of file `path`; `mode` are its permissions. */
int newc_add_file(struct newc *archive, const char *name, unsigned mode, const char *path);

/* The trailer; what was written before it is no archive. 0 or -errno. */
int newc_end(struct newc *archive);

#endif
