/* SPDX-License-Identifier: MIT */
#include "common/system/file.h"

#include <errno.h>
#include <fcntl.h>
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
