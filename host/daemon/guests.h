/* SPDX-License-Identifier: MIT */
/*
 * guests.h - the table of guests: who is there, what is known of each. (Edge.)
 *
 * Joins what Xen, xenstore and the configuration say into the guest_views of
 * a snapshot. Guests are kept in order of domid; guest[i], view[i], demand[i],
 * credit[i], qmemman[i] and peer[i] speak of the same one. Nothing is allocated after
 * guests_init(), and every size is the configuration's.
 *
 * What a guest writes is read when its watch says so, at most once a pass; a
 * guest that writes faster than GUESTS_MAX_EVENTS_S is unwatched and read once
 * a period for a while.
 */
#ifndef CAGMA_DAEMON_GUESTS_H
#define CAGMA_DAEMON_GUESTS_H

#include "common/trouble.h"
#include "host/core/balloon.h"
#include "host/daemon/config.h"
#include "host/xen/hypervisor.h"
#include "host/policy/policy.h"
#include "host/xen/store.h"

enum {
	GUESTS_MAX_EVENTS_S = 50,     /* three times what an agent under pressure writes: ten
				       * reports and five alarms */
	GUESTS_POLL_MS = 30000,       /* how long a guest that floods is polled */
	GUESTS_CALL_PAUSE_MS = 10000, /* a guest whose libxl call failed is left alone so long */
	GUESTS_SHORT_MS = 60000,      /* the need of a guest that fell silent while it was short is
				       * believed so much longer: it is probably thrashing */
	GUESTS_REBOOT_MS = 120000,    /* a rebooting guest's memory is held for it so long */
	GUESTS_MAX_REBOOTS = 64,      /* at a time */
	GUESTS_MIGRATION_MS = 3000,   /* one found migrating away is believed to for so long */
	GUESTS_BOOT_MS = 120000, /* one that is back has its boot floor so long without a report */
	GUESTS_TELL_MS = 60000,  /* a guest's bad reports are told no more often */
	GUESTS_ALM_MEMORY_MS = 5000, /* a report may be as old as this when it is read */
	GUESTS_CAP_NOISE_KIB = 2048, /* libxl itself lets max_pages differ from the target by so
				      * much on HVM */
	GUESTS_ALARM_MS = 2000,      /* an alarm holds for so long: ten of the shortest gap
				      * between two of them */
};

/* What was last written for people; UINT64_MAX: nothing yet. */
struct published {
	uint64_t alm_kib, avm_kib, cma_kib, target_kib, credit_kib, period_ms;
	const char *state, *reason;
	uint64_t when_ms;
};

extern const struct published guests_nothing_published;

struct guest {
	uint8_t uuid[16];
	char name[CONFIG_MAX_NAME + 1];
	unsigned generation; /* changes whenever a domid is a new guest's */
	uint64_t static_max_kib, videoram_kib;
	uint64_t conf_min_kib, conf_max_kib; /* the administrator's; max 0: static-max */
	uint32_t conf_weight;
	bool has_memory;   /* libxl has written memory/target and static-max */
	bool has_returned; /* it came out of a reboot */
	bool is_dying, is_paused, is_foreign, has_passthrough;
	bool is_short; /* its AVM was below its CMA when last judged */
	uint64_t outstanding_kib;
	uint64_t looked_ms;        /* dom0: when its own /proc was read */
	uint64_t living_alm_kib;   /* what it held before it died */
	uint64_t boot_kib;         /* what it was first built with; 0: not seen */
	uint64_t boot_until_ms;    /* it has rebooted, and may not have reported yet */
	uint64_t known_target_kib; /* when memory/target is another, somebody else has set it */
	uint64_t by_hand_until_ms, migrating_until_ms;
	bool has_agent, has_bad_report;
	bool can_alarm, can_grow_itself; /* its agent says so */
	bool is_trusted;                 /* the administrator says so */
	uint64_t alarm_until_ms;
	uint64_t report_seq, report_uptime_ms; /* of the last report read */
	uint64_t alarm_seq, alarm_uptime_ms;   /* of the last alarm */
	uint64_t n_alarms;
	uint64_t credited_cap_kib; /* its max_pages, raised by us; 0: as libxl set it */
	/* to be read at the next pass */
	bool memory_changed, target_changed, agent_changed, report_changed, alarm_changed;

	bool is_polled; /* unwatched for flooding */
	unsigned n_events;
	uint64_t events_since_ms, poll_ms, polled_until_ms;

	uint64_t alm_high_kib, alm_high_ms; /* the most it held lately */

	bool call_is_under_way;
	uint64_t call_target_kib;
	uint64_t said_target_kib;      /* in a dry run */
	uint64_t call_paused_until_ms; /* after a failure */

	bool bad_report_told;
	uint64_t told_ms; /* when, last */
	struct trouble call_trouble;
	bool flood_told;
	uint64_t n_bad_reports, n_failed_calls, n_floods;

	enum plan_reason reason; /* of its last change */
	bool has_reason;
	struct balloon balloon;
	struct published published;
};

/* A guest that has gone to come back. */
struct departure {
	uint8_t uuid[16];
	uint64_t alm_kib;  /* what it is to find again */
	uint64_t boot_kib; /* what it needs to boot */
	uint64_t until_ms; /* 0: a free place */
};

struct guests {
	unsigned capacity, n;
	struct departure departure[GUESTS_MAX_REBOOTS];
	unsigned next_generation;
	bool is_full_told;
	bool has_dom0;   /* dom0 is to be among them */
	bool has_unread; /* targets may have changed that guests_read_more() would read */
	struct guest *guest;
	struct guest_view *view;
	struct memory memory;
};

/* 0 or -ENOMEM. */
int guests_init(struct guests *guests, unsigned capacity);
void guests_finish(struct guests *guests);

/*
 * Takes in who is there and what they hold: adds and watches new domains,
 * drops those that are gone. dom0 is a guest if `has_dom0`; guests beyond the capacity
 * are left alone. 0, or -errno when the connection to xenstore is lost.
 */
int guests_match(struct guests *guests, struct store *store, const struct hypervisor_domain *domain,
		 unsigned n_domains, uint64_t now_ms);

/* Marks what an event speaks of as changed; unwatches a guest that floods. */
int guests_take_event(struct guests *guests, struct store *store, const struct store_event *event,
		      uint64_t now_ms);

/* Reads what has changed, and fills in every guest's view; with `is_urgent`, what guests wrote that
 * are not in alarm is left for the next time. 0 or -errno as above. */
int guests_refresh(struct guests *guests, struct store *store, const struct config *config,
		   bool is_urgent, uint64_t now_ms);

/* Reads one target that has changed, so that the next pass need not. 1; 0: there is none; -errno as
 * above. */
int guests_read_more(struct guests *guests, struct store *store, const struct config *config,
		     uint64_t now_ms);

/* A new configuration: every guest is looked up in it at the next refresh. */
void guests_configure_anew(struct guests *guests);

/* A new connection: everything is watched and read again. 0 or -errno. */
int guests_watch_anew(struct guests *guests, struct store *store);

/* Takes in what a policy thought of the guests: which are short. */
void guests_note_verdicts(struct guests *guests, const struct verdict *verdict);

/* These domains are being migrated away or saved. */
void guests_note_migrations(struct guests *guests, const uint32_t *domid, unsigned n,
			    uint64_t now_ms);
bool guests_any_migrates(const struct guests *guests, uint64_t now_ms);

/* What is to be kept free for guests that reboot: what they held and do not hold yet again. */
uint64_t guests_held_kib(const struct guests *guests, uint64_t now_ms);

/* True of a guest that comes, or came, out of a reboot. */
bool guests_is_returning(const struct guests *guests, const struct guest *guest, uint64_t now_ms);

/* It is built, and neither paused nor dying. */
bool guests_is_running(const struct guest *guest);

/* The guest a job was for, NULL when it is gone. */
struct guest *guests_find(struct guests *guests, uint32_t domid, const uint8_t uuid[16]);

/* Everything of ours is removed from every guest's part of xenstore. */
void guests_clear_keys(struct guests *guests, struct store *store);

#endif
