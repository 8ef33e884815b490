/* SPDX-License-Identifier: MIT */
/* reserved.h - the list of reservations of a test, and what a daemon does with it in each pass. */
#ifndef CAGMA_TESTS_RESERVED_H
#define CAGMA_TESTS_RESERVED_H

#include "host/reserve/reservation.h"

#define MIB     UINT64_C(1024)
#define NOW     UINT64_C(1000000)
#define TIMEOUT UINT64_C(60000)

enum { OLD = 5, FIRST_NEW = 10 }; /* serials: before the reservation was made, and after it */

extern struct reservation_list list;
extern uint64_t free_kib; /* at the last judgement */

/* Begins with an empty list. */
void reserved_begin(void);

/* Makes reservation 1, of 256 MiB for "web", and plays a pass in which there is room for it. */
void reserved_begin_for_web(void);

struct reservation *reserved_put(uint32_t id, uint64_t mib, const char *name);

/* A domain of this number being built, with the number as its serial too. */
struct reservation_domain reserved_building(unsigned n, const char *name, uint64_t mib);

struct reservation_room reserved_room(uint64_t free_mib, uint64_t give_mib);
void reserved_follow(const struct reservation_domain *domain, unsigned n);
void reserved_judge(uint64_t free_mib, uint64_t give_mib);

/* Does as the daemon in each pass. */
void reserved_pass(const struct reservation_domain *domain, unsigned n, uint64_t free_mib,
		   uint64_t give_mib);

void reserved_assert_state(uint32_t id, enum reservation_state state, uint64_t kept_mib);

#endif
