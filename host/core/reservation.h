/* SPDX-License-Identifier: MIT */
/*
 * lease.h - memory reserved for guests that are to be started. Pure.
 *
 *	request -> new -> waiting -> ready -> in-use -> (it runs: used)
 *	              \-> refused  \-> late
 *
 * A lease is kept as other memory is: the policy takes it from guests with a
 * surplus, and nobody grows into it. It is admitted only when free memory, the
 * host's reserve included, and what guests hold beyond their wants are enough.
 *
 * The guest it is for is found among the domains that appear after it, by name
 * or UUID where they are known, else by its size. What that guest holds or has
 * claimed is subtracted, so that nothing is kept twice. If it dies before it
 * runs, the lease is there for another try.
 *
 * It ends when its guest runs, when it is released (lease_drop), or at its
 * time unless a guest being built uses it. What is to be remembered across a
 * restart of the daemon is in its lines: lease_recall().
 */
#ifndef CAGMA_CORE_RESERVATION_H
#define CAGMA_CORE_RESERVATION_H

#include "host/core/toolkeys.h"
#include "host/core/model.h"

enum { LEASE_MAX = 64 }; /* at a time */

/* Words as in the state key; `true`: it is over, nothing is kept for it. */
#define LEASE_STATES(X)                                                                            \
	X(NEW, "new", false)                                                                       \
	X(WAITING, "waiting", false) /* admitted; donors are giving */                             \
	X(READY, "ready", false)     /* the memory was there: it may be used */                    \
	X(IN_USE, "in-use", false)   /* a guest is being built from it */                          \
	X(REFUSED, "refused", true)  /* it could not be had */                                     \
	X(LATE, "late", true)        /* it was not there in time */                                \
	X(USED, "used", true)        /* its guest runs */                                          \
	X(EXPIRED, "expired", true)

#define X(id, word, is_over) LEASE_##id,
enum lease_state { LEASE_STATES(X) LEASE_STATES_ };
#undef X

const char *lease_state_word(enum lease_state state);
bool lease_is_over(enum lease_state state);

struct lease {
	uint32_t id;
	struct leaseline_request request;
	uint8_t wanted_uuid[UUID_BYTES]; /* if the request names one */
	char name[LEASELINE_MAX_NAME + 1];
	enum lease_state state;
	uint64_t over_ms;  /* when it was */
	uint64_t kept_kib; /* to be kept for it now */
	uint64_t there_kib;
	uint64_t free_kib, give_kib; /* what there was to be had, when it was admitted or refused */
	unsigned since;              /* domains with this serial or a later one are new to it */
	bool is_recalled;            /* … and so are those not built yet */
	uint32_t domid;              /* with LEASE_IN_USE */
	uint8_t uuid[UUID_BYTES];
};

/* In order of their numbers, which is that in which they were made. */
struct leases {
	unsigned n;
	struct lease lease[LEASE_MAX];
};

/* A domain as far as it matters here. */
struct lease_domain {
	uint32_t domid;
	uint8_t uuid[UUID_BYTES];
	const char *name; /* "" while it has none */
	unsigned serial;  /* rises with every domain that appears */
	uint64_t alm_kib, outstanding_kib, cap_kib;
	bool is_built; /* libxl has given it all its memory */
	bool runs;     /* … and started it */
	bool is_dying;
	bool is_returning; /* from a reboot: it has its own memory held */
};

/* NULL when there is none of this number. */
struct lease *lease_find(struct leases *leases, uint32_t id);

/*
 * Takes in what stands in xenstore: a new lease, or another end for a known one
 * (the rest of a request does not change). `name` is "" if it is not known;
 * `serial` is what the next domain to appear will get. NULL when there are
 * LEASE_MAX already.
 */
struct lease *lease_put(struct leases *leases, uint32_t id, const struct leaseline_request *request,
			const char *name, unsigned serial);

/* A new lease's state, as an earlier run of the daemon left it. */
void lease_recall(struct lease *lease, const struct leaseline_state *state, uint64_t now_ms);

/* The line for its state key. */
void lease_describe(const struct lease *lease, struct leaseline_state *ret_state);

/* It is not there any more. */
void lease_drop(struct leases *leases, uint32_t id);

/* Finds the guests of leases and what is left to be kept, and ends what is over by time or use. */
void lease_follow(struct leases *leases, uint64_t now_ms, const struct lease_domain *domain,
		  unsigned n_domains);

/* What is to be kept for all of them. */
uint64_t lease_kept_kib(const struct leases *leases);

/*
 * What there is for leases, before any of them: free memory, the reserve
 * included; what of it is claimed, held for reboots, or guests' to take by
 * now; what of the reserve stays for running guests' alarms; and what guests
 * hold beyond their wants, in whole steps and where it can be counted on, less
 * what others lack.
 */
struct lease_room {
	uint64_t free_kib, spoken_kib, unlent_kib, give_kib;
};

/* With `gives`, the policy does take from guests. `verdict` belongs to the guests of `snap`. */
struct lease_room lease_room(const struct policy_conf *conf, const struct snapshot *snap,
			     const struct verdict *verdict, bool gives);

/*
 * Admits or refuses new leases, says how much is there for each and which are
 * ready: older ones first. A lease admitted here is kept from the next
 * lease_follow() on and never ready before. True when one was admitted.
 */
bool lease_judge(struct leases *leases, uint64_t now_ms, const struct lease_room *room);

#endif
