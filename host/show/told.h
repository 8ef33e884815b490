/* SPDX-License-Identifier: MIT */
/*
 * told.h - what an operator is told of the host and of one guest: the fields, as tables. Pure.
 *
 * cagmad fills these structures, cagmactl shows them, and between the two they are JSON objects
 * with a member for each row (host/control/json_record.h). A field that is not known is absent from
 * `present`. A word here is any printable text: names have passed text_printable().
 */
#ifndef CAGMA_SHOW_TOLD_H
#define CAGMA_SHOW_TOLD_H

#include "common/keys.h"
#include "host/core/model.h"
#include "common/uuid.h"

enum {
	TOLD_MAX_NAME = KEYS_MAX_NAME,
	TOLD_CHANGES = 8, /* changes of its target that are remembered of a guest */
};

/* member, kind, longest word or largest number, always told, unit, what it says */
#define TOLD_HOST_FIELDS(X)                                                                        \
	X(version, WORD, KEYS_MAX_WORD, true, "", "cagmad's version")                              \
	X(pid, NUMBER, INT32_MAX, true, "", "its process")                                         \
	X(policy, WORD, KEYS_MAX_WORD, true, "", "the policy that decides")                        \
	X(mode, WORD, KEYS_MAX_WORD, true, "", "balancing, paused or dry-run")                     \
	X(is_connected, FLAG, 1, true, "", "xenstored answers")                                    \
	X(uptime_ms, NUMBER, KEYS_MAX_COUNT, true, "ms", "since cagmad started")                   \
	X(pass_age_ms, NUMBER, KEYS_MAX_COUNT, false, "ms", "since the last pass")                 \
	X(period_ms, NUMBER, KEYS_MAX_COUNT, true, "ms", "the longest time between two passes")    \
	X(passes, NUMBER, KEYS_MAX_COUNT, true, "", "passes so far")                               \
	X(targets, NUMBER, KEYS_MAX_COUNT, true, "", "targets that were set so far")               \
	X(failed_calls, NUMBER, KEYS_MAX_COUNT, true, "", "calls of libxl that failed so far")     \
	X(cuts, NUMBER, KEYS_MAX_COUNT, true, "", "actions that the safety contract cut so far")   \
	X(lost_connections, NUMBER, KEYS_MAX_COUNT, true, "", "times that xenstored was lost")     \
	X(total_kib, NUMBER, KEYS_MAX_KIB, false, "KiB", "the host's memory")                      \
	X(free_kib, NUMBER, KEYS_MAX_KIB, false, "KiB", "free by Xen, claims included")            \
	X(claimed_kib, NUMBER, KEYS_MAX_KIB, false, "KiB", "claimed by guests being built")        \
	X(rebooting_kib, NUMBER, KEYS_MAX_KIB, false, "KiB", "kept for guests that reboot")        \
	X(reserved_kib, NUMBER, KEYS_MAX_KIB, false, "KiB", "kept for reservations")               \
	X(promised_kib, NUMBER, KEYS_MAX_KIB, false, "KiB", "grows that wait for donors' pages")   \
	X(reserve_kib, NUMBER, KEYS_MAX_KIB, true, "KiB", "the reserve as configured")             \
	X(step_kib, NUMBER, KEYS_MAX_KIB, true, "KiB", "the smallest change of a target")          \
	X(credit_kib, NUMBER, KEYS_MAX_KIB, true, "KiB", "the most credit of one guest")           \
	X(available_kib, NUMBER, KEYS_MAX_KIB, false, "KiB",                                       \
	  "what a new guest could have: free - kept - reserve + what guests could give")           \
	X(capacity_kib, NUMBER, KEYS_MAX_KIB, false, "KiB",                                        \
	  "what guests can hold together: free - others - reserve + what they hold")               \
	X(short_kib, NUMBER, KEYS_MAX_KIB, false, "KiB", "what guests lack and cannot be given")   \
	X(short_ms, NUMBER, KEYS_MAX_COUNT, false, "ms",                                           \
	  "for how long some guest has lacked it; 5 s without a lack end that")                    \
	X(guests, NUMBER, OPTIONS_MAX_GUESTS, true, "", "guests there are")                        \
	X(managed, NUMBER, OPTIONS_MAX_GUESTS, true, "", "guests that are balanced")               \
	X(short_guests, NUMBER, OPTIONS_MAX_GUESTS, true, "", "guests whose AVM is below the CMA") \
	X(alarmed_guests, NUMBER, OPTIONS_MAX_GUESTS, true, "", "guests in alarm")                 \
	X(xl_is_building, FLAG, 1, true, "", "xl builds a guest, so nobody may grow")              \
	X(xen_options, WORD, 255, false, "", "Xen's command line, as far as it fits")

/* The rows with `true` are told in lists, all of them when one guest is explained. */
#define TOLD_GUEST_FIELDS(X)                                                                       \
	X(name, WORD, TOLD_MAX_NAME, true, "", "its name; empty until it is known")                \
	X(domid, NUMBER, UINT16_MAX, true, "", "its domain id")                                    \
	X(uuid, WORD, UUID_TEXT, false, "", "its UUID")                                            \
	X(state, WORD, KEYS_MAX_WORD, true, "", "managed, or why it is left alone")                \
	X(hold_left_ms, NUMBER, KEYS_MAX_COUNT, true, "ms",                                        \
	  "for how long it is still left alone, if that ends by time")                             \
	X(source, WORD, KEYS_MAX_WORD, true, "",                                                   \
	  "who reports: agent, dom0, or another's agent by its source; - if nobody")               \
	X(report_age_ms, NUMBER, KEYS_MAX_COUNT, true, "ms", "age of its last report")             \
	X(agent_version, WORD, KEYS_MAX_WORD, true, "", "version of its agent")                    \
	X(can_report, FLAG, 1, true, "", "it has an agent")                                        \
	X(can_alarm, FLAG, 1, true, "", "its agent raises alarms")                                 \
	X(can_grow_itself, FLAG, 1, true, "", "its agent can use credit")                          \
	X(is_trusted, FLAG, 1, true, "", "it may have credit and the reserve")                     \
	X(is_alarmed, FLAG, 1, true, "", "it is in alarm")                                         \
	X(alm_kib, NUMBER, KEYS_MAX_KIB, true, "KiB", "ALM: what it holds")                        \
	X(target_kib, NUMBER, KEYS_MAX_KIB, true, "KiB", "what it was last asked to hold")         \
	X(cap_kib, NUMBER, KEYS_MAX_KIB, false, "KiB", "how far Xen lets it grow")                 \
	X(min_kib, NUMBER, KEYS_MAX_KIB, true, "KiB", "it is not taken below this")                \
	X(max_kib, NUMBER, KEYS_MAX_KIB, true, "KiB", "it is not grown above this")                \
	X(static_max_kib, NUMBER, KEYS_MAX_KIB, true, "KiB", "libxl's static-max and videoram")    \
	X(built_kib, NUMBER, KEYS_MAX_KIB, true, "KiB", "the target that it was built with")       \
	X(weight, NUMBER, UINT32_MAX, true, "", "its share when not all wants fit")                \
	X(credit_kib, NUMBER, KEYS_MAX_KIB, false, "KiB", "how far it may grow by itself")         \
	X(avail_kib, NUMBER, KEYS_MAX_KIB, true, "KiB", "AVM: available inside it")                \
	X(total_kib, NUMBER, KEYS_MAX_KIB, true, "KiB", "MemTotal inside it")                      \
	X(swap_total_kib, NUMBER, KEYS_MAX_KIB, true, "KiB", "its swap")                           \
	X(swap_free_kib, NUMBER, KEYS_MAX_KIB, true, "KiB", "its free swap")                       \
	X(offset_kib, NUMBER, KEYS_MAX_KIB, false, "KiB", "ALM - MemTotal")                        \
	X(use_kib, NUMBER, KEYS_MAX_KIB, true, "KiB", "memory in use, and wanted back from swap")  \
	X(demand_kib, NUMBER, KEYS_MAX_KIB, false, "KiB", "D: its use as it was lately")           \
	X(base_kib, NUMBER, KEYS_MAX_KIB, false, "KiB", "its CMA without growth and pressure")     \
	X(pressure_kib, NUMBER, KEYS_MAX_KIB, false, "KiB", "the part of its CMA for stalls")      \
	X(cma_kib, NUMBER, KEYS_MAX_KIB, true, "KiB", "CMA: the AVM that is to be guaranteed")     \
	X(floor_kib, NUMBER, KEYS_MAX_KIB, false, "KiB", "its stall floor, while one holds")       \
	X(want_kib, NUMBER, KEYS_MAX_KIB, true, "KiB", "the ALM at which its AVM were its CMA")    \
	X(fair_kib, NUMBER, KEYS_MAX_KIB, false, "KiB", "what it gets whatever others claim")      \
	X(goal_kib, NUMBER, KEYS_MAX_KIB, true, "KiB", "what the last pass gives it")              \
	X(is_credible, FLAG, 1, false, "", "it had enough lately, and may borrow headroom")          \
	X(last_resort, WORD, KEYS_MAX_WORD, false, "",                                             \
	  "what is done if it keeps what it was lent: pause or command")                           \
	X(last_resort_wait_ms, NUMBER, KEYS_MAX_COUNT, false, "ms",                                \
	  "how long others miss it before that")                                                   \
	X(last_resort_age_ms, NUMBER, KEYS_MAX_COUNT, false, "ms",                                 \
	  "for how long they have missed it, if they do")                                          \
	X(last_resort_is_taken, FLAG, 1, false, "", "it was done")                                 \
	X(lasting_kib, NUMBER, KEYS_MAX_KIB, true, "KiB",                                          \
	  "what it needs lastingly, once its want is known for a minute")                          \
	X(may_leave, FLAG, 1, true, "", "it may be moved to another host")                         \
	X(does_not_take, FLAG, 1, true, "", "it does not take what it was promised")               \
	X(is_doubted, FLAG, 1, true, "", "it does not begin to give")                              \
	X(reason, WORD, KEYS_MAX_WORD, true, "", "why its target was last changed")                \
	X(reason_age_ms, NUMBER, KEYS_MAX_COUNT, true, "ms", "when that was")                      \
	X(reason_from_kib, NUMBER, KEYS_MAX_KIB, true, "KiB", "its target before that change")     \
	X(reason_to_kib, NUMBER, KEYS_MAX_KIB, true, "KiB", "its target by that change")           \
	X(alarms, NUMBER, KEYS_MAX_COUNT, true, "", "alarms so far")                               \
	X(bad_reports, NUMBER, KEYS_MAX_COUNT, true, "", "bad reports so far")                     \
	X(floods, NUMBER, KEYS_MAX_COUNT, true, "", "times that it wrote too fast")                \
	X(failed_calls, NUMBER, KEYS_MAX_COUNT, true, "", "calls of libxl for it that failed")

/* One change of a guest's target. */
#define TOLD_CHANGE_FIELDS(X)                                                                      \
	X(age_ms, NUMBER, KEYS_MAX_COUNT, true, "ms", "how long ago it was")                       \
	X(from_kib, NUMBER, KEYS_MAX_KIB, true, "KiB", "the target before")                        \
	X(to_kib, NUMBER, KEYS_MAX_KIB, true, "KiB", "the target then")                            \
	X(reason, WORD, KEYS_MAX_WORD, true, "", "why")

struct told_host {
	TOLD_HOST_FIELDS(LINE_MEMBER)
	uint64_t present;
};
struct told_guest {
	TOLD_GUEST_FIELDS(LINE_MEMBER)
	uint64_t present;
};
struct told_change {
	TOLD_CHANGE_FIELDS(LINE_MEMBER)
	uint64_t present;
};

#define X(name, ...) TOLD_HOST_INDEX_##name,
enum told_host_index { TOLD_HOST_FIELDS(X) TOLD_HOST_FIELDS_ };
#undef X
#define X(name, ...) TOLD_GUEST_INDEX_##name,
enum told_guest_index { TOLD_GUEST_FIELDS(X) TOLD_GUEST_FIELDS_ };
#undef X
#define TOLD_HOST_BIT(name)   (UINT64_C(1) << TOLD_HOST_INDEX_##name)
#define TOLD_GUEST_BIT(name)  (UINT64_C(1) << TOLD_GUEST_INDEX_##name)
#define TOLD_HAS(record, bit) (((record)->present & (bit)) != 0)

extern const struct line_format told_host_format;
extern const struct line_format told_guest_format;
extern const struct line_format told_change_format;

/* All that `mode` may be, and a NULL behind them. */
enum told_mode { TOLD_BALANCING, TOLD_PAUSED, TOLD_DRY_RUN, TOLD_MODES_ };
extern const char *const told_mode_words[TOLD_MODES_ + 1];

/* The bits of the rows that are always told. */
uint64_t told_always(const struct line_format *format);

/* True if AVM is known and below the CMA. */
bool told_is_short(const struct told_guest *guest);

#endif
