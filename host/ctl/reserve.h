/* SPDX-License-Identifier: MIT */
/*
 * reserve.h - `cagmactl reserve`: asks cagmad for memory, waits until it is
 * there, and runs a command that uses it. (Edge.)
 */
#ifndef CAGMA_CTL_RESERVE_H
#define CAGMA_CTL_RESERVE_H

#include "host/core/toolkeys.h"
#include "host/xen/store.h"

struct reserve {
	uint64_t size_kib;
	char name[TOOLKEYS_MAX_NAME + 1]; /* of the guest, "" if not known */
	bool has_uuid;
	uint8_t uuid[UUID_BYTES];
	uint64_t timeout_ms;  /* the longest to wait */
	uint64_t for_ms;      /* how long it is kept */
	char *const *command; /* NULL: none */
	bool needs_no_daemon; /* the command is run in any case: cagmactl's, not reserve_run()'s */
};

enum {
	RESERVE_TIMEOUT_S = 60,
	RESERVE_FOR_S = 300,
	RESERVE_ANSWER_MS = 10000, /* a cagmad that runs has answered by then */
};

/*
 * The exit code: the command's, or 0 once the memory is there, or 1 after
 * saying why not on stderr. Whoever waits can read the number on stdout at once;
 * a command has stdout for itself.
 */
int reserve_run(struct store *store, const struct reserve *reserve);

/* Is a cagmad running that understands us? NULL, or why not. */
const char *reserve_find_daemon(struct store *store);

#endif
