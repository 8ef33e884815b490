/* SPDX-License-Identifier: MIT */
#include "host/xen/store.h"

#include "host/core/toolkeys.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
#include <xenstore.h>
#include <xenstore_lib.h>

enum { PATH_BYTES = 128, TOKEN_BYTES = 32 };

enum {
	STORE_TALK = STORE_SOURCES_, /* reads and writes */
	STORE_HANDLES_
};

struct store {
	struct xs_handle *handle[STORE_HANDLES_];
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

int store_probe(void)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	const char *path = xs_daemon_socket();
	if (!path || strlen(path) >= sizeof(address.sun_path))
		return -ENAMETOOLONG;
	strcpy(address.sun_path, path);
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	int r = connect(fd, (struct sockaddr *)&address, sizeof(address)) < 0 ? -errno : 0;
	close(fd);
	return r;
}

int store_open(struct store **ret_store)
{
	struct store *s = calloc(1, sizeof(*s));
	if (!s)
		return -ENOMEM;
	int r = store_probe();
	for (int i = 0; i < STORE_HANDLES_ && r == 0; i++) {
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
	for (int i = 0; i < STORE_HANDLES_; i++)
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
	for (int i = 0; i < STORE_HANDLES_; i++) {
		char *path = xs_get_domain_path(s->handle[i], 0);
		if (!path)
			return false;
		free(path);
	}
	return true;
}

/* Tokens are ours: "domains", "tool", "memory <domid> <generation>", "cagma <domid> <generation>".
 */
static bool read_token(const char *token, struct store_event *ret_event)
{
	struct store_event e = {.kind = STORE_DOMAINS};
	if (strcmp(token, "domains") == 0) {
		*ret_event = e;
		return true;
	}
	if (strcmp(token, "tool") == 0) {
		e.kind = STORE_TOOL;
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
	const struct {
		enum key_id key;
		bool *is_it;
	} keys[] = {
		{KEY_AGENT, &e->is_agent}, {KEY_REPORT, &e->is_report}, {KEY_ALARM, &e->is_alarm}};
	for (unsigned i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		char own[KEYS_MAX_PATH];
		size_t len = strlen(path);
		keys_path(keys[i].key, e->domid, own);
		/* the key, or a parent of it, which was made or removed */
		*keys[i].is_it = strncmp(path, own, len) == 0 && (!own[len] || own[len] == '/');
	}
}

static void guest_path(unsigned domid, const char *path, char *buf)
{
	snprintf(buf, PATH_BYTES, "/local/domain/%u/%s", domid, path);
}

static bool is_guest_path(const char *full, unsigned domid, const char *path)
{
	char own[PATH_BYTES];
	guest_path(domid, path, own);
	return strcmp(full, own) == 0;
}

static bool is_answer(const char *path)
{
	const char *name = strrchr(path, '/');
	return name && (strcmp(name, "/state") == 0 || strcmp(name, "/daemon") == 0);
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
		if (known && ret_event->kind == STORE_MEMORY)
			ret_event->is_target = is_guest_path(words[XS_WATCH_PATH], ret_event->domid,
							     "memory/target");
		if (known && ret_event->kind == STORE_TOOL)
			ret_event->is_answer = is_answer(words[XS_WATCH_PATH]);
		free(words);
		if (known)
			return 1;
	}
}

/* A path with a domid in it: what stands before and behind it. */
struct domain_path {
	const char *before, *behind;
};

static int change_watch(struct store *s, enum store_source source, unsigned domid,
			unsigned generation, const char *word, struct domain_path at, bool on)
{
	char path[PATH_BYTES], token[TOKEN_BYTES];
	snprintf(path, sizeof(path), "%s/%u/%s", at.before, domid, at.behind);
	snprintf(token, sizeof(token), "%s %u %u", word, domid, generation);
	if (on)
		return watch(s, source, path, token);
	return xs_unwatch(s->handle[source], path, token) ? 0 : lost_or(errno);
}

static int change_memory_watches(struct store *s, unsigned domid, unsigned generation, bool on)
{
	static const struct domain_path paths[] = {
		{"/local/domain", "memory"}, {"/local/domain", "name"}, {"/libxl", "device"}};
	int r = 0;
	for (unsigned i = 0; i < sizeof(paths) / sizeof(paths[0]) && r == 0; i++)
		r = change_watch(s, STORE_HOST, domid, generation, "memory", paths[i], on);
	return r;
}

int store_watch_memory(struct store *s, unsigned domid, unsigned generation)
{
	return change_memory_watches(s, domid, generation, true);
}

int store_unwatch_memory(struct store *s, unsigned domid, unsigned generation)
{
	return change_memory_watches(s, domid, generation, false);
}

static const struct domain_path cagma_path = {"/local/domain", "data/cagma"};

int store_watch_cagma(struct store *s, unsigned domid, unsigned generation)
{
	return change_watch(s, STORE_GUESTS, domid, generation, "cagma", cagma_path, true);
}

int store_unwatch_cagma(struct store *s, unsigned domid, unsigned generation)
{
	return change_watch(s, STORE_GUESTS, domid, generation, "cagma", cagma_path, false);
}

static int read_at(struct store *s, const char *full, char *buf, size_t size)
{
	unsigned len;
	char *value = xs_read(s->handle[STORE_TALK], XBT_NULL, full, &len);
	if (!value)
		return lost_or(errno);
	if (len < size) {
		memcpy(buf, value, len);
		buf[len] = '\0';
	}
	free(value);
	return len < size ? (int)len : -EMSGSIZE;
}

int store_read(struct store *s, unsigned domid, const char *path, char *buf, size_t size)
{
	char full[PATH_BYTES];
	guest_path(domid, path, full);
	return read_at(s, full, buf, size);
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
	void *value = xs_read(s->handle[STORE_TALK], XBT_NULL, full, &len);
	free(value);
	return value != NULL;
}

static bool has_memory(struct xs_handle *h, xs_transaction_t t, unsigned domid)
{
	char path[PATH_BYTES];
	unsigned len;
	guest_path(domid, "memory/target", path);
	void *value = xs_read(h, t, path, &len);
	free(value);
	return value != NULL;
}

/* False with errno EINTR when it is to give way and an event of guests waits. */
static bool may_go_on(const struct store *s, bool gives_way)
{
	struct pollfd events = {.fd = store_fd(s, STORE_GUESTS), .events = POLLIN};
	if (!gives_way || poll(&events, 1, 0) <= 0)
		return true;
	errno = EINTR;
	return false;
}

static bool write_all(struct store *s, xs_transaction_t t, unsigned domid,
		      const struct store_value *value, unsigned n_values, bool gives_way)
{
	char path[KEYS_MAX_PATH];
	for (unsigned i = 0; i < n_values; i++) {
		keys_path(value[i].key, domid, path);
		if (!may_go_on(s, gives_way) ||
		    !xs_write(s->handle[STORE_TALK], t, path, value[i].text,
			      (unsigned)strlen(value[i].text)))
			return false;
	}
	return may_go_on(s, gives_way);
}

int store_write(struct store *s, unsigned domid, const struct store_value *value, unsigned n_values,
		bool gives_way)
{
	struct xs_handle *h = s->handle[STORE_TALK];
	xs_transaction_t t = may_go_on(s, gives_way) ? xs_transaction_start(h) : XBT_NULL;
	if (t == XBT_NULL)
		return lost_or(errno);
	bool ok = may_go_on(s, gives_way) && has_memory(h, t, domid) &&
		  write_all(s, t, domid, value, n_values, gives_way);
	int error = errno;
	if (!ok) {
		xs_transaction_end(h, t, true);
		return lost_or(error);
	}
	return xs_transaction_end(h, t, false) ? 0 : lost_or(errno);
}

void store_clear(struct store *s, unsigned domid)
{
	char path[PATH_BYTES];
	guest_path(domid, "cagma", path);
	xs_rm(s->handle[STORE_TALK], XBT_NULL, path);
}

/* --- /tool/cagma ---------------------------------------------------------- */

static void tool_path(const char *path, char *buf)
{
	snprintf(buf, PATH_BYTES, TOOLKEYS_ROOT "/%s", path);
}

int store_open_tool(struct store *s)
{
	struct xs_handle *h = s->handle[STORE_TALK];
	struct xs_permissions nobody = {.id = 0, .perms = XS_PERM_NONE}; /* new keys inherit it */
	if (!xs_mkdir(h, XBT_NULL, TOOLKEYS_ROOT) ||
	    !xs_set_permissions(h, XBT_NULL, TOOLKEYS_ROOT, &nobody, 1))
		return lost_or(errno);
	return watch(s, STORE_HOST, TOOLKEYS_ROOT, "tool");
}

int store_read_tool(struct store *s, const char *path, char *buf, size_t size)
{
	char full[PATH_BYTES];
	tool_path(path, full);
	return read_at(s, full, buf, size);
}

static int list_at(struct xs_handle *h, xs_transaction_t t, const char *path, uint32_t *number,
		   unsigned max)
{
	char full[PATH_BYTES];
	unsigned n, found = 0;
	tool_path(path, full);
	char **name = xs_directory(h, t, full, &n);
	if (!name)
		return errno == ENOENT ? 0 : lost_or(errno);
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

int store_list_tool(struct store *s, const char *path, uint32_t *ret_number, unsigned max)
{
	return list_at(s->handle[STORE_TALK], XBT_NULL, path, ret_number, max);
}

static int write_at(struct xs_handle *h, xs_transaction_t t, const char *path, const char *text)
{
	char full[PATH_BYTES];
	tool_path(path, full);
	return xs_write(h, t, full, text, (unsigned)strlen(text)) ? 0 : lost_or(errno);
}

static int end_transaction(struct xs_handle *h, xs_transaction_t t, int r)
{
	if (r < 0) {
		xs_transaction_end(h, t, true);
		return r;
	}
	return xs_transaction_end(h, t, false) ? 0 : lost_or(errno);
}

/* 0, -ENOENT, another -errno. */
static int is_there(struct xs_handle *h, xs_transaction_t t, const char *path)
{
	char full[PATH_BYTES];
	unsigned len;
	tool_path(path, full);
	void *value = xs_read(h, t, full, &len);
	int error = errno;
	free(value);
	return value ? 0 : lost_or(error);
}

int store_write_tool(struct store *s, const char *if_there, const char *path, const char *text)
{
	struct xs_handle *h = s->handle[STORE_TALK];
	xs_transaction_t t = xs_transaction_start(h);
	if (t == XBT_NULL)
		return lost_or(errno);
	int r = if_there ? is_there(h, t, if_there) : 0;
	if (r == 0)
		r = write_at(h, t, path, text);
	return end_transaction(h, t, r);
}

int store_remove_tool(struct store *s, const char *path)
{
	char full[PATH_BYTES];
	tool_path(path, full);
	return xs_rm(s->handle[STORE_TALK], XBT_NULL, full) || errno == ENOENT ? 0 : lost_or(errno);
}

/* Numbers are given once only, so that nobody releases another's reservation. */
static int take_number(struct xs_handle *h, xs_transaction_t t, uint32_t *ret_id)
{
	char full[PATH_BYTES], text[16];
	uint64_t last = 0;
	unsigned len;
	tool_path(toolkeys_table[TOOLKEYS_LAST].path, full);
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

int store_add_reservation(struct store *s, const char *request, const char *name, unsigned max,
			  uint32_t *ret_id)
{
	enum { TRIES = 100 };
	struct xs_handle *h = s->handle[STORE_TALK];
	int r = -EAGAIN;
	for (int i = 0; i < TRIES && r == -EAGAIN; i++) {
		xs_transaction_t t = xs_transaction_start(h);
		if (t == XBT_NULL)
			return lost_or(errno);
		r = end_transaction(h, t, add_in(h, t, request, name, max, ret_id));
	}
	return r;
}
