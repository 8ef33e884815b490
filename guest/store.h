/* SPDX-License-Identifier: MIT */
/*
 * store.h - the guest's side of xenstore. (Edge: libxenstore.)
 *
 * Every call may block for as long as xenstored pleases. A connection that is
 * lost shows only when it is used; it is opened anew with growing pauses. The
 * same pauses follow a write that is refused (a quota, say). Trouble is told
 * of once, and once when it is over.
 */
#ifndef CAGMA_GUEST_STORE_H
#define CAGMA_GUEST_STORE_H

#include "common/keys.h"
#include "common/system/trouble.h"
#include "guest/core/round.h"

enum {
	STORE_MIN_RETRY_MS = 500,
	STORE_MAX_RETRY_MS = 30 * 1000,
};

struct xs_handle;

/* What has happened to the keys that are watched. */
struct store_news {
	bool lost_hello; /* somebody has removed or replaced the agent key */
	bool credit;     /* the credit was written, be it with the same number, or removed */
	bool target;     /* memory/target was written, which the balloon driver follows */
};

struct store {
	struct xs_handle *xs; /* NULL: not connected */
	bool gives_up;        /* one try and no watch: for a caller that does not stay */
	struct trouble trouble;
	unsigned retry_ms;      /* the next pause; 0: no trouble */
	uint64_t not_before_ms; /* until then nothing is tried */
	struct round_host host;
};

/* All zero is a store that is not connected. */
void store_finish(struct store *store);

/*
 * Connects if it is not connected and the pause is over. True when the store
 * can be written to now; *ret_is_new then says whether the connection is new.
 */
bool store_tend(struct store *store, uint64_t now_ms, bool *ret_is_new);

/* Writes `len` bytes to `id` of this guest. False when it failed, which has been told of. */
bool store_write(struct store *store, uint64_t now_ms, enum key_id id, const char *value,
		 size_t len);

/* Does the store, which can be written to now, say that this is dom0? */
bool store_is_dom0(const struct store *store);

void store_remove(struct store *store, enum key_id id);

/* How long from now until store_tend() may answer differently; 0: at once. */
uint64_t store_wait_ms(const struct store *store, uint64_t now_ms);

/*
 * Takes in what the watches say since the last call, and updates store->host.
 * Whatever touches the agent key but leaves `hello` in it is no loss of it.
 * The kernel sets its watches anew after a migration or a restore, so then
 * everything is read again.
 */
struct store_news store_listen(struct store *store, uint64_t now_ms, const char *hello);

#endif
