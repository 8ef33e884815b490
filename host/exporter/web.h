/* SPDX-License-Identifier: MIT */
/*
 * web.h - what is known, over HTTP: /, /metrics and /state.json. (Edge: libmicrohttpd.)
 *
 * libmicrohttpd is in Debian, small, and runs in the caller's poll loop with bounds on clients and
 * their memory. One request is answered on a connection. Whoever is not through within WEB_MOST_MS
 * is dropped, and one client more than there may be takes the place of the oldest, so that nobody
 * waits for a client that hangs.
 */
#ifndef CAGMA_EXPORTER_WEB_H
#define CAGMA_EXPORTER_WEB_H

#include "host/exposition/request.h"
#include "host/exposition/seen.h"
#include "host/exposition/trend.h"

enum {
	WEB_CLIENTS = 32,           /* at a time */
	WEB_MOST_MS = 10000,        /* of one client */
	WEB_MOST_REQUEST = 8 << 10, /* bytes of a request's head, and of the answer's */
};

struct web_options {
	struct request_address address;
	const char *name; /* a further name of this host in requests; NULL: none */
};

/* Fills in what is known now. The trend stays the owner's. */
typedef const struct trend *web_tell_fn(void *arg, struct seen *ret_seen);

struct web;

/* Listens. 0 and *ret_web, or -errno. The options are copied, but not the name. */
int web_open(const struct web_options *options, web_tell_fn *tell, void *arg, struct web **ret_web);
void web_close(struct web *web);

/* The port that it listens at. */
uint16_t web_port(const struct web *web);

/* The descriptor for poll(), to read from; and when web_turn() is wanted at the latest. */
int web_fd(const struct web *web);
uint64_t web_wake_ms(const struct web *web, uint64_t now_ms);

/* Takes in and answers what can be without waiting. */
void web_turn(struct web *web, uint64_t now_ms);

/* When somebody last asked for what is known; 0: never. */
uint64_t web_asked_ms(const struct web *web);

/* How many requests were answered and how many clients dropped so far. */
uint64_t web_requests(const struct web *web);
uint64_t web_dropped(const struct web *web);

#endif
