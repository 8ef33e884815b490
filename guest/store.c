/* SPDX-License-Identifier: MIT */
#include "guest/store.h"

#include "common/system/log.h"
#include "common/text.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
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

/* `what` and `key` make "open xenstore", "write xenstore's data/cagma/report". */
static void fail(struct store *store, uint64_t now_ms, const char *what, const char *key, int error)
{
	if (!store->retry_ms)
		store->retry_ms = STORE_MIN_RETRY_MS;
	store->not_before_ms = now_ms + store->retry_ms;
	store->retry_ms =
		store->retry_ms > STORE_MAX_RETRY_MS / 2 ? STORE_MAX_RETRY_MS : 2 * store->retry_ms;
	if (trouble_met(&store->trouble))
		log_warning("cannot %s%s: %s%s", what, key, strerror(error),
			    store->gives_up ? "" : "; trying again until it works");
}

static void succeed(struct store *store)
{
	uint64_t n_failures = trouble_over(&store->trouble);
	if (n_failures)
		log_info("xenstore works again after %" PRIu64 " failures", n_failures);
	store->retry_ms = 0;
}

void store_finish(struct store *store)
{
	disconnect(store);
}

/* A watch's token is its place in here. */
static const enum key_id watched[] = {KEY_AGENT, KEY_CMA, KEY_CREDIT, KEY_PERIOD};
enum { N_WATCHED = sizeof(watched) / sizeof(watched[0]), TARGET = N_WATCHED };

static const char *watched_path(unsigned i)
{
	return i == TARGET ? "memory/target" : keys_table[watched[i]].path;
}

/* An event ends the pause of a sleeping agent by a signal, since a pause watches no descriptor. */
static bool watch_keys(struct store *store)
{
	int fd = xs_fileno(store->xs);
	for (unsigned i = 0; i <= TARGET; i++) {
		const char token[] = {(char)('0' + i), '\0'};
		if (!xs_watch(store->xs, watched_path(i), token))
			return false;
	}
	return fcntl(fd, F_SETOWN, getpid()) == 0 &&
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
		fail(store, now_ms, "open xenstore", " (/dev/xen/xenbus in a Xen guest)", errno);
		return false;
	}
	if (!store->gives_up && !watch_keys(store)) {
		int error = errno;
		disconnect(store);
		fail(store, now_ms, "set a watch in xenstore", "", error);
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
	fail(store, now_ms, "write xenstore's ", path, error);
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

/* The keys that were touched: one bit for each place in `watched`, and that of TARGET. */
static unsigned take_events(struct store *store)
{
	unsigned touched = 0;
	char **event;
	while ((event = xs_check_watch(store->xs)) != NULL) {
		unsigned i = (unsigned)(event[XS_WATCH_TOKEN][0] - '0');
		if (i <= TARGET)
			touched |= 1u << i;
		free(event);
	}
	return touched;
}

/* The value, to be freed; NULL when there is none, or no connection any more. */
static char *read_key(struct store *store, uint64_t now_ms, enum key_id id)
{
	unsigned len;
	char *value = store->xs ? xs_read(store->xs, XBT_NULL, keys_table[id].path, &len) : NULL;
	int error = errno;
	if (!value && store->xs && is_loss(error)) {
		disconnect(store);
		fail(store, now_ms, "read xenstore's ", keys_table[id].path, error);
	}
	return value;
}

static uint64_t read_number(struct store *store, uint64_t now_ms, enum key_id id)
{
	uint64_t number = 0;
	char *value = read_key(store, now_ms, id);
	if (value)
		text_number((struct text){value, strlen(value)}, KEYS_MAX_KIB, &number);
	free(value);
	return number;
}

struct store_news store_listen(struct store *store, uint64_t now_ms, const char *hello)
{
	unsigned touched = store->xs ? take_events(store) : 0;
	struct store_news news = {.target = touched >> TARGET & 1u};
	for (unsigned i = 0; i < N_WATCHED; i++) {
		if (!(touched & 1u << i))
			continue;
		if (watched[i] == KEY_AGENT) {
			char *value = read_key(store, now_ms, KEY_AGENT);
			news.lost_hello = !value || strcmp(value, hello) != 0;
			free(value);
		} else if (watched[i] == KEY_CMA) {
			store->host.cma_kib = read_number(store, now_ms, KEY_CMA);
		} else if (watched[i] == KEY_CREDIT) {
			store->host.credit_kib = read_number(store, now_ms, KEY_CREDIT);
			news.credit = true;
		} else {
			store->host.period_ms = read_number(store, now_ms, KEY_PERIOD);
		}
	}
	return news;
}
