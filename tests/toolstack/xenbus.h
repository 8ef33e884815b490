/* SPDX-License-Identifier: MIT */
/*
 * xenbus.h - the part of a guest's kernel between the shared ring and the users of /dev/xen/xenbus.
 *
 * Any number of clients share the ring. As in Linux (drivers/xen/xenbus/xenbus_dev_frontend.c)
 * request ids and watch tokens are replaced on the way out and put back on the way in, a
 * transaction belongs to the client that started it, and a client that goes away has its
 * transactions aborted and its watches removed. Only whole messages reach the ring, so a client
 * may vanish in the middle of one. The largest message is 4096 bytes with its header, as in Linux.
 * Unlike there, an error of XS_WATCH comes back as XS_ERROR and not as an error of write().
 *
 * The caller moves bytes: it gives what sockets received, and calls xenbus_pump when the store
 * daemon raised the guest's port or when something may be waiting. Nothing here blocks.
 */
#ifndef LAB_XENBUS_H
#define LAB_XENBUS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tests/toolstack/bytes.h"
#include "tests/toolstack/ring.h"

#define XENBUS_CLIENTS     8
#define XENBUS_REQUESTS    32
#define XENBUS_TXS         16
#define XENBUS_MESSAGE_MAX 4096u
#define XENBUS_KERNEL      0u /* the client id of the guest's own kernel */

struct xenbus;
struct xenbus_watch;

/* Takes replies and events for the kernel itself: `tag` is that of the request, or 0 with the path
 * of a watch that fired. `body` is NUL-terminated. */
typedef void xenbus_kernel_fn(void *arg, uint32_t tag, uint32_t type, const char *body, size_t len);

struct xenbus_client {
	uint32_t id; /* 0: unused */
	size_t in_len;
	char in[XENBUS_MESSAGE_MAX];
	struct bytes out;
	uint32_t tx[XENBUS_TXS];
	unsigned txs;
};

struct xenbus_request {
	uint32_t id; /* on the ring; 0: unused */
	uint32_t client;
	uint32_t client_req;
	uint32_t type;
	uint32_t watch;
};

struct xenbus {
	struct ring ring;
	uint32_t next_id; /* of requests, watches and clients */
	bool is_broken;   /* the daemon wrote nonsense */
	bool must_notify; /* set if the daemon's port is to be raised; cleared by the caller */
	struct bytes out;
	size_t in_len;
	char in[16 + XENBUS_MESSAGE_MAX + 1];
	struct xenbus_client *clients[XENBUS_CLIENTS]; /* NULL: unused */
	struct xenbus_request requests[XENBUS_REQUESTS];
	struct xenbus_watch *watches;
	xenbus_kernel_fn *kernel_fn;
	void *kernel_arg;
};

void xenbus_init(struct xenbus *bus, xenbus_kernel_fn *kernel_fn, void *kernel_arg);
void xenbus_finish(struct xenbus *bus);

/* A new client's slot, or -ENOSPC. */
int xenbus_client_open(struct xenbus *bus);
void xenbus_client_close(struct xenbus *bus, int slot);
/* True if more bytes of this client can be taken now. */
bool xenbus_client_ready(const struct xenbus *bus, int slot);
/* Takes bytes that a client sent; false if it broke the protocol and must be closed. */
bool xenbus_client_feed(struct xenbus *bus, int slot, const char *data, size_t len);
/* How many bytes of the client can be taken now: at least 1 while it is ready. */
size_t xenbus_client_room(const struct xenbus *bus, int slot);
/* Sends a request of the kernel's own; `tag` comes back with the reply. After an XS_WATCH each
 * event comes with the watched path. */
void xenbus_kernel_send(struct xenbus *bus, uint32_t type, uint32_t tag, const char *path,
			const char *value);
/* Moves bytes between the ring and the queues. Clients' `out` may hold bytes afterwards. */
void xenbus_pump(struct xenbus *bus);

#endif
