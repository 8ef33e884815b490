/* SPDX-License-Identifier: MIT */
/*
 * config_save.h - writing one guest's numbers into cagmad.conf. (Edge: files, libxlutil.)
 *
 * edit.h makes the new text. Before it takes the old one's place, Xen's own parser reads both: each
 * entry of `guests` and each other setting is as it was, but for the guest's numbers. The new file
 * is complete on disk before it has the old one's name, owner and mode, so that whoever reads it
 * finds the one or the other.
 */
#ifndef CAGMA_CONFIG_SAVE_H
#define CAGMA_CONFIG_SAVE_H

#include "host/conftext/edit.h"

#include <stdio.h>

/*
 * Writes the numbers of *edit into the file at `path`, or into the one that a link there leads to,
 * and what they were into `said`: "min_mib 256 -> 512, weight 300 (new)". A missing file is made,
 * if its directory is there. Returns false, leaves the file as it is, and writes why, a line
 * "path: …", to `messages`, if it cannot be read, changed safely or written.
 */
bool config_save(const char *path, struct edit *edit, FILE *said, FILE *messages);

#endif
