/* SPDX-License-Identifier: MIT */
/*
 * post.h - what agent and host write for each other in xenstore. (Edge: libxenstore.)
 *
 * Every call may block for as long as xenstored takes. A lost connection shows
 * only when it is used; the agent opens a new one, with pauses that grow while
 * that fails. The same pauses follow a write that xenstored refuses (for a
 * quota, say). A failure that lasts is logged when it begins and when it is over.
 */
#ifndef CAGMA_GUEST_POST_H
#define CAGMA_GUEST_POST_H

#include "common/keys.h"
#include "common/system/trouble.h"
#include "guest/core/round.h"

enum {
	POST_MIN_RETRY_MS = 500,
	POST_MAX_RETRY_MS = 30 * 1000,
};

struct xs_handle;

/* What has happened to the watched keys. */
struct post_news {
	bool lost_hello; /* the agent key is gone, or has another value */
	bool greets;     /* the host has written its period, as a cagmad does when it comes */
	bool credit;     /* the credit was removed or written, be it with the same number */
	bool target;     /* memory/target was written, which the balloon driver follows */
};

/* All zero: not connected. */
struct post {
	struct xs_handle *xs; /* NULL: not connected */
	bool gives_up;        /* a caller that does not stay: it tries once, and watches nothing */
	struct trouble trouble;
	unsigned retry_ms;      /* the next pause; 0: the last call worked */
	uint64_t not_before_ms; /* nothing is tried until then */
	struct round_host host; /* as it was read last */
};

void post_finish(struct post *post);

/*
 * Connects, if there is no connection and the pause is over. True if keys can
 * be written now; *ret_is_new then says whether the connection is new.
 */
bool post_tend(struct post *post, uint64_t now_ms, bool *ret_is_new);

/* Writes value[len] to this guest's key `id`. False, and logged, if that failed. */
bool post_write(struct post *post, uint64_t now_ms, enum key_id id, const char *value, size_t len);

void post_remove(struct post *post, enum key_id id);

/* Is this guest dom0, by its domain id in xenstore? After post_tend() said that it can be used. */
bool post_is_dom0(const struct post *post);

/* How long from now until post_tend() may answer differently; 0: at once. */
uint64_t post_wait_ms(const struct post *post, uint64_t now_ms);

/*
 * Takes in the watches' events since the last call, and reads into post->host
 * what they are about. An event of the agent key counts as its loss only if its
 * value is not `hello`. After a migration or a restore the kernel sets its
 * watches anew, each of which gives an event, so everything is read again.
 */
struct post_news post_listen(struct post *post, uint64_t now_ms, const char *hello);

#endif
