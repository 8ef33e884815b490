/* SPDX-License-Identifier: MIT */
#include "xenbus.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <xen/io/xs_wire.h>

#define HEADER      ((size_t)sizeof(struct xsd_sockmsg))
#define QUEUE_LIMIT 8192u /* bytes waiting for the ring above which clients have to wait */

struct xenbus_watch {
	struct xenbus_watch *next;
	uint32_t id; /* the token on the ring, in hexadecimal */
	uint32_t client;
	char *path;
	char *token; /* the client's own */
};

void xenbus_init(struct xenbus *bus, xenbus_kernel_fn *kernel_fn, void *kernel_arg)
{
	memset(bus, 0, sizeof *bus);
	bus->kernel_fn = kernel_fn;
	bus->kernel_arg = kernel_arg;
	bus->next_id = 1;
}

static void watch_free(struct xenbus_watch *watch)
{
	free(watch->path);
	free(watch->token);
	free(watch);
}

static void client_free(struct xenbus_client *client)
{
	if (!client)
		return;
	bytes_finish(&client->out);
	free(client);
}

void xenbus_finish(struct xenbus *bus)
{
	struct xenbus_watch *watch;
	int i;

	for (i = 0; i < XENBUS_CLIENTS; i++) {
		client_free(bus->clients[i]);
		bus->clients[i] = NULL;
	}
	while ((watch = bus->watches) != NULL) {
		bus->watches = watch->next;
		watch_free(watch);
	}
	bytes_finish(&bus->out);
}

static uint32_t id_take(struct xenbus *bus)
{
	uint32_t id = bus->next_id++;

	if (!bus->next_id)
		bus->next_id = 1;
	return id;
}

static struct xenbus_client *client_find(struct xenbus *bus, uint32_t id)
{
	int i;

	for (i = 0; i < XENBUS_CLIENTS; i++)
		if (bus->clients[i] && bus->clients[i]->id == id)
			return bus->clients[i];
	return NULL;
}

/* --- towards the ring --- */

static void out_message(struct bytes *out, uint32_t type, uint32_t req_id, uint32_t tx_id,
			const char *body, size_t len)
{
	struct xsd_sockmsg head = {
		.type = type, .req_id = req_id, .tx_id = tx_id, .len = (uint32_t)len};

	if (bytes_append(out, &head, sizeof head))
		bytes_append(out, body, len);
}

static struct xenbus_request *request_free(struct xenbus *bus)
{
	int i;

	for (i = 0; i < XENBUS_REQUESTS; i++)
		if (!bus->requests[i].id)
			return &bus->requests[i];
	return NULL;
}

/* Remembers which client a reply is for. Requests for clients that were closed may find no free
 * entry; their replies are dropped. */
static uint32_t request_add(struct xenbus *bus, uint32_t client, uint32_t client_req, uint32_t type,
			    uint32_t watch)
{
	struct xenbus_request *req = request_free(bus);
	uint32_t id = id_take(bus);

	if (req)
		*req = (struct xenbus_request){.id = id,
					       .client = client,
					       .client_req = client_req,
					       .type = type,
					       .watch = watch};
	return id;
}

static size_t two_strings(char *buf, size_t size, const char *a, const char *b)
{
	int n = snprintf(buf, size, "%s%c%s", a, '\0', b);

	return n < 0 || (size_t)n >= size ? 0 : (size_t)n + 1;
}

static void watch_send(struct xenbus *bus, const struct xenbus_watch *watch, uint32_t type,
		       uint32_t client, uint32_t client_req)
{
	char body[XENBUS_MESSAGE_MAX], token[16];
	size_t len;

	snprintf(token, sizeof token, "%x", watch->id);
	len = two_strings(body, sizeof body, watch->path, token);
	out_message(&bus->out, type, request_add(bus, client, client_req, type, watch->id), 0, body,
		    len);
}

static struct xenbus_watch *watch_add(struct xenbus *bus, uint32_t client, const char *path,
				      const char *token)
{
	struct xenbus_watch *watch = calloc(1, sizeof *watch);

	if (!watch)
		return NULL;
	watch->id = id_take(bus);
	watch->client = client;
	watch->path = strdup(path);
	watch->token = strdup(token);
	watch->next = bus->watches;
	bus->watches = watch;
	return watch;
}

/* Takes a watch out of the list; the caller frees it. */
static struct xenbus_watch *watch_unlink(struct xenbus *bus, struct xenbus_watch *watch)
{
	struct xenbus_watch **at;

	for (at = &bus->watches; *at; at = &(*at)->next) {
		if (*at == watch) {
			*at = watch->next;
			break;
		}
	}
	return watch;
}

static struct xenbus_watch *watch_by_id(struct xenbus *bus, uint32_t id)
{
	struct xenbus_watch *watch;

	for (watch = bus->watches; watch; watch = watch->next)
		if (watch->id == id)
			return watch;
	return NULL;
}

static struct xenbus_watch *watch_by_token(struct xenbus *bus, uint32_t client, const char *path,
					   const char *token)
{
	struct xenbus_watch *watch;

	for (watch = bus->watches; watch; watch = watch->next)
		if (watch->client == client && !strcmp(watch->path, path) &&
		    !strcmp(watch->token, token))
			return watch;
	return NULL;
}

/* --- clients --- */

int xenbus_client_open(struct xenbus *bus)
{
	int i;

	for (i = 0; i < XENBUS_CLIENTS; i++)
		if (!bus->clients[i])
			break;
	if (i == XENBUS_CLIENTS)
		return -ENOSPC;
	bus->clients[i] = calloc(1, sizeof *bus->clients[i]);
	if (!bus->clients[i])
		return -ENOMEM;
	bus->clients[i]->id = id_take(bus);
	return i;
}

void xenbus_client_close(struct xenbus *bus, int slot)
{
	struct xenbus_client *client = bus->clients[slot];
	struct xenbus_watch *watch, *next;
	unsigned i;

	for (i = 0; i < client->txs; i++)
		out_message(&bus->out, XS_TRANSACTION_END,
			    request_add(bus, ~0u, 0, XS_TRANSACTION_END, 0), client->tx[i], "F", 2);
	for (watch = bus->watches; watch; watch = next) {
		next = watch->next;
		if (watch->client != client->id)
			continue;
		watch_send(bus, watch, XS_UNWATCH, ~0u, 0);
		watch_free(watch_unlink(bus, watch));
	}
	for (i = 0; i < XENBUS_REQUESTS; i++)
		if (bus->requests[i].id && bus->requests[i].client == client->id)
			bus->requests[i].client = ~0u;
	client_free(client);
	bus->clients[slot] = NULL;
}

bool xenbus_client_ready(const struct xenbus *bus, int slot)
{
	unsigned i, used = 0;

	for (i = 0; i < XENBUS_REQUESTS; i++)
		used += bus->requests[i].id != 0;
	return bus->clients[slot] && used < XENBUS_REQUESTS / 2 && bus->out.len < QUEUE_LIMIT;
}

size_t xenbus_client_room(const struct xenbus *bus, int slot)
{
	return sizeof bus->clients[slot]->in - bus->clients[slot]->in_len;
}

static void client_error(struct xenbus_client *client, const struct xsd_sockmsg *head,
			 const char *error)
{
	out_message(&client->out, XS_ERROR, head->req_id, head->tx_id, error, strlen(error) + 1);
}

static bool client_owns_tx(const struct xenbus_client *client, uint32_t tx)
{
	unsigned i;

	for (i = 0; i < client->txs; i++)
		if (client->tx[i] == tx)
			return true;
	return false;
}

static void client_drop_tx(struct xenbus_client *client, uint32_t tx)
{
	unsigned i;

	for (i = 0; i < client->txs; i++)
		if (client->tx[i] == tx)
			client->tx[i--] = client->tx[--client->txs];
}

/* XS_WATCH and XS_UNWATCH: BODY is path, NUL, token, NUL. */
static void client_watch(struct xenbus *bus, struct xenbus_client *client,
			 const struct xsd_sockmsg *head, const char *body)
{
	size_t path_len = strnlen(body, head->len);
	const char *token = body + path_len + 1;
	struct xenbus_watch *watch;

	if (path_len + 1 >= head->len || !memchr(token, 0, head->len - path_len - 1)) {
		client_error(client, head, "EINVAL");
		return;
	}
	watch = watch_by_token(bus, client->id, body, token);
	if (head->type == XS_WATCH && watch) {
		client_error(client, head, "EEXIST");
	} else if (head->type == XS_WATCH) {
		watch = watch_add(bus, client->id, body, token);
		if (watch)
			watch_send(bus, watch, XS_WATCH, client->id, head->req_id);
	} else if (!watch) {
		client_error(client, head, "ENOENT");
	} else {
		watch_send(bus, watch, XS_UNWATCH, client->id, head->req_id);
		watch_free(watch_unlink(bus, watch));
	}
}

static void client_message(struct xenbus *bus, struct xenbus_client *client,
			   const struct xsd_sockmsg *head, const char *body)
{
	uint32_t id;

	if (head->type == XS_WATCH || head->type == XS_UNWATCH) {
		client_watch(bus, client, head, body);
		return;
	}
	if (head->tx_id && !client_owns_tx(client, head->tx_id)) {
		client_error(client, head, "ENOENT");
		return;
	}
	if (head->type == XS_TRANSACTION_END)
		client_drop_tx(client, head->tx_id);
	id = request_add(bus, client->id, head->req_id, head->type, 0);
	out_message(&bus->out, head->type, id, head->tx_id, body, head->len);
}

bool xenbus_client_feed(struct xenbus *bus, int slot, const char *data, size_t len)
{
	struct xenbus_client *client = bus->clients[slot];
	struct xsd_sockmsg head;
	size_t at = 0, whole;

	if (len > xenbus_client_room(bus, slot))
		return false;
	memcpy(client->in + client->in_len, data, len);
	client->in_len += len;
	while (client->in_len - at >= HEADER) {
		memcpy(&head, client->in + at, HEADER);
		whole = HEADER + head.len;
		if (head.len > XENBUS_MESSAGE_MAX - HEADER)
			return false;
		if (client->in_len - at < whole)
			break;
		client_message(bus, client, &head, client->in + at + HEADER);
		at += whole;
	}
	memmove(client->in, client->in + at, client->in_len - at);
	client->in_len -= at;
	return true;
}

void xenbus_kernel_send(struct xenbus *bus, uint32_t type, uint32_t tag, const char *path,
			const char *value)
{
	char body[XENBUS_MESSAGE_MAX];
	struct xenbus_watch *watch;
	int n;

	if (type == XS_WATCH) {
		watch = watch_add(bus, XENBUS_KERNEL, path, "");
		if (watch)
			watch_send(bus, watch, XS_WATCH, XENBUS_KERNEL, tag);
		return;
	}
	/* A value is sent without its NUL, everything else with one. */
	n = snprintf(body, sizeof body, "%s%c%s", path, '\0', value ? value : "");
	out_message(&bus->out, type, request_add(bus, XENBUS_KERNEL, tag, type, 0), 0, body,
		    (size_t)n);
}

/* --- from the ring --- */

static void handle_event(struct xenbus *bus, const char *body, size_t len)
{
	size_t path_len = strnlen(body, len);
	struct xenbus_client *client;
	struct xenbus_watch *watch;
	char out[XENBUS_MESSAGE_MAX];
	size_t out_len;

	if (path_len + 1 >= len)
		return;
	watch = watch_by_id(bus, (uint32_t)strtoul(body + path_len + 1, NULL, 16));
	if (!watch)
		return;
	if (watch->client == XENBUS_KERNEL) {
		bus->kernel_fn(bus->kernel_arg, 0, XS_WATCH_EVENT, body, path_len);
		return;
	}
	client = client_find(bus, watch->client);
	out_len = two_strings(out, sizeof out, body, watch->token);
	if (client && out_len)
		out_message(&client->out, XS_WATCH_EVENT, 0, 0, out, out_len);
}

static void handle_client_reply(struct xenbus *bus, const struct xenbus_request *req,
				const struct xsd_sockmsg *head, const char *body)
{
	struct xenbus_client *client = client_find(bus, req->client);
	bool started = req->type == XS_TRANSACTION_START && head->type != XS_ERROR;
	uint32_t tx = started ? (uint32_t)strtoul(body, NULL, 10) : 0;

	if (!client && started) {
		out_message(&bus->out, XS_TRANSACTION_END,
			    request_add(bus, ~0u, 0, XS_TRANSACTION_END, 0), tx, "F", 2);
		return;
	}
	if (!client)
		return;
	if (started && client->txs < XENBUS_TXS)
		client->tx[client->txs++] = tx;
	out_message(&client->out, head->type, req->client_req, head->tx_id, body, head->len);
}

static void handle_message(struct xenbus *bus, const struct xsd_sockmsg *head, const char *body)
{
	struct xenbus_request req = {0};
	struct xenbus_watch *watch;
	int i;

	if (head->type == XS_WATCH_EVENT) {
		handle_event(bus, body, head->len);
		return;
	}
	for (i = 0; i < XENBUS_REQUESTS; i++) {
		if (bus->requests[i].id && bus->requests[i].id == head->req_id) {
			req = bus->requests[i];
			bus->requests[i].id = 0;
			break;
		}
	}
	if (!req.id)
		return;
	watch = req.type == XS_WATCH && head->type == XS_ERROR ? watch_by_id(bus, req.watch) : NULL;
	if (watch)
		watch_free(watch_unlink(bus, watch));
	if (req.client == XENBUS_KERNEL)
		bus->kernel_fn(bus->kernel_arg, req.client_req, head->type, body, head->len);
	else
		handle_client_reply(bus, &req, head, body);
}

/* Takes one whole message of the input, if there is one. */
static bool in_message(struct xenbus *bus)
{
	struct xsd_sockmsg head;
	char *body = bus->in + HEADER;
	size_t whole;
	char after;

	if (bus->in_len < HEADER)
		return false;
	memcpy(&head, bus->in, HEADER);
	whole = HEADER + head.len;
	if (head.len > XENBUS_MESSAGE_MAX) {
		bus->is_broken = true;
		return false;
	}
	if (bus->in_len < whole)
		return false;
	after = body[head.len];
	body[head.len] = '\0';
	handle_message(bus, &head, body);
	body[head.len] = after;
	memmove(bus->in, bus->in + whole, bus->in_len - whole);
	bus->in_len -= whole;
	return true;
}

void xenbus_pump(struct xenbus *bus)
{
	int64_t n, moved;

	if (!bus->ring.page || bus->is_broken)
		return;
	do {
		moved = 0;
		n = ring_read(&bus->ring, bus->in + bus->in_len, sizeof bus->in - 1 - bus->in_len);
		if (n > 0) {
			bus->in_len += (size_t)n;
			moved += n;
		}
		while (in_message(bus))
			;
		if (n >= 0 && bus->out.len) {
			n = ring_write(&bus->ring, bytes_head(&bus->out), bus->out.len);
			if (n > 0) {
				bytes_consume(&bus->out, (size_t)n);
				moved += n;
			}
		}
		bus->is_broken |= n < 0;
		bus->must_notify |= moved > 0;
	} while (moved && !bus->is_broken);
}
