/* SPDX-License-Identifier: MIT */
/*
 * tool.h - the keys below /tool/cagma, which cagmactl, cagma-migrate and cagmad
 * tell each other of reservations and migrations by (toolkeys.h). (Edge.)
 *
 * Only dom0 can read these keys. Every path here is below /tool/cagma. A call
 * may block for as long as xenstored takes, and -EBADF means that the
 * connection is gone, as in store.h.
 */
#ifndef CAGMA_XEN_TOOL_H
#define CAGMA_XEN_TOOL_H

#include "host/reserve/toolkeys.h"
#include "host/xen/store.h"

/*
 * Makes the directory, closes it to all domains but dom0, and watches it: the
 * events are STORE_TOOL's. A directory that was there keeps its keys. 0 or -errno.
 */
int tool_open(struct store *store);

/* Reads the value at `path`, as store_read() does. */
int tool_read(struct store *store, const char *path, char *buf, size_t size);

/*
 * Lists the numbers among the names below `path` and passes other names over.
 * The result is how many there are, and *ret_number has the first `max` of
 * them; 0 when there is no `path`; or -errno.
 */
int tool_list(struct store *store, const char *path, uint32_t *ret_number, unsigned max);

/*
 * Writes `text` at `path` if `if_there` exists, so that the keys of a
 * reservation that was removed do not come back. With `if_there` NULL it writes
 * in any case. 0; -ENOENT when `if_there` does not exist; -EAGAIN when the keys
 * changed meanwhile; another -errno.
 */
int tool_write(struct store *store, const char *if_there, const char *path, const char *text);

/* Removes `path` and all keys below it. 0, also when `path` does not exist, or -errno. */
int tool_remove(struct store *store, const char *path);

/*
 * Makes a reservation with the next number, `request` and, if `name` is not "",
 * `name`. 0 and *ret_id; -ENOSPC when there are `max` reservations already;
 * another -errno.
 */
int tool_add_reservation(struct store *store, const char *request, const char *name, unsigned max,
			 uint32_t *ret_id);

/*
 * Finds the cagmad that balances this host: by the key in which it says so, and
 * its process. 0 and *ret_daemon; -ENOENT when there is no such key; -ESRCH when
 * the process is gone; -EPROTO when it is of another protocol; another -errno.
 */
int tool_find_daemon(struct store *store, struct toolkeys_daemon *ret_daemon);

#endif
