/* SPDX-License-Identifier: MIT */
/*
 * store.h - cagmad's side of xenstore. (Edge.)
 *
 * Three connections: two for events, of what only dom0 can write and of guests'
 * data/cagma, since libxenstore queues a connection's events without bound and
 * a guest that floods must not hide the rest; and one for reads and writes,
 * since a connection with watches has a thread, through which every answer
 * would take the long way. Nothing here ever lists a
 * directory a guest can write, or writes below data/.
 *
 * Every call may block for as long as xenstored takes. -EBADF means that the
 * connection is gone: close, open anew, watch everything again.
 */
#ifndef CAGMA_XEN_STORE_H
#define CAGMA_XEN_STORE_H

#include "common/keys.h"

enum store_source { STORE_HOST, STORE_GUESTS, STORE_SOURCES_ };

enum store_event_kind {
	STORE_DOMAINS, /* a domain came or went; which one is not said */
	STORE_MEMORY,  /* /local/domain/N/memory, the name or a device of the guest changed */
	STORE_CAGMA,   /* /local/domain/N/data/cagma changed */
	STORE_TOOL,    /* /tool/cagma changed */
};

struct store_event {
	enum store_event_kind kind;
	unsigned domid;
	unsigned generation; /* as given to store_watch_*(): tells a reused domid apart */
	bool is_target;      /* STORE_MEMORY: nothing but memory/target changed */
	bool is_report;      /* STORE_CAGMA: the report key changed */
	bool is_agent;       /* STORE_CAGMA: the agent key changed */
	bool is_alarm;       /* STORE_CAGMA: the alarm key changed; all three when any may have */
	bool is_answer;      /* STORE_TOOL: one of the keys that cagmad writes there */
};

struct store;

/*
 * 0 when somebody listens on xenstored's socket, or -errno. To be asked before
 * xs_open(), and before libxl's contexts: when nobody does, they take the
 * kernel's device instead, on which the first request waits for ever.
 */
int store_probe(void);

/* 0 and *ret_store, watching for domains; or -errno. */
int store_open(struct store **ret_store);
void store_close(struct store *store);

/* Readable while events wait. It does not become readable when xenstored dies:
 * ask store_alive() now and then. */
int store_fd(const struct store *store, enum store_source source);
bool store_alive(struct store *store);

/* 1 and the next event; 0 when none waits; -errno when the connection is lost. */
int store_next(struct store *store, enum store_source source, struct store_event *ret_event);

/* Watching memory/, name and libxl's devices of a domain, and its data/cagma. 0 or -errno. */
int store_watch_memory(struct store *store, unsigned domid, unsigned generation);
int store_unwatch_memory(struct store *store, unsigned domid, unsigned generation);
int store_watch_cagma(struct store *store, unsigned domid, unsigned generation);
int store_unwatch_cagma(struct store *store, unsigned domid, unsigned generation);

/*
 * Reads `path` below /local/domain/<domid> into buf[size] with a NUL behind
 * it. The length; -ENOENT when there is nothing; -EMSGSIZE when it is longer
 * than size - 1; another -errno. The bytes may be anything.
 */
int store_read(struct store *store, unsigned domid, const char *path, char *buf, size_t size);

/* The same for a decimal number dom0 wrote; -ERANGE when it is none. */
int store_read_number(struct store *store, unsigned domid, const char *path, uint64_t *ret_number);

/* True when `path` below /libxl/<domid> exists. */
bool store_has_libxl(struct store *store, unsigned domid, const char *path);

/* A key of ours and its new value. */
struct store_value {
	enum key_id key;
	char text[KEYS_MAX_WORD + 1];
};

/*
 * Writes keys of ours for a domain, all or none, and none when libxl has begun
 * to remove what the domain has in xenstore: they would outlive it. It takes a
 * request for each and three more, which is long for an alarm to wait: with
 * `gives_way` none is written when an event of guests comes meanwhile. 0;
 * -ENOENT; -EAGAIN when something changed meanwhile; -EINTR when it gave way;
 * another -errno.
 */
int store_write(struct store *store, unsigned domid, const struct store_value *value,
		unsigned n_values, bool gives_way);

/* Removes everything of ours for a domain. */
void store_clear(struct store *store, unsigned domid);

/* --- for tool.c, the other file that uses this connection --- */

struct xs_handle;

enum { STORE_MAX_PATH = 128 }; /* bytes of the longest whole path, NUL included */

/* The connection for reads and writes. */
struct xs_handle *store_connection(struct store *store);

/* The -errno for `error`, errno of a failed call of libxenstore: -EBADF if the connection is gone.
 */
int store_error(int error);

/* Reads the whole path `full`, as store_read() does. */
int store_read_at(struct store *store, const char *full, char *buf, size_t size);

/* Watches /tool/cagma: its events are STORE_TOOL's. 0 or -errno. */
int store_watch_tool(struct store *store);

#endif
