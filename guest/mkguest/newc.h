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

/* Each of these adds one entry, owned by root, whose name has no leading slash. 0 or -errno. */
int newc_add_directory(struct newc *archive, const char *name);
int newc_add_console(struct newc *archive, const char *name);
int newc_add_text(struct newc *archive, const char *name, const char *text);
/* The entry has the content of the file `path`, and the permissions `mode`. */
int newc_add_file(struct newc *archive, const char *name, unsigned mode, const char *path);

/* Writes the trailer, without which the archive is not complete. 0 or -errno. */
int newc_end(struct newc *archive);

#endif
