/* SPDX-License-Identifier: MIT */
/*
 * store.h - cagmad's side of xenstore. (Edge.)
 *
 * There are three connections. Two are for events: STORE_HOST for keys that only
 * dom0 can write, STORE_GUESTS for what guests tell. They are apart because
 * libxenstore queues a connection's events without bound, and a guest that
 * writes too much must not hide the host's events. The third one is for reads and
 * writes, because a connection with watches has a thread that every answer would
 * have to pass through. Nothing here lists a directory that a guest can write, or
 * writes below data/.
 *
 * Every call may block for as long as xenstored takes, but for no longer than DEADLINE_MS
 * (deadline.h): the connection is shut down then. -EBADF means that the connection is gone: the
 * caller closes it, opens a new one, and sets its watches anew.
 */
#ifndef CAGMA_XEN_STORE_H
#define CAGMA_XEN_STORE_H

#include "common/keys.h"
#include "host/core/source.h"

enum store_source { STORE_HOST, STORE_GUESTS, STORE_SOURCES_ };

enum store_event_kind {
	STORE_DOMAINS, /* some domain came or went */
	STORE_MEMORY,  /* a key of dom0 in /local/domain/N/memory, the name or a device changed */
	STORE_CAGMA,   /* /local/domain/N/data/cagma or the key of a foreign agent changed */
	STORE_TOOL,    /* /tool/cagma changed */
};

struct store_event {
	enum store_event_kind kind;
	unsigned domid;
	unsigned generation; /* as given to store_watch_*(): tells a reused domid apart */
	bool is_target;      /* STORE_MEMORY: nothing but memory/target changed */
	bool is_report;      /* STORE_CAGMA: the report key changed */
	bool is_agent;       /* STORE_CAGMA: the agent key changed */
	bool is_alarm; /* STORE_CAGMA: the alarm key changed; all three are set if any may have */
	uint32_t sources; /* STORE_CAGMA: SOURCE_BITs of the foreign agents' keys that changed */
	bool is_answer;   /* STORE_TOOL: one of the keys that cagmad writes there */
};

struct store;

enum { STORE_PROBE_MS = 1000 };

/*
 * 0 if xenstored listens on its socket, or -errno: -ETIMEDOUT if it takes no connection within
 * STORE_PROBE_MS. This is to be asked before
 * xs_open() and libxl_ctx_alloc(): without a listener they take the kernel's
 * device instead, on which the first request waits for ever.
 */
int store_probe(void);

/* Connects, and watches for domains that come or go. 0 and *ret_store, or -errno. */
int store_open(struct store **ret_store);
void store_close(struct store *store);

/* The descriptor that is readable while events wait. It does not become readable when xenstored
 * dies: store_alive() is to be asked now and then. */
int store_fd(const struct store *store, enum store_source source);
bool store_alive(struct store *store);

/* 1 and the next event; 0 if none waits; -errno if the connection is lost. */
int store_next(struct store *store, enum store_source source, struct store_event *ret_event);

/* Begin and end to watch the keys of a domain's memory/ that dom0 alone writes, its name and
 * libxl's devices; and its data/cagma with the keys of foreign agents. 0 or -errno. */
int store_watch_memory(struct store *store, unsigned domid, unsigned generation);
int store_unwatch_memory(struct store *store, unsigned domid, unsigned generation);
int store_watch_cagma(struct store *store, unsigned domid, unsigned generation);
int store_unwatch_cagma(struct store *store, unsigned domid, unsigned generation);

/*
 * Reads the value of `path` below /local/domain/<domid> into buf[size] with a NUL
 * behind it. The value's length; -ENOENT if there is no such key; -EMSGSIZE if the
 * value is longer than size - 1; another -errno. A value may hold any bytes.
 */
int store_read(struct store *store, unsigned domid, const char *path, char *buf, size_t size);

/* Reads a decimal number that dom0 wrote, in the same way; -ERANGE if it is not a number. */
int store_read_number(struct store *store, unsigned domid, const char *path, uint64_t *ret_number);

/* True if `path` below /libxl/<domid> exists. */
bool store_has_libxl(struct store *store, unsigned domid, const char *path);

/* A key that cagmad writes, and its new value. */
struct store_value {
	enum key_id key;
	char text[KEYS_MAX_WORD + 1];
};

/*
 * Writes all of these keys for a domain, or none of them. None is written if libxl
 * has begun to remove the domain's keys, since ours would outlive the domain. This
 * takes a request for each key and three more, which is long for an alarm to
 * wait: with `gives_way`, nothing is written if an event of guests comes meanwhile.
 * 0; -ENOENT if the domain's keys are being removed; -EAGAIN if keys changed
 * meanwhile; -EINTR if it gave way; another -errno.
 */
int store_write(struct store *store, unsigned domid, const struct store_value *value,
		unsigned n_values, bool gives_way);

/* Removes all keys that cagmad wrote for a domain. */
void store_clear(struct store *store, unsigned domid);

/* --- for tool.c, the other file that uses this connection --- */

struct xs_handle;

enum { STORE_MAX_PATH = 128 }; /* bytes of the longest whole path, NUL included */

/*
 * Each function here that calls libxenstore is one operation, which has to end by its deadline. The
 * operation ends when the function returns.
 */
#define STORE_OPERATION(of)                                                                        \
	struct store *const operation __attribute__((cleanup(store_end), unused)) = store_begin(of)
struct store *store_begin(struct store *store);
void store_end(struct store *const *store);

/* The connection for reads and writes. */
struct xs_handle *store_connection(struct store *store);

/* The -errno for `error`, errno of a failed call of libxenstore: -EBADF if the connection is
 * gone. */
int store_error(int error);

/* Reads the whole path `full`, as store_read() does. */
int store_read_at(struct store *store, const char *full, char *buf, size_t size);

/* Watches /tool/cagma: its events are STORE_TOOL's. 0 or -errno. */
int store_watch_tool(struct store *store);

#endif
