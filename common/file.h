/* SPDX-License-Identifier: MIT */
/*
 * file.h - reading small files whole, again and again. (Edge.)
 */
#ifndef CAGMA_FILE_H
#define CAGMA_FILE_H

#include <stddef.h>
#include <sys/types.h>

/*
 * Reads `path`, taken below directory `dir_fd` (AT_FDCWD for the working
 * directory), into buf[size] and puts a NUL behind it. The number of bytes,
 * or -errno; -EFBIG when the file does not fit.
 */
ssize_t file_read_at(int dir_fd, const char *path, char *buf, size_t size);

/* The same from the start of an open file: cheap enough for every poll. */
ssize_t file_reread(int fd, char *buf, size_t size);

#endif
