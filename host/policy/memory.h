/* SPDX-License-Identifier: MIT */
/*
 * memory.h - what is remembered of each guest and of the host from one pass to the next. Pure.
 *
 * One memory serves every policy. The demand of each guest belongs to no policy and is always
 * kept. Beside it a policy has bytes of its own, some for each guest and some for the host; only
 * that policy knows what they mean, and all of them are zero for a guest or a host that it has
 * never seen. When another policy decides, the bytes are zeroed and become the other policy's.
 *
 * Guests stand in the order of the snapshot. Code that moves a guest there moves it here too.
 */
#ifndef CAGMA_POLICY_MEMORY_H
#define CAGMA_POLICY_MEMORY_H

#include "host/core/demand.h"
#include "host/core/share.h"

enum {
	MEMORY_GUEST_BYTES = 256, /* the most that a policy may keep of a guest; a multiple of 8 */
	MEMORY_HOST_BYTES = 128,  /* the most that it may keep of the host; a multiple of 8 */
};

/* The bytes that memory of n guests takes. */
#define MEMORY_BYTES(n)                                                                            \
	((size_t)(n) * (sizeof(struct demand) + sizeof(struct share) + MEMORY_GUEST_BYTES))

/* How much one policy keeps. Both sizes are made by the two macros below, which do not compile if
 * a type is too large. */
struct memory_size {
	size_t guest_bytes, host_bytes;
};
#define MEMORY_SIZE_(type, most)                                                                   \
	(sizeof(type) + 0 * sizeof(char[sizeof(type) <= (most) && sizeof(type) % 8 == 0 ? 1 : -1]))
#define MEMORY_OF_GUEST(type) MEMORY_SIZE_(type, MEMORY_GUEST_BYTES)
#define MEMORY_OF_HOST(type)  MEMORY_SIZE_(type, MEMORY_HOST_BYTES)

struct memory {
	void *room;            /* as given to memory_init(); the caller of that frees it */
	struct demand *demand; /* one for each guest */
	struct share *share;   /* one for each guest: room to work in, not remembered */
	uint64_t *guest;       /* the owner's bytes of each guest, one guest behind the other */
	uint64_t host[MEMORY_HOST_BYTES / sizeof(uint64_t)]; /* the owner's bytes of the host */
	const void *owner;       /* the policy that the bytes belong to; NULL: none yet */
	struct memory_size size; /* of the owner's bytes; zero if there is no owner */
};

/* `room` has MEMORY_BYTES(capacity), is aligned for 64 bits, and need not be zero. Returns false
 * if `room` is NULL. */
bool memory_init(struct memory *memory, void *room, unsigned capacity);

/* The owner's bytes of all guests (an array), of guest i, and of the host. */
void *memory_guests(const struct memory *memory);
void *memory_guest(const struct memory *memory, unsigned i);
void *memory_host(struct memory *memory);

/* From now on the bytes are `owner`'s. If they were another owner's, the bytes of the host and of
 * the first n guests are zeroed. */
void memory_give(struct memory *memory, const void *owner, struct memory_size size, unsigned n);

/* Makes guest i one that was never seen. */
void memory_clear(struct memory *memory, unsigned i);

/* Moves n guests from index `from` on to index `to` on. The two ranges may overlap. */
void memory_move(struct memory *memory, unsigned to, unsigned from, unsigned n);

/* Forgets the host, the first n guests, and the owner. */
void memory_forget(struct memory *memory, unsigned n);

/* Takes over from `last` the owner and its bytes of the host. The guests are to follow, each by
 * memory_copy() or memory_clear(). */
void memory_follow(struct memory *memory, const struct memory *last);

/* Makes guest i what guest k is in `last`, which is the memory that memory_follow() was given. */
void memory_copy(struct memory *memory, unsigned i, const struct memory *last, unsigned k);

#endif
