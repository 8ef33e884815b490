/* SPDX-License-Identifier: MIT */
#include "tests/lab2/guest/freeze.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#define FREEZER "/freezer"
#define GROUP   FREEZER "/frozen"

static int write_text(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	int rc = 0;

	if (fd < 0)
		return -errno;
	if (write(fd, text, strlen(text)) < 0)
		rc = -errno;
	close(fd);
	return rc;
}

static int make_group(void)
{
	if (mkdir(FREEZER, 0700) != 0)
		return errno == EEXIST ? 0 : -errno;
	if (mount("freezer", FREEZER, "cgroup", 0, "freezer") != 0 || mkdir(GROUP, 0700) != 0)
		return -errno;
	return 0;
}

int freeze_process(pid_t pid, bool is_frozen)
{
	char text[16];
	int rc = make_group();

	snprintf(text, sizeof(text), "%ld", (long)pid);
	if (rc == 0)
		rc = write_text(GROUP "/cgroup.procs", text);
	if (rc == 0)
		rc = write_text(GROUP "/freezer.state", is_frozen ? "FROZEN" : "THAWED");
	return rc;
}
