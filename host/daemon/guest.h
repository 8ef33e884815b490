/* SPDX-License-Identifier: MIT */
/*
 * guest.h - what cagmad knows of one guest, and from whom.
 *
 * Xen's list, xenstore and libxl's calls are written into a struct guest as they come; observe.h
 * makes a guest_view of it once a pass. So nothing that comes later changes a snapshot.
 */
#ifndef CAGMA_DAEMON_GUEST_H
#define CAGMA_DAEMON_GUEST_H

#include "host/core/balloon.h"
#include "host/core/hold.h"
#include "host/core/uuid.h"
#include "host/config/config.h"
#include "common/system/trouble.h"

enum {
	/* Three times what an agent under pressure writes: ten reports and five alarms a second. */
	GUEST_MAX_EVENTS_S = 50,
	GUEST_POLL_MS = 30000, /* a guest that writes more is read once a period for so long */
	GUEST_CALL_PAUSE_MS = 10000, /* a guest whose libxl call failed is left alone for so long */
	GUEST_MIGRATION_MS = 3000,  /* a guest that is found migrating is believed to for so long */
	GUEST_TELL_MS = 60000,      /* a guest's bad reports are told of no more often */
	GUEST_ALM_MEMORY_MS = 5000, /* a report may be as old as this when it is read */
	/* An alarm holds for so long: ten times the shortest gap between two alarms. */
	GUEST_ALARM_MS = 2000,
};

/* What was last written for people and for the agent; UINT64_MAX: nothing yet. */
struct published {
	uint64_t alm_kib, avm_kib, cma_kib, target_kib, credit_kib, period_ms;
	const char *state, *reason;
	uint64_t when_ms;
};

/* Times are on the engine's clock. */
struct guest {
	uint32_t domid;
	uint8_t uuid[UUID_BYTES];
	char name[CONFIG_MAX_NAME + 1]; /* "" until it has been read */
	unsigned generation;            /* tells guests apart that had the same domid */

	/* Xen. */
	uint64_t alm_kib, cap_kib, outstanding_kib;
	uint64_t alm_high_kib, alm_high_ms; /* the most it held lately, and when */
	uint64_t living_alm_kib;            /* what it held before it died */
	uint64_t credited_cap_kib; /* its max_pages, raised for credit; 0: as libxl set it */

	/* libxl, in xenstore; targets are memory/target + videoram. */
	uint64_t target_kib, static_max_kib, videoram_kib;
	bool has_returned; /* from a reboot */

	/* The administrator. */
	uint64_t conf_min_kib, conf_max_kib; /* max 0: static-max */
	uint32_t conf_weight;
	bool is_trusted;

	/* What holds it; with what Xen and libxl say of its state. */
	struct hold_facts facts;

	/* Its agent. */
	bool can_alarm, can_grow_itself;
	struct report report; /* the last one, or the guest at its alarm; with facts.has_report */
	uint64_t fill_kib_s;  /* how fast it uses memory up, by its alarm; 0: the report is no alarm
			       */
	uint64_t alarm_until_ms;
	uint64_t report_seq, report_uptime_ms; /* of the last report read */
	uint64_t alarm_seq, alarm_uptime_ms;   /* of the last alarm */
	uint64_t looked_ms;                    /* dom0: when its own /proc was read */

	/* To be read at the next pass. */
	bool memory_changed, target_changed, agent_changed, report_changed, alarm_changed;

	/* How often it writes. */
	bool is_polled; /* unwatched for flooding */
	unsigned n_events;
	uint64_t events_since_ms, poll_ms, polled_until_ms;

	/* The call of ours that sets its target. */
	bool call_is_under_way;
	uint64_t call_target_kib;
	uint64_t said_target_kib; /* in a dry run */
	enum plan_reason reason;  /* of its last change, with has_reason */
	bool has_reason;

	struct trouble bad_report, call_failed, flooded;
	uint64_t bad_report_ms; /* when it was told of */
	uint64_t n_alarms;

	struct balloon balloon;
	struct published published;
};

/* For a message: its name and number, or its number alone while it has no name. The text is valid
 * until this is called again. */
const char *guest_text(const struct guest *guest);

/* Nothing that was written for the guest is there any more. */
void guest_forget_published(struct guest *guest);

/* What it was last asked to hold. Until a call of ours is done, the larger of both targets counts.
 */
uint64_t guest_target_kib(const struct guest *guest);

/* What it may take by itself now, by the target and max_pages that it has by now. */
uint64_t guest_credit_kib(const struct guest *guest, const struct guest_view *view);

#endif
