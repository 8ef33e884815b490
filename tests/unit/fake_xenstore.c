/* SPDX-License-Identifier: MIT */
/*
 * A libxenstore for the agent's own tests, in which a directory is the store. It
 * has failures that a healthy store does not have. The toolstack lab tests with the
 * real library and a real xenstored.
 *
 * Below $FAKE_XENSTORE:
 *
 *     data/     the keys, one file each
 *     domid     the guest's domain id; without it the store does not tell
 *     log       every call that writes: `write PATH VALUE`, `rm PATH`
 *     absent    while there: xs_open() fails
 *     lost      while there: every call on an open connection fails with EBADF
 *     refuse    while there: writes to the path in it fail with ENOSPC
 *     event     a FIFO: a byte put into it is one event of the watch with that token
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <xenstore.h>

enum { MAX_WATCHES = 10 };

struct xs_handle {
	int event_fd;
	char watched[MAX_WATCHES][64]; /* a watch's token is its place in here */
};

static const char *store_path(const char *name)
{
	static char path[PATH_MAX];
	const char *dir = getenv("FAKE_XENSTORE");
	snprintf(path, sizeof(path), "%s/%s", dir ? dir : "/nonexistent", name);
	return path;
}

static bool is_there(const char *name)
{
	return access(store_path(name), F_OK) == 0;
}

static bool is_lost(void)
{
	errno = EBADF;
	return is_there("lost");
}

static bool is_refused(const char *path)
{
	char refused[PATH_MAX];
	FILE *file = fopen(store_path("refuse"), "r");
	bool is_it = file && fgets(refused, sizeof(refused), file) &&
		     strncmp(refused, path, strlen(path)) == 0;
	if (file)
		fclose(file);
	errno = ENOSPC;
	return is_it;
}

static void log_call(const char *call, const char *path, const char *value)
{
	FILE *file = fopen(store_path("log"), "a");
	if (!file)
		return;
	fprintf(file, "%s %s%s%s\n", call, path, value ? " " : "", value ? value : "");
	fclose(file);
}

/* An event of a watch comes for the first time when it is set, and then for each change. */
static void raise_event(char token)
{
	int fd = open(store_path("event"), O_WRONLY | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0)
		return;
	if (write(fd, &token, 1) < 0)
		perror("fake_xenstore: event");
	close(fd);
}

struct xs_handle *xs_open(unsigned long flags)
{
	(void)flags;
	errno = ENOENT;
	if (is_there("absent") || !is_there("event"))
		return NULL;
	struct xs_handle *h = calloc(1, sizeof(*h));
	if (!h)
		return NULL;
	h->event_fd = open(store_path("event"), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	return h;
}

void xs_close(struct xs_handle *h)
{
	close(h->event_fd);
	free(h);
}

int xs_fileno(struct xs_handle *h)
{
	return h->event_fd;
}

bool xs_watch(struct xs_handle *h, const char *path, const char *token)
{
	unsigned i = (unsigned)(token[0] - '0');
	if (is_lost() || i >= MAX_WATCHES || token[1] != '\0')
		return false;
	snprintf(h->watched[i], sizeof(h->watched[i]), "%s", path);
	raise_event(token[0]);
	return true;
}

/* The result is one block of memory, as the real library's. */
char **xs_check_watch(struct xs_handle *h)
{
	char byte, *token;
	errno = EAGAIN;
	if (is_lost() || read(h->event_fd, &byte, 1) != 1)
		return NULL;
	char **event = calloc(1, 2 * sizeof(char *) + 2);
	if (!event)
		return NULL;
	token = (char *)(event + 2);
	token[0] = byte;
	event[XS_WATCH_PATH] = token;
	event[XS_WATCH_TOKEN] = token;
	return event;
}

void *xs_read(struct xs_handle *h, xs_transaction_t t, const char *path, unsigned int *len)
{
	char *value = calloc(1, 4096);
	(void)h;
	(void)t;
	FILE *file = is_lost() ? NULL : fopen(store_path(path), "r");
	if (file && value) {
		*len = (unsigned)fread(value, 1, 4095, file);
		fclose(file);
		return value;
	}
	free(value);
	errno = is_there("lost") ? EBADF : ENOENT;
	return NULL;
}

bool xs_write(struct xs_handle *h, xs_transaction_t t, const char *path, const void *data,
	      unsigned int len)
{
	char value[4096];
	(void)t;
	if (is_lost() || is_refused(path) || len >= sizeof(value))
		return false;
	memcpy(value, data, len);
	value[len] = '\0';
	FILE *file = fopen(store_path(path), "w");
	if (!file)
		return false;
	fputs(value, file);
	log_call("write", path, value);
	fclose(file);
	for (unsigned i = 0; i < MAX_WATCHES; i++)
		if (strcmp(path, h->watched[i]) == 0)
			raise_event((char)('0' + i));
	return true;
}

bool xs_rm(struct xs_handle *h, xs_transaction_t t, const char *path)
{
	(void)h;
	(void)t;
	if (is_lost())
		return false;
	log_call("rm", path, NULL);
	return unlink(store_path(path)) == 0;
}
