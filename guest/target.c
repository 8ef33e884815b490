/* SPDX-License-Identifier: MIT */
#include "guest/target.h"

#include "guest/capability.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

#define TARGET_KB "sys/devices/system/xen_memory/xen_memory0/target_kb"

int target_probe(int root_fd, bool is_tree)
{
	int fd = openat(root_fd, TARGET_KB, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	close(fd);
	/* the driver asks for the capability at each write, whatever the file's mode is */
	return is_tree || capability_has(CAP_SYS_ADMIN) ? 0 : -EPERM;
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
