/* SPDX-License-Identifier: MIT */
/*
 * client.h - asking the cagmad of this host on its control socket. (Edge: a Unix socket, json-c,
 * the log.)
 */
#ifndef CAGMA_CTL_CLIENT_H
#define CAGMA_CTL_CLIENT_H

#include "host/control/json_record.h"

enum { CLIENT_WAIT_MS = 10000 }; /* the longest wait for an answer */

/* What came of a request without an answer. */
enum client_failure {
	CLIENT_FINE,
	CLIENT_NO_DAEMON, /* nobody listens */
	CLIENT_DENIED,    /* this user may not connect */
	CLIENT_BROKEN,    /* no answer, or none that can be read */
	CLIENT_REFUSED,   /* cagmad answered with an error */
};

/* A request of this kind, for the caller to add to and to hand to client_ask(). */
struct json_object *client_request(const char *ask);

/* Asks, and puts the request. The answer, which the caller puts, or NULL after logging why. The
 * connection stays open for the next request. With --json the reason is also printed (output.h). */
struct json_object *client_ask(struct json_object *request);

/* The same without logging: *ret_failure says what came of it, and client_why() why. */
struct json_object *client_try(struct json_object *request, enum client_failure *ret_failure);
const char *client_why(void);

/* Hands every guest, as cagmad lists them, to take(arg, guest), page by page. False after logging
 * why it cannot. */
bool client_each_guest(void (*take)(void *arg, struct json_object *guest), void *arg);

#endif
