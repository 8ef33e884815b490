/* SPDX-License-Identifier: MIT */
#include "tests/xen/guest/freeze.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
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

static struct turns {
	pid_t pid;
	unsigned frozen_ms, thawed_ms, left;
} turns;

static void *take_turns(void *data)
{
	(void)data;
	for (; turns.left > 0; turns.left--) {
		freeze_process(turns.pid, true);
		usleep(turns.frozen_ms * 1000);
		freeze_process(turns.pid, false);
		usleep(turns.thawed_ms * 1000);
	}
	return NULL;
}

int freeze_in_turns(pid_t pid, unsigned frozen_ms, unsigned thawed_ms, unsigned n_turns)
{
	pthread_t thread;
	int rc;

	if (turns.left > 0)
		return -EBUSY;
	turns = (struct turns){pid, frozen_ms, thawed_ms, n_turns};
	rc = pthread_create(&thread, NULL, take_turns, NULL);
	if (rc != 0)
		return -rc;
	pthread_detach(thread);
	return 0;
}
