/* SPDX-License-Identifier: MIT */
#include "common/system/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/*
 * The kernel hands its files out by the page, less what would have begun a line that did not fit.
 * A shorter piece is the last one, and asking for more would cost as much again.
 */
enum { FILE_SURELY_LAST = 2048 };

ssize_t file_reread(int fd, char *buf, size_t size)
{
	size_t len = 0;
	while (len < size) {
		ssize_t got = pread(fd, buf + len, size - len, (off_t)len);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return -errno;
		len += (size_t)got;
		if (got < FILE_SURELY_LAST && len < size) {
			buf[len] = '\0';
			return (ssize_t)len;
		}
	}
	return -EFBIG;
}

ssize_t file_read_at(int dir_fd, const char *path, char *buf, size_t size)
{
	int fd = openat(dir_fd, path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	ssize_t len = file_reread(fd, buf, size);
	close(fd);
	return len;
}

static const char *because(int error)
{
	static char text[96];
	snprintf(text, sizeof(text), "cannot be read: %s", strerror(error));
	errno = error;
	return text;
}

/* Reads up to the end of the file, or until `size` bytes are there. The number of bytes or -1. */
static ssize_t read_all(int fd, char *buf, size_t size)
{
	size_t len = 0;
	ssize_t got = 1;
	while (len < size && got > 0) {
		got = read(fd, buf + len, size - len);
		if (got < 0 && errno == EINTR)
			got = 1;
		else if (got > 0)
			len += (size_t)got;
	}
	return got < 0 ? -1 : (ssize_t)len;
}

static const char *load(int fd, size_t most_bytes, char **ret_text, size_t *ret_len)
{
	struct stat about;
	if (fstat(fd, &about) < 0)
		return because(errno);
	if (S_ISDIR(about.st_mode))
		return because(EISDIR);
	if (!S_ISREG(about.st_mode))
		return "cannot be read: it is not a regular file";
	char *text = malloc(most_bytes + 2);
	if (!text)
		return because(ENOMEM);
	ssize_t len = read_all(fd, text, most_bytes + 1);
	const char *wrong = NULL;
	if (len < 0)
		wrong = because(errno);
	else if ((size_t)len > most_bytes)
		wrong = because(EFBIG);
	else if (memchr(text, '\0', (size_t)len))
		wrong = "holds a zero byte, so it is no text";
	if (wrong) {
		free(text);
		return wrong;
	}
	memcpy(text + len, "\n", 2);
	*ret_text = text;
	*ret_len = (size_t)len + 1;
	return NULL;
}

const char *file_load(const char *path, size_t most_bytes, char **ret_text, size_t *ret_len)
{
	/* a FIFO without a writer would be waited for without O_NONBLOCK */
	int fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (fd < 0)
		return because(errno);
	errno = 0;
	const char *wrong = load(fd, most_bytes, ret_text, ret_len);
	int error = errno;
	close(fd);
	errno = error;
	return wrong;
}
