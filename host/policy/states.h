/* SPDX-License-Identifier: MIT */
/*
 * states.h - what a policy decides on written states of a host, to compare it with its original.
 * Pure.
 *
 * A state is a line `host name=value …`, lines `guest name=value …`, and an empty line or the end
 * of the text. A line that begins with `#` is passed over. The two tables below have the names. A
 * value that is not given has a default, which stands behind a semicolon there. docs/policy.md has
 * an example.
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

/* A row is: name, largest value, whether it is required, unit, meaning. */
#define STATES_HOST_FIELDS(X)                                                                      \
	X(now_ms, STATES_MAX_MS, false, "ms", "time of the state; a day after the last")           \
	X(total_kib, STATES_MAX_KIB, true, "KiB", "memory the host has")                           \
	X(free_kib, STATES_MAX_KIB, true, "KiB", "free memory of the host")                        \
	X(kept_kib, STATES_MAX_KIB, false, "KiB",                                                  \
	  "free memory that is claimed, held or reserved; 0")                                      \
	X(reserve_kib, STATES_MAX_KIB, false, "KiB", "reserve_mib; 0")                             \
	X(period_ms, STATES_MAX_MS, false, "ms", "period_ms, a coordinator's interval; as shipped")

/* From total_kib on, the values are the guest's report. */
#define STATES_GUEST_FIELDS(X)                                                                     \
	X(domid, UINT32_MAX, true, "", "its number; 0: dom0")                                      \
	X(alm_kib, STATES_MAX_KIB, true, "KiB", "what it holds")                                   \
	X(target_kib, STATES_MAX_KIB, false, "KiB", "what it was last told to hold; alm_kib")      \
	X(min_kib, STATES_MAX_KIB, false, "KiB", "its min; 0")                                     \
	X(max_kib, STATES_MAX_KIB, false, "KiB", "its max; alm_kib")                               \
	X(weight, UINT16_MAX, false, "", "its weight, or shares; 256")                             \
	X(is_alarmed, 1, false, "", "its agent raises the alarm; 0")                               \
	X(can_alarm, 1, false, "", "its agent tells at once when memory falls short; 0")           \
	X(may_have_credit, 1, false, "", "its agent can grow it by itself, and may; 0")            \
	X(credit_kib, STATES_MAX_KIB, false, "KiB", "credit that it has already; 0")               \
	X(is_unproven, 1, false, "", "its report was there before the daemon; 0")                 \
	X(seq, KEYS_MAX_COUNT, false, "", "number of its report; one more than in the last state") \
	X(total_kib, STATES_MAX_KIB, false, "KiB", "MemTotal; without it there is no report")      \
	X(free_kib, STATES_MAX_KIB, false, "KiB", "MemFree: what is unused; 0")                    \
	X(avail_kib, STATES_MAX_KIB, false, "KiB", "MemAvailable; free_kib")                       \
	X(buffers_kib, STATES_MAX_KIB, false, "KiB", "Buffers")                                    \
	X(cached_kib, STATES_MAX_KIB, false, "KiB", "Cached")                                      \
	X(swap_total_kib, STATES_MAX_KIB, false, "KiB", "SwapTotal")                               \
	X(swap_free_kib, STATES_MAX_KIB, false, "KiB", "SwapFree")                                 \
	X(largest_kib, STATES_MAX_KIB, false, "KiB", "memory and swap of its largest process")     \
	X(scan_kswapd, KEYS_MAX_COUNT, false, "pages",                                             \
	  "scanned by kswapd, which has woken if they rise")                                       \
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

/* One state, and the decision on it. The arrays have `capacity` entries. */
struct states {
	const struct policy *policy;
	bool is_series; /* each state follows from the one before, and the policy remembers */
	unsigned capacity;
	struct recall recall; /* recall.n guests are in the state */
	struct policy_conf conf;
	struct host_view host;
	bool has_host;
	struct guest_view *view;
	uint64_t *last_seq;
	struct plan plan;
	uint64_t *wanted_kib;                 /* targets before the contract cuts them */
	uint64_t *allowed_kib;                /* targets after the contract has cut them */
	uint64_t n_states, n_actions, n_cuts; /* sums over all states */
};

/*
 * Takes in a line without its newline. Returns NULL, or what is wrong with the line: the end of a
 * sentence that begins with "the line". The text is to be given up then. *ret_is_whole says that a
 * state ends here and can be decided on.
 */
const char *states_take_line(struct states *states, struct text line, bool *ret_is_whole);

/* At the end of the text: returns true if a state has begun, which is then to be decided on. */
bool states_is_begun(const struct states *states);

/* Decides on the state that was read. It has recall.n_last guests from then on. view, wanted_kib,
 * allowed_kib and plan.verdict are valid until the next line is taken in. */
void states_state(struct states *states);

#endif
