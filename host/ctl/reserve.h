/* SPDX-License-Identifier: MIT */
/*
 * reserve.h - `cagmactl reserve`: asks cagmad for memory, waits until that is
 * free, and runs a command that uses it. (Edge.)
 */
#ifndef CAGMA_CTL_RESERVE_H
#define CAGMA_CTL_RESERVE_H

#include "host/reserve/toolkeys.h"
#include "host/xen/store.h"

struct reserve {
	uint64_t size_kib;
	char name[TOOLKEYS_MAX_NAME + 1]; /* of the guest that is to be started; "" if not known */
	bool has_uuid;
	uint8_t uuid[UUID_BYTES];
	uint64_t timeout_ms;  /* the longest wait until the memory is free */
	uint64_t for_ms;      /* how long the memory is kept then */
	char *const *command; /* NULL: none */
	bool needs_no_daemon; /* without a cagmad the caller runs the command unreserved */
};

enum {
	RESERVE_TIMEOUT_S = 60,
	RESERVE_FOR_S = 300,
	RESERVE_ANSWER_MS = 10000, /* a cagmad that runs answers within this */
};

/*
 * Makes the reservation, waits, and runs the command if there is one. Without a
 * command the reservation's number is printed on stdout before the wait, or with
 * --json as one object behind it; a command has stdout for itself. The exit code:
 * the command's; 0 once the memory is free; 1 after saying why it is not (output.h).
 */
int reserve_run(struct store *store, const struct reserve *reserve);

/* NULL if a cagmad runs that this cagmactl can talk to, or why none does. */
const char *reserve_find_daemon(struct store *store);

#endif
