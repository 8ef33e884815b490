/* SPDX-License-Identifier: MIT */
/*
 * request.h - whether a request over HTTP is one to answer, and the address to listen at. Pure.
 */
#ifndef CAGMA_EXPOSITION_REQUEST_H
#define CAGMA_EXPOSITION_REQUEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { REQUEST_MAX_ADDRESS = 45 }; /* of an address of IPv6 in letters */

/* An address as `127.0.0.1:9849` or `[::1]:9849`; the address has no brackets here. */
struct request_address {
	char address[REQUEST_MAX_ADDRESS + 1];
	bool is_v6;
	uint16_t port;
};

/* False if the words are no such address. That the address is a valid one is not looked at. */
bool request_read_address(const char *words, struct request_address *ret_address);

/* True if this address is reached from this host alone. */
bool request_is_loopback(const struct request_address *address);

/*
 * True if the Host header (NULL: none) names this host by an address, as localhost, or by `name`
 * (NULL: there is no further name). A page of elsewhere can have its own name resolve to 127.0.0.1,
 * and so have a browser on this host read what is here; then the header has that name.
 */
bool request_host_is_ours(const char *host, const char *name);

#endif
