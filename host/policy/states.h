/* SPDX-License-Identifier: MIT */
/*
 * states.h - what a policy decides on written states of a host, to compare it
 * with its original. Pure.
 *
 * A state is a line `host name=value …`, lines `guest name=value …`, and an empty
 * line or the end of the text; `#` begins a line that is passed over. The names
 * are in the two tables below; what is not given is as if it were as simple as can
 * be. docs/policy.md has an example.
 */
#ifndef CAGMA_POLICY_STATES_H
#define CAGMA_POLICY_STATES_H

#include "host/policy/peers.h"
#include "host/policy/policy.h"
#include "host/policy/recall.h"

enum {
	STATES_MAX_GUESTS = 4096,
	STATES_MAX_LINE = 1024,
	STATES_MAX_MS = 1000000000,
};

#define STATES_MAX_KIB PEERS_MAX_KIB

/* name, largest, required, unit, what it says */
#define STATES_HOST_FIELDS(X)                                                                      \
	X(now_ms, STATES_MAX_MS, false, "ms", "time of the state; a day after the last")           \
	X(total_kib, STATES_MAX_KIB, true, "KiB", "memory the host has")                           \
	X(free_kib, STATES_MAX_KIB, true, "KiB", "what is free of it")                             \
	X(kept_kib, STATES_MAX_KIB, false, "KiB", "what is claimed, held or reserved of that")     \
	X(reserve_kib, STATES_MAX_KIB, false, "KiB", "reserve_mib; 0")                             \
	X(period_ms, STATES_MAX_MS, false, "ms", "period_ms, a coordinator's interval; as shipped")

/* Those from total_kib on are what the guest reports. */
#define STATES_GUEST_FIELDS(X)                                                                     \
	X(domid, UINT32_MAX, true, "", "its number; 0: dom0")                                      \
	X(alm_kib, STATES_MAX_KIB, true, "KiB", "what it holds")                                   \
	X(target_kib, STATES_MAX_KIB, false, "KiB", "what it was last told to hold; alm_kib")      \
	X(min_kib, STATES_MAX_KIB, false, "KiB", "its min; 0")                                     \
	X(max_kib, STATES_MAX_KIB, false, "KiB", "its max; alm_kib")                               \
	X(weight, UINT16_MAX, false, "", "its weight, or shares; 256")                             \
	X(is_alarmed, 1, false, "", "its agent cries; 0")                                          \
	X(can_alarm, 1, false, "", "its agent tells at once when memory falls short; 0")           \
	X(may_have_credit, 1, false, "", "its agent can grow it by itself, and may; 0")            \
	X(credit_kib, STATES_MAX_KIB, false, "KiB", "how far it may do so already; 0")             \
	X(seq, KEYS_MAX_COUNT, false, "", "number of its report; one more than in the last state") \
	X(total_kib, STATES_MAX_KIB, false, "KiB", "MemTotal; without it there is no report")      \
	X(free_kib, STATES_MAX_KIB, false, "KiB", "MemFree: what is unused; 0")                    \
	X(avail_kib, STATES_MAX_KIB, false, "KiB", "MemAvailable; free_kib")                       \
	X(buffers_kib, STATES_MAX_KIB, false, "KiB", "Buffers")                                    \
	X(cached_kib, STATES_MAX_KIB, false, "KiB", "Cached")                                      \
	X(swap_total_kib, STATES_MAX_KIB, false, "KiB", "SwapTotal")                               \
	X(swap_free_kib, STATES_MAX_KIB, false, "KiB", "SwapFree")                                 \
	X(largest_kib, STATES_MAX_KIB, false, "KiB", "the largest process's")                      \
	X(scan_kswapd, KEYS_MAX_COUNT, false, "pages", "scanned by kswapd; more: it has woken")    \
	X(pswpin, KEYS_MAX_COUNT, false, "pages", "swapped in")                                    \
	X(pswpout, KEYS_MAX_COUNT, false, "pages", "swapped out")

#define X(name, max, required, unit, about) uint64_t name;
struct states_host {
	STATES_HOST_FIELDS(X) uint64_t present;
};
struct states_guest {
	STATES_GUEST_FIELDS(X) uint64_t present;
};
#undef X

extern const struct line_format states_host_format, states_guest_format;

/* One state, and what is decided on it. The arrays have `capacity` entries. */
struct states {
	const struct policy *policy;
	bool is_series; /* a state is what became of the one before */
	unsigned capacity;
	struct recall recall; /* recall.n guests are in the state */
	struct policy_conf conf;
	struct host_view host;
	bool has_host;
	struct guest_view *view;
	uint64_t *last_seq;
	struct plan plan;
	uint64_t *wanted_kib;                 /* targets, before the contract */
	uint64_t *allowed_kib;                /* … and behind it */
	uint64_t n_states, n_actions, n_cuts; /* of all states there were */
};

/* Takes a line in, without its newline. NULL, or what is wrong with it; then the state is to be
 * given up. *ret_is_whole: a state ends here, and can be decided on. */
const char *states_take_line(struct states *decide, struct text line, bool *ret_is_whole);

/* At the end of the text: is there a state to be decided on? */
bool states_is_begun(const struct states *decide);

/* Decides on the state there is, of recall.n_last guests; then the next one may come. view,
 * wanted_kib, allowed_kib and plan.verdict stay until then. */
void states_state(struct states *decide);

#endif
