/* SPDX-License-Identifier: MIT */
#include "host/exporter/web.h"

#include "common/amount.h"
#include "common/system/clock.h"
#include "host/exporter/page.h"
#include "host/exposition/metrics.h"
#include "host/exposition/state.h"

#include <arpa/inet.h>
#include <errno.h>
#include <microhttpd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

enum { MAX_FDS = WEB_CLIENTS + 16 }; /* with those that are being closed */

/* A client that is connected. */
struct client {
	int fd; /* -1: the place is free */
	uint64_t since_ms;
	bool is_dropped;
};

struct web {
	struct MHD_Daemon *daemon;
	int epoll_fd;
	uint16_t port;
	bool is_loopback;
	const char *name;
	web_tell_fn *tell;
	void *arg;
	uint64_t now_ms, asked_ms, requests, dropped;
	size_t usual_len; /* of the longest text that was answered */
	struct client client[MAX_FDS];
};

/* --- texts ----------------------------------------------------------------------- */

/* What is written into an answer. */
struct topic {
	const struct seen *seen;
	const struct trend *trend;
	enum metrics_format format;
	uint64_t from; /* the first step of the trends */
};

typedef void write_fn(const struct topic *topic, struct output *output);

static void write_metrics(const struct topic *t, struct output *o)
{
	metrics_write(t->seen, t->format, o);
}

static void write_state(const struct topic *t, struct output *o)
{
	state_write(t->seen, t->trend, t->from, o);
}

/* Writes into memory that is as large as it has to be. The answer, or NULL if there is none. */
static struct MHD_Response *make_text(struct web *w, write_fn *write, const struct topic *topic)
{
	struct output o = {.size = w->usual_len};
	bool fits = false;
	while (!fits) {
		char *more = realloc(o.at, o.size);
		if (!more) {
			free(o.at);
			return NULL;
		}
		o.at = more;
		o.len = 0;
		write(topic, &o);
		fits = output_fits(&o);
		o.size = amount_max(o.size, o.len);
	}
	w->usual_len = o.size;
	struct MHD_Response *response =
		MHD_create_response_from_buffer(o.len, o.at, MHD_RESPMEM_MUST_FREE);
	if (!response)
		free(o.at);
	return response;
}

/* --- requests ---------------------------------------------------------------------- */

/* A request that is being answered. */
struct asked {
	struct web *web;
	struct MHD_Connection *connection;
	unsigned code;
	struct MHD_Response *response;
};

static const char *header_of(const struct asked *a, const char *name)
{
	return MHD_lookup_connection_value(a->connection, MHD_HEADER_KIND, name);
}

static void add_header(struct asked *a, const char *name, const char *value)
{
	if (a->response)
		MHD_add_response_header(a->response, name, value);
}

/* Says what is wrong, in a sentence of ours: nothing of the request is repeated. */
static void refuse(struct asked *a, unsigned code, const char *sentence)
{
	a->code = code;
	a->response = MHD_create_response_from_buffer(strlen(sentence), (char *)(uintptr_t)sentence,
						      MHD_RESPMEM_PERSISTENT);
	add_header(a, "Content-Type", "text/plain; charset=utf-8");
}

static void answer_page(struct asked *a)
{
	a->response = MHD_create_response_from_buffer(page_len, (char *)(uintptr_t)page_text,
						      MHD_RESPMEM_PERSISTENT);
	add_header(a, "Content-Type", "text/html; charset=utf-8");
}

static void answer_with(struct asked *a, write_fn *write, struct topic *topic,
			const char *media_type)
{
	struct seen seen;
	struct web *w = a->web;
	topic->trend = w->tell(w->arg, &seen);
	topic->seen = &seen;
	a->response = make_text(w, write, topic);
	topic->seen = NULL;
	w->asked_ms = w->now_ms;
	add_header(a, "Content-Type", media_type);
}

static void answer_metrics(struct asked *a)
{
	struct topic topic = {.format = metrics_choose(header_of(a, "Accept"))};
	answer_with(a, write_metrics, &topic, metrics_media_type(topic.format));
	add_header(a, "Vary", "Accept");
}

static void answer_state(struct asked *a)
{
	struct topic topic = {0};
	const char *from =
		MHD_lookup_connection_value(a->connection, MHD_GET_ARGUMENT_KIND, "from");
	if (from && !text_number((struct text){from, strlen(from)}, UINT32_MAX, &topic.from))
		refuse(a, MHD_HTTP_BAD_REQUEST, "from= is the number of a step\n");
	else
		answer_with(a, write_state, &topic, "application/json");
}

static const struct {
	const char *path;
	void (*answer)(struct asked *asked);
} paths[] = {
	{"/", answer_page},
	{"/metrics", answer_metrics},
	{"/state.json", answer_state},
};

static void answer_path(struct asked *a, const char *path)
{
	for (unsigned i = 0; i < sizeof(paths) / sizeof(paths[0]); i++)
		if (strcmp(paths[i].path, path) == 0) {
			paths[i].answer(a);
			return;
		}
	refuse(a, MHD_HTTP_NOT_FOUND, "there are /, /metrics and /state.json\n");
}

static void answer(struct asked *a, const char *method, const char *path)
{
	struct web *w = a->web;
	if (w->is_loopback && !request_host_is_ours(header_of(a, "Host"), w->name)) {
		refuse(a, MHD_HTTP_FORBIDDEN,
		       "this host does not go by the name in the Host header (--name)\n");
	} else if (strcmp(method, MHD_HTTP_METHOD_GET) != 0 &&
		   strcmp(method, MHD_HTTP_METHOD_HEAD) != 0) {
		refuse(a, MHD_HTTP_METHOD_NOT_ALLOWED, "only GET and HEAD are answered\n");
		add_header(a, "Allow", "GET, HEAD");
	} else {
		answer_path(a, path);
	}
}

static const struct {
	const char *name, *value;
} headers[] = {
	{"Content-Security-Policy", page_policy},
	{"X-Content-Type-Options", "nosniff"},
	{"X-Frame-Options", "DENY"},
	{"Referrer-Policy", "no-referrer"},
	{"Cross-Origin-Resource-Policy", "same-origin"},
	{"Cross-Origin-Opener-Policy", "same-origin"},
	{"Cache-Control", "no-store"},
	{"Connection", "close"},
};

/* MHD_NO closes the connection. */
static enum MHD_Result take_request(void *arg, struct MHD_Connection *connection, const char *path,
				    const char *method, const char *version, const char *upload,
				    size_t *upload_size, void **context)
{
	struct asked a = {.web = arg, .connection = connection, .code = MHD_HTTP_OK};
	(void)version;
	(void)upload;
	(void)upload_size;
	(void)context;
	answer(&a, method, path);
	if (!a.response)
		return MHD_NO;
	for (unsigned i = 0; i < sizeof(headers) / sizeof(headers[0]); i++)
		add_header(&a, headers[i].name, headers[i].value);
	enum MHD_Result result = MHD_queue_response(connection, a.code, a.response);
	MHD_destroy_response(a.response);
	a.web->requests++;
	return result;
}

/* --- clients ------------------------------------------------------------------------- */

/* Has the connection end with the next turn. Its place is free when libmicrohttpd has closed it. */
static void drop(struct web *w, struct client *c)
{
	shutdown(c->fd, SHUT_RDWR);
	c->is_dropped = true;
	w->dropped++;
}

/* Drops the client that came first, if there are too many. */
static void make_room(struct web *w)
{
	struct client *oldest = NULL;
	unsigned n = 0;
	for (unsigned i = 0; i < MAX_FDS; i++) {
		struct client *c = &w->client[i];
		if (c->fd < 0 || c->is_dropped)
			continue;
		n++;
		if (!oldest || c->since_ms < oldest->since_ms)
			oldest = c;
	}
	if (n > WEB_CLIENTS)
		drop(w, oldest);
}

static void note_client(void *arg, struct MHD_Connection *connection, void **place,
			enum MHD_ConnectionNotificationCode code)
{
	struct web *w = arg;
	struct client *c = *place;
	if (code == MHD_CONNECTION_NOTIFY_CLOSED) {
		if (c)
			*c = (struct client){.fd = -1};
		return;
	}
	const union MHD_ConnectionInfo *info =
		MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
	for (unsigned i = 0; i < MAX_FDS && info; i++)
		if (w->client[i].fd < 0) {
			c = &w->client[i];
			*c = (struct client){.fd = info->connect_fd, .since_ms = w->now_ms};
			*place = c;
			make_room(w);
			return;
		}
}

/* --- opening and closing --------------------------------------------------------------- */

/* 0, or -EINVAL if there is no such address. */
static int fill_address(const struct request_address *a, struct sockaddr_storage *ret_address)
{
	struct sockaddr_in v4 = {.sin_family = AF_INET, .sin_port = htons(a->port)};
	struct sockaddr_in6 v6 = {.sin6_family = AF_INET6, .sin6_port = htons(a->port)};
	void *to = a->is_v6 ? (void *)&v6.sin6_addr : (void *)&v4.sin_addr;
	if (inet_pton(a->is_v6 ? AF_INET6 : AF_INET, a->address, to) != 1)
		return -EINVAL;
	if (a->is_v6)
		memcpy(ret_address, &v6, sizeof(v6));
	else
		memcpy(ret_address, &v4, sizeof(v4));
	return 0;
}

static int start(struct web *w, const struct request_address *address)
{
	struct sockaddr_storage at;
	int r = fill_address(address, &at);
	if (r < 0)
		return r;
	errno = 0;
	w->daemon = MHD_start_daemon(
		MHD_USE_EPOLL | (address->is_v6 ? MHD_USE_IPv6 : 0U), 0, NULL, NULL, take_request,
		w, MHD_OPTION_SOCK_ADDR, (struct sockaddr *)&at, MHD_OPTION_CONNECTION_LIMIT,
		(unsigned)MAX_FDS, MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)WEB_MOST_REQUEST,
		MHD_OPTION_CONNECTION_TIMEOUT, WEB_MOST_MS / 1000U, MHD_OPTION_STRICT_FOR_CLIENT, 1,
		MHD_OPTION_NOTIFY_CONNECTION, note_client, w, MHD_OPTION_END);
	if (!w->daemon)
		return errno ? -errno : -EIO;
	w->epoll_fd = MHD_get_daemon_info(w->daemon, MHD_DAEMON_INFO_EPOLL_FD)->epoll_fd;
	w->port = MHD_get_daemon_info(w->daemon, MHD_DAEMON_INFO_BIND_PORT)->port;
	return 0;
}

int web_open(const struct web_options *options, web_tell_fn *tell, void *arg, struct web **ret_web)
{
	enum { AT_FIRST = 4096 };
	struct web *w = calloc(1, sizeof(*w));
	if (!w)
		return -ENOMEM;
	*w = (struct web){.is_loopback = request_is_loopback(&options->address),
			  .name = options->name,
			  .tell = tell,
			  .arg = arg,
			  .usual_len = AT_FIRST,
			  .now_ms = clock_monotonic_ms()};
	for (unsigned i = 0; i < MAX_FDS; i++)
		w->client[i].fd = -1;
	int r = start(w, &options->address);
	if (r < 0) {
		free(w);
		return r;
	}
	*ret_web = w;
	return 0;
}

void web_close(struct web *w)
{
	if (!w)
		return;
	MHD_stop_daemon(w->daemon);
	free(w);
}

/* --- turns ------------------------------------------------------------------------------- */

int web_fd(const struct web *w)
{
	return w->epoll_fd;
}

uint16_t web_port(const struct web *w)
{
	return w->port;
}

uint64_t web_wake_ms(const struct web *w, uint64_t now_ms)
{
	uint64_t wake_ms = UINT64_MAX;
	MHD_UNSIGNED_LONG_LONG wait_ms;
	if (MHD_get_timeout(w->daemon, &wait_ms) == MHD_YES)
		wake_ms = now_ms + wait_ms;
	for (unsigned i = 0; i < MAX_FDS; i++)
		if (w->client[i].fd >= 0 && !w->client[i].is_dropped)
			wake_ms = amount_min(wake_ms, w->client[i].since_ms + WEB_MOST_MS);
	return wake_ms;
}

void web_turn(struct web *w, uint64_t now_ms)
{
	w->now_ms = now_ms;
	for (unsigned i = 0; i < MAX_FDS; i++) {
		struct client *c = &w->client[i];
		if (c->fd >= 0 && !c->is_dropped && now_ms >= c->since_ms + WEB_MOST_MS)
			drop(w, c);
	}
	MHD_run(w->daemon);
}

uint64_t web_asked_ms(const struct web *w)
{
	return w->asked_ms;
}

uint64_t web_requests(const struct web *w)
{
	return w->requests;
}

uint64_t web_dropped(const struct web *w)
{
	return w->dropped;
}
