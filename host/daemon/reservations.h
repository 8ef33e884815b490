/* SPDX-License-Identifier: MIT */
/*
 * reservations.h - the reservations of reservation.h in xenstore, where cagmactl makes
 * them and cagmad answers. (Edge.)
 *
 * They are read when a watch says that cagmactl has changed something; answers
 * are written on change. Nothing is allocated after reservations_init().
 */
#ifndef CAGMA_DAEMON_RESERVATIONS_H
#define CAGMA_DAEMON_RESERVATIONS_H

#include "common/system/trouble.h"
#include "host/daemon/guests.h"
#include "host/core/reservation.h"

enum {
	RESERVATIONS_ANSWER_MS = 100,   /* amounts are told no more often */
	RESERVATIONS_LINGER_MS = 60000, /* for how long a refusal can be read */
};

/* What was last said of one. */
struct reservation_answer {
	uint32_t id; /* 0: a free place */
	enum reservation_state state;
	uint64_t when_ms;
	char line[TOOLKEYS_MAX_BYTES + 1];
};

struct reservations {
	struct reservation_list list;
	struct reservation_answer answer[RESERVATION_MAX];
	unsigned capacity;
	struct reservation_domain *domain;
	bool is_changed; /* to be read at the next pass */
	struct trouble bad_request, is_full;
};

/* For `capacity` guests. 0 or -ENOMEM. */
int reservations_init(struct reservations *reservations, unsigned capacity);
void reservations_finish(struct reservations *reservations);

/* A new connection: cagmactl can see that this daemon runs, and everything is read anew. 0, also
 * when there can be no reservations; or -errno when the connection is lost. */
int reservations_open(struct reservations *reservations, struct store *store);

/* The daemon stops: reservations stay for the next one. */
void reservations_close(struct store *store);

/* Takes in an event of kind STORE_TOOL. True when it asks for a pass. */
bool reservations_take_event(struct reservations *reservations, const struct store_event *event);

/* Reads what has changed and finds the guests of reservations. 0 and what is to be kept for them,
 * or -errno when the connection is lost. */
int reservations_refresh(struct reservations *reservations, struct store *store,
			 struct guests *guests, uint64_t now_ms, uint64_t *ret_reserved_kib);

/*
 * Admits, refuses, finds ready, and answers; after a policy has judged the
 * guests of `snap`. `gives`: it takes from guests. 1 when the next pass is
 * wanted at once; 0; or -errno when the connection is lost.
 */
int reservations_judge(struct reservations *reservations, struct store *store,
		       const struct policy_conf *conf, const struct snapshot *snap,
		       const struct verdict *verdict, bool gives);

#endif
