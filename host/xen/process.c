/* SPDX-License-Identifier: MIT */
#include "host/xen/process.h"

#include "common/system/file.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>

enum { STATUS_BYTES = 4096 };

bool process_status_is_roots(const char *status)
{
	static const char line[] = "\nUid:";
	const char *at = strstr(status, line);
	unsigned uid[2];
	return at && sscanf(at + sizeof(line) - 1, "%u %u", &uid[0], &uid[1]) == 2 && uid[0] == 0 &&
	       uid[1] == 0;
}

int process_is_roots(pid_t pid)
{
	char path[32], status[STATUS_BYTES];
	snprintf(path, sizeof(path), "/proc/%d/status", (int)pid);
	ssize_t len = file_read_at(AT_FDCWD, path, status, sizeof(status));
	return len < 0 ? (int)len : process_status_is_roots(status);
}
