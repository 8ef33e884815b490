/* SPDX-License-Identifier: MIT */
#include "guest/target.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/capability.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <unistd.h>

#define TARGET_KB "sys/devices/system/xen_memory/xen_memory0/target_kb"

/* The driver asks for it at every write, whatever the file's mode says. */
static bool has_cap_sys_admin(void)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3];
	return syscall(SYS_capget, &header, data) == 0 &&
	       (data[CAP_TO_INDEX(CAP_SYS_ADMIN)].effective & CAP_TO_MASK(CAP_SYS_ADMIN)) != 0;
}

bool target_is_writable(int root_fd, bool is_tree)
{
	if (!is_tree && !has_cap_sys_admin())
		return false;
	int fd = openat(root_fd, TARGET_KB, O_WRONLY | O_CLOEXEC);
	if (fd >= 0)
		close(fd);
	return fd >= 0;
}

int target_set(int root_fd, uint64_t kib)
{
	char line[24];
	int len = snprintf(line, sizeof(line), "%" PRIu64 "\n", kib);
	int fd = openat(root_fd, TARGET_KB, O_WRONLY | O_TRUNC | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	int r = write(fd, line, (size_t)len) == len ? 0 : -errno;
	close(fd);
	return r;
}
