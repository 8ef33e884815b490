/* SPDX-License-Identifier: MIT */
/*
 * file.h - reading small files whole, again and again. (Edge.)
 */
#ifndef CAGMA_SYSTEM_FILE_H
#define CAGMA_SYSTEM_FILE_H

#include <stddef.h>
#include <sys/types.h>

/*
 * Reads the file at `path` into buf[size] and puts a NUL behind it. `path` is
 * below the directory `dir_fd`, AT_FDCWD being the working directory. The
 * number of bytes, or -errno; -EFBIG if the file does not fit.
 */
ssize_t file_read_at(int dir_fd, const char *path, char *buf, size_t size);

/* Reads an open file from its start in the same way, which is cheap enough for every poll. */
ssize_t file_reread(int fd, char *buf, size_t size);

/*
 * Reads the text file at `path` into allocated memory, which the caller frees, with a newline and a
 * NUL behind it; *ret_len is without the NUL. Anything but a regular file is refused without
 * waiting for it, and so is a file of more than `most_bytes`, or with a zero byte. Returns NULL, or
 * the end of a sentence about the file, such as "cannot be read: Is a directory". If it is not
 * there, errno is ENOENT.
 */
const char *file_load(const char *path, size_t most_bytes, char **ret_text, size_t *ret_len);

#endif
