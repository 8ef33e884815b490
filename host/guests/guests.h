/* SPDX-License-Identifier: MIT */
/*
 * guests.h - the table of guests: which guests there are, and which of their keys have changed.
 * (Edge.)
 *
 * Guests are kept in order of domid. guest[i], view[i] and what the policies remember of index i
 * are of the same guest. Nothing is allocated after guests_init(), and every size is from the
 * configuration.
 *
 * Keys that a guest writes are read when a watch has fired, at most once a pass. A guest that
 * writes faster than GUEST_MAX_EVENTS_S is unwatched, and read once a period for a while; its
 * alarms are none meanwhile.
 */
#ifndef CAGMA_GUESTS_GUESTS_H
#define CAGMA_GUESTS_GUESTS_H

#include "host/core/reboots.h"
#include "host/guests/guest.h"
#include "host/guests/io.h"
#include "host/policy/policy.h"

/* Targets that somebody else set one after the other (hold_is_sweep). All zero: none was ever. */
struct hands {
	uint64_t first_ms, last_ms; /* when the first and the last of them were set */
	bool is_sweep;
};

struct guests {
	unsigned capacity, n;
	struct reboots reboots;
	unsigned next_generation;
	struct trouble full;    /* there are more guests than the table holds */
	struct hands hands;     /* that set targets beside ours */
	uint64_t seen_until_ms; /* until then the last list is new enough to tell who has come */
	uint16_t highest_domid; /* that was listed ever */
	uint64_t beyond_kib;    /* what those that it does not hold may still take, by Xen */
	bool has_dom0;          /* dom0 is to be among the guests */
	/* Dom0's target, for the case that it is not, and whether it is to be read again. */
	uint64_t dom0_target_kib;
	bool dom0_changed;
	uint64_t call_us; /* how long it takes to set a target (urgency.h) */
	/* For the guest that xl builds, from when it took its lock on: what is kept for it, and the
	 * generation of the guests that came later. 0 while xl builds none. */
	uint64_t xl_kib;
	unsigned xl_generation;
	uint64_t poll_ms; /* when observe_more() has a polled guest to read; UINT64_MAX: there is
			     none */
	bool has_unread;  /* there may be changed targets for observe_more() to read */
	/* How often guests have written since what they write was read last, at the most, and the
	 * guests at which it is gone on with, between passes and in the next one (hearing.h). */
	unsigned n_written, ahead_at, hear_at;
	/* The last pass has left something that guests wrote; an alarm is among it of one that is
	 * not loud. */
	bool is_unheard, is_alarm_unheard;
	bool ahead_rests; /* the last turn was one for other work */
	struct guest *guest;
	struct guest_view *view; /* the guests as the last pass saw them */
	struct memory memory;    /* what the policies remember */
};

/* Makes an empty table. Returns 0 or -ENOMEM. */
int guests_init(struct guests *guests, unsigned capacity);
void guests_finish(struct guests *guests);

/*
 * Takes in the list of domains and what they hold: adds and watches new domains, and drops those
 * that are gone. dom0 is a guest if `has_dom0`. Guests beyond the capacity are left alone, and what
 * they may take is counted. The report of a domain that came since the last list is believed at
 * once, if that is not long ago: nobody can have left it there. Returns 0, or -errno if the
 * connection to xenstore is lost.
 */
int guests_match(struct guests *guests, const struct io *io, const struct hypervisor_domain *domain,
		 unsigned n_domains, uint64_t now_ms);

/* Marks the keys of the event as changed, and finds out whether the guest floods. False if the
 * event is of nobody, or of a guest that is read only once a period: no pass is wanted for it. */
bool guests_take_event(struct guests *guests, const struct store_event *event, uint64_t now_ms);

/* After a new configuration: has every guest looked up in it at the next pass. */
void guests_configure_anew(struct guests *guests);

/* After a new connection to xenstore: watches dom0 and all guests, and has all their keys read
 * again. Returns 0 or -errno. */
int guests_watch_anew(struct guests *guests, const struct io *io);

/* Takes in from a policy's verdicts which guests of the last pass were short of memory, and what
 * each wants. */
void guests_note_verdicts(struct guests *guests, const struct verdict *verdict, uint64_t now_ms);

/* Notes that these domains are being migrated away or saved. */
void guests_note_migrations(struct guests *guests, const uint32_t *domid, unsigned n,
			    uint64_t now_ms);

/* True if a guest counts as migrating. */
bool guests_any_migrates(const struct guests *guests, uint64_t now_ms);

/* Memory to be kept free for guests that reboot: as much as they held and do not hold again yet. */
uint64_t guests_rebooting_kib(struct guests *guests, uint64_t now_ms);

/* True if the guest comes, or came, out of a reboot. */
bool guests_is_returning(const struct guests *guests, const struct guest *guest, uint64_t now_ms);

/* The guest of this domid and UUID, or NULL if it is gone. */
struct guest *guests_find(struct guests *guests, uint32_t domid, const uint8_t uuid[16]);

/* Logs what has happened to each guest whose minute is over (minute.h). */
void guests_say_minutes(struct guests *guests, uint64_t now_ms);

/* Removes all keys of ours from every guest's part of xenstore. */
void guests_clear_keys(struct guests *guests, const struct io *io);

#endif
