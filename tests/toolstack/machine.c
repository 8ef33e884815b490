/* SPDX-License-Identifier: MIT */
#include "machine.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/inotify.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define TICK_S    0.01
#define SLICE     4 /* guests stepped before others' bytes are moved */
#define EVENTS    64
#define NOT_BEGUN (-1.0)

struct machine {
	struct simguest_world world;
	int guests_fifo_fd;
	int request_fd;
	double disk_kib_s;
	double zero_s; /* when the demand scripts began */
	double tick_s; /* of the last tick */
	double io_share;
	uint32_t due_count, due_next; /* guests that are due in that tick; those from due_next on
					 have not been stepped yet */
	struct simguest *due[FAKEXEN_SLOTS];
	uint32_t count;
	struct simguest *guests[FAKEXEN_SLOTS];
	struct simguest *by_domid[FAKEXEN_DOMIDS];
};

/* The sources in the epoll set that belong to no guest are told apart by their addresses. */
static struct simguest_source source_fifo, source_request, source_inotify;

static double now_s(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* --- set-up --- */

static int fifo_open(const char *dir, const char *name)
{
	char path[256];
	int fd;

	snprintf(path, sizeof path, "%s/%s", dir, name);
	fd = open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

static int watch_fd(struct machine *m, int fd, struct simguest_source *source)
{
	struct epoll_event event = {.events = EPOLLIN, .data.ptr = source};

	return epoll_ctl(m->world.epoll_fd, EPOLL_CTL_ADD, fd, &event) < 0 ? -errno : 0;
}

static int machine_init(struct machine *m, const char *dir, int request_fd, double disk_kib_s)
{
	int rc = fakexen_host_open(dir, &m->world.host);

	if (rc)
		return rc;
	m->world.dir = dir;
	m->request_fd = request_fd;
	m->disk_kib_s = disk_kib_s;
	m->zero_s = NOT_BEGUN;
	m->tick_s = m->world.now_s = now_s();
	m->world.epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	m->world.inotify_fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	m->world.store_fifo_fd = fifo_open(dir, FAKEXEN_STORE_FIFO);
	m->guests_fifo_fd = fifo_open(dir, FAKEXEN_GUESTS_FIFO);
	if (m->world.epoll_fd < 0 || m->world.inotify_fd < 0 || m->world.store_fifo_fd < 0 ||
	    m->guests_fifo_fd < 0)
		return -EMFILE;
	rc = watch_fd(m, m->guests_fifo_fd, &source_fifo);
	if (!rc)
		rc = watch_fd(m, request_fd, &source_request);
	if (!rc)
		rc = watch_fd(m, m->world.inotify_fd, &source_inotify);
	return rc;
}

/* --- requests --- */

static int guest_add(struct machine *m, const struct simguest_config *config)
{
	struct simguest *guest;
	int rc;

	if (m->count == FAKEXEN_SLOTS || config->domid >= FAKEXEN_DOMIDS ||
	    m->by_domid[config->domid])
		return -EINVAL;
	rc = simguest_create(&m->world, config, now_s(), &guest);
	if (rc)
		return rc;
	m->guests[m->count++] = guest;
	m->by_domid[config->domid] = guest;
	return 0;
}

static void guest_remove(struct machine *m, struct simguest *guest)
{
	uint32_t i;

	for (i = 0; i < m->count; i++) {
		if (m->guests[i] == guest) {
			m->guests[i] = m->guests[--m->count];
			break;
		}
	}
	m->by_domid[guest->config.domid] = NULL;
	simguest_destroy(guest);
}

static void guest_set_demand(struct simguest *guest, const struct sim_demand *demand)
{
	guest->config.demand = *demand;
	guest->has_own_zero = true;
	guest->demand_zero_s = now_s();
	guest->next_step_s = 0;
}

static int request_do(struct machine *m, const struct machine_request *request,
		      struct machine_reply *reply)
{
	struct simguest *guest =
		request->domid < FAKEXEN_DOMIDS ? m->by_domid[request->domid] : NULL;

	if (request->op == MACHINE_ADD)
		return guest_add(m, &request->guest);
	if (request->op == MACHINE_BEGIN) {
		m->zero_s = now_s();
		return 0;
	}
	if (!guest)
		return -ESRCH;
	if (request->op == MACHINE_START)
		simguest_start(guest, now_s());
	else if (request->op == MACHINE_REMOVE)
		guest_remove(m, guest);
	else if (request->op == MACHINE_DEMAND)
		guest_set_demand(guest, &request->guest.demand);
	else if (request->op == MACHINE_BALLOON)
		guest->balloon.config = request->guest.balloon;
	else
		simguest_get_stats(guest, &reply->stats);
	return 0;
}

/* False when the owner is gone. */
static bool request_serve(struct machine *m)
{
	struct machine_request request;
	struct machine_reply reply = {0};
	ssize_t n = recv(m->request_fd, &request, sizeof request, MSG_DONTWAIT);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return true;
	if (n <= 0)
		return false;
	reply.rc = n == (ssize_t)sizeof request ? request_do(m, &request, &reply) : -EINVAL;
	return send(m->request_fd, &reply, sizeof reply, MSG_NOSIGNAL) == (ssize_t)sizeof reply;
}

int machine_call(int request_fd, const struct machine_request *request,
		 struct machine_reply *ret_reply)
{
	struct machine_reply reply;
	ssize_t n;

	if (send(request_fd, request, sizeof *request, MSG_NOSIGNAL) != (ssize_t)sizeof *request)
		return -EPIPE;
	do
		n = recv(request_fd, &reply, sizeof reply, 0);
	while (n < 0 && errno == EINTR);
	if (n != (ssize_t)sizeof reply)
		return -EPIPE;
	if (ret_reply)
		*ret_reply = reply;
	return reply.rc;
}

/* --- the loop --- */

static void ports_serve(struct machine *m)
{
	struct simguest *guest;
	int64_t port;

	while ((port = fakexen_port_take(m->world.host->pending_guest, m->guests_fifo_fd)) >= 0) {
		if (port < FAKEXEN_PORT_BASE)
			continue;
		guest = m->by_domid[port - FAKEXEN_PORT_BASE];
		if (guest)
			simguest_pump(guest);
	}
}

static void targets_serve(struct machine *m)
{
	char buf[4096] __attribute__((aligned(__alignof__(struct inotify_event))));
	const struct inotify_event *event;
	ssize_t n, at;
	uint32_t i;

	while ((n = read(m->world.inotify_fd, buf, sizeof buf)) > 0) {
		for (at = 0; at < n; at += (ssize_t)(sizeof *event + event->len)) {
			event = (const struct inotify_event *)(const void *)(buf + at);
			for (i = 0; i < m->count; i++)
				if (m->guests[i]->target_watch == event->wd)
					simguest_target_written(m->guests[i], now_s());
		}
	}
}

/* Finds the guests whose steps are due, and shares the disk in proportion to their wishes. */
static void tick(struct machine *m)
{
	double now = now_s(), wanted = 0, io, room;
	uint32_t i;

	room = m->disk_kib_s * (now - m->tick_s);
	m->tick_s = now;
	m->due_count = m->due_next = 0;
	for (i = 0; i < m->count; i++) {
		io = simguest_plan(m->guests[i], now, m->zero_s);
		if (io < 0)
			continue;
		wanted += io;
		m->due[m->due_count++] = m->guests[i];
	}
	m->io_share = wanted > room ? room / wanted : 1;
}

static bool has_steps(const struct machine *m)
{
	return m->due_next < m->due_count;
}

/*
 * The guests of a host run side by side, so one guest's message to xenstore does not wait until a
 * hundred others have had their step, which takes a millisecond.
 */
static void steps(struct machine *m, uint32_t most)
{
	for (; most && has_steps(m); most--)
		simguest_step(m->due[m->due_next++], m->tick_s, m->io_share, m->disk_kib_s);
}

static bool events_serve(struct machine *m, const struct epoll_event *events, int n)
{
	struct simguest_source *source;
	bool requested = false, targeted = false;
	int i;

	for (i = 0; i < n; i++) {
		source = events[i].data.ptr;
		if (source == &source_fifo)
			ports_serve(m);
		else if (source == &source_request)
			requested = true;
		else if (source == &source_inotify)
			targeted = true;
		else
			simguest_event(source, events[i].events);
	}
	/* requests may change when a guest's next step is due, so this tick's steps come first */
	if (requested || targeted)
		steps(m, UINT32_MAX);
	if (targeted)
		targets_serve(m);
	/* the request comes last, since it may free a guest that other events belong to */
	return !requested || request_serve(m);
}

int machine_run(const char *dir, int request_fd, double disk_kib_s)
{
	struct machine *m = calloc(1, sizeof *m);
	struct epoll_event events[EVENTS];
	double wait_s;
	int n, rc;

	rc = m ? machine_init(m, dir, request_fd, disk_kib_s) : -ENOMEM;
	if (rc) {
		fprintf(stderr, "machine: cannot start: %s\n", strerror(-rc));
		free(m);
		return 1;
	}
	for (;;) {
		wait_s = has_steps(m) ? 0 : m->tick_s + TICK_S - now_s();
		n = epoll_wait(m->world.epoll_fd, events, EVENTS,
			       wait_s > 0 ? (int)ceil(wait_s * 1000) : 0);
		m->world.now_s = now_s();
		if (n > 0 && !events_serve(m, events, n))
			break;
		if (!has_steps(m) && now_s() - m->tick_s >= TICK_S)
			tick(m);
		steps(m, SLICE);
	}
	while (m->count)
		guest_remove(m, m->guests[0]);
	free(m);
	return 0;
}
