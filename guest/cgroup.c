/* SPDX-License-Identifier: MIT */
#include "guest/cgroup.h"

#include "guest/doze.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <unistd.h>

static struct {
	pthread_mutex_t lock;
	pthread_cond_t asked;
	bool has_thread;
	int root_fd;
	uint64_t kib; /* what the thread is to reclaim; 0: nothing */
	bool has_ended;
	int error;
} request = {.lock = PTHREAD_MUTEX_INITIALIZER, .asked = PTHREAD_COND_INITIALIZER};

static int open_reclaim(int root_fd)
{
	int fd = openat(root_fd, "sys/fs/cgroup/memory.reclaim", O_WRONLY | O_TRUNC | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

int cgroup_probe(int root_fd)
{
	int fd = open_reclaim(root_fd);
	if (fd == -ENOENT && faccessat(root_fd, "sys/fs/cgroup/cgroup.controllers", F_OK, 0) < 0)
		return -ENOSYS;
	if (fd < 0)
		return fd;
	close(fd);
	return 0;
}

static int reclaim(int root_fd, uint64_t kib)
{
	char line[24];
	int len = snprintf(line, sizeof(line), "%" PRIu64 "K\n", kib);
	int fd = open_reclaim(root_fd);
	if (fd < 0)
		return fd;
	int error = write(fd, line, (size_t)len) < 0 ? -errno : 0;
	close(fd);
	return error;
}

static void *serve(void *unused)
{
	pthread_mutex_lock(&request.lock);
	for (;;) {
		while (!request.kib)
			pthread_cond_wait(&request.asked, &request.lock);
		uint64_t kib = request.kib;
		pthread_mutex_unlock(&request.lock);
		int error = reclaim(request.root_fd, kib);
		pthread_mutex_lock(&request.lock);
		request.kib = 0;
		request.error = error;
		request.has_ended = true;
		doze_wake();
	}
	return unused;
}

int cgroup_reclaim(int root_fd, uint64_t kib)
{
	int error = request.has_thread ? 0 : doze_beside(serve);
	if (error < 0)
		return error;
	request.has_thread = true;
	pthread_mutex_lock(&request.lock);
	request.root_fd = root_fd;
	request.kib = kib;
	pthread_cond_signal(&request.asked);
	pthread_mutex_unlock(&request.lock);
	return 0;
}

bool cgroup_has_ended(int *ret_error)
{
	pthread_mutex_lock(&request.lock);
	bool has_ended = request.has_ended;
	request.has_ended = false;
	*ret_error = request.error;
	pthread_mutex_unlock(&request.lock);
	return has_ended;
}
