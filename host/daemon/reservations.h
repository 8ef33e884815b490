/* SPDX-License-Identifier: MIT */
/*
 * reservations.h - the reservations of reservation.h in xenstore, where cagmactl makes them and
 * cagmad answers. (Edge.)
 *
 * Reservations are read when a watch says that cagmactl has changed something. Answers are written
 * when they change. Nothing is allocated after reservations_init().
 */
#ifndef CAGMA_DAEMON_RESERVATIONS_H
#define CAGMA_DAEMON_RESERVATIONS_H

#include "common/system/trouble.h"
#include "host/guests/guests.h"
#include "host/reserve/reservation.h"

enum {
	RESERVATIONS_ANSWER_MS = 100,   /* least time between answers that differ in amounts */
	RESERVATIONS_LINGER_MS = 60000, /* a refused or late one can be read for so long */
};

/* The last answer to one reservation. */
struct reservation_answer {
	uint32_t id; /* of the reservation; 0: the place is free */
	enum reservation_state state;
	uint64_t when_ms;
	char line[TOOLKEYS_MAX_BYTES + 1];
};

struct reservations {
	struct reservation_list list;
	struct reservation_answer answer[RESERVATION_MAX];
	unsigned capacity;
	struct reservation_domain *domain;
	bool is_changed;   /* the keys are to be read at the next pass */
	bool has_recalled; /* what an earlier run has left was read: states are ours from now on */
	struct trouble bad_request, is_full;
};

/* Makes room for `capacity` guests. Returns 0 or -ENOMEM. */
int reservations_init(struct reservations *reservations, unsigned capacity);
void reservations_finish(struct reservations *reservations);

/*
 * After a new connection: writes the key by which cagmactl sees that this daemon runs, and has
 * everything read again. Returns 0, even if there can be no reservations, or -errno if the
 * connection is lost.
 */
int reservations_open(struct reservations *reservations, struct store *store);

/* To be called when the daemon stops. The reservations stay for the next one. */
void reservations_close(struct store *store);

/* Takes in an event of kind STORE_TOOL. Returns true if the event asks for a pass. */
bool reservations_take_event(struct reservations *reservations, const struct store_event *event);

/* Reads reservations that have changed, and finds their guests. `free_kib` is free memory
 * beyond the reserve that is kept for nothing else and that no guest may take. Returns 0 and the
 * memory that is to be kept for them, or -errno if the connection is lost. */
int reservations_refresh(struct reservations *reservations, struct store *store,
			 struct guests *guests, uint64_t free_kib, uint64_t now_ms,
			 uint64_t *ret_reserved_kib);

/*
 * Admits and refuses reservations, finds out which are ready, and writes the answers, after a
 * policy has judged the guests of `snap`. `gives` says that the policy takes memory from guests
 * for reservations. Returns 1 if the next pass is wanted at once; 0; or -errno if the connection
 * is lost.
 */
int reservations_judge(struct reservations *reservations, struct store *store,
		       const struct policy_conf *conf, const struct snapshot *snap,
		       const struct verdict *verdict, bool gives);

#endif
