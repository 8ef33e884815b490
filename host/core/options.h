/* SPDX-License-Identifier: MIT */
/*
 * options.h - the numbers of cagmad.conf: their names, units, defaults and ranges. Pure.
 *
 * The tables below are the only place that has them. From them are made the structures that hold
 * the numbers, the defaults, the readers of the configuration and of `cagma-sim run --set`, what a
 * record of passes says of the options, and the lists of names in messages. A test compares
 * cagmad.conf(5) and systemd/cagmad.conf with them. docs/policy.md has the reasons for the
 * defaults.
 */
#ifndef CAGMA_CORE_OPTIONS_H
#define CAGMA_CORE_OPTIONS_H

#include "common/text.h"
#include "common/units.h"

#define OPTIONS_MAX_MIB    (1 << 24) /* 16 TiB */
#define OPTIONS_MAX_GUESTS 10000
#define OPTIONS_MAX_WEIGHT 65535 /* of one guest */

/*
 * A row is: name in cagmad.conf; member of the structure that holds it; unit of the numbers that
 * follow; default; least; most; what it is. A member is a uint64_t in KiB when the unit is MIB,
 * and in the option's own unit otherwise.
 *
 * These are for the policies: struct policy_conf.
 */
#define OPTIONS_POLICY(X)                                                                          \
	X(period_ms, period_ms, MS, 1000, 100, 60000,                                              \
	  "how often the whole host is looked at when nothing is reported")                        \
	X(reserve_mib, reserve_kib, MIB, 64, 0, OPTIONS_MAX_MIB,                                   \
	  "host memory that is kept free for alarms")                                              \
	X(cma_min_mib, cma_min_kib, MIB, 32, 1, OPTIONS_MAX_MIB, "the least CMA of any guest")     \
	X(cma_share_permyriad, cma_share_permyriad, PERMYRIAD, 1250, 0, 10000,                     \
	  "the least CMA of a guest, as a share of its use")                                       \
	X(noswap_share_permyriad, noswap_share_permyriad, PERMYRIAD, 2000, 0, 10000,       \
	  "the same of a guest without swap, which kills programs where others swap")              \
	X(fair_headroom_mib, fair_headroom_kib, MIB, 8, 0, OPTIONS_MAX_MIB,                        \
	  "how much of its CMA a guest is guaranteed while others are short")                       \
	X(pressure_max_permyriad, pressure_max_permyriad, PERMYRIAD, 1000, 0, 10000,               \
	  "the most that stalls add to a guest's CMA, as a share of its demand")                   \
	X(demand_fall_ms, demand_fall_ms, MS, 20000, 0, 3600000,                                   \
	  "how long the fall of a guest's demand, and of its pressure, takes")                     \
	X(step_mib, step_kib, MIB, 2, 1, 1024, "the smallest change of a target")                  \
	X(credit_mib, credit_kib, MIB, 32, 0, OPTIONS_MAX_MIB,                                     \
	  "the most that a guest may grow by itself; 0: not at all")

/* These are for cagmad alone: members of struct config (host/config/config.h). */
#define OPTIONS_DAEMON(X)                                                                          \
	X(by_hand_s, by_hand_s, S, 3600, 0, 31536000,                                              \
	  "how long a guest whose target somebody else has set is left alone")                     \
	X(default_min_mib, default_min_kib, MIB, 256, 1, OPTIONS_MAX_MIB,                          \
	  "the min of a guest whose entry has none")                                               \
	X(default_weight, default_weight, COUNT, 0, 0, OPTIONS_MAX_WEIGHT,                         \
	  "the weight of a guest whose entry has none; 0: the MiB that it is guaranteed")          \
	X(guaranteed_permyriad, guaranteed_permyriad, PERMYRIAD, 10000, 0, 10000,                  \
	  "what a guest is guaranteed whose entry does not say it, as a share of its memory")      \
	X(max_guests, max_guests, COUNT, 256, 1, OPTIONS_MAX_GUESTS,                               \
	  "the most guests there can be at a time")                                                \
	X(workers, workers, COUNT, 4, 1, 32, "how many processes call libxl")                      \
	X(call_timeout_ms, call_timeout_ms, MS, 5000, 100, 600000,                                 \
	  "how long a call into libxl may take")

/* These stand in an entry of `guests`: members of struct config_guest (host/config/config_guest.h).
 * The default 0 says that the entry does not give the number. */
#define OPTIONS_GUEST(X)                                                                           \
	X(min_mib, min_kib, MIB, 0, 1, OPTIONS_MAX_MIB, "the guest is never taken below this")     \
	X(max_mib, max_kib, MIB, 0, 1, OPTIONS_MAX_MIB, "the guest is never grown above this")     \
	X(guaranteed_mib, guaranteed_kib, MIB, 0, 1, OPTIONS_MAX_MIB,                              \
	  "what the guest needs up to this goes before what others need above theirs")             \
	X(weight, weight, COUNT, 0, 1, OPTIONS_MAX_WEIGHT,                                         \
	  "the guest's share when not all wants fit")                                              \
	X(untrusted, is_untrusted, COUNT, 0, 0, 1,                                                 \
	  "1: no credit, nothing of the reserve for its alarms, and what it is lent is bounded")     \
	X(last_resort_s, last_resort_s, S, 0, 1, 31536000,                                         \
	  "how long it keeps what it was lent and others miss before last_resort is taken")

/* What 1 of a unit is in its member. */
#define OPTIONS_PER_MS        1
#define OPTIONS_PER_S         1
#define OPTIONS_PER_MIB       UNITS_KIB_PER_MIB
#define OPTIONS_PER_PERMYRIAD 1
#define OPTIONS_PER_COUNT     1

/* Made of a table: the members of a structure, and (with the structure's name before a row) one of
 * the fields below. */
#define OPTIONS_MEMBER(name, member, ...) uint64_t member;
#define OPTIONS_FIELD(record, name, member, unit, standard, least, most, about)                    \
	{#name, offsetof(struct record, member), OPTIONS_PER_##unit, standard, least, most, about},
#define OPTIONS_TABLE(fields)                                                                      \
	{                                                                                          \
		fields, sizeof(fields) / sizeof((fields)[0])                                       \
	}

/* What the policies are told. */
struct policy_conf {
	OPTIONS_POLICY(OPTIONS_MEMBER)
};

struct options_field {
	const char *name;
	size_t offset; /* of a uint64_t in the structure */
	uint64_t per;  /* what 1 is in it */
	uint64_t standard, least, most;
	const char *about;
};

struct options_table {
	const struct options_field *field;
	unsigned n_fields;
};

extern const struct options_table options_policy; /* of struct policy_conf */

/* The options as they are when cagmad.conf is empty. */
struct policy_conf options_default(void);

/* The same for the structure of any table: sets the table's members of *ret_record. */
void options_set_default(const struct options_table *table, void *ret_record);

/* NULL when the table has no field of this name. */
const struct options_field *options_find(const struct options_table *table, struct text name);

enum { OPTIONS_MAX_WHY = 256 }; /* bytes of a message, with its NUL */

/* The table's names, for a message: "min_mib, max_mib and weight". */
void options_list(const struct options_table *table, char ret_names[OPTIONS_MAX_WHY]);

/*
 * Reads `value`, a decimal number in the option's unit, into *ret_number, in the member's unit.
 * False, with *ret_number untouched and a message in `ret_why`, when it is none or is out of range:
 *
 *	reserve_mib=4000000000 is not a number within 0..16777216
 */
bool options_number(const struct options_field *field, struct text value, uint64_t *ret_number,
		    char ret_why[OPTIONS_MAX_WHY]);

/* Does the same for the field's member of *ret_record. */
bool options_set(const struct options_field *field, struct text value, void *ret_record,
		 char ret_why[OPTIONS_MAX_WHY]);

/* Does the same for `word`, which is name=value. A name that is not in the table is answered with
 * those that are. */
bool options_take(const struct options_table *table, struct text word, void *ret_record,
		  char ret_why[OPTIONS_MAX_WHY]);

#endif
