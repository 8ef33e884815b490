/* SPDX-License-Identifier: MIT */
#include "host/xen/store.h"

#include "common/connection.h"
#include "host/reserve/toolkeys.h"
#include "host/xen/deadline.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>
#include <xenstore.h>
#include <xenstore_lib.h>

enum { TOKEN_BYTES = 32 };

enum {
	STORE_TALK = STORE_SOURCES_, /* reads and writes */
	STORE_HANDLES_
};

struct store {
	struct xs_handle *handle[STORE_HANDLES_];
	/* The handles' sockets once more, so that their numbers are nobody else's before
	 * store_close(). */
	struct deadline_sockets sockets;
};

_Static_assert((int)STORE_HANDLES_ <= (int)DEADLINE_MAX_SOCKETS, "each handle has a socket");

int store_error(int error)
{
	if (connection_is_lost(error))
		return -EBADF;
	return error ? -error : -EIO;
}

static int watch(struct store *s, enum store_source source, const char *path, const char *token)
{
	STORE_OPERATION(s);
	if (xs_watch(s->handle[source], path, token) || errno == EEXIST)
		return 0;
	return store_error(errno);
}

int store_probe(void)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	const char *path = xs_daemon_socket();
	if (!path || strlen(path) >= sizeof(address.sun_path))
		return -ENAMETOOLONG;
	strcpy(address.sun_path, path);
	/* connect() waits while the queue is full: for a moment if xenstored is busy, since there
	 * is room for one or two in it, and for ever if it hangs */
	const struct timeval most = {.tv_sec = STORE_PROBE_MS / 1000};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	int r = setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &most, sizeof(most));
	if (r == 0)
		r = connect(fd, (struct sockaddr *)&address, sizeof(address));
	r = r == 0 ? 0 : errno == EAGAIN ? -ETIMEDOUT : -errno;
	close(fd);
	return r;
}

/* The number that the next descriptor will have. */
static int next_descriptor(void)
{
	int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
	if (fd >= 0)
		close(fd);
	return fd < 0 ? -errno : fd;
}

static bool is_socket_of_xenstored(int fd)
{
	struct sockaddr_un peer = {0};
	socklen_t len = sizeof(peer);
	return getpeername(fd, (struct sockaddr *)&peer, &len) == 0 && peer.sun_family == AF_UNIX &&
	       strncmp(peer.sun_path, xs_daemon_socket(), sizeof(peer.sun_path)) == 0;
}

/* libxenstore does not tell its socket, but opens it before anything else. */
static int open_handle(struct store *s, int i)
{
	int fd = next_descriptor();
	if (fd < 0)
		return fd;
	s->handle[i] = xs_open(XS_OPEN_SOCKETONLY | XS_UNWATCH_FILTER);
	if (!s->handle[i])
		return errno ? -errno : -EIO;
	if (!is_socket_of_xenstored(fd))
		return -ENOTSOCK;
	s->sockets.fd[i] = fcntl(fd, F_DUPFD_CLOEXEC, 0);
	return s->sockets.fd[i] < 0 ? -errno : 0;
}

static int open_all(struct store *s)
{
	int r = store_probe();
	for (int i = 0; i < STORE_HANDLES_ && r == 0; i++)
		r = open_handle(s, i);
	if (r == 0)
		r = watch(s, STORE_HOST, "@introduceDomain", "domains");
	if (r == 0)
		r = watch(s, STORE_HOST, "@releaseDomain", "domains");
	return r < 0 && deadline_was_missed() ? -ETIMEDOUT : r;
}

int store_open(struct store **ret_store)
{
	struct store *s = calloc(1, sizeof(*s));
	if (!s)
		return -ENOMEM;
	for (int i = 0; i < DEADLINE_MAX_SOCKETS; i++)
		s->sockets.fd[i] = -1;
	deadline_begin(&s->sockets);
	int r = open_all(s);
	deadline_end();
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
	for (int i = 0; i < STORE_HANDLES_; i++) {
		if (s->handle[i])
			xs_close(s->handle[i]);
		if (s->sockets.fd[i] >= 0)
			close(s->sockets.fd[i]);
	}
	free(s);
}

int store_fd(const struct store *s, enum store_source source)
{
	return xs_fileno(s->handle[source]);
}

struct store *store_begin(struct store *s)
{
	deadline_begin(&s->sockets);
	return s;
}

void store_end(struct store *const *s)
{
	(void)s;
	deadline_end();
}

struct xs_handle *store_connection(struct store *s)
{
	return s->handle[STORE_TALK];
}

bool store_alive(struct store *s)
{
	STORE_OPERATION(s);
	for (int i = 0; i < STORE_HANDLES_; i++) {
		char *path = xs_get_domain_path(s->handle[i], 0);
		if (!path)
			return false;
		free(path);
	}
	return true;
}

/* The tokens of watches are "domains", "tool", "memory DOMID GENERATION", "cagma DOMID
 * GENERATION". */
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

static void guest_path(unsigned domid, const char *path, char *buf)
{
	snprintf(buf, STORE_MAX_PATH, "/local/domain/%u/%s", domid, path);
}

static bool is_guest_path(const char *full, unsigned domid, const char *path)
{
	char own[STORE_MAX_PATH];
	guest_path(domid, path, own);
	return strcmp(full, own) == 0;
}

/* Finds which of our keys the event is of; a guest may write other keys beside them. */
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
		/* the key itself, or a directory above it that was made or removed */
		*keys[i].is_it = strncmp(path, own, len) == 0 && (!own[len] || own[len] == '/');
	}
	for (unsigned id = 0; id < SOURCE_COUNT_; id++)
		if (source_is_foreign((enum source_id)id) &&
		    is_guest_path(path, e->domid, source_table[id].path))
			e->sources |= SOURCE_BIT(id);
}

static bool is_answer(const char *path)
{
	static const char host_word[] = TOOLKEYS_ROOT "/host";
	const char *name = strrchr(path, '/');
	return name && (strcmp(name, "/state") == 0 || strcmp(name, "/daemon") == 0 ||
			strncmp(path, host_word, sizeof(host_word) - 1) == 0 ||
			strstr(path, TOOLKEYS_ROOT "/built/") == path);
}

int store_next(struct store *s, enum store_source source, struct store_event *ret_event)
{
	for (;;) {
		char **words = xs_check_watch(s->handle[source]);
		if (!words)
			return errno == EAGAIN ? 0 : store_error(errno);
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

/* The parts of a path before and behind the domid in it. */
struct domain_path {
	const char *before, *behind;
};

static int change_watch(struct store *s, enum store_source source, unsigned domid,
			unsigned generation, const char *word, struct domain_path at, bool on)
{
	STORE_OPERATION(s);
	char path[STORE_MAX_PATH], token[TOKEN_BYTES];
	snprintf(path, sizeof(path), "%s/%u/%s", at.before, domid, at.behind);
	snprintf(token, sizeof(token), "%s %u %u", word, domid, generation);
	if (on)
		return watch(s, source, path, token);
	return xs_unwatch(s->handle[source], path, token) ? 0 : store_error(errno);
}

static int change_memory_watches(struct store *s, unsigned domid, unsigned generation, bool on)
{
	/* not memory/ as a whole: with Qubes OS's toolstack the guest writes a key in it */
	static const struct domain_path paths[] = {{"/local/domain", "memory/target"},
						   {"/local/domain", "memory/static-max"},
						   {"/local/domain", "memory/videoram"},
						   {"/local/domain", "memory/dynamic-min"},
						   {"/local/domain", "name"},
						   {"/libxl", "device"}};
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

int store_watch_tool(struct store *s)
{
	return watch(s, STORE_HOST, TOOLKEYS_ROOT, "tool");
}

static int change_guest_watches(struct store *s, unsigned domid, unsigned generation, bool on)
{
	int r = 0;
	for (unsigned id = 0; id < SOURCE_COUNT_ && r == 0; id++) {
		bool is_foreign = source_is_foreign((enum source_id)id);
		struct domain_path at = {"/local/domain",
					 is_foreign ? source_table[id].path : "data/cagma"};
		r = change_watch(s, STORE_GUESTS, domid, generation, "cagma", at, on);
	}
	return r;
}

int store_watch_cagma(struct store *s, unsigned domid, unsigned generation)
{
	return change_guest_watches(s, domid, generation, true);
}

int store_unwatch_cagma(struct store *s, unsigned domid, unsigned generation)
{
	return change_guest_watches(s, domid, generation, false);
}

int store_read_at(struct store *s, const char *full, char *buf, size_t size)
{
	STORE_OPERATION(s);
	unsigned len;
	char *value = xs_read(s->handle[STORE_TALK], XBT_NULL, full, &len);
	if (!value)
		return store_error(errno);
	if (len < size) {
		memcpy(buf, value, len);
		buf[len] = '\0';
	}
	free(value);
	return len < size ? (int)len : -EMSGSIZE;
}

int store_read(struct store *s, unsigned domid, const char *path, char *buf, size_t size)
{
	char full[STORE_MAX_PATH];
	guest_path(domid, path, full);
	return store_read_at(s, full, buf, size);
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
	STORE_OPERATION(s);
	char full[STORE_MAX_PATH];
	unsigned len;
	snprintf(full, sizeof(full), "/libxl/%u/%s", domid, path);
	void *value = xs_read(s->handle[STORE_TALK], XBT_NULL, full, &len);
	free(value);
	return value != NULL;
}

static bool has_memory(struct xs_handle *h, xs_transaction_t t, unsigned domid)
{
	char path[STORE_MAX_PATH];
	unsigned len;
	guest_path(domid, "memory/target", path);
	void *value = xs_read(h, t, path, &len);
	free(value);
	return value != NULL;
}

/* False, with errno EINTR, if the writer gives way and an event of guests waits. */
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
	STORE_OPERATION(s);
	struct xs_handle *h = s->handle[STORE_TALK];
	xs_transaction_t t = may_go_on(s, gives_way) ? xs_transaction_start(h) : XBT_NULL;
	if (t == XBT_NULL)
		return store_error(errno);
	bool ok = may_go_on(s, gives_way) && has_memory(h, t, domid) &&
		  write_all(s, t, domid, value, n_values, gives_way);
	int error = errno;
	if (!ok) {
		xs_transaction_end(h, t, true);
		return store_error(error);
	}
	return xs_transaction_end(h, t, false) ? 0 : store_error(errno);
}

void store_clear(struct store *s, unsigned domid)
{
	STORE_OPERATION(s);
	char path[STORE_MAX_PATH];
	guest_path(domid, "cagma", path);
	xs_rm(s->handle[STORE_TALK], XBT_NULL, path);
}
