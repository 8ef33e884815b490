/* SPDX-License-Identifier: MIT */
/*
 * played.h - a small world for tests of the engine: guests that stand in an array, texts in place
 * of xenstore, and a log of what the engine did, in the order in which it did it.
 */
#ifndef CAGMA_TEST_PLAYED_H
#define CAGMA_TEST_PLAYED_H

#include "host/daemon/engine.h"

enum { PLAYED_GUESTS = 8, PLAYED_EFFECTS = 64, PLAYED_EVENTS = 512 };

struct played_guest {
	uint64_t alm_kib, cap_kib, target_kib, static_max_kib;
	uint64_t dynamic_min_kib; /* another balancer's; 0: it has none */
	/* As the engine wrote it last. */
	uint64_t told_credit_kib, avm_kib;
	char state[KEYS_MAX_WORD + 1], source[KEYS_MAX_WORD + 1];
	char foreign[SOURCE_COUNT_][KEYS_MAX_VALUE + 1]; /* foreign agents' keys; "": none */
	char hello[KEYS_MAX_VALUE + 1], report[KEYS_MAX_VALUE + 1], alarm[KEYS_MAX_VALUE + 1];
	char name[KEYS_MAX_NAME + 1]; /* "": gN, by its domid */
	bool is_paused, is_shut_down, is_torn_down;
	bool reboots;   /* is_shut_down, and comes back as another domain */
	bool is_gone;   /* Xen does not know it any more */
	uint32_t is_of; /* the domid that it had before it rebooted; 0: it has not */
	unsigned n_names_read, n_reports_read, n_foreign_read;
	unsigned generation;         /* as its keys were last watched */
	struct toolkeys_built built; /* what is kept of it across runs of the daemon */
};

enum played_kind { PLAYED_CAP, PLAYED_CALL, PLAYED_WRITE };

struct played_effect {
	enum played_kind kind;
	uint32_t domid;
	uint64_t kib; /* of a cap or a target */
};

struct played {
	struct hypervisor_host host;
	uint64_t clock_ms;      /* moved by a test, and by reads of guests' keys that take time */
	uint64_t reads_take_ms; /* each */
	unsigned n;
	struct played_guest guest[PLAYED_GUESTS]; /* domid i + 1 */
	uint64_t dom0_kib;                        /* what dom0 holds; 0: it is not listed */
	uint64_t dom0_target_kib;
	unsigned n_dom0_read;
	unsigned n_unwatched; /* guests' own keys */
	bool is_building;
	bool is_lost;    /* xenstored does not answer */
	bool calls_hang; /* no call ends */
	uint64_t calls_take_ms;
	uint64_t called_ms;  /* when the last call was started */
	bool calls_lie;      /* a call reports success, and has set nothing */
	unsigned n_connects; /* that succeeded */
	unsigned n_effects;
	struct played_effect effect[PLAYED_EFFECTS];
	struct store_event event;
	bool has_event;
	struct store_event queued[PLAYED_EVENTS]; /* these come before it */
	unsigned n_queued, next_queued;
	struct target_job call[PLAYED_GUESTS];
	unsigned n_calls;
};

/* A guest of `alm_kib` with an agent that has reported so much available. Its domid. */
uint32_t played_add(struct played *played, uint64_t alm_kib, uint64_t avail_kib);

/* A guest of `alm_kib` without an agent. Its domid. */
uint32_t played_add_plain(struct played *played, uint64_t alm_kib);

/* The guest has written anew: a report of `avail_kib`; or an alarm. Each is an event. */
void played_report(struct played *played, uint32_t domid, uint64_t avail_kib, uint64_t uptime_ms);
void played_alarm(struct played *played, uint32_t domid, uint64_t avail_kib, uint64_t uptime_ms);

/* The guest's foreign agent has written its key, or removed it ("" or NULL): an event. */
void played_foreign(struct played *played, uint32_t domid, enum source_id source,
		    const char *value);

/* Queues the event, so that another one may be made before the engine takes any. */
void played_queue(struct played *played);

struct io played_io(struct played *played);

/* How many effects of this kind there were, and of which the first was the i-th; -1: none. */
int played_first(const struct played *played, enum played_kind kind, uint32_t domid);
unsigned played_count(const struct played *played, enum played_kind kind);

#endif
