/* SPDX-License-Identifier: MIT */
/*
 * memory.h - what is remembered of each guest and of the host from one pass to the next. Pure.
 *
 * One memory serves every policy. The demand of each guest belongs to no policy and is always
 * kept. Beside it a policy has bytes of its own, some for each guest and some for the host; only
 * that policy knows what they mean, and all of them are zero for a guest or a host that it has
 * never seen. When another policy decides, the bytes are zeroed and become the other policy's.
 *
 * Guests stand in the order of the snapshot: whoever moves a guest there moves it here.
 */
#ifndef CAGMA_POLICY_MEMORY_H
#define CAGMA_POLICY_MEMORY_H

#include "host/core/demand.h"
#include "host/core/share.h"

enum {
	MEMORY_GUEST_BYTES = 256, /* the most that a policy may keep of a guest … */
	MEMORY_HOST_BYTES = 128,  /* … and of the host; both are multiples of 8 */
};

/* The room that memory of n guests takes. */
#define MEMORY_BYTES(n)                                                                            \
	((size_t)(n) * (sizeof(struct demand) + sizeof(struct share) + MEMORY_GUEST_BYTES))

/* How much one policy keeps: by the two macros below, which do not compile if it is too much. */
struct memory_size {
	size_t guest_bytes, host_bytes;
};
#define MEMORY_SIZE_(type, most)                                                                   \
	(sizeof(type) + 0 * sizeof(char[sizeof(type) <= (most) && sizeof(type) % 8 == 0 ? 1 : -1]))
#define MEMORY_OF_GUEST(type) MEMORY_SIZE_(type, MEMORY_GUEST_BYTES)
#define MEMORY_OF_HOST(type)  MEMORY_SIZE_(type, MEMORY_HOST_BYTES)

struct memory {
	void *room;            /* as given to memory_init(); whoever gave it frees it */
	struct demand *demand; /* one for each guest */
	struct share *share;   /* one for each guest: room to work in, not remembered */
	uint64_t *guest;       /* the owner's bytes of each guest, one guest behind the other … */
	uint64_t host[MEMORY_HOST_BYTES / sizeof(uint64_t)]; /* … and of the host */
	const void *owner;       /* the policy that the bytes belong to; NULL: none yet */
	struct memory_size size; /* of the owner; zero without one */
};

/* `room` has MEMORY_BYTES(capacity), is aligned for 64 bits, and need not be zero.
 * False when it is NULL. */
bool memory_init(struct memory *memory, void *room, unsigned capacity);

/* The owner's bytes: of all guests, as an array; of guest i; of the host. */
void *memory_guests(const struct memory *memory);
void *memory_guest(const struct memory *memory, unsigned i);
void *memory_host(struct memory *memory);

/* From now on the bytes are `owner`'s. If they were another's, those of the host and of the first
 * n guests are zeroed. */
void memory_give(struct memory *memory, const void *owner, struct memory_size size, unsigned n);

/* Guest i is one never seen. */
void memory_clear(struct memory *memory, unsigned i);

/* The n guests from index `from` on come to be those from index `to` on. */
void memory_move(struct memory *memory, unsigned to, unsigned from, unsigned n);

/* Nothing is known of the host and the first n guests. */
void memory_forget(struct memory *memory, unsigned n);

/* What is known of the host, and whose bytes they are, is as in `last`; the guests are to follow,
 * each by memory_copy() or memory_clear(). */
void memory_follow(struct memory *memory, const struct memory *last);

/* Guest i is what guest k is in `last`, which memory_follow() has named before. */
void memory_copy(struct memory *memory, unsigned i, const struct memory *last, unsigned k);

#endif
