/* SPDX-License-Identifier: MIT */
#include "guest/store.h"

#include "common/log.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <xenstore.h>

/* What libxenstore says once the connection is gone; the others are xenstored's own answers. */
static bool is_loss(int error)
{
	return error == EBADF || error == EINVAL || error == EPIPE || error == ECONNRESET ||
	       error == EIO;
}

static void disconnect(struct store *store)
{
	if (store->xs)
		xs_close(store->xs);
	store->xs = NULL;
}

static void fail(struct store *store, uint64_t now_ms, const char *what, int error)
{
	store->n_failures++;
	if (!store->retry_ms)
		store->retry_ms = STORE_MIN_RETRY_MS;
	store->not_before_ms = now_ms + store->retry_ms;
	store->retry_ms =
		store->retry_ms > STORE_MAX_RETRY_MS / 2 ? STORE_MAX_RETRY_MS : 2 * store->retry_ms;
	if (!store->is_told)
		log_warning("cannot %s: %s%s", what, strerror(error),
			    store->gives_up ? "" : "; trying again until it works");
	store->is_told = true;
}

static void succeed(struct store *store)
{
	if (store->is_told)
		log_info("xenstore works again after %u failures", store->n_failures);
	store->is_told = false;
	store->n_failures = 0;
	store->retry_ms = 0;
}

void store_finish(struct store *store)
{
	disconnect(store);
}

/* An event ends the pause of a sleeping agent by a signal, since a pause watches no descriptor. */
static bool watch_hello(struct store *store)
{
	int fd = xs_fileno(store->xs);
	return xs_watch(store->xs, keys_table[KEY_AGENT].path, "agent") &&
	       fcntl(fd, F_SETOWN, getpid()) == 0 &&
	       fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_ASYNC) == 0;
}

uint64_t store_wait_ms(const struct store *store, uint64_t now_ms)
{
	return store->retry_ms && now_ms < store->not_before_ms ? store->not_before_ms - now_ms : 0;
}

bool store_tend(struct store *store, uint64_t now_ms, bool *ret_is_new)
{
	if (store_wait_ms(store, now_ms))
		return false;
	*ret_is_new = !store->xs;
	if (store->xs)
		return true;
	store->xs = xs_open(0);
	if (!store->xs) {
		fail(store, now_ms, "open xenstore (/dev/xen/xenbus in a Xen guest)", errno);
		return false;
	}
	if (!store->gives_up && !watch_hello(store)) {
		int error = errno;
		disconnect(store);
		fail(store, now_ms, "set a watch in xenstore", error);
		return false;
	}
	return true;
}

bool store_write(struct store *store, uint64_t now_ms, enum key_id id, const char *value,
		 size_t len)
{
	const char *path = keys_table[id].path;
	if (xs_write(store->xs, XBT_NULL, path, value, (unsigned)len)) {
		if (id == KEY_REPORT) /* the last of a round: now all of it has worked */
			succeed(store);
		return true;
	}
	int error = errno;
	if (is_loss(error))
		disconnect(store);
	fail(store, now_ms,
	     id == KEY_AGENT ? "write data/cagma/agent to xenstore"
			     : "write data/cagma/report to xenstore",
	     error);
	return false;
}

bool store_is_dom0(const struct store *store)
{
	unsigned len;
	char *domid = xs_read(store->xs, XBT_NULL, "domid", &len);
	bool is_dom0 = domid && strcmp(domid, "0") == 0;
	free(domid);
	return is_dom0;
}

void store_remove(struct store *store, enum key_id id)
{
	if (store->xs)
		xs_rm(store->xs, XBT_NULL, keys_table[id].path);
}

static bool take_events(struct store *store)
{
	bool has_any = false;
	char **event;
	while ((event = xs_check_watch(store->xs)) != NULL) {
		free(event);
		has_any = true;
	}
	return has_any;
}

bool store_lost_hello(struct store *store, uint64_t now_ms, const char *hello)
{
	unsigned len;
	if (!store->xs || !take_events(store))
		return false;
	char *value = xs_read(store->xs, XBT_NULL, keys_table[KEY_AGENT].path, &len);
	int error = errno;
	if (!value && is_loss(error)) {
		disconnect(store);
		fail(store, now_ms, "read data/cagma/agent from xenstore", error);
	}
	bool is_ours = value && strcmp(value, hello) == 0;
	free(value);
	return !is_ours;
}
