/* SPDX-License-Identifier: MIT */
#include "guest/pressure.h"

#include "guest/core/round.h"
#include "guest/doze.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <poll.h>
#include <stdio.h>
#include <sys/vfs.h>
#include <unistd.h>

static int trigger_fd = -1;

/* Below --root there may be a file of this name on a disk, which must not be written to. */
static bool is_the_kernels(int fd)
{
	struct statfs fs;
	return fstatfs(fd, &fs) == 0 && (unsigned long)fs.f_type == PROC_SUPER_MAGIC;
}

/* Without CAP_SYS_RESOURCE some kernels allow no window but multiples of 2 s, and others none at
 * all; a kernel's version does not tell. So the windows are tried. */
static bool set_trigger(int fd)
{
	static const unsigned windows_us[] = {ROUND_STALL_WINDOW_MS * 1000, 2000 * 1000};
	for (unsigned i = 0; i < sizeof(windows_us) / sizeof(windows_us[0]); i++) {
		char line[48];
		int len = snprintf(line, sizeof(line), "some %d %u", ROUND_STALL_US, windows_us[i]);
		if (write(fd, line, (size_t)len + 1) == len + 1)
			return true;
	}
	return false;
}

static int open_trigger(int root_fd)
{
	int fd = openat(root_fd, "proc/pressure/memory", O_RDWR | O_NONBLOCK | O_CLOEXEC);
	if (fd >= 0 && is_the_kernels(fd) && set_trigger(fd))
		return fd;
	if (fd >= 0)
		close(fd);
	return -1;
}

static void *wait_for_pressure(void *unused)
{
	struct pollfd trigger = {.fd = trigger_fd, .events = POLLPRI};
	for (;;) {
		int n = poll(&trigger, 1, -1);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0 || trigger.revents != POLLPRI)
			break;
		doze_wake();
	}
	close(trigger_fd);
	return unused;
}

int pressure_start(int root_fd)
{
	trigger_fd = open_trigger(root_fd);
	if (trigger_fd < 0)
		return -EOPNOTSUPP;
	int r = doze_beside(wait_for_pressure);
	if (r < 0)
		close(trigger_fd);
	return r;
}
