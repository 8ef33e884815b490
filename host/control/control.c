/* SPDX-License-Identifier: MIT */
#include "host/control/control.h"

#include "common/amount.h"

#include <errno.h>
#include <grp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

struct client {
	int fd; /* -1: the place is free */
	bool is_root;
	bool has_ended; /* it will ask nothing more */
	uint64_t active_ms;
	size_t n_asked; /* bytes in `asked` */
	char asked[CONTROL_MAX_REQUEST];
	char *answer; /* NULL: nothing is being sent */
	size_t n_sent, n_answer;
};

struct control {
	int fd;
	bool has_group;
	gid_t group;
	control_answer_fn *answer;
	void *arg;
	bool has_waiting;   /* a request waits for the next turn */
	bool is_knocked_at; /* somebody may have connected */
	unsigned first;     /* the client that is served first in the next turn */
	struct client client[CONTROL_CLIENTS];
	char path[sizeof(((struct sockaddr_un *)NULL)->sun_path)];
};

/* --- opening and closing ------------------------------------------------- */

static void drop(struct client *c)
{
	if (c->fd >= 0)
		close(c->fd);
	free(c->answer);
	*c = (struct client){.fd = -1};
}

/* True if somebody listens at the path. A socket that a dead daemon left behind refuses. */
static bool is_taken(const struct sockaddr_un *address)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	bool answers =
		fd >= 0 && connect(fd, (const struct sockaddr *)address, sizeof(*address)) == 0;
	bool is_full = !answers && errno == EAGAIN;
	if (fd >= 0)
		close(fd);
	return answers || is_full;
}

/* Only root may connect until the modes are set. */
static int bind_here(struct control *c, const struct sockaddr_un *address)
{
	unlink(address->sun_path);
	mode_t mask = umask(0177);
	int r = bind(c->fd, (const struct sockaddr *)address, sizeof(*address));
	int error = errno;
	umask(mask);
	if (r < 0)
		return -error;
	/* Whoever is not a member is dropped when it connects, so that no right to give files away
	 * is needed. */
	if (c->has_group && chmod(c->path, 0666) < 0)
		c->has_group = false;
	return listen(c->fd, CONTROL_CLIENTS) < 0 ? -errno : 0;
}

static int listen_at(struct control *c)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	char *name;
	strcpy(address.sun_path, c->path);
	name = strrchr(address.sun_path, '/');
	if (name && name != address.sun_path) {
		*name = '\0';
		if (mkdir(address.sun_path, 0755) < 0 && errno != EEXIST)
			return -errno;
		*name = '/';
	}
	if (is_taken(&address))
		return -EADDRINUSE;
	c->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	return c->fd < 0 ? -errno : bind_here(c, &address);
}

int control_open(const char *path, control_answer_fn *answer, void *arg,
		 struct control **ret_control)
{
	struct control *c = calloc(1, sizeof(*c));
	if (!c)
		return -ENOMEM;
	c->fd = -1;
	c->answer = answer;
	c->arg = arg;
	for (unsigned i = 0; i < CONTROL_CLIENTS; i++)
		c->client[i].fd = -1;
	const struct group *group = getgrnam(CONTROL_GROUP);
	c->has_group = group != NULL;
	c->group = group ? group->gr_gid : 0;
	int r = strlen(path) < sizeof(c->path) ? 0 : -ENAMETOOLONG;
	if (r == 0) {
		strcpy(c->path, path);
		r = listen_at(c);
	}
	if (r < 0) {
		if (c->fd >= 0)
			close(c->fd);
		free(c);
		return r;
	}
	*ret_control = c;
	return 0;
}

void control_close(struct control *c)
{
	if (!c)
		return;
	for (unsigned i = 0; i < CONTROL_CLIENTS; i++)
		drop(&c->client[i]);
	close(c->fd);
	unlink(c->path);
	free(c);
}

/* --- clients --------------------------------------------------------------- */

static bool is_member(int fd, gid_t primary, gid_t group)
{
	enum { MAX_GROUPS = 256 };
	gid_t groups[MAX_GROUPS];
	socklen_t size = sizeof(groups);
	if (primary == group)
		return true;
	if (getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, groups, &size) < 0)
		return false;
	for (unsigned i = 0; i < size / sizeof(groups[0]); i++)
		if (groups[i] == group)
			return true;
	return false;
}

/* The place for one client more. If all are taken, the client that was active least lately loses
 * its place; root loses it last. */
static struct client *place_of_next(struct control *c)
{
	struct client *idlest = NULL;
	for (unsigned i = 0; i < CONTROL_CLIENTS; i++) {
		struct client *at = &c->client[i];
		if (at->fd < 0)
			return at;
		if (!idlest || at->is_root < idlest->is_root ||
		    (at->is_root == idlest->is_root && at->active_ms < idlest->active_ms))
			idlest = at;
	}
	drop(idlest);
	return idlest;
}

static void take_client(struct control *c, int fd, uint64_t now_ms)
{
	struct ucred peer = {.uid = (uid_t)-1, .gid = (gid_t)-1};
	socklen_t size = sizeof(peer);
	bool is_known = getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0;
	bool is_root = is_known && peer.uid == 0;
	if (!is_root && !(is_known && c->has_group && is_member(fd, peer.gid, c->group))) {
		close(fd);
		return;
	}
	struct client *client = place_of_next(c);
	client->fd = fd;
	client->is_root = is_root;
	client->active_ms = now_ms;
}

static void accept_all(struct control *c, uint64_t now_ms)
{
	for (unsigned i = 0; i < CONTROL_CLIENTS; i++) {
		int fd = accept4(c->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
		if (fd < 0)
			return;
		take_client(c, fd, now_ms);
	}
}

static bool would_wait(ssize_t n)
{
	return n < 0 && (errno == EAGAIN || errno == EINTR);
}

/* Sends what the client takes without waiting. */
static void send_on(struct client *c, uint64_t now_ms)
{
	ssize_t n = send(c->fd, c->answer + c->n_sent, c->n_answer - c->n_sent, MSG_NOSIGNAL);
	if (n < 0 && !would_wait(n)) {
		drop(c);
		return;
	}
	if (n <= 0)
		return;
	c->active_ms = now_ms;
	c->n_sent += (size_t)n;
	if (c->n_sent < c->n_answer)
		return;
	free(c->answer);
	c->answer = NULL;
	if (c->has_ended && !c->n_asked)
		drop(c);
}

/* Reads what has come. A line that does not fit in the buffer ends the connection. */
static void receive(struct client *c, uint64_t now_ms)
{
	size_t room = sizeof(c->asked) - c->n_asked;
	ssize_t n = room && !c->has_ended ? recv(c->fd, c->asked + c->n_asked, room, 0) : -1;
	if (!room || c->has_ended || would_wait(n))
		return;
	if (n > 0) {
		c->active_ms = now_ms;
		c->n_asked += (size_t)n;
	} else {
		c->has_ended = true;
	}
}

/* The length of the first line in the buffer with its newline; 0 if it is not whole yet. */
static size_t line_len(const struct client *c)
{
	const char *end = memchr(c->asked, '\n', c->n_asked);
	return end ? (size_t)(end - c->asked) + 1 : 0;
}

static void answer_one(struct control *c, struct client *client, size_t len, uint64_t now_ms)
{
	client->answer = c->answer(c->arg, client->asked, len - 1, client->is_root);
	client->n_asked -= len;
	memmove(client->asked, client->asked + len, client->n_asked);
	if (!client->answer) {
		drop(client);
		return;
	}
	client->n_sent = 0;
	client->n_answer = strlen(client->answer);
	send_on(client, now_ms);
}

/* Returns true if it has answered a request. */
static bool serve(struct control *c, struct client *client, bool may_answer, uint64_t now_ms)
{
	if (client->answer)
		send_on(client, now_ms);
	if (client->fd < 0 || client->answer)
		return false;
	receive(client, now_ms);
	size_t len = line_len(client);
	if (len && !may_answer) {
		c->has_waiting = true;
		return false;
	}
	if (len)
		answer_one(c, client, len, now_ms);
	else if (client->has_ended || client->n_asked == sizeof(client->asked))
		drop(client);
	return len != 0;
}

static uint64_t dropped_ms(const struct client *c)
{
	return c->active_ms + (c->answer ? CONTROL_SLOW_MS : CONTROL_IDLE_MS);
}

void control_turn(struct control *c, uint64_t now_ms)
{
	unsigned answered = 0, first;
	if (!c)
		return;
	if (c->is_knocked_at)
		accept_all(c, now_ms);
	c->has_waiting = false;
	first = c->first++;
	for (unsigned i = 0; i < CONTROL_CLIENTS; i++) {
		struct client *client = &c->client[(first + i) % CONTROL_CLIENTS];
		if (client->fd < 0)
			continue;
		answered += serve(c, client, answered < CONTROL_AT_ONCE, now_ms);
		if (client->fd >= 0 && now_ms >= dropped_ms(client))
			drop(client);
	}
}

unsigned control_poll(const struct control *c, struct pollfd fds[CONTROL_MAX_FDS])
{
	unsigned n = 0;
	if (!c)
		return 0;
	fds[n++] = (struct pollfd){.fd = c->fd, .events = POLLIN};
	for (unsigned i = 0; i < CONTROL_CLIENTS; i++)
		if (c->client[i].fd >= 0)
			fds[n++] =
				(struct pollfd){.fd = c->client[i].fd,
						.events = c->client[i].answer ? POLLOUT : POLLIN};
	return n;
}

void control_hear(struct control *c, const struct pollfd *fds)
{
	if (c)
		c->is_knocked_at = fds[0].revents != 0;
}

uint64_t control_wake_ms(const struct control *c)
{
	uint64_t wake_ms = UINT64_MAX;
	if (c && c->has_waiting)
		return 0;
	for (unsigned i = 0; c && i < CONTROL_CLIENTS; i++)
		if (c->client[i].fd >= 0)
			wake_ms = amount_min(wake_ms, dropped_ms(&c->client[i]));
	return wake_ms;
}
