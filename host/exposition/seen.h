/* SPDX-License-Identifier: MIT */
/*
 * seen.h - what cagma-exporter knows at one moment: what cagmad has told it, and how the telling
 * goes. Plain data. Pure.
 */
#ifndef CAGMA_EXPOSITION_SEEN_H
#define CAGMA_EXPOSITION_SEEN_H

#include "host/show/told.h"

/* member, kind, longest word or largest number, always told, unit, what it says */
#define SEEN_SELF_FIELDS(X)                                                                        \
	X(is_up, FLAG, 1, true, "", "cagmad has answered the last look")                           \
	X(version, WORD, KEYS_MAX_WORD, true, "", "the exporter's version")                        \
	X(host_name, WORD, TOLD_MAX_NAME, true, "", "the name of this host")                       \
	X(age_ms, NUMBER, KEYS_MAX_COUNT, false, "ms", "since the last look that was answered")    \
	X(looks, NUMBER, KEYS_MAX_COUNT, true, "", "looks so far")                                 \
	X(failed_looks, NUMBER, KEYS_MAX_COUNT, true, "", "looks that cagmad did not answer")      \
	X(left_out_guests, NUMBER, KEYS_MAX_COUNT, true, "", "guests beyond the most")             \
	X(requests, NUMBER, KEYS_MAX_COUNT, true, "", "requests that were answered")               \
	X(dropped_clients, NUMBER, KEYS_MAX_COUNT, true, "", "clients that were dropped")          \
	X(started_ms, NUMBER, KEYS_MAX_COUNT, true, "ms", "when it started, since 1970")

struct seen_self {
	SEEN_SELF_FIELDS(LINE_MEMBER)
	uint64_t present;
};

#define X(name, ...) SEEN_SELF_INDEX_##name,
enum seen_self_index { SEEN_SELF_FIELDS(X) SEEN_SELF_FIELDS_ };
#undef X
#define SEEN_SELF_BIT(name) (UINT64_C(1) << SEEN_SELF_INDEX_##name)

extern const struct line_format seen_self_format;

struct seen {
	struct seen_self self;
	uint64_t real_ms; /* now, since 1970 */
	/* As cagmad told it last, `age_ms` ago. */
	struct told_host host;
	uint64_t state[HOLD_COUNT_]; /* guests in each state */
	unsigned n;
	const struct told_guest *guest;
};

#endif
