/* SPDX-License-Identifier: MIT */
#include "simguest.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/inotify.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>
#include <xen/io/xs_wire.h>
#include <xen/sched.h>

#define STEP_ACTIVE_S 0.01
#define STEP_IDLE_S   0.1
#define TREE_ACTIVE_S 0.02
#define TREE_IDLE_S   1.0
#define BOOT_UPTIME_S 1000.0 /* uptime has seven digits from the start */

/* Requests of the guest's kernel. */
enum { TAG_WATCH = 1, TAG_TARGET, TAG_SHUTDOWN, TAG_ACK };

static void flush_clients(struct simguest *guest);

/* --- the kernel's own use of xenstore --- */

static void kernel_shutdown(struct simguest *guest, const char *how)
{
	uint32_t code;

	if (strcmp(how, "poweroff") == 0 || strcmp(how, "halt") == 0)
		code = SHUTDOWN_poweroff;
	else if (strcmp(how, "reboot") == 0)
		code = SHUTDOWN_reboot;
	else if (strcmp(how, "crash") == 0)
		code = SHUTDOWN_crash;
	else
		return;
	xenbus_kernel_send(&guest->bus, XS_WRITE, TAG_ACK, "control/shutdown", "");
	fakexen_domain_shutdown(guest->world->host, guest->config.domid, code);
	fakexen_port_raise(guest->world->host->pending_store, guest->world->store_fifo_fd,
			   FAKEXEN_PORT_VIRQ);
}

static void kernel_target(struct simguest *guest, const char *text)
{
	char *end;
	long long kib = strtoll(text, &end, 10);

	if (end == text || *end)
		return;
	sim_balloon_set_target(&guest->balloon, kib - guest->balloon.target_diff_kib,
			       guest->world->now_s);
	guest->next_step_s = 0;
	guest->is_booted = true;
}

static void kernel_reply(void *arg, uint32_t tag, uint32_t type, const char *body, size_t len)
{
	struct simguest *guest = arg;

	(void)len;
	if (type == XS_WATCH_EVENT && strcmp(body, "memory/target") == 0)
		xenbus_kernel_send(&guest->bus, XS_READ, TAG_TARGET, body, NULL);
	else if (type == XS_WATCH_EVENT && strcmp(body, "control/shutdown") == 0)
		xenbus_kernel_send(&guest->bus, XS_READ, TAG_SHUTDOWN, body, NULL);
	else if (type == XS_READ && tag == TAG_TARGET)
		kernel_target(guest, body);
	else if (type == XS_READ && tag == TAG_SHUTDOWN)
		kernel_shutdown(guest, body);
}

void simguest_start(struct simguest *guest, double now_s)
{
	guest->is_started = true;
	guest->boot_s = guest->last_step_s = now_s;
	guest->next_step_s = now_s;
	xenbus_kernel_send(&guest->bus, XS_WATCH, TAG_WATCH, "memory/target", NULL);
	xenbus_kernel_send(&guest->bus, XS_WATCH, TAG_WATCH, "control/shutdown", NULL);
	simguest_pump(guest);
}

/* --- sockets --- */

static int source_add(struct simguest_source *source, uint32_t events)
{
	struct epoll_event event = {.events = events, .data.ptr = source};

	source->events = events;
	return epoll_ctl(source->guest->world->epoll_fd, EPOLL_CTL_ADD, source->fd, &event) < 0
		       ? -errno
		       : 0;
}

static void source_want(struct simguest_source *source, uint32_t events)
{
	struct epoll_event event = {.events = events, .data.ptr = source};

	if (source->events == events)
		return;
	source->events = events;
	epoll_ctl(source->guest->world->epoll_fd, EPOLL_CTL_MOD, source->fd, &event);
}

static void source_close(struct simguest_source *source)
{
	if (source->fd >= 0)
		close(source->fd);
	source->fd = -1;
}

static void client_close(struct simguest *guest, int slot)
{
	source_close(&guest->clients[slot]);
	xenbus_client_close(&guest->bus, slot);
}

static void client_accept(struct simguest *guest)
{
	int fd = accept4(guest->listener.fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
	int slot;

	if (fd < 0)
		return;
	slot = xenbus_client_open(&guest->bus);
	if (slot < 0) {
		close(fd);
		return;
	}
	guest->clients[slot].fd = fd;
	if (source_add(&guest->clients[slot], EPOLLIN) < 0)
		client_close(guest, slot);
}

/* Sends what waits for the client; false if the client is gone. */
static bool client_flush(struct simguest *guest, int slot)
{
	struct bytes *out = &guest->bus.clients[slot]->out;
	ssize_t n = 0;

	while (out->len) {
		n = send(guest->clients[slot].fd, bytes_head(out), out->len,
			 MSG_DONTWAIT | MSG_NOSIGNAL);
		if (n <= 0)
			break;
		bytes_consume(out, (size_t)n);
	}
	return n >= 0 || errno == EAGAIN || errno == EINTR;
}

static void flush_clients(struct simguest *guest)
{
	uint32_t events;
	int slot;

	for (slot = 0; slot < XENBUS_CLIENTS; slot++) {
		if (!guest->bus.clients[slot])
			continue;
		if (!client_flush(guest, slot)) {
			client_close(guest, slot);
			continue;
		}
		events = xenbus_client_ready(&guest->bus, slot) ? EPOLLIN : 0;
		events |= guest->bus.clients[slot]->out.len ? EPOLLOUT : 0;
		source_want(&guest->clients[slot], events);
	}
}

void simguest_pump(struct simguest *guest)
{
	xenbus_pump(&guest->bus);
	flush_clients(guest);
	if (guest->bus.out.len) /* chores of clients that were closed */
		xenbus_pump(&guest->bus);
	if (guest->bus.must_notify) {
		guest->bus.must_notify = false;
		fakexen_port_raise(guest->world->host->pending_store, guest->world->store_fifo_fd,
				   FAKEXEN_PORT_BASE + guest->config.domid);
	}
}

static void client_read(struct simguest *guest, int slot)
{
	char buf[XENBUS_MESSAGE_MAX];
	ssize_t n = recv(guest->clients[slot].fd, buf, xenbus_client_room(&guest->bus, slot),
			 MSG_DONTWAIT);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0 || !xenbus_client_feed(&guest->bus, slot, buf, (size_t)n))
		client_close(guest, slot);
}

void simguest_event(struct simguest_source *source, uint32_t events)
{
	struct simguest *guest = source->guest;

	if (source->fd < 0)
		return; /* closed by an event before this one */
	if (source->kind == SIMGUEST_LISTENER)
		client_accept(guest);
	else if (events & (EPOLLIN | EPOLLHUP | EPOLLERR))
		client_read(guest, source->slot);
	simguest_pump(guest);
}

static int listener_open(struct simguest *guest, const char *root)
{
	struct sockaddr_un addr = {.sun_family = AF_UNIX};
	char dir[320];

	snprintf(dir, sizeof dir, "%s/dev", root);
	mkdir(dir, 0755);
	snprintf(dir, sizeof dir, "%s/dev/xen", root);
	if (mkdir(dir, 0755) < 0 && errno != EEXIST)
		return -errno;
	if (snprintf(addr.sun_path, sizeof addr.sun_path, "%s/%s", root, SIMGUEST_BUS) >=
	    (int)sizeof addr.sun_path)
		return -ENAMETOOLONG;
	unlink(addr.sun_path);
	guest->listener.fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (guest->listener.fd < 0 ||
	    bind(guest->listener.fd, (struct sockaddr *)&addr, sizeof addr) < 0 ||
	    listen(guest->listener.fd, 16) < 0)
		return -errno;
	return source_add(&guest->listener, EPOLLIN);
}

/* --- making and ending --- */

static void model_start(struct simguest *guest, double now_s)
{
	const struct simguest_config *c = &guest->config;
	double current = c->alloc_kib - c->hidden_kib, boot = c->static_max_kib;

	boot -= c->balloon_diff_kib;
	sim_memory_init(&guest->model, &c->model, c->alloc_kib, sim_demand_kib_at(&c->demand, 0));
	sim_balloon_init(&guest->balloon, &c->balloon, (int64_t)current, (int64_t)boot,
			 (int64_t)c->balloon_diff_kib);
	guest->boot_s = guest->last_step_s = now_s;
	guest->last_tree_s = -1;
	guesttree_update(&guest->tree, &guest->model, &guest->balloon, BOOT_UPTIME_S);
}

int simguest_create(const struct simguest_world *world, const struct simguest_config *config,
		    double now_s, struct simguest **ret_guest)
{
	struct simguest *guest = calloc(1, sizeof *guest);
	char root[256], target[320];
	int rc, slot;

	if (!guest)
		return -ENOMEM;
	guest->config = *config;
	guest->world = world;
	guest->target_watch = -1;
	xenbus_init(&guest->bus, kernel_reply, guest);
	guest->listener = (struct simguest_source){SIMGUEST_LISTENER, guest, 0, -1, 0};
	for (slot = 0; slot < XENBUS_CLIENTS; slot++)
		guest->clients[slot] =
			(struct simguest_source){SIMGUEST_CLIENT, guest, slot, -1, 0};
	for (slot = 0; slot < GUESTTREE_FILES; slot++)
		guest->tree.fd[slot] = -1;
	snprintf(root, sizeof root, "%s/guest/%s", world->dir, config->name);
	rc = ring_create(&guest->bus.ring, world->dir, config->domid);
	if (!rc)
		rc = guesttree_create(&guest->tree, root, config->uuid);
	if (!rc)
		rc = listener_open(guest, root);
	if (rc) {
		simguest_destroy(guest);
		return rc;
	}
	model_start(guest, now_s);
	snprintf(target, sizeof target, "%s/%s", root, GUESTTREE_TARGET);
	guest->target_watch =
		inotify_add_watch(world->inotify_fd, target, IN_CLOSE_WRITE | IN_MODIFY);
	*ret_guest = guest;
	return 0;
}

void simguest_destroy(struct simguest *guest)
{
	int slot;

	if (guest->target_watch >= 0)
		inotify_rm_watch(guest->world->inotify_fd, guest->target_watch);
	for (slot = 0; slot < XENBUS_CLIENTS; slot++)
		source_close(&guest->clients[slot]);
	source_close(&guest->listener);
	xenbus_finish(&guest->bus);
	ring_destroy(&guest->bus.ring, guest->world->dir, guest->config.domid);
	guesttree_destroy(&guest->tree);
	free(guest);
}

/* --- time --- */

void simguest_target_written(struct simguest *guest, double now_s)
{
	int64_t kib = guesttree_target_written(&guest->tree);

	if (kib < 0)
		return;
	sim_balloon_set_target(&guest->balloon, kib, now_s);
	guest->next_step_s = 0;
}

static bool is_running(const struct simguest *guest)
{
	const struct fakexen_domain *d = fakexen_find(guest->world->host, guest->config.domid);

	return guest->is_started && d && d->life == FAKEXEN_ALIVE && !d->is_paused &&
	       !d->is_shutdown;
}

static int64_t populate(void *host, uint32_t domid, uint64_t pages)
{
	return fakexen_domain_populate(host, domid, pages);
}

static int64_t release(void *host, uint32_t domid, uint64_t pages)
{
	return fakexen_domain_release(host, domid, pages);
}

struct sim_pages simguest_pages(struct fakexen_host *host, uint32_t domid)
{
	return (struct sim_pages){populate, release, host, domid};
}

double simguest_plan(struct simguest *guest, double now_s, double zero_s)
{
	double step = now_s - guest->last_step_s, demand, before = guest->model.demand_kib;

	if (now_s < guest->next_step_s)
		return -1;
	if (!is_running(guest)) {
		guest->last_step_s = now_s; /* no time passes for it */
		guest->next_step_s = now_s + STEP_IDLE_S;
		return -1;
	}
	if (guest->has_own_zero)
		zero_s = guest->demand_zero_s;
	demand = sim_demand_kib_at(&guest->config.demand, zero_s < 0 ? 0 : now_s - zero_s);
	guest->planned_step_s = step;
	guest->planned_io_kib = sim_memory_plan(&guest->model, demand, step);
	guest->was_active = demand < before || demand > before || guest->planned_io_kib > 0 ||
			    guest->model.grow_kib > 0 || guest->config.model.read_kib_s > 0;
	return guest->planned_io_kib;
}

void simguest_step(struct simguest *guest, double now_s, double io_share, double disk_kib_s)
{
	bool active = guest->was_active;
	double tree_every;
	struct sim_pages pages = simguest_pages(guest->world->host, guest->config.domid);

	sim_memory_step(&guest->model, io_share, disk_kib_s);
	if (sim_balloon_run(&guest->balloon, &guest->model, &pages, now_s, guest->planned_step_s))
		active = true;
	guest->last_step_s = now_s;
	guest->next_step_s = now_s + (active ? STEP_ACTIVE_S : STEP_IDLE_S) * 0.9;
	tree_every = active ? TREE_ACTIVE_S : TREE_IDLE_S;
	if (now_s - guest->last_tree_s >= tree_every || guest->last_tree_s < 0) {
		guesttree_update(&guest->tree, &guest->model, &guest->balloon,
				 BOOT_UPTIME_S + now_s - guest->boot_s);
		guest->last_tree_s = now_s;
	}
}

void simguest_get_stats(const struct simguest *guest, struct simguest_stats *ret_stats)
{
	const struct sim_memory *m = &guest->model;
	struct simguest_stats s = {
		.managed_kib = m->managed_kib,
		.anon_kib = m->anon_kib,
		.swapped_kib = m->swapped_kib,
		.cache_kib = m->cache_kib,
		.free_kib = m->free_kib,
		.available_kib = sim_memory_available_kib(m),
		.demand_kib = m->demand_kib,
		.counters = m->counters,
		.some_avg10 = m->some.avg10,
		.full_avg10 = m->full.avg10,
		.current_kib = guest->balloon.current_kib,
		.target_kib = guest->balloon.target_kib,
		.balloon_state = guest->balloon.state,
		.give_ups = guest->balloon.give_ups,
		.is_booted = guest->is_booted,
	};
	int slot;

	for (slot = 0; slot < XENBUS_CLIENTS; slot++)
		s.clients += guest->bus.clients[slot] != NULL;
	*ret_stats = s;
}
