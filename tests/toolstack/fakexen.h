/* SPDX-License-Identifier: MIT */
/*
 * fakexen.h - the host that the toolstack lab plays: one file, mapped shared by every process of
 * the lab.
 *
 * It holds everything that a hypervisor knows: the host's memory, domains, claims. The preload
 * library (preload-*.c) answers hypercalls from it, the machine (machine.c) moves guests' memory in
 * it, and the lab's library (lab.h) builds and destroys domains in it.
 *
 * All changes happen under one robust process-shared mutex. The host's free and outstanding pages
 * are sums over the domains' own figures, and are summed up anew if a process dies while it holds
 * the mutex. A page is 4 KiB.
 *
 * Functions return 0 or -errno unless said otherwise. Those named fakexen_domain_* take the lock
 * themselves.
 */
#ifndef LAB_FAKEXEN_H
#define LAB_FAKEXEN_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#define FAKEXEN_MAGIC     0x66616b65u
#define FAKEXEN_SLOTS     1152
#define FAKEXEN_DOMIDS    0x7ff0u /* Xen's DOMID_FIRST_RESERVED */
#define FAKEXEN_NO_SLOT   0u
#define FAKEXEN_PAGE_KIB  4u
#define FAKEXEN_PORT_VIRQ 1u  /* VIRQ_DOM_EXC, as the store daemon sees it */
#define FAKEXEN_PORT_BASE 16u /* the store daemon's port of domain N is this plus N */
#define FAKEXEN_PORTS     (FAKEXEN_DOMIDS + FAKEXEN_PORT_BASE)

/* Names below $FAKEXEN_DIR. */
#define FAKEXEN_HOST_FILE   "host"
#define FAKEXEN_STORE_FIFO  "evtchn.store"  /* ports raised towards the store daemon */
#define FAKEXEN_GUESTS_FIFO "evtchn.guests" /* ports raised towards the guests */

enum fakexen_type { FAKEXEN_PV, FAKEXEN_PVH, FAKEXEN_HVM };

/* Hypercalls that are counted and can be made to fail or hang. */
enum fakexen_op {
	FAKEXEN_OP_SETMAXMEM,
	FAKEXEN_OP_POD_TARGET,
	FAKEXEN_OP_GETDOMAININFO,
	FAKEXEN_OP_GETINFOLIST,
	FAKEXEN_OP_PHYSINFO,
	FAKEXEN_OP_CLAIM,
	FAKEXEN_OPS
};

/* A failure that the next calls of one kind meet. `error` is the errno to fail with, or 0 to
 * succeed after the wait; `times` is how many calls are affected, -1 for all of them. */
struct fakexen_fault {
	int32_t error;
	uint32_t hang_ms;
	int32_t times;
};

/* A domain is in one of these from creation to the reuse of its slot. */
enum fakexen_life { FAKEXEN_FREE, FAKEXEN_ALIVE, FAKEXEN_TEARDOWN, FAKEXEN_DEAD };

struct fakexen_domain {
	uint32_t life; /* enum fakexen_life */
	uint32_t domid;
	uint8_t handle[16];
	uint32_t type; /* enum fakexen_type */
	uint32_t is_paused;
	uint32_t is_shutdown;
	uint32_t shutdown_code; /* SHUTDOWN_* of xen/sched.h */
	uint32_t vcpus;
	uint64_t tot_pages;
	uint64_t max_pages;
	uint64_t outstanding_pages; /* rest of its claim */
	uint64_t overhead_pages;    /* taken from the host beside tot_pages: hap or shadow pool */
	uint64_t pod_entries;       /* pages populated on demand that are still without memory */
	uint64_t pod_target_pages;
	uint64_t cpu_ns;
	uint64_t refused_pages; /* asked for by the guest and not given */
	uint64_t calls[FAKEXEN_OPS];
	struct fakexen_fault fault[FAKEXEN_OPS];
};

struct fakexen_host {
	uint32_t magic;
	uint32_t bytes;
	pthread_mutex_t lock;
	uint64_t total_pages;
	uint64_t xen_pages; /* the hypervisor's own */
	uint64_t free_pages;
	uint64_t outstanding_pages;
	uint64_t min_free_pages; /* lowest ever */
	uint32_t next_domid;
	uint32_t end_domid; /* above every domid in use */
	uint64_t repairs;   /* how often a holder of the lock died */
	uint64_t calls[FAKEXEN_OPS];
	struct fakexen_fault fault[FAKEXEN_OPS];
	/* Event channels: a port's bit is set when it is raised and cleared when it is taken. */
	atomic_uchar pending_store[FAKEXEN_PORTS];
	atomic_uchar pending_guest[FAKEXEN_PORTS];
	uint16_t slot_of[FAKEXEN_DOMIDS]; /* 1 + slot, or FAKEXEN_NO_SLOT */
	struct fakexen_domain domains[FAKEXEN_SLOTS];
};

/* Makes DIR's host file with dom0 in it, and the fifos. Sizes in pages. */
int fakexen_host_create(const char *dir, uint64_t total_pages, uint64_t xen_pages,
			uint64_t dom0_pages);
/* Maps the host file in `dir`; NULL means $FAKEXEN_DIR. -ENODEV if there is none, or one of another
 * version. */
int fakexen_host_open(const char *dir, struct fakexen_host **ret_host);
void fakexen_host_close(struct fakexen_host *host);

void fakexen_lock(struct fakexen_host *host);
void fakexen_unlock(struct fakexen_host *host);
/* Finds a domain; NULL if there is none. Without the lock its figures may be a little old. */
struct fakexen_domain *fakexen_find(struct fakexen_host *host, uint32_t domid);
/* Finds the domain with the lowest domid from `first` on; NULL if there is none. */
struct fakexen_domain *fakexen_next(struct fakexen_host *host, uint32_t first);

/* Makes a paused domain without memory whose max_pages is 0. -ENOSPC if the table is full. */
int fakexen_domain_create(struct fakexen_host *host, enum fakexen_type type,
			  const uint8_t handle[16], uint32_t *ret_domid);
/* XENMEM_claim_pages: claims a total of `pages` for the domain; 0 drops the claim. */
int fakexen_domain_claim(struct fakexen_host *host, uint32_t domid, uint64_t pages);
/* XENMEM_populate_physmap: gives the domain up to `pages`, bounded by max_pages, free memory and
 * other domains' claims. How many were given, or -errno if the domain is not alive. */
int64_t fakexen_domain_populate(struct fakexen_host *host, uint32_t domid, uint64_t pages);
/* Takes up to `pages` back from the domain. How many were taken. */
int64_t fakexen_domain_release(struct fakexen_host *host, uint32_t domid, uint64_t pages);
/* Sets the memory that is taken beside tot_pages. -ENOMEM if the host has too little. */
int fakexen_domain_overhead(struct fakexen_host *host, uint32_t domid, uint64_t pages);
int fakexen_domain_set_max(struct fakexen_host *host, uint32_t domid, uint64_t pages);
int fakexen_domain_pause(struct fakexen_host *host, uint32_t domid, bool pause);
int fakexen_domain_shutdown(struct fakexen_host *host, uint32_t domid, uint32_t code);
/* Starts tearing the domain down: its claim is dropped, and it gets no more pages.
 * fakexen_domain_release takes its memory, and fakexen_domain_bury removes it. */
int fakexen_domain_kill(struct fakexen_host *host, uint32_t domid);
/* -EBUSY while it still has memory. */
int fakexen_domain_bury(struct fakexen_host *host, uint32_t domid);
/* Sets a fault of calls about this domain; domid ~0u stands for calls about none (getinfolist,
 * physinfo). */
int fakexen_domain_fault(struct fakexen_host *host, uint32_t domid, enum fakexen_op op,
			 struct fakexen_fault fault);

/* Raises `port` on a fifo that the caller has opened. No event can be lost: a port that is pending
 * already needs no second event. */
void fakexen_port_raise(atomic_uchar *pending, int fifo_fd, uint32_t port);
/* Takes one raised port; -1 if there is none. */
int64_t fakexen_port_take(atomic_uchar *pending, int fifo_fd);

#endif
