/* SPDX-License-Identifier: MIT */
#include "host/xen/xllock.h"

#include "host/xen/process.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <sys/stat.h>
#include <unistd.h>

/* Is the process root's that holds the lock? `pid` is 0 or less for another kind of lock, or one
 * that is held where processes have other numbers. */
static bool is_process_of_root(pid_t pid, const struct stat *file)
{
	int r = pid > 0 ? process_is_roots(pid) : -ESRCH;
	if (r >= 0)
		return r;
	/* nobody but root can open such a file for writing, which a write lock needs */
	return file->st_uid == 0 && !(file->st_mode & (S_IWGRP | S_IWOTH));
}

static struct xllock look_at(int fd)
{
	struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
	struct stat file;
	if (fstat(fd, &file) < 0)
		return (struct xllock){.holder = XLLOCK_UNKNOWN, .error = -errno};
	if (!S_ISREG(file.st_mode))
		return (struct xllock){.holder = XLLOCK_STRANGER};
	if (fcntl(fd, F_GETLK, &lock) < 0)
		return (struct xllock){.holder = XLLOCK_UNKNOWN, .error = -errno};
	if (lock.l_type == F_UNLCK)
		return (struct xllock){.holder = XLLOCK_NOBODY};
	bool is_root = is_process_of_root(lock.l_pid, &file);
	return (struct xllock){.holder = is_root ? XLLOCK_ROOT : XLLOCK_STRANGER,
			       .pid = lock.l_pid > 0 ? lock.l_pid : 0};
}

/* The directory is everybody's: what stands there may be a symbolic link, a directory, a socket, or
 * a file on which its owner has a lease. xl can lock none of these. */
static bool is_no_file_of_xl(int error)
{
	return error == ELOOP || error == EISDIR || error == ENXIO || error == EWOULDBLOCK;
}

struct xllock xllock_look(const char *path)
{
	int fd = open(path, O_RDWR | O_NONBLOCK | O_NOFOLLOW | O_NOCTTY | O_CLOEXEC);
	if (fd < 0 && errno == ENOENT)
		return (struct xllock){.holder = XLLOCK_NOBODY};
	if (fd < 0 && is_no_file_of_xl(errno))
		return (struct xllock){.holder = XLLOCK_STRANGER};
	if (fd < 0)
		return (struct xllock){.holder = XLLOCK_UNKNOWN, .error = -errno};
	struct xllock lock = look_at(fd);
	close(fd);
	return lock;
}
