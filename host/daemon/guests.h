/* SPDX-License-Identifier: MIT */
/*
 * guests.h - the table of guests: who is there, and whose keys have changed. (Edge.)
 *
 * Guests are kept in order of domid; guest[i], view[i] and what the policies remember of i speak of
 * the same one. Nothing is allocated after guests_init(), and every size is the configuration's.
 *
 * What a guest writes is read when its watch says so, at most once a pass; a guest that writes
 * faster than GUEST_MAX_EVENTS_S is unwatched and read once a period for a while.
 */
#ifndef CAGMA_DAEMON_GUESTS_H
#define CAGMA_DAEMON_GUESTS_H

#include "host/core/reboots.h"
#include "host/daemon/guest.h"
#include "host/daemon/io.h"
#include "host/policy/policy.h"

struct guests {
	unsigned capacity, n;
	struct reboots reboots;
	unsigned next_generation;
	struct trouble full;
	bool has_dom0;   /* dom0 is to be among them */
	bool has_unread; /* targets may have changed that observe_more() would read */
	struct guest *guest;
	struct guest_view *view; /* of the last pass */
	struct memory memory;    /* of the policies */
};

/* 0 or -ENOMEM. */
int guests_init(struct guests *guests, unsigned capacity);
void guests_finish(struct guests *guests);

/*
 * Takes in who is there and what they hold: adds and watches new domains, drops those that are
 * gone. dom0 is a guest if `has_dom0`; guests beyond the capacity are left alone. 0, or -errno when
 * the connection to xenstore is lost.
 */
int guests_match(struct guests *guests, const struct io *io, const struct hypervisor_domain *domain,
		 unsigned n_domains, uint64_t now_ms);

/* Marks what an event speaks of as changed; unwatches a guest that floods. 0, or -errno as above.
 */
int guests_take_event(struct guests *guests, const struct io *io, const struct store_event *event,
		      uint64_t now_ms);

/* A new configuration: every guest is looked up in it at the next pass. */
void guests_configure_anew(struct guests *guests);

/* A new connection: everything is watched and read again. 0 or -errno. */
int guests_watch_anew(struct guests *guests, const struct io *io);

/* Takes in what a policy thought of the guests of the last pass: which are short. */
void guests_note_verdicts(struct guests *guests, const struct verdict *verdict);

/* These domains are being migrated away or saved. */
void guests_note_migrations(struct guests *guests, const uint32_t *domid, unsigned n,
			    uint64_t now_ms);
bool guests_any_migrates(const struct guests *guests, uint64_t now_ms);

/* What is to be kept free for guests that reboot: what they held and do not hold yet again. */
uint64_t guests_held_kib(const struct guests *guests, uint64_t now_ms);

/* True of a guest that comes, or came, out of a reboot. */
bool guests_is_returning(const struct guests *guests, const struct guest *guest, uint64_t now_ms);

/* The guest that a call was for; NULL when it is gone. */
struct guest *guests_find(struct guests *guests, uint32_t domid, const uint8_t uuid[16]);

/* Everything of ours is removed from every guest's part of xenstore. */
void guests_clear_keys(struct guests *guests, const struct io *io);

#endif
