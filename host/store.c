/* SPDX-License-Identifier: MIT */
#include "host/store.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <xenstore.h>

enum { PATH_BYTES = 128, TOKEN_BYTES = 32 };

struct store {
	struct xs_handle *handle[STORE_SOURCES_];
};

/* libxenstore says EBADF, EINVAL, EPIPE or ECONNRESET when its connection is gone. */
static int lost_or(int error)
{
	switch (error) {
	case EBADF:
	case EINVAL:
	case EPIPE:
	case ECONNRESET:
		return -EBADF;
	default:
		return error ? -error : -EIO;
	}
}

static int watch(struct store *s, enum store_source source, const char *path, const char *token)
{
	if (xs_watch(s->handle[source], path, token) || errno == EEXIST)
		return 0;
	return lost_or(errno);
}

int store_open(struct store **ret_store)
{
	struct store *s = calloc(1, sizeof(*s));
	if (!s)
		return -ENOMEM;
	int r = 0;
	for (int i = 0; i < STORE_SOURCES_ && r == 0; i++) {
		s->handle[i] = xs_open(XS_UNWATCH_FILTER);
		if (!s->handle[i])
			r = errno ? -errno : -EIO;
	}
	if (r == 0)
		r = watch(s, STORE_HOST, "@introduceDomain", "domains");
	if (r == 0)
		r = watch(s, STORE_HOST, "@releaseDomain", "domains");
	if (r < 0) {
		store_close(s);
		return r;
	}
	*ret_store = s;
	return 0;
}

void store_close(struct store *s)
{
	if (!s)
		return;
	for (int i = 0; i < STORE_SOURCES_; i++)
		if (s->handle[i])
			xs_close(s->handle[i]);
	free(s);
}

int store_fd(const struct store *s, enum store_source source)
{
	return xs_fileno(s->handle[source]);
}

bool store_alive(struct store *s)
{
	for (int i = 0; i < STORE_SOURCES_; i++) {
		char *path = xs_get_domain_path(s->handle[i], 0);
		if (!path)
			return false;
		free(path);
	}
	return true;
}

/* Tokens are ours: "domains", "memory <domid> <generation>", "cagma <domid> <generation>". */
static bool read_token(const char *token, struct store_event *ret_event)
{
	struct store_event e = {.kind = STORE_DOMAINS};
	if (strcmp(token, "domains") == 0) {
		*ret_event = e;
		return true;
	}
	if (sscanf(token, "memory %u %u", &e.domid, &e.generation) == 2)
		e.kind = STORE_MEMORY;
	else if (sscanf(token, "cagma %u %u", &e.domid, &e.generation) == 2)
		e.kind = STORE_CAGMA;
	else
		return false;
	*ret_event = e;
	return true;
}

/* Which key of ours it was; a guest may write others beside them, which are nobody's. */
static void read_path(const char *path, struct store_event *e)
{
	char agent[KEYS_MAX_PATH], report[KEYS_MAX_PATH];
	keys_path(KEY_AGENT, e->domid, agent);
	keys_path(KEY_REPORT, e->domid, report);
	bool is_whole = strncmp(path, agent, strlen(path)) == 0; /* a parent: made or removed */
	e->is_agent = is_whole;
	e->is_report = is_whole ? strcmp(path, agent) != 0 : strcmp(path, report) == 0;
}

int store_next(struct store *s, enum store_source source, struct store_event *ret_event)
{
	for (;;) {
		char **words = xs_check_watch(s->handle[source]);
		if (!words)
			return errno == EAGAIN ? 0 : lost_or(errno);
		bool known = read_token(words[XS_WATCH_TOKEN], ret_event);
		if (known && ret_event->kind == STORE_CAGMA)
			read_path(words[XS_WATCH_PATH], ret_event);
		free(words);
		if (known)
			return 1;
	}
}

static void guest_path(unsigned domid, const char *path, char *buf)
{
	snprintf(buf, PATH_BYTES, "/local/domain/%u/%s", domid, path);
}

static int change_watch(struct store *s, enum store_source source, unsigned domid,
			unsigned generation, const char *word, const char *below, bool on)
{
	char path[PATH_BYTES], token[TOKEN_BYTES];
	guest_path(domid, below, path);
	snprintf(token, sizeof(token), "%s %u %u", word, domid, generation);
	if (on)
		return watch(s, source, path, token);
	return xs_unwatch(s->handle[source], path, token) ? 0 : lost_or(errno);
}

int store_watch_memory(struct store *s, unsigned domid, unsigned generation)
{
	int r = change_watch(s, STORE_HOST, domid, generation, "memory", "memory", true);
	return r ? r : change_watch(s, STORE_HOST, domid, generation, "memory", "name", true);
}

int store_unwatch_memory(struct store *s, unsigned domid, unsigned generation)
{
	int r = change_watch(s, STORE_HOST, domid, generation, "memory", "memory", false);
	return r ? r : change_watch(s, STORE_HOST, domid, generation, "memory", "name", false);
}

int store_watch_cagma(struct store *s, unsigned domid, unsigned generation)
{
	return change_watch(s, STORE_GUESTS, domid, generation, "cagma", "data/cagma", true);
}

int store_unwatch_cagma(struct store *s, unsigned domid, unsigned generation)
{
	return change_watch(s, STORE_GUESTS, domid, generation, "cagma", "data/cagma", false);
}

int store_read(struct store *s, unsigned domid, const char *path, char *buf, size_t size)
{
	char full[PATH_BYTES];
	unsigned len;
	guest_path(domid, path, full);
	char *value = xs_read(s->handle[STORE_HOST], XBT_NULL, full, &len);
	if (!value)
		return lost_or(errno);
	if (len < size) {
		memcpy(buf, value, len);
		buf[len] = '\0';
	}
	free(value);
	return len < size ? (int)len : -EMSGSIZE;
}

int store_read_number(struct store *s, unsigned domid, const char *path, uint64_t *ret_number)
{
	char buf[24];
	int len = store_read(s, domid, path, buf, sizeof(buf));
	if (len < 0)
		return len;
	return text_number((struct text){buf, (size_t)len}, KEYS_MAX_KIB, ret_number) ? 0 : -ERANGE;
}

bool store_has_libxl(struct store *s, unsigned domid, const char *path)
{
	char full[PATH_BYTES];
	unsigned len;
	snprintf(full, sizeof(full), "/libxl/%u/%s", domid, path);
	void *value = xs_read(s->handle[STORE_HOST], XBT_NULL, full, &len);
	free(value);
	return value != NULL;
}

int store_write(struct store *s, unsigned domid, enum key_id key, const char *value)
{
	char path[KEYS_MAX_PATH];
	keys_path(key, domid, path);
	size_t len = strlen(value);
	return xs_write(s->handle[STORE_HOST], XBT_NULL, path, value, (unsigned)len)
		       ? 0
		       : lost_or(errno);
}

void store_clear(struct store *s, unsigned domid)
{
	char path[PATH_BYTES];
	guest_path(domid, "cagma", path);
	xs_rm(s->handle[STORE_HOST], XBT_NULL, path);
}
