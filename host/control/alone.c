/* SPDX-License-Identifier: MIT */
#include "host/control/alone.h"

#include "common/system/log.h"
#include "host/xen/store.h"
#include "host/xen/tool.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

/* The process that has its key in xenstore; 0: none, or xenstored is not there yet. */
static uint64_t find_other(void)
{
	struct toolkeys_daemon other;
	struct store *store;
	if (store_open(&store) < 0)
		return 0; /* the engine will log it, and wait for xenstored */
	int r = tool_find_daemon(store, &other);
	store_close(store);
	return r == 0 ? other.pid : 0;
}

static int lock_file(void)
{
	if (mkdir(CONTROL_DIR, 0755) < 0 && errno != EEXIST)
		return -errno;
	int fd = open(ALONE_PATH, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return -errno;
	if (flock(fd, LOCK_EX | LOCK_NB) == 0)
		return fd;
	int error = errno;
	close(fd);
	return -error;
}

int alone_take(void)
{
	uint64_t pid = find_other();
	int fd = pid ? -EWOULDBLOCK : lock_file();
	if (pid)
		log_error("another cagmad runs on this host: process %" PRIu64 "; end it first",
			  pid);
	else if (fd == -EWOULDBLOCK)
		log_error("another cagmad runs on this host: it has locked " ALONE_PATH
			  "; end it first (fuser " ALONE_PATH " names it)");
	else if (fd < 0)
		log_error("cannot lock " ALONE_PATH
			  ", so another cagmad might run: %s; cagmad runs as root in dom0",
			  strerror(-fd));
	return fd < 0 ? -1 : fd;
}
