/* SPDX-License-Identifier: MIT */
#include "host/xen/tool.h"

#include "common/system/file.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <xenstore.h>

static void full_path(const char *path, char *buf)
{
	snprintf(buf, STORE_MAX_PATH, TOOLKEYS_ROOT "/%s", path);
}

int tool_open(struct store *s)
{
	STORE_OPERATION(s);
	struct xs_handle *h = store_connection(s);
	struct xs_permissions nobody = {.id = 0, .perms = XS_PERM_NONE}; /* new keys inherit it */
	if (!xs_mkdir(h, XBT_NULL, TOOLKEYS_ROOT) ||
	    !xs_set_permissions(h, XBT_NULL, TOOLKEYS_ROOT, &nobody, 1))
		return store_error(errno);
	return store_watch_tool(s);
}

int tool_read(struct store *s, const char *path, char *buf, size_t size)
{
	char full[STORE_MAX_PATH];
	full_path(path, full);
	return store_read_at(s, full, buf, size);
}

static int list_at(struct xs_handle *h, xs_transaction_t t, const char *path, uint32_t *number,
		   unsigned max)
{
	char full[STORE_MAX_PATH];
	unsigned n, found = 0;
	full_path(path, full);
	char **name = xs_directory(h, t, full, &n);
	if (!name)
		return errno == ENOENT ? 0 : store_error(errno);
	for (unsigned i = 0; i < n; i++) {
		uint64_t value;
		if (!text_number((struct text){name[i], strlen(name[i])}, UINT32_MAX, &value))
			continue;
		if (found < max)
			number[found] = (uint32_t)value;
		found++;
	}
	free(name);
	return (int)found;
}

int tool_list(struct store *s, const char *path, uint32_t *ret_number, unsigned max)
{
	STORE_OPERATION(s);
	return list_at(store_connection(s), XBT_NULL, path, ret_number, max);
}

static int write_at(struct xs_handle *h, xs_transaction_t t, const char *path, const char *text)
{
	char full[STORE_MAX_PATH];
	full_path(path, full);
	return xs_write(h, t, full, text, (unsigned)strlen(text)) ? 0 : store_error(errno);
}

static int end_transaction(struct xs_handle *h, xs_transaction_t t, int r)
{
	if (r < 0) {
		xs_transaction_end(h, t, true);
		return r;
	}
	return xs_transaction_end(h, t, false) ? 0 : store_error(errno);
}

/* 0 if the key exists; -ENOENT if not; another -errno. */
static int is_there(struct xs_handle *h, xs_transaction_t t, const char *path)
{
	char full[STORE_MAX_PATH];
	unsigned len;
	full_path(path, full);
	void *value = xs_read(h, t, full, &len);
	int error = errno;
	free(value);
	return value ? 0 : store_error(error);
}

int tool_write(struct store *s, const char *if_there, const char *path, const char *text)
{
	STORE_OPERATION(s);
	struct xs_handle *h = store_connection(s);
	if (!if_there)
		return write_at(h, XBT_NULL, path, text);
	xs_transaction_t t = xs_transaction_start(h);
	if (t == XBT_NULL)
		return store_error(errno);
	int r = is_there(h, t, if_there);
	if (r == 0)
		r = write_at(h, t, path, text);
	return end_transaction(h, t, r);
}

int tool_remove(struct store *s, const char *path)
{
	STORE_OPERATION(s);
	char full[STORE_MAX_PATH];
	full_path(path, full);
	return xs_rm(store_connection(s), XBT_NULL, full) || errno == ENOENT ? 0
									     : store_error(errno);
}

/* Each number is given once only, so that nobody releases another one's reservation by it. */
static int take_number(struct xs_handle *h, xs_transaction_t t, uint32_t *ret_id)
{
	char full[STORE_MAX_PATH], text[16];
	uint64_t last = 0;
	unsigned len;
	full_path(toolkeys_table[TOOLKEYS_LAST].path, full);
	char *value = xs_read(h, t, full, &len);
	if (value && !text_number((struct text){value, len}, UINT32_MAX, &last))
		last = 0;
	free(value);
	*ret_id = last < UINT32_MAX ? (uint32_t)last + 1 : 1;
	snprintf(text, sizeof(text), "%" PRIu32, *ret_id);
	return write_at(h, t, toolkeys_table[TOOLKEYS_LAST].path, text);
}

static int add_in(struct xs_handle *h, xs_transaction_t t, const char *request, const char *name,
		  unsigned max, uint32_t *ret_id)
{
	char path[TOOLKEYS_MAX_PATH];
	int n = list_at(h, t, "reservation", NULL, 0);
	if (n < 0 || n >= (int)max)
		return n < 0 ? n : -ENOSPC;
	int r = take_number(h, t, ret_id);
	toolkeys_path(TOOLKEYS_NAME, *ret_id, path);
	if (r == 0 && name[0])
		r = write_at(h, t, path, name);
	toolkeys_path(TOOLKEYS_REQUEST, *ret_id, path);
	return r < 0 ? r : write_at(h, t, path, request);
}

int tool_add_reservation(struct store *s, const char *request, const char *name, unsigned max,
			 uint32_t *ret_id)
{
	enum { TRIES = 100 };
	STORE_OPERATION(s);
	struct xs_handle *h = store_connection(s);
	int r = -EAGAIN;
	for (int i = 0; i < TRIES && r == -EAGAIN; i++) {
		xs_transaction_t t = xs_transaction_start(h);
		if (t == XBT_NULL)
			return store_error(errno);
		r = end_transaction(h, t, add_in(h, t, request, name, max, ret_id));
	}
	return r;
}

/* -ESRCH when there is no such process, or another one has its number by now. */
static int find_process(uint64_t pid)
{
	static const char name[] = "cagmad\n";
	char path[64], text[32];
	if (kill((pid_t)pid, 0) < 0 && errno == ESRCH)
		return -ESRCH;
	snprintf(path, sizeof(path), "/proc/%" PRIu64 "/comm", pid);
	return file_read_at(AT_FDCWD, path, text, sizeof(text)) < 0 || strcmp(text, name) == 0
		       ? 0
		       : -ESRCH;
}

int tool_find_daemon(struct store *s, struct toolkeys_daemon *ret_daemon)
{
	char line[TOOLKEYS_MAX_BYTES + 1];
	struct toolkeys_daemon daemon;
	int len = tool_read(s, toolkeys_table[TOOLKEYS_DAEMON].path, line, sizeof(line));
	if (len < 0)
		return len;
	if (line_parse(&toolkeys_daemon_format, (struct text){line, (size_t)len}, &daemon,
		       &daemon.present) != LINE_OK ||
	    daemon.protocol != TOOLKEYS_PROTOCOL)
		return -EPROTO;
	int r = find_process(daemon.pid);
	if (r == 0)
		*ret_daemon = daemon;
	return r;
}
