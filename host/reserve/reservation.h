/* SPDX-License-Identifier: MIT */
/*
 * reservation.h - memory reserved for guests that are to be started. Pure.
 *
 *	request -> new -> waiting -> ready -> in-use -> (it runs: used)
 *	              \-> refused  \-> late
 *
 * A reservation is kept as other memory is: the policy takes it from guests with a
 * surplus, and nobody grows into it. It is admitted only when free memory, the
 * host's reserve included, and what guests hold beyond their wants are enough.
 *
 * The guest it is for is found among the domains that appear after it, by name
 * or UUID where they are known, else by its size. What that guest holds or has
 * claimed is subtracted, so that nothing is kept twice. If it dies before it
 * runs, the reservation is there for another try.
 *
 * It ends when its guest runs, when it is released (reservation_drop), or at its
 * time unless a guest being built uses it.
 *
 * What an earlier run of the daemon has said of it is in its lines: reservation_recall(). That is
 * not believed as it stands. Until such a reservation is admitted anew, no more is kept for it than
 * is free, so that no guest gives for it. If it cannot be had within RESERVATION_DOUBT_MS, by which
 * time guests have reported, it is refused.
 */
#ifndef CAGMA_RESERVE_RESERVATION_H
#define CAGMA_RESERVE_RESERVATION_H

#include "host/reserve/toolkeys.h"
#include "host/core/model.h"

enum {
	RESERVATION_MAX = 64, /* at a time */
	RESERVATION_DOUBT_MS = 5000,
};

/* Words as in the state key; `true`: it is over, nothing is kept for it. */
#define RESERVATION_STATES(X)                                                                      \
	X(NEW, "new", false)                                                                       \
	X(WAITING, "waiting", false) /* admitted; donors are giving */                             \
	X(READY, "ready", false)     /* the memory was there: it may be used */                    \
	X(IN_USE, "in-use", false)   /* a guest is being built from it */                          \
	X(REFUSED, "refused", true)  /* it could not be had */                                     \
	X(LATE, "late", true)        /* it was not there in time */                                \
	X(USED, "used", true)        /* its guest runs */                                          \
	X(EXPIRED, "expired", true)

#define X(id, word, is_over) RESERVATION_##id,
enum reservation_state { RESERVATION_STATES(X) RESERVATION_STATES_ };
#undef X

const char *reservation_state_word(enum reservation_state state);
bool reservation_is_over(enum reservation_state state);

struct reservation {
	uint32_t id;
	struct toolkeys_request request;
	uint8_t wanted_uuid[UUID_BYTES]; /* if the request names one */
	char name[TOOLKEYS_MAX_NAME + 1];
	enum reservation_state state;
	uint64_t over_ms;   /* when it ended, if it is over */
	uint64_t due_kib;   /* to be kept for it */
	uint64_t kept_kib;  /* kept for it now: less only as long as it is in doubt */
	uint64_t there_kib; /* the part of that which is free now */
	/* When it was admitted or refused: memory that was free for it, that guests could give, and
	 * that was free but kept for something else. */
	uint64_t free_kib, give_kib, withheld_kib;
	/* A domain can belong to this reservation only if it appeared after the reservation was
	 * made (its serial is at least `since`) or, after a restart of cagmad (is_recalled), if it
	 * is not built yet. */
	unsigned since;
	bool is_recalled;
	uint64_t doubted_until_ms; /* it is to be admitted anew until then; 0: it is admitted */
	uint64_t doubted_kib;      /* meanwhile no more than this is kept for it */
	/* The guest that is being built from it, with RESERVATION_IN_USE. */
	uint32_t domid;
	uint8_t uuid[UUID_BYTES];
};

/* In order of their numbers, which is that in which they were made. */
struct reservation_list {
	unsigned n;
	struct reservation at[RESERVATION_MAX];
};

/* A domain as far as it matters here. */
struct reservation_domain {
	uint32_t domid;
	uint8_t uuid[UUID_BYTES];
	const char *name; /* "" while it has none */
	unsigned serial;  /* rises with every domain that appears */
	uint64_t alm_kib, claimed_kib, cap_kib;
	bool is_built; /* libxl has given it all its memory */
	bool runs;     /* libxl has started it */
	bool is_dying;
	bool is_returning; /* from a reboot: it has its own memory held */
};

/* NULL when there is none of this number. */
struct reservation *reservation_find(struct reservation_list *list, uint32_t id);

/*
 * Takes in what stands in xenstore: a new lease, or another end for a known one
 * (the rest of a request does not change). `name` is "" if it is not known;
 * `serial` is what the next domain to appear will get. NULL when there are
 * RESERVATION_MAX already.
 */
struct reservation *reservation_put(struct reservation_list *list, uint32_t id,
				    const struct toolkeys_request *request, const char *name,
				    unsigned serial);

/* A new reservation's state, as an earlier run of the daemon left it: it is in doubt. */
void reservation_recall(struct reservation *reservation, const struct toolkeys_state *state,
			uint64_t now_ms);

/* The line for its state key. */
void reservation_describe(const struct reservation *reservation, struct toolkeys_state *ret_state);

/* It is not there any more. */
void reservation_drop(struct reservation_list *list, uint32_t id);

/* Finds the guests of reservations and what is left to be kept, and ends what is over by time or
 * use. `free_kib` is free memory beyond the reserve that is kept for nothing else and that no
 * guest may take: no more is kept for those that are not admitted anew yet. */
void reservation_follow(struct reservation_list *list, uint64_t now_ms, uint64_t free_kib,
			const struct reservation_domain *domain, unsigned n_domains);

/* What is to be kept for all of them. */
uint64_t reservation_kept_kib(const struct reservation_list *list);

/*
 * What there is for reservations, before any of them: free memory, the reserve
 * included; what of it is claimed, held for reboots, or guests' to take by
 * now (model.h: room); the floor, which is there when a reservation is ready
 * and left when it is used; and what guests hold beyond their wants, in whole
 * steps and where it can be counted on, less what others lack.
 */
struct reservation_room {
	uint64_t free_kib, others_kib, floor_kib, give_kib;
};

/* With `gives`, the policy does take from guests. `verdict` belongs to the guests of `snap`. */
struct reservation_room reservation_room(const struct policy_conf *conf,
					 const struct snapshot *snap, const struct verdict *verdict,
					 bool gives);

/*
 * Admits or refuses new reservations, says how much is there for each and which are
 * ready: older ones first. A reservation admitted here is kept from the next
 * reservation_follow() on and never ready before. True when one was admitted.
 */
bool reservation_judge(struct reservation_list *list, uint64_t now_ms,
		       const struct reservation_room *room);

#endif
