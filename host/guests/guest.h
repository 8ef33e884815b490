/* SPDX-License-Identifier: MIT */
/*
 * guest.h - what cagmad knows of one guest, and where it has it from.
 *
 * Facts from Xen's list, from xenstore and from libxl's calls are written into a struct guest when
 * they come. observe.h makes a guest_view of it once a pass, so that facts that come later do not
 * change a snapshot.
 */
#ifndef CAGMA_GUESTS_GUEST_H
#define CAGMA_GUESTS_GUEST_H

#include "host/core/arrival.h"
#include "host/core/balloon.h"
#include "host/core/hold.h"
#include "common/uuid.h"
#include "host/core/lending.h"
#include "host/config/config.h"
#include "common/system/log.h"
#include "host/guests/minute.h"
#include "host/show/lasting.h"
#include "common/system/trouble.h"

enum {
	/* More events a second than this are a flood. An agent under pressure causes a third of
	 * it: ten reports and five alarms a second. */
	GUEST_MAX_EVENTS_S = 50,
	GUEST_LOUD_EVENTS_S = 25, /* who causes more is read after the others */
	/* A guest that floods is read only once a period for so long; twice as long each time it
	 * floods again within GUEST_POLL_MS, up to GUEST_POLL_MOST_MS. */
	GUEST_POLL_MS = 30000,
	GUEST_POLL_MOST_MS = 32 * GUEST_POLL_MS,
	GUEST_MIGRATION_MS = 3000, /* a guest found migrating counts as migrating for so long */
	GUEST_TELL_MS = 60000,     /* least time between two messages of a guest's bad reports */
	/* A report is checked against the most that the guest held in this time before it was
	 * read. */
	GUEST_ALM_MEMORY_MS = 5000,
	/* An alarm holds for so long, which is ten times the shortest gap between two alarms. */
	GUEST_ALARM_MS = 2000,
	GUEST_CHANGES = 8, /* changes of its target that are remembered for people */
};

#define GUEST_NOT_READ UINT64_MAX /* no report or alarm can have this uptime */

/* The values of our keys in the guest's part of xenstore, as last written. A number is UINT64_MAX,
 * and a word NULL, if it was not written yet. */
struct published {
	uint64_t alm_kib, avm_kib, cma_kib, target_kib, credit_kib, period_ms;
	const char *state, *source, *reason;
	uint64_t when_ms; /* when the amounts were written */
};

/* A change of a guest's target that was begun. */
struct guest_change {
	uint64_t when_ms, from_kib, to_kib;
	enum plan_reason reason;
};

/* One guest. Times are on the engine's clock. */
struct guest {
	uint32_t domid;
	uint8_t uuid[UUID_BYTES];
	char name[CONFIG_MAX_NAME + 1]; /* "" until it has been read */
	unsigned generation; /* tells apart guests that had the same domid one after the other */

	/* From Xen. */
	uint64_t alm_kib, cap_kib, claimed_kib;
	uint64_t alm_high_kib, alm_high_ms; /* the most that it held lately, and when */
	uint64_t alm_unread_kib;   /* the most that it held since its keys were last read */
	uint64_t living_alm_kib;   /* memory that it held before it was dying */
	uint64_t credited_cap_kib; /* its cap as raised for credit; 0: as libxl set it */

	/* From libxl, in xenstore. Targets are memory/target + videoram. */
	uint64_t target_kib, static_max_kib, videoram_kib;
	bool has_returned;      /* it came out of a reboot */
	uint64_t built_kib;     /* the target that it was first built with; 0: not known yet */
	uint64_t kept_max_kib;  /* the static-max that this domain's record has; 0: none yet */
	uint64_t own_kib;       /* the same, or a larger target that was set by hand since */
	uint64_t by_hand_kib;   /* the target that somebody else set last; 0: nobody has */
	bool by_hand_is_untold; /* that somebody else set its target has not been logged */

	/* From the administrator. */
	uint64_t conf_min_kib, conf_max_kib; /* a max of 0 stands for static-max */
	uint64_t conf_guaranteed_kib;        /* 0: a share of built_kib, the next */
	uint64_t guaranteed_permyriad;
	uint32_t conf_weight; /* 0: by what it is guaranteed */
	bool is_trusted;
	enum lending_resort last_resort;
	uint64_t last_resort_ms; /* how long it is waited for */
	uint32_t sources;        /* SOURCE_BITs of those that are believed */
	bool has_told_doubt; /* that its kernel's MemAvailable is not believed has been logged */

	/* Its last changes of target, of which change[n_changes % GUEST_CHANGES] is overwritten
	 * next. */
	unsigned n_changes;
	struct guest_change change[GUEST_CHANGES];

	/* Why it may not be moved, and the facts about its state from which that follows
	 * (hold.h). */
	struct hold_facts facts;

	/* From its agent; its source is in `facts`. */
	bool has_own_agent;                    /* cagma-agent runs in it */
	char agent_version[KEYS_MAX_WORD + 1]; /* cagma-agent's; "" if it does not run in it */
	bool can_alarm, can_grow_itself;       /* cagma-agent can; see guest_can_alarm() */
	bool has_yielded;     /* cagma-agent is silent, and another source stands in for it */
	struct report report; /* the last one, or a later alarm's; valid if facts.has_report */
	uint64_t fill_kib_s;  /* KiB/s that it uses up, by its alarm; 0: the report is no alarm's */
	uint64_t alarm_until_ms;
	uint64_t report_seq,
		report_uptime_ms;            /* of the last report; GUEST_NOT_READ: there is none */
	uint64_t alarm_seq, alarm_uptime_ms; /* of the last alarm; likewise */
	bool has_looked_for_alarm;           /* whatever comes from now on is a new one */
	uint64_t looked_ms;                  /* dom0 alone: when its /proc was read */
	struct source_news news[SOURCE_COUNT_]; /* of foreign agents' keys */
	struct source_use use;                  /* by the foreign agent that is its source */
	uint64_t shrunk_ms; /* when it was last told to hold less than it held; 0: never */

	bool is_configured; /* it was looked up in the configuration that is in force */

	/* Which of its keys are to be read at the next pass. */
	bool memory_changed, target_changed, agent_changed, report_changed, alarm_changed;
	uint32_t sources_changed; /* SOURCE_BITs of foreign agents' keys */

	/* Whether it floods. */
	bool is_polled;     /* it flooded, so it is read once a period and not watched */
	bool is_to_unwatch; /* it is watched still */
	unsigned n_events, n_events_before; /* in this second and in the one before */
	uint64_t events_since_ms, poll_ms, polled_until_ms, polled_for_ms;

	/* The last call of ours that set its target. */
	bool call_is_under_way;
	uint64_t call_began_ms;
	uint64_t call_target_kib;
	uint64_t said_target_kib; /* in a dry run: the target that was logged last */
	enum plan_reason reason;  /* of its last change; valid if has_reason */
	bool has_reason;

	struct trouble bad_report, call_failed, flooded;
	uint64_t bad_report_ms; /* when bad reports were last logged */
	uint64_t n_alarms;

	struct minute minute;

	struct balloon balloon;
	struct arrival arrival;
	struct lending lending;
	struct lasting lasting;
	struct trouble owes; /* it keeps what it was lent, and others miss it */
	uint64_t owes_since_ms;
	struct lending_debt debt; /* nothing but its last resort helps */
	struct published published;
};

/* True if it writes more often than an agent does, and not yet so often that it is unwatched. */
bool guest_is_loud(const struct guest *guest, uint64_t now_ms);

/* The guest's name and number for a message, or its number alone if it has no name yet. The text
 * is valid until this is called again. */
const char *guest_text(const struct guest *guest);

/* The guest as the subject of a log line, with a reason or NULL. Its name is valid until this is
 * called again. */
struct log_subject guest_subject(const struct guest *guest, const char *reason);

/* The most memory that the guest can have: the most that it held lately, or that Xen lets it take
 * now. */
uint64_t guest_most_kib(const struct guest *guest);

/* What cagma-agent can do counts as long as the guest goes by its word. */
bool guest_can_alarm(const struct guest *guest);
bool guest_can_grow_itself(const struct guest *guest);

/* Notes that the keys that were written for the guest are not there any more. */
void guest_forget_published(struct guest *guest);

/* Remembers a change of the guest's target for people. */
void guest_note_change(struct guest *guest, uint64_t when_ms, uint64_t to_kib,
		       enum plan_reason reason);

/* The target in force. While a call of ours is under way, it is the larger of the old and the new
 * target. */
uint64_t guest_target_kib(const struct guest *guest);

/* The larger of its target in force and the ALM at which its balloon rests under that: libxl sets
 * the cap by the one, and the guest needs a cap for the other. */
uint64_t guest_reach_kib(const struct guest *guest);

/* Memory that the guest may take by itself, by its target and cap of this moment; the rest is from
 * `view`. */
uint64_t guest_credit_kib(const struct guest *guest, const struct guest_view *view);

#endif
