/* SPDX-License-Identifier: MIT */
/*
 * toolkeys.h - what cagmactl and cagmad say to each other of reservations, as
 * lines in xenstore below /tool/cagma, which only dom0 can read. Pure.
 *
 * Paths, limits, parsers, writers and a section of docs/xenstore-keys.md are
 * made from the tables below, as keys.h does it for guests. Times are ms of
 * CLOCK_BOOTTIME, so that they hold across a restart of either program.
 */
#ifndef CAGMA_RESERVE_TOOLKEYS_H
#define CAGMA_RESERVE_TOOLKEYS_H

#include "common/keys.h"
#include "common/uuid.h"

#define TOOLKEYS_ROOT "/tool/cagma"

enum {
	TOOLKEYS_PROTOCOL = 1,    /* raised when a value changes its meaning */
	TOOLKEYS_MAX_BYTES = 256, /* of any value here */
	TOOLKEYS_MAX_NAME = KEYS_MAX_NAME,
	TOOLKEYS_MAX_PATH = 64, /* bytes of the longest path below the root, NUL included */
};

/* id, path below the root (%: a reservation's number, a domid, or a UUID), writer, what it says */
#define CAGMA_TOOL_KEYS(X)                                                                         \
	X(DAEMON, "daemon", "cagmad", "which cagmad runs; absent when none does")                  \
	X(LAST, "last-reservation", "cagmactl", "the number that was given last")                  \
	X(REQUEST, "reservation/%/request", "cagmactl", "what is asked for")                       \
	X(NAME, "reservation/%/name", "cagmactl", "the name of the guest it is for, if known")     \
	X(STATE, "reservation/%/state", "cagmad", "what became of it")                             \
	X(MIGRATING, "migrating/%", "cagma-migrate", "the guest of this domain id is migrated")    \
	X(BUILT, "built/%", "cagmad", "what the guest of this UUID was first built with")          \
	X(AVAILABLE, "host/available_kib", "cagmad",                                               \
	  "what a new guest could have: free memory beyond the reserve, and what guests could "    \
	  "give")                                                                                  \
	X(SHORT, "host/short_kib", "cagmad", "what guests lack and cannot be given; 0: nothing")   \
	X(SHORT_SINCE, "host/short_since_ms", "cagmad",                                            \
	  "since when guests have lacked it, in ms of CLOCK_BOOTTIME; 0: not for 5 s")

#define X(id, path, writer, about) TOOLKEYS_##id,
enum toolkeys_key { CAGMA_TOOL_KEYS(X) TOOLKEYS_KEYS_ };
#undef X

struct toolkeys_row {
	const char *path, *writer, *about;
};

extern const struct toolkeys_row toolkeys_table[TOOLKEYS_KEYS_];

/* The path of `key` below the root, for reservation, or domain, `id` where it has one; and of a key
 * that a guest has by its UUID. */
void toolkeys_path(enum toolkeys_key key, uint32_t id, char buf[TOOLKEYS_MAX_PATH]);
void toolkeys_uuid_path(enum toolkeys_key key, const uint8_t uuid[UUID_BYTES],
			char buf[TOOLKEYS_MAX_PATH]);

/* member, kind, longest word or largest number, required, unit, what it says */
#define CAGMA_DAEMON_FIELDS(X)                                                                     \
	X(protocol, NUMBER, 1000, true, "", "protocol version, TOOLKEYS_PROTOCOL")                 \
	X(pid, NUMBER, INT32_MAX, true, "", "its process id")                                      \
	X(version, WORD, KEYS_MAX_WORD, true, "", "its version")

#define CAGMA_REQUEST_FIELDS(X)                                                                    \
	X(size_kib, NUMBER, KEYS_MAX_KIB, true, "KiB", "how much is to be kept")                   \
	X(wait_until_ms, NUMBER, KEYS_MAX_COUNT, true, "ms",                                       \
	  "given up if it is not there by then")                                                   \
	X(until_ms, NUMBER, KEYS_MAX_COUNT, true, "ms",                                            \
	  "kept until then, unless a guest being built uses it")                                   \
	X(uuid, WORD, UUID_TEXT, false, "", "UUID of the guest that it is for")

#define CAGMA_STATE_FIELDS(X)                                                                      \
	X(state, WORD, KEYS_MAX_WORD, true, "", "waiting, ready, in-use, refused or late")         \
	X(there_kib, NUMBER, KEYS_MAX_KIB, false, "KiB", "free for it now")                        \
	X(free_kib, NUMBER, KEYS_MAX_KIB, false, "KiB", "free for it when it was refused")         \
	X(give_kib, NUMBER, KEYS_MAX_KIB, false, "KiB", "what guests could give then")             \
	X(withheld_kib, NUMBER, KEYS_MAX_KIB, false, "KiB",                                        \
	  "free then, too, but kept for alarms, other reservations or promises")                   \
	X(domid, NUMBER, UINT32_MAX, false, "", "domain id of the guest that uses it")             \
	X(uuid, WORD, UUID_TEXT, false, "", "UUID of that guest")

#define CAGMA_BUILT_FIELDS(X)                                                                      \
	X(built_kib, NUMBER, KEYS_MAX_KIB, true, "KiB", "the target that it was first built with") \
	X(max_kib, NUMBER, KEYS_MAX_KIB, true, "KiB",                                              \
	  "its static-max; with another one it was configured anew, unless it is the same domain") \
	X(domid, NUMBER, UINT32_MAX, false, "", "its domain id when this was written")

struct toolkeys_daemon {
	CAGMA_DAEMON_FIELDS(LINE_MEMBER)
	uint64_t present; /* one bit for each field that was given */
};
struct toolkeys_request {
	CAGMA_REQUEST_FIELDS(LINE_MEMBER)
	uint64_t present;
};
struct toolkeys_state {
	CAGMA_STATE_FIELDS(LINE_MEMBER)
	uint64_t present;
};

struct toolkeys_built {
	CAGMA_BUILT_FIELDS(LINE_MEMBER)
	uint64_t present;
};

#define X(name, kind, max, required, unit, about) REQUEST_INDEX_##name,
enum toolkeys_request_index { CAGMA_REQUEST_FIELDS(X) };
#undef X
#define X(name, kind, max, required, unit, about) STATE_INDEX_##name,
enum toolkeys_state_index { CAGMA_STATE_FIELDS(X) };
#undef X
#define X(name, kind, max, required, unit, about) BUILT_INDEX_##name,
enum toolkeys_built_index { CAGMA_BUILT_FIELDS(X) };
#undef X
#define REQUEST_BIT(name) (UINT64_C(1) << REQUEST_INDEX_##name)
#define STATE_BIT(name)   (UINT64_C(1) << STATE_INDEX_##name)
#define BUILT_BIT(name)   (UINT64_C(1) << BUILT_INDEX_##name)

extern const struct line_format toolkeys_daemon_format;
extern const struct line_format toolkeys_request_format;
extern const struct line_format toolkeys_state_format;
extern const struct line_format toolkeys_built_format;

/* How the value of a key that is a line is read and written; NULL for a plain value. */
const struct line_format *toolkeys_format(enum toolkeys_key key);

/*
 * A request that asks for something: some memory, whole pages of it, a UUID
 * that is one. NULL and *ret_request; or what is wrong, for a message.
 */
const char *toolkeys_read_request(struct text text, struct toolkeys_request *ret_request);

/* A guest's name: 1 to TOOLKEYS_MAX_NAME bytes without control characters. */
bool toolkeys_is_name(struct text text);

#endif
